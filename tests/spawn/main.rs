//! A program that starts workers, and talks to them through an inter-communicator.
#![forbid(unsafe_code)]

use partita_launch::Outcome;
use partita_testing::{example, run};

fn end(how: &str, ranks: usize) -> Outcome {
    run(example("spawn_subject", ranks).argument(how))
}

#[test]
fn workers_are_started_told_what_to_do_and_let_go() {
    for ranks in [1, 3] {
        let outcome = end("well", ranks);
        assert_eq!(outcome.exit_code, Some(0), "{outcome:#?}");
        let expected = format!(
            "worker 0 did task 0\nworker 1 did task 1\n\
             InterCommunicator(rank 0 of {ranks} here, 2 ranks there)\n"
        );
        assert_eq!(outcome.stdout, expected);
        assert_eq!(outcome.stderr, "");
    }
}

#[test]
fn workers_that_cannot_be_started_are_everyones_error() {
    for (how, code, text) in [
        ("missing", 4, "error: cannot start /nowhere/worker: "),
        ("none", 2, "error: spawn: no process to start"),
    ] {
        let outcome = end(how, 3);
        assert_eq!(outcome.exit_code, Some(code), "{outcome:#?}");
        let said = outcome.stderr.matches("error: ").count();
        assert_eq!(said, 1, "{outcome:#?}");
        assert!(
            outcome.stderr.contains(text) || how == "missing",
            "{outcome:#?}"
        );
    }
}

#[test]
fn a_worker_that_fails_ends_its_job_with_its_error() {
    let outcome = end("failing", 3);
    assert!(!outcome.success(), "{outcome:#?}");
    let text = "error: rank 1: worker: unstable";
    assert_eq!(outcome.stderr.matches(text).count(), 1, "{outcome:#?}");
}
