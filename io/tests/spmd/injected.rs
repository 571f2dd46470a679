//! Calls of the system that fail, on any rank: every run ends in time, and the file is the old one or the new
//! one. The calls are made to fail by `tests/programs/faults.c`, loaded before the C library.

use std::cell::Cell;
use std::fmt;
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

#[derive(Clone, Copy)]
struct Fault {
    call: &'static str,
    kind: &'static str,
    rank: usize,
    number: usize,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            call,
            kind,
            rank,
            number,
        } = self;
        write!(formatter, "{call} {number} {kind} on rank {rank}")
    }
}

/// What a run under a fault came to.
struct Outcome {
    code: Option<i32>,
    content: Vec<u8>,
    said: String,
}

fn under(fault: Fault, shim: &Path, path: &Path, note: &Path) -> Outcome {
    std::fs::write(path, "old").unwrap();
    let launch = example("io-faults", RANKS)
        .argument("none")
        .argument(path)
        .environment("LD_PRELOAD", shim)
        .environment("FAULT_CALL", fault.call)
        .environment("FAULT_KIND", fault.kind)
        .environment("FAULT_RANK", fault.rank.to_string())
        .environment("FAULT_NUMBER", fault.number.to_string())
        .environment("FAULT_PATH", ".target.h5.")
        .environment("FAULT_NOTE", note);
    let start = Instant::now();
    let outcome = run(launch.time_limit(2 * LIMIT));
    let took = start.elapsed();
    assert!(took < LIMIT, "{fault}: took {took:?}");
    Outcome {
        code: outcome.exit_code,
        content: std::fs::read(path).unwrap(),
        said: outcome.stderr,
    }
}

/// Lets the first, fourth, sixteenth, … of the calls fail that a run makes, in each kind, and hands over what came of
/// it with what the file is when nothing fails; `judge` gets the file's path too. One run tells how many calls
/// there are.
fn each(faults: &[(&'static str, &[&'static str])], judge: impl Fn(Fault, &Path, Outcome, &[u8])) {
    let directory = TemporaryDirectory::new();
    let Some(shim) = shim(&directory) else {
        return eprintln!("skipped: no C compiler here");
    };
    let path = directory.join("target.h5");
    let counts = directory.join("count");
    let counting = Fault {
        call: "",
        kind: "count",
        rank: 0,
        number: 0,
    };
    let whole = under(counting, &shim, &path, &counts);
    assert_eq!(whole.code, Some(0), "{}", whole.said);
    for &(call, kinds) in faults {
        let count = |rank: usize| {
            let counted = std::fs::metadata(directory.join(format!("count.{call}.{rank}")));
            counted.map_or(0, |counted| counted.len() as usize)
        };
        assert!(
            (0..RANKS).any(|rank| count(rank) > 0),
            "no {call} was ever made"
        );
        for (rank, &kind) in (0..RANKS).flat_map(|rank| kinds.iter().map(move |kind| (rank, kind)))
        {
            let numbers = (0..).map(|power| 1 << (2 * power));
            for number in numbers.take_while(|&number| number <= count(rank)) {
                let fault = Fault {
                    call,
                    kind,
                    rank,
                    number,
                };
                let note = directory.join(format!("{call} {kind} {rank} {number}"));
                let outcome = under(fault, &shim, &path, &note);
                assert!(note.exists(), "{fault}: it did not come to that");
                judge(fault, &path, outcome, &whole.content);
            }
        }
    }
}

fn old_or_new(fault: Fault, _: &Path, outcome: Outcome, new: &[u8]) {
    let what = format!("{fault}\n{}", outcome.said);
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

#[test]
fn a_write_that_fails_leaves_the_old_file() {
    each(&[("pwrite", &["eio", "enospc", "short"])], old_or_new);
}

#[test]
fn a_rank_that_is_killed_while_it_writes_leaves_the_old_file() {
    each(&[("pwrite", &["kill"])], old_or_new);
}

#[test]
fn a_sync_a_rename_a_cut_or_a_close_that_fails_leaves_the_old_file_or_the_new_one() {
    let faults: [(_, &[_]); 4] = [
        ("fsync", &["eio", "kill"]),
        ("rename", &["eio", "kill"]),
        ("ftruncate", &["eio"]),
        ("close", &["eio"]),
    ];
    each(&faults, old_or_new);
}

#[test]
fn a_bit_that_flips_on_its_way_to_the_disk_is_reported() {
    let named = Cell::new(0);
    each(&[("pwrite", &["flip"])], |fault, path, outcome, new| {
        // What was flipped may be written again later, or read again while the file is made.
        if outcome.code != Some(0) || outcome.content == new {
            return old_or_new(fault, path, outcome, new);
        }
        let verified = run(example("io-faults", RANKS)
            .argument("verify")
            .argument(path));
        let said = &verified.stderr;
        assert_eq!(verified.exit_code, Some(3), "{fault}: unnoticed\n{said}");
        let names = ["/u", "/in turn", "/chunks", "/gzip"].map(|name| format!("{name:?}"));
        named.set(named.get() + usize::from(names.iter().any(|name| said.contains(name))));
    });
    assert!(named.get() > 0, "no flipped bit was in a dataset");
}
