//! What every failure has in common.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use partita_testing::TemporaryDirectory;

use crate::job::{BOUND, Ended, end_of};

/// A directory with an old output file in it, which no failure may touch.
pub fn directory_with_old_files() -> TemporaryDirectory {
    let directory = TemporaryDirectory::new();
    for name in ["out.h5", "out.png"] {
        std::fs::write(directory.join(name), format!("the old {name}")).unwrap();
    }
    directory
}

/// Runs `heat` in `directory` on 1, 2 and 3 ranks. Each time all ranks must leave with `code`, one
/// error must be told that contains each of `says`, and everything in the directory must be as it was.
#[track_caller]
pub fn assert_refused(directory: &Path, arguments: &[&str], code: u8, says: &[&str]) {
    for ranks in 1..=3 {
        assert_refused_on(ranks, directory, arguments, code, says);
    }
}

#[track_caller]
pub fn assert_refused_on(
    ranks: usize,
    directory: &Path,
    arguments: &[&str],
    code: u8,
    says: &[&str],
) {
    let before = contents(directory);
    let ended = end_of(ranks, arguments, directory);
    if let Err(complaint) = judge(&ended, code, says) {
        panic!(
            "heat {arguments:?} on {ranks} ranks: {complaint}\n{}",
            ended.outcome.stderr
        );
    }
    let after = contents(directory);
    let names = |contents: &BTreeMap<PathBuf, Option<Vec<u8>>>| -> Vec<PathBuf> {
        contents.keys().cloned().collect()
    };
    assert_eq!(names(&after), names(&before), "files, after {arguments:?}");
    assert!(after == before, "{arguments:?} changed a file");
}

/// One error, told once, on all ranks, soon.
fn judge(ended: &Ended, code: u8, says: &[&str]) -> Result<(), String> {
    let expected = vec![Some(code); ended.ranks];
    if ended.codes != expected {
        return Err(format!("exit codes {:?}, not {code}", ended.codes));
    }
    if ended.took > BOUND {
        return Err(format!("took {:?}", ended.took));
    }
    let Ended { outcome, .. } = ended;
    if !outcome.stdout.is_empty() {
        return Err(format!("printed {:?}", outcome.stdout));
    }
    let told: Vec<&str> = outcome
        .stderr
        .lines()
        .filter(|line| line.contains("error:"))
        .collect();
    let [error] = told[..] else {
        return Err(format!("{} errors told", told.len()));
    };
    if !error.starts_with("error: ") || outcome.stderr.contains("panicked") {
        return Err("no clean error".into());
    }
    match says.iter().find(|word| !outcome.stderr.contains(**word)) {
        Some(word) => Err(format!("does not say {word:?}")),
        None => Ok(()),
    }
}

/// Every name below a directory, with the bytes where it is a file.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() {
            found.extend(contents(&path));
        }
        let bytes = kind.is_file().then(|| std::fs::read(&path).unwrap());
        found.insert(path, bytes);
    }
    found
}
