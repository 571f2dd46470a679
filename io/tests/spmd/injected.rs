//! Calls of the system that fail, on any rank: every run ends in time, and the file is the old one or the new
//! one. The calls are made to fail by `tests/programs/faults.c`, loaded before the C library.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use partita_testing::{TemporaryDirectory, example, run};

/// No run may take longer.
const LIMIT: Duration = Duration::from_secs(10);

const RANKS: usize = 2;

/// The shim, or `None` where there is no C compiler.
fn shim(directory: &TemporaryDirectory) -> Option<PathBuf> {
    let library = directory.join("faults.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/faults.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    built
        .is_ok_and(|status| status.success())
        .then_some(library)
}

struct Fault {
    call: &'static str,
    kind: &'static str,
    rank: usize,
    number: usize,
}

/// What a run under a fault came to.
struct Outcome {
    /// Whether there were so many calls at all.
    happened: bool,
    code: Option<i32>,
    content: Vec<u8>,
    said: String,
}

fn under(fault: &Fault, shim: &Path) -> Outcome {
    let directory = TemporaryDirectory::new();
    let (path, note) = (directory.join("target.h5"), directory.join("note"));
    std::fs::write(&path, "old").unwrap();
    let launch = example("io-faults", RANKS)
        .argument("none")
        .argument(&path)
        .environment("LD_PRELOAD", shim)
        .environment("FAULT_CALL", fault.call)
        .environment("FAULT_KIND", fault.kind)
        .environment("FAULT_RANK", fault.rank.to_string())
        .environment("FAULT_NUMBER", fault.number.to_string())
        .environment("FAULT_PATH", ".target.h5.")
        .environment("FAULT_NOTE", &note);
    let start = Instant::now();
    let outcome = run(launch.time_limit(2 * LIMIT));
    let Fault {
        call,
        kind,
        rank,
        number,
    } = fault;
    let took = start.elapsed();
    assert!(
        took < LIMIT,
        "{call} {number} {kind} on rank {rank}: took {took:?}"
    );
    Outcome {
        happened: note.exists(),
        code: outcome.exit_code,
        content: std::fs::read(&path).unwrap(),
        said: outcome.stderr,
    }
}

/// What the file is when nothing fails.
fn new_file() -> Vec<u8> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("target.h5");
    let outcome = run(example("io-faults", RANKS).argument("none").argument(&path));
    assert!(outcome.success(), "{outcome}\n{}", outcome.stderr);
    std::fs::read(path).unwrap()
}

/// Lets the first, fourth, sixteenth, … call fail, as long as there are so many.
fn each(call: &'static str, kinds: &[&'static str]) {
    let directory = TemporaryDirectory::new();
    let Some(shim) = shim(&directory) else {
        return eprintln!("skipped: no C compiler here");
    };
    let new = new_file();
    let mut faults = 0;
    for rank in 0..RANKS {
        for kind in kinds {
            for number in (0..).map(|power| 1 << (2 * power)) {
                let fault = Fault {
                    call,
                    kind,
                    rank,
                    number,
                };
                let outcome = under(&fault, &shim);
                if !outcome.happened {
                    assert_eq!(outcome.code, Some(0), "{}", outcome.said);
                    break;
                }
                faults += 1;
                let what = format!("{call} {number} {kind} on rank {rank}\n{}", outcome.said);
                let is_new = outcome.content == new;
                assert!(
                    is_new || outcome.content == b"old",
                    "neither old nor new: {what}"
                );
                assert!(
                    is_new || outcome.code != Some(0),
                    "the old file, unsaid: {what}"
                );
                let crashed = [Some(139), Some(134), Some(136)].contains(&outcome.code);
                assert!(!crashed, "a crash: {what}");
            }
        }
    }
    assert!(faults > 0, "no {call} was ever made");
}

#[test]
fn a_write_that_fails_leaves_the_old_file() {
    each("pwrite", &["eio", "enospc", "short"]);
}

#[test]
fn a_rank_that_is_killed_while_it_writes_leaves_the_old_file() {
    each("pwrite", &["kill"]);
}

#[test]
fn a_sync_that_fails_leaves_the_old_file() {
    each("fsync", &["eio", "kill"]);
}

#[test]
fn a_rename_that_fails_leaves_the_old_file() {
    each("rename", &["eio", "kill"]);
}

#[test]
fn a_file_that_cannot_be_cut_or_closed_is_the_old_one_or_the_new_one() {
    each("ftruncate", &["eio"]);
    each("close", &["eio"]);
}
