//! How programs end: every end on every rank, in bounded time, with one message and one exit code.
#![forbid(unsafe_code)]

use std::process::{Command, Output, Stdio};

use partita_launch::{Launch, Mpiexec, Outcome};
use partita_testing::{example, run};

/// The example that `subject.rs` is.
const SUBJECT: &str = "endings_subject";

/// Ends the subject in one of its ways, within the minute that the test kit gives a program: the
/// same way whether collectives are checked or not.
fn end(how: &str, ranks: usize) -> Outcome {
    let [unchecked, checked] = ["0", "1"].map(|check| {
        let launch = example(SUBJECT, ranks).argument(how);
        let outcome = run(launch.environment("PARTITA_CHECK", check));
        assert!(
            !outcome.timed_out,
            "`{how}` hangs on {ranks} ranks, check {check}: {outcome:?}"
        );
        outcome
    });
    assert_eq!(unchecked.exit_code, checked.exit_code, "{checked:#?}");
    assert_eq!(errors(&unchecked.stderr), errors(&checked.stderr));
    unchecked
}

/// The subject alone, as a program that nobody launched.
fn alone(how: &str) -> Command {
    // The launch knows the program and how to run as root; what it would run is `mpiexec -n 1 program how`.
    let launch = example(SUBJECT, 1).argument(how).command();
    let mut command = Command::new(launch.get_args().nth(2).expect("the program"));
    command.arg(how);
    command
}

#[track_caller]
fn exit_code(outcome: &Outcome, expected: i32) {
    assert_eq!(outcome.exit_code, Some(expected), "{outcome:#?}");
}

/// The lines in which partita reports errors.
fn errors(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with("error:"))
        .collect()
}

#[test]
fn a_program_that_ends_well_ends_with_0_and_is_quiet() {
    for ranks in [1, 2, 5] {
        let outcome = end("well", ranks);
        exit_code(&outcome, 0);
        assert_eq!(outcome.stdout, format!("all is well on {ranks} ranks\n"));
        assert_eq!(outcome.stderr, "");
    }
}

#[test]
fn lines_that_cannot_be_written_are_an_error_of_every_rank() {
    let subject = alone("well");
    let launcher = Mpiexec::find().expect("a launcher");
    for ranks in [1, 3] {
        let launch = Launch::new(&launcher, ranks, "sh")
            .arguments(["-c", "exec \"$0\" well > /dev/full"])
            .argument(subject.get_program());
        let outcome = run(launch);
        exit_code(&outcome, 4);
        let [told] = errors(&outcome.stderr)[..] else {
            panic!("one error: {outcome:#?}");
        };
        assert!(
            told.contains("cannot write to standard output: No space left"),
            "{told}"
        );
        assert!(!outcome.stderr.contains("MPI_ABORT"), "{outcome:#?}");
    }
}

#[test]
fn a_panic_on_one_rank_ends_the_others_wait() {
    for ranks in [1, 2, 5] {
        let outcome = end("panic", ranks);
        exit_code(&outcome, 101);
        let last = ranks - 1;
        let text = format!("error: rank {last} of {ranks} panicked");
        assert!(outcome.stderr.contains(&text), "{outcome:#?}");
        assert!(outcome.stderr.contains("out of luck"), "{outcome:#?}");
    }
}

#[test]
fn a_panic_ends_the_job_even_if_the_program_has_a_hook_of_its_own() {
    for ranks in [1, 3] {
        let outcome = end("panic with a silent hook", ranks);
        exit_code(&outcome, 101);
        let text = format!("error: rank {} of {ranks} panicked", ranks - 1);
        assert!(outcome.stderr.contains(&text), "{outcome:#?}");
    }
}

#[test]
fn a_panic_that_a_thread_keeps_to_itself_does_not_end_the_program() {
    exit_code(&end("panic of another thread", 3), 0);
}

#[test]
fn an_error_of_one_rank_ends_the_others_wait_with_its_exit_code() {
    for ranks in [2, 5] {
        let outcome = end("alone", ranks);
        exit_code(&outcome, 5);
        let text = format!("error: rank {}: heat: r = 0.7 > 0.5", ranks - 1);
        assert_eq!(errors(&outcome.stderr), [text], "{outcome:#?}");
    }
}

#[test]
fn of_several_errors_that_one_rank_waits_for_the_lowest_ranks_is_printed() {
    let outcome = end("several alone", 4);
    exit_code(&outcome, 2);
    assert_eq!(errors(&outcome.stderr), ["error: rank 1: of rank 1"]);
}

#[test]
fn an_agreed_error_is_printed_once() {
    for ranks in [2, 5] {
        let outcome = end("agreed", ranks);
        exit_code(&outcome, 5);
        let text = format!("error: rank {}: heat: r = 0.7 > 0.5", ranks - 1);
        assert_eq!(errors(&outcome.stderr), [text], "{outcome:#?}");
    }
}

#[test]
fn an_error_of_all_ranks_is_printed_once_and_names_none() {
    for ranks in [2, 5] {
        let outcome = end("everywhere", ranks);
        exit_code(&outcome, 5);
        let text = "error: heat: r = 0.7 > 0.5";
        assert_eq!(errors(&outcome.stderr), [text], "{outcome:#?}");
    }
}

#[test]
fn of_several_errors_that_nobody_waits_for_the_lowest_ranks_is_printed() {
    let outcome = end("lowest", 4);
    exit_code(&outcome, 2);
    assert_eq!(errors(&outcome.stderr), ["error: rank 1: of rank 1"]);
}

#[test]
fn what_is_abandoned_is_an_error_and_no_hang() {
    for how in ["abandoned", "abandoned on one rank"] {
        for ranks in [1, 3] {
            let outcome = end(how, ranks);
            exit_code(&outcome, 2);
            let errors = errors(&outcome.stderr);
            assert_eq!(errors.len(), 1, "{outcome:#?}");
            assert!(errors[0].contains("out.h5: left open"), "{outcome:#?}");
        }
    }
}

#[test]
fn an_error_is_told_before_what_was_abandoned_for_it() {
    let outcome = end("abandoned after an error", 3);
    exit_code(&outcome, 5);
    let text = "error: heat: r = 0.7 > 0.5";
    assert_eq!(errors(&outcome.stderr), [text], "{outcome:#?}");
}

#[test]
fn a_rank_that_leaves_without_a_word_ends_the_job() {
    // Which code that is, is the launcher's affair, but it says that something went wrong.
    let outcome = end("exit", 3);
    assert!(!outcome.success(), "{outcome:#?}");
}

#[test]
fn a_program_that_nobody_launched_runs_on_one_rank() {
    let output = alone("well").output().expect("the subject runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"all is well on 1 ranks\n");
}

#[test]
fn the_launcher_of_another_mpi_is_refused_and_one_rank_says_so() {
    let launched = |rank: &str| -> Output {
        // What MPICH's launcher says to a program that listens to Open MPI's.
        let launcher = Mpiexec::find().expect("a launcher");
        let foreign = match launcher.flavour {
            partita_launch::Flavour::OpenMpi => ["PMI_SIZE", "PMI_RANK"],
            _ => ["OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"],
        };
        alone("well")
            .env(foreign[0], "2")
            .env(foreign[1], rank)
            .output()
            .expect("the subject runs")
    };
    let (first, second) = (launched("0"), launched("1"));
    assert_eq!(first.status.code(), Some(2), "{first:?}");
    assert_eq!(second.status.code(), Some(2), "{second:?}");
    let told = String::from_utf8_lossy(&first.stderr);
    assert!(told.contains("started 2 ranks"), "{told}");
    assert!(told.contains("PARTITA_ALLOW_ALONE"), "{told}");
    assert_eq!(errors(&String::from_utf8_lossy(&second.stderr)).len(), 0);
    assert!(first.stdout.is_empty() && second.stdout.is_empty());
}

#[test]
fn println_into_a_closed_pipe_is_a_quiet_end() {
    let mut subject = alone("print without end")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the subject runs");
    // Far more is printed than a pipe holds, so that it is closed while the program prints.
    drop(subject.stdout.take());
    let output = subject.wait_with_output().expect("the subject ends");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!told.contains("panicked"), "{told}");
    assert_eq!(output.status.code(), Some(141), "{told}");
}

#[test]
fn root_println_into_a_closed_pipe_is_no_end_at_all() {
    let mut subject = alone("print when told")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the subject runs");
    drop(subject.stdout.take());
    drop(subject.stdin.take());
    let output = subject.wait_with_output().expect("the subject ends");
    // It goes on to its own error.
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!told.contains("panicked"), "{told}");
}

#[test]
fn a_scope_never_gives_back_a_buffer_that_is_still_being_sent() {
    let outcome = end("a send nobody takes", 2);
    exit_code(&outcome, 5);
    assert!(!outcome.stdout.contains("returned"), "{}", outcome.stdout);
    assert!(
        outcome
            .stderr
            .contains("error: rank 1: heat: r = 0.7 > 0.5"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_communicator_that_outlives_mpi_returns_errors_and_is_dropped_in_peace() {
    for ranks in [1, 3] {
        let outcome = end("kept beyond the end", ranks);
        exit_code(&outcome, 0);
        for rank in 0..ranks {
            let text = format!("8 errors after the end on rank {rank}\n");
            assert!(outcome.stdout.contains(&text), "{outcome:#?}");
        }
        assert_eq!(outcome.stderr, "");
    }
}
