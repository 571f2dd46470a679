//! Programs that leave a file open, or fail on one rank while it is: they end, in time, with one error,
//! and the old file stays.

use std::fs;

use partita_testing::{TemporaryDirectory, example, run};

/// Starts the program over an old file; what it printed as its error, and its exit code.
fn after(fault: &str, ranks: usize) -> (String, Option<i32>) {
    after_going(&[], fault, ranks)
}

/// The same, data going the way that is asked for.
fn after_going(way: &[&str], fault: &str, ranks: usize) -> (String, Option<i32>) {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    fs::write(&path, "old").unwrap();
    let launch = example("io-faults", ranks).argument(fault).argument(&path);
    let launch = way.iter().fold(launch, |launch, way| launch.argument(way));
    let outcome = run(launch.time_limit(std::time::Duration::from_secs(20)));
    assert!(!outcome.success(), "{fault}: {outcome}\n{}", outcome.stderr);
    assert_eq!(fs::read(&path).unwrap(), b"old", "{fault}");
    (outcome.stderr.clone(), outcome.exit_code)
}

#[test]
fn a_file_that_was_never_closed_is_an_error() {
    for ranks in [1, 2] {
        let (stderr, code) = after("forget", ranks);
        assert_eq!(
            stderr
                .matches("was never closed, so it is not written")
                .count(),
            1,
            "{stderr}"
        );
        assert_eq!(code, Some(2), "{stderr}");
    }
}

#[test]
fn an_error_while_a_file_is_open_is_the_one_that_is_told() {
    let (stderr, code) = after("fail", 2);
    assert_eq!(stderr.matches("unstable").count(), 1, "{stderr}");
    assert!(!stderr.contains("never closed"), "{stderr}");
    assert_eq!(code, Some(5), "{stderr}");
}

#[test]
fn a_rank_that_fails_alone_ends_the_job() {
    let (stderr, _) = after("fail-alone", 2);
    assert!(stderr.contains("only here"), "{stderr}");
}

#[test]
fn a_rank_that_panics_ends_the_job() {
    let (stderr, _) = after("panic", 2);
    assert!(stderr.contains("only here"), "{stderr}");
}

/// Straight to the file, and by HDF5 and MPI together.
const WAYS: [&[&str]; 2] = [&[], &["together"]];

#[test]
fn a_rank_that_cannot_open_the_file_is_everyones_error() {
    for way in WAYS {
        let (stderr, code) = after_going(way, "cannot-open", 3);
        assert!(stderr.contains("rank 1: cannot write \"v\" to"), "{stderr}");
        assert!(stderr.contains("Too many open files"), "{stderr}");
        assert_eq!(code, Some(4), "{stderr}");
    }
}

#[test]
fn a_rank_that_cannot_write_is_everyones_error() {
    for way in WAYS {
        let (stderr, code) = after_going(way, "cannot-write", 2);
        assert!(
            stderr.contains("error: rank 1: cannot write \"v\" to"),
            "{stderr}"
        );
        assert_eq!(code, Some(4), "{stderr}");
    }
}
