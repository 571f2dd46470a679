//! Whole programs under `mpiexec`, as a user tests his own.
#![forbid(unsafe_code)]

use partita_testing::{TemporaryDirectory, example, run, run_example};
use std::time::Duration;

#[test]
fn an_example_runs_on_every_rank() {
    let outcome = run_example("greeting", 3, ["hello"]);
    assert!(outcome.success(), "{outcome}\n{}", outcome.stderr);
    for rank in 0..3 {
        let line = format!("hello from rank {rank} of 3");
        assert!(
            outcome.stdout.lines().any(|said| said == line),
            "no {line:?} in {}",
            outcome.stdout
        );
    }
}

#[test]
fn an_example_that_fails_gives_its_exit_code_and_message() {
    let outcome = run_example("greeting", 2, [""; 0]);
    assert_eq!(outcome.exit_code, Some(2), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("expected a word"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_example_may_be_given_a_directory_and_a_time_limit() {
    let directory = TemporaryDirectory::new();
    let launch = example("greeting", 1)
        .argument("hello")
        .directory(directory.path());
    let outcome = run(launch.time_limit(Duration::from_secs(20)));
    assert!(outcome.success(), "{outcome}\n{}", outcome.stderr);
}
