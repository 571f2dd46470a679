//! The launcher's own work, under launchers that are shell scripts.
#![forbid(unsafe_code)]

use partita_launch::{Flavour, Launch, LaunchError, Mpiexec, Outcome};
use std::time::{Duration, Instant};

fn launcher(name: &str) -> Mpiexec {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    Mpiexec {
        path,
        flavour: Flavour::Other,
        version: String::new(),
    }
}

fn shell(script: &str) -> Launch {
    Launch::new(&launcher("fake_mpiexec"), 1, "sh")
        .argument("-c")
        .argument(script)
}

fn run(launch: Launch) -> Outcome {
    launch.run_captured().expect("the launcher starts")
}

/// Whether some process was started with `name` in its environment.
fn is_running(name: &str) -> bool {
    std::fs::read_dir("/proc")
        .expect("Linux")
        .flatten()
        .any(|entry| {
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            environment
                .windows(name.len())
                .any(|window| window == name.as_bytes())
        })
}

#[test]
fn output_and_exit_code_come_back() {
    let outcome = run(shell("echo out; echo err >&2; exit 7"));
    assert_eq!(outcome.exit_code, Some(7));
    assert_eq!(
        (outcome.stdout.as_str(), outcome.stderr.as_str()),
        ("out\n", "err\n")
    );
    assert!(!outcome.success() && !outcome.timed_out);
}

#[test]
fn a_signal_is_told_from_an_exit_code() {
    let outcome = run(shell("kill -9 $$"));
    assert_eq!((outcome.exit_code, outcome.signal), (None, Some(9)));
}

#[test]
fn output_larger_than_any_pipe_on_both_streams_blocks_nobody() {
    let outcome = run(shell(
        "head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero; echo",
    ));
    assert_eq!(
        (outcome.stdout.len(), outcome.stderr.len()),
        (3_000_001, 3_000_000)
    );
}

#[test]
fn invalid_text_is_replaced() {
    assert_eq!(run(shell(r"printf 'a\377b'")).stdout, "a\u{fffd}b");
}

#[test]
fn a_program_past_its_time_limit_is_ended_and_says_what_it_said() {
    let start = Instant::now();
    let outcome = run(shell("echo before; sleep 1000").time_limit(Duration::from_millis(200)));
    assert!(outcome.timed_out && !outcome.success());
    assert_eq!(outcome.stdout, "before\n");
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_deaf_launcher_and_its_detached_ranks_are_ended_too() {
    let start = Instant::now();
    let outcome = Launch::new(&launcher("deaf_mpiexec"), 1, "sh")
        .arguments(["-c", "trap '' TERM; sleep 1000; sleep 1000"])
        .environment("DEAF_JOB", "of this test")
        .time_limit(Duration::from_millis(200))
        .run_captured()
        .expect("the launcher starts");
    assert!(outcome.timed_out);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    assert!(!is_running("DEAF_JOB=of this test"));
}

#[test]
fn what_outlives_a_failed_launcher_is_ended_and_holds_nobody_up() {
    let start = Instant::now();
    let mark = format!("of test {}", std::process::id());
    let outcome = run(shell("setsid sleep 1000 & exit 3").environment("ORPHAN", &mark));
    assert_eq!(outcome.exit_code, Some(3));
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    assert!(!is_running(&format!("ORPHAN={mark}")));
}

#[test]
fn waiting_adds_next_to_nothing() {
    let fastest = (0..10)
        .map(|_| {
            let start = Instant::now();
            run(shell(":").time_limit(Duration::from_secs(10)));
            start.elapsed()
        })
        .min()
        .expect("ten runs");
    assert!(fastest < Duration::from_millis(50), "{fastest:?}");
}

#[test]
fn what_the_user_set_stays() {
    let outcome = run(
        shell("echo $OMPI_MCA_rmaps_base_oversubscribe $OMPI_MCA_orte_tmpdir_base")
            .environment("OMPI_MCA_rmaps_base_oversubscribe", "0")
            .environment("OMPI_MCA_orte_tmpdir_base", "/chosen"),
    );
    assert_eq!(outcome.stdout, "0 /chosen\n");
}

#[test]
fn each_launch_has_a_session_directory_of_its_own_and_leaves_none() {
    let session = || {
        run(shell(
            "echo $OMPI_MCA_orte_tmpdir_base; ls -d $OMPI_MCA_orte_tmpdir_base",
        ))
        .stdout
    };
    let (one, other) = (session(), session());
    assert_ne!(one, other);
    let mut lines = one.lines();
    let path = lines.next().expect("a path");
    assert_eq!(lines.next(), Some(path));
    assert!(!std::path::Path::new(path).exists());
}

#[test]
fn no_ranks_and_no_launcher_are_errors() {
    let none = Launch::new(&launcher("fake_mpiexec"), 0, "true").run_captured();
    assert!(matches!(none, Err(LaunchError::Ranks { ranks: 0 })));
    let missing = Launch::new(&launcher("no_such_mpiexec"), 1, "true")
        .run_captured()
        .unwrap_err();
    assert!(missing.to_string().contains("no_such_mpiexec"), "{missing}");
}
