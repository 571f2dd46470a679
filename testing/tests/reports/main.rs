//! The test kit, tested: each subject fails in its own way, and its report must say so.
#![forbid(unsafe_code)]

mod subjects;

use std::process::Command;
use std::time::{Duration, Instant};

/// How `cargo test` ended for one subject.
struct Report {
    passed: bool,
    text: String,
    took: Duration,
    processes_left: usize,
}

impl Report {
    #[track_caller]
    fn says(&self, expected: &[&str]) {
        assert!(!self.passed, "the subject passed:\n{}", self.text);
        for part in expected {
            assert!(
                self.text.contains(part),
                "the report lacks {part:?}:\n{}",
                self.text
            );
        }
        assert_eq!(
            self.processes_left, 0,
            "ranks were left behind:\n{}",
            self.text
        );
    }

    #[track_caller]
    fn came_within(&self, seconds: u64) {
        assert!(
            self.took < Duration::from_secs(seconds),
            "it took {:?}:\n{}",
            self.took,
            self.text
        );
    }
}

/// Runs one subject as a person would who names it to the test harness.
fn run(subject: &str) -> Report {
    let mark = format!("{}={subject}", subjects::ASKED_FOR);
    let start = Instant::now();
    let output = Command::new(std::env::current_exe().expect("a path"))
        .args([
            "--exact",
            &format!("subjects::{subject}::ranks_3"),
            "--include-ignored",
        ])
        .env(subjects::ASKED_FOR, subject)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the test binary runs again");
    let took = start.elapsed();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("running 1 test"), "no such subject:\n{text}");
    Report {
        passed: output.status.success(),
        text,
        took,
        processes_left: count_processes(&mark),
    }
}

/// How many processes were started with this in their environment.
fn count_processes(variable: &str) -> usize {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return 0;
    };
    let has = |environment: Vec<u8>| {
        environment
            .split(|byte| *byte == 0)
            .any(|one| one == variable.as_bytes())
    };
    processes
        .flatten()
        .filter(|process| std::fs::read(process.path().join("environ")).is_ok_and(has))
        .count()
}

/// The line of the subjects' source that holds the macro with this text in it.
fn line_of(text: &str) -> usize {
    let before = include_str!("subjects.rs")
        .lines()
        .take_while(|line| !line.contains(text));
    before.count() + 1
}

#[test]
fn an_assertion_that_fails_on_one_rank_is_reported_with_rank_message_and_line() {
    let report = run("fails_on_rank_1");
    report.says(&[
        &format!("subjects.rs:{}", line_of("fn fails_on_rank_1")),
        "`subjects::fails_on_rank_1::ranks_3` failed on 3 ranks",
        "rank 1 panicked at",
        &format!("subjects.rs:{}", line_of("one and one make two")),
        "one and one make two",
        "left: 2",
        "right: 3",
    ]);
    assert!(
        !report.text.contains("ranks 0"),
        "the others passed:\n{}",
        report.text
    );
    report.came_within(10);
}

#[test]
fn an_error_on_one_rank_ends_the_others_wait() {
    let report = run("err_on_rank_1_while_others_wait");
    report.says(&[
        "rank 1 returned an error:",
        "out of luck",
        "had not finished when the job was ended: ranks 0, 2",
    ]);
    report.came_within(10);
}

#[test]
fn an_agreed_error_is_every_ranks() {
    let report = run("agreed_error");
    report.says(&["out of luck"]);
    assert!(
        !report.text.contains("had not finished"),
        "every rank had its say:\n{}",
        report.text
    );
    report.came_within(10);
}

#[test]
fn an_error_of_the_users_own_type_is_reported() {
    run("error_of_another_type").says(&[
        "ranks 0, 1, 2 returned an error:",
        "invalid digit found in string",
    ]);
}

#[test]
fn a_panic_while_the_others_wait_ends_the_job() {
    let report = run("panics_on_rank_2_while_others_wait");
    report.says(&[
        "rank 2 panicked at",
        "no more",
        "had not finished when the job was ended: ranks 0, 1",
    ]);
    report.came_within(10);
}

#[test]
fn ranks_that_panic_alike_are_reported_once() {
    run("panics_on_every_rank").says(&["ranks 0, 1, 2 panicked at", "all together"]);
}

#[test]
fn a_rank_that_never_returns_is_a_failure_and_not_a_hang() {
    let report = run("rank_1_never_returns");
    report.says(&["did not finish within 2 s: rank 1\n"]);
    report.came_within(20);
}

#[test]
fn ranks_that_wait_for_what_never_comes_are_all_named() {
    let report = run("all_wait_for_a_message_that_never_comes");
    report.says(&["did not finish within 2 s: ranks 0, 1, 2\n"]);
    report.came_within(20);
}

#[test]
fn a_rank_deaf_to_signals_is_ended_too() {
    let report = run("hangs_in_a_child_process");
    report.says(&["did not finish within 2 s: ranks 0, 1, 2\n"]);
    report.came_within(20);
}

#[test]
fn an_exit_with_code_0_is_no_pass() {
    run("all_exit_early").says(&["left without a verdict", "ranks 0, 1, 2"]);
    run("rank_1_exits_early").says(&["without a verdict", "rank"]);
}

#[test]
fn a_signal_is_a_failure() {
    let report = run("rank_1_is_killed");
    report.says(&["left without a verdict", "rank"]);
    report.came_within(10);
}

#[test]
fn what_the_ranks_printed_is_in_the_report() {
    run("prints_and_fails").says(&[
        "--- standard output",
        "rank 2 was here",
        "--- standard error",
        "rank 0 complains",
    ]);
}
