//! Calls of the system that fail, on any rank: every run ends in time, and the file is the old one or the new
//! one. The calls are made to fail by `tests/programs/faults.c`, loaded before the C library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use partita_testing::{TemporaryDirectory, example, run};

/// No run may take longer.
const LIMIT: Duration = Duration::from_secs(10);

/// How long HDF5 may take to open or close a file: it does not come back from some faults.
const PATIENCE: &str = "3";

/// What one rank does to a file that it saves, whatever the number of ranks.
const CALLS: [&str; 12] = [
    "open",
    "lock",
    "write",
    "pread",
    "pwrite",
    "allocate",
    "ftruncate",
    "chmod",
    "fsync",
    "close",
    "rename",
    "unlink",
];

/// A save that fails again and again, in a folder of its own.
struct Stage {
    directory: TemporaryDirectory,
    shim: PathBuf,
    ranks: usize,
}

impl Stage {
    /// `None` where there is no C compiler.
    fn new(ranks: usize) -> Option<Self> {
        let directory = TemporaryDirectory::new();
        let shim = directory.join("faults.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/faults.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&shim, &source])
            .status();
        if !built.is_ok_and(|status| status.success()) {
            eprintln!("skipped: no C compiler here");
            return None;
        }
        fs::create_dir(directory.join("files")).unwrap();
        Some(Stage {
            directory,
            shim,
            ranks,
        })
    }

    fn target(&self) -> PathBuf {
        self.directory.join("files/target.h5")
    }

    /// Starts the program over what is there, with the fault that `plan` tells on `rank`.
    fn start(&self, what: &[&str], (rank, plan): (usize, &str)) -> Ended {
        let files = fs::canonicalize(self.directory.join("files")).unwrap();
        let launch = example("every-fault", self.ranks)
            .argument(self.directory.path())
            .arguments(what)
            .environment("LD_PRELOAD", &self.shim)
            .environment("FAULT_PATH", files)
            .environment("FAULT_RANK", rank.to_string())
            .environment("FAULT_PLAN", plan)
            .environment("PARTITA_TIMEOUT", PATIENCE);
        let start = Instant::now();
        let outcome = run(launch.time_limit(30 * LIMIT));
        let crashed = [Some(139), Some(134), Some(136)].contains(&outcome.exit_code);
        assert!(!crashed, "{what:?} {plan}: a crash\n{}", outcome.stderr);
        Ended {
            code: outcome.exit_code,
            printed: outcome.stdout,
            said: outcome.stderr,
            took: start.elapsed(),
        }
    }

    fn old_or_new(&self, old: &[u8], new: &Path) {
        let content = fs::read(self.target()).unwrap();
        let is_new = || fs::read(new).is_ok_and(|new| new == content);
        assert!(content == old || is_new(), "{} bytes", content.len());
    }
}

struct Ended {
    code: Option<i32>,
    printed: String,
    said: String,
    took: Duration,
}

/// Lets the program fail in every place that `extent` names. A fault that ends the job is looked at from here, and
/// another job goes on behind it. What was called how often, in lines.
fn each(ranks: usize, extent: &str) -> Vec<String> {
    let Some(stage) = Stage::new(ranks) else {
        return Vec::new();
    };
    let (mut done, mut accounts) = (0, Vec::new());
    loop {
        let ended = stage.start(&[extent, &done.to_string()], (ranks, "- - -"));
        let Ended { printed, said, .. } = &ended;
        let problem = printed.lines().find(|line| line.starts_with("problem"));
        assert_eq!(problem, None);
        accounts.extend(
            printed
                .lines()
                .filter_map(|line| line.strip_prefix("account "))
                .map(str::to_string),
        );
        if printed.lines().any(|line| line == "done") {
            return accounts;
        }
        let mut faults = printed
            .lines()
            .filter_map(|line| line.strip_prefix("fault "));
        let last = faults
            .next_back()
            .unwrap_or_else(|| panic!("{printed}\n{said}"));
        let [number, save, since] = last.splitn(4, ' ').collect::<Vec<_>>()[..3] else {
            panic!("{last}");
        };
        // From a start that is before the program's own, so this is too much by as much.
        let took = ended.took - Duration::from_millis(since.parse().unwrap());
        assert!(took < LIMIT, "{last}: took {took:?}\n{said}");
        assert_ne!(ended.code, Some(0), "{last}: {said}");
        let new = |save: &str| stage.directory.join(save);
        match save {
            "create" => stage.old_or_new(b"old", &new("create")),
            _ => stage.old_or_new(&fs::read(new("create")).unwrap(), &new("append")),
        }
        done = number.parse().unwrap();
    }
}

/// The number of faults in an account of one call.
fn faults_of(accounts: &[String], save: &str, call: &str) -> usize {
    let prefix = format!("{save} {call} ");
    let account = accounts.iter().find_map(|line| line.strip_prefix(&prefix));
    let number = account.and_then(|account| account.split(' ').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no {call} in {save}: {accounts:?}"))
}

#[test]
fn every_call_of_one_rank_fails_in_every_way_and_the_file_is_old_or_new() {
    let accounts = each(1, "whole");
    for (save, call) in ["create", "append"]
        .iter()
        .flat_map(|save| CALLS.map(|call| (save, call)))
        .chain([(&"append", "copy")])
    {
        assert!(faults_of(&accounts, save, call) > 0, "{accounts:?}");
    }
}

#[test]
fn each_call_of_either_of_two_ranks_fails_and_the_file_is_old_or_new() {
    several_ranks(2, "each");
}

#[test]
fn calls_of_any_of_three_ranks_fail_and_the_file_is_old_or_new() {
    several_ranks(3, "few");
}

#[test]
fn calls_of_any_of_five_ranks_fail_and_the_file_is_old_or_new() {
    several_ranks(5, "few");
}

fn several_ranks(ranks: usize, extent: &str) {
    let accounts = each(ranks, extent);
    for call in ["pwrite", "fsync", "ftruncate", "rename", "allocate"] {
        assert!(faults_of(&accounts, "create", call) > 0, "{accounts:?}");
    }
    // Every rank writes and syncs.
    for call in ["pwrite", "fsync", "close", "open"] {
        let line = accounts
            .iter()
            .find(|line| line.starts_with(&format!("create {call} ")));
        let calls = line.and_then(|line| line.split_once("of calls "));
        let (_, calls) = calls.unwrap_or_else(|| panic!("{accounts:?}"));
        let calls: Vec<usize> = calls
            .trim_matches(['[', ']'])
            .split(", ")
            .map(|number| number.parse().unwrap())
            .collect();
        assert_eq!(calls.len(), ranks);
        assert!(!calls.contains(&0), "{accounts:?}");
    }
}

#[test]
fn a_rank_that_is_killed_while_it_saves_leaves_the_old_file() {
    for (ranks, rank) in [(1, 0), (2, 1), (3, 0), (3, 1), (3, 2), (5, 2), (5, 4)] {
        let Some(stage) = Stage::new(ranks) else {
            return;
        };
        for plan in ["pwrite kill 1", "close kill 4", "fsync kill 1"] {
            fs::write(stage.target(), "old").unwrap();
            let ended = stage.start(&["create"], (rank, plan));
            let Ended {
                code, said, took, ..
            } = ended;
            assert!(took < LIMIT, "{plan} on rank {rank} of {ranks}: {took:?}");
            assert_ne!(code, Some(0), "{plan} on rank {rank} of {ranks}: {said}");
            let content = fs::read(stage.target()).unwrap();
            assert_eq!(content, b"old", "{plan} on rank {rank} of {ranks}: {said}");
        }
    }
}

#[test]
fn a_call_that_fails_is_told_once_and_by_an_exit_code() {
    let Some(stage) = Stage::new(2) else {
        return;
    };
    for (rank, plan, said) in [
        (0, "pwrite eio 3", "Input/output error"),
        (1, "pwrite enospc 1", "rank 1: cannot write \"u\" to"),
        (1, "pwrite short 1", ""),
        (0, "allocate enospc 1", "no space left on device"),
        (0, "rename eio 1", "cannot replace"),
        (1, "fsync eio 1", "rank 1: cannot sync"),
        (0, "ftruncate enospc 2", "cannot "),
    ] {
        fs::write(stage.target(), "old").unwrap();
        let ended = stage.start(&["create"], (rank, plan));
        let errors = ended
            .said
            .lines()
            .filter(|line| line.starts_with("error: "));
        let is_whole = said.is_empty();
        assert_eq!(
            ended.code,
            Some(if is_whole { 0 } else { 4 }),
            "{plan}: {}",
            ended.said
        );
        assert_eq!(
            errors.count(),
            usize::from(!is_whole),
            "{plan}: {}",
            ended.said
        );
        assert!(ended.said.contains(said), "{plan}: {}", ended.said);
        let content = fs::read(stage.target()).unwrap();
        assert_eq!(content != b"old", is_whole, "{plan}");
    }
}
