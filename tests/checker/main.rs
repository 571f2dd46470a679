//! Ranks that wait for one which does not come: each end within its time, with who, where and why.
#![forbid(unsafe_code)]

use std::time::Duration;

use partita_launch::Outcome;
use partita_testing::{example, run};

/// The example that `subject.rs` is.
const SUBJECT: &str = "checker_subject";

/// Ends the subject in one of its ways. Without a limit of its own, a hang would be the test kit's.
fn end(how: &str, ranks: usize, limit: Option<&str>) -> Outcome {
    let mut launch = example(SUBJECT, ranks)
        .argument(how)
        .environment("PARTITA_CHECK", "1")
        .time_limit(Duration::from_secs(50));
    if let Some(limit) = limit {
        launch = launch.environment("PARTITA_TIMEOUT", limit);
    }
    let outcome = run(launch);
    assert!(!outcome.timed_out, "`{how}` hangs on {ranks}: {outcome:#?}");
    outcome
}

/// That the job ended with this code, having said these things, each of them once.
#[track_caller]
fn ends_with(outcome: &Outcome, code: i32, said: &[&str]) {
    assert_eq!(outcome.exit_code, Some(code), "{outcome:#?}");
    for text in said {
        let times = outcome.stderr.matches(text).count();
        assert_eq!(times, 1, "`{text}` is said {times} times: {outcome:#?}");
    }
}

#[test]
fn another_collective_ends_with_1_and_names_both_lines() {
    for ranks in [2, 3, 5] {
        let outcome = end("another collective", ranks, None);
        let last = format!("rank {}: agree at tests/checker/subject.rs:", ranks - 1);
        let others = ": barrier at tests/checker/subject.rs:";
        ends_with(
            &outcome,
            1,
            &["error: the ranks' calls do not match", &last, others],
        );
    }
}

#[test]
fn a_rank_that_returns_early_is_named_without_any_time_limit() {
    for ranks in [2, 3, 5] {
        let outcome = end("returns early", ranks, None);
        let last = format!("rank {}: the end of the program", ranks - 1);
        ends_with(
            &outcome,
            1,
            &["error: ", &last, ": barrier at tests/checker/subject.rs:"],
        );
    }
}

#[test]
fn a_rank_that_has_left_is_an_error_of_all_that_follows() {
    for ranks in [2, 3, 5] {
        let outcome = end("goes on", ranks, None);
        ends_with(&outcome, 1, &["error: the ranks' calls do not match"]);
        assert_eq!(outcome.stdout.matches("went on").count(), ranks - 1);
    }
}

#[test]
fn the_error_of_a_rank_that_fails_early_is_everyones() {
    for ranks in [2, 3, 5] {
        let outcome = end("fails early", ranks, None);
        let text = format!("error: rank {}: heat: r = 0.7 > 0.5", ranks - 1);
        ends_with(&outcome, 5, &["error: ", &text]);
    }
}

#[test]
fn a_rank_that_never_comes_or_is_stopped_ends_the_job_with_124() {
    for how in ["never comes", "is stopped"] {
        for ranks in [2, 3, 5] {
            let outcome = end(how, ranks, Some("1"));
            let missing = format!(
                "rank {}: missing; called last all_reduce (Max) of 3 f64 at tests/checker/subject.rs:",
                ranks - 1
            );
            let waiting = ": waiting in barrier at tests/checker/subject.rs:";
            ends_with(
                &outcome,
                124,
                &["ranks wait in vain for 1 s", waiting, &missing],
            );
        }
    }
}

#[test]
fn a_rank_that_is_stopped_in_the_middle_of_a_collective_ends_the_job_with_124() {
    let outcome = end("is stopped inside", 2, Some("0.5"));
    ends_with(&outcome, 124, &[]);
    let text = "inside all_reduce_objects of usize at tests/checker/subject.rs:";
    assert!(outcome.stderr.contains(text), "{outcome:#?}");
}

#[test]
fn ranks_that_wait_in_different_communicators_are_told_apart() {
    let outcome = end("waits elsewhere", 3, Some("1"));
    let said = [
        "  rank 0: waiting in barrier at",
        "  ranks 1, 2: waiting in barrier at",
    ];
    ends_with(&outcome, 124, &said);
    assert!(!outcome.stderr.contains("missing"), "{outcome:#?}");
}

#[test]
fn a_limit_that_nobody_reaches_changes_nothing() {
    let outcome = end("", 3, Some("30"));
    assert_eq!(outcome.stderr, "");
    ends_with(&outcome, 0, &[]);
}

#[test]
fn what_the_variables_cannot_mean_is_a_usage_error_told_once() {
    for (name, value) in [("PARTITA_CHECK", "maybe"), ("PARTITA_TIMEOUT", "soon")] {
        let launch = example(SUBJECT, 3).environment(name, value);
        ends_with(&run(launch), 2, &["error: ", value]);
    }
}
