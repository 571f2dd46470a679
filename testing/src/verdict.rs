//! What each rank leaves behind: a small file, since printed lines of several ranks mix and a dying
//! rank's are lost.
#![forbid(unsafe_code)]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How the test went on one rank.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Panicked { location: String, message: String },
    Error { text: String },
    Passed,
}

impl Verdict {
    fn to_text(&self) -> String {
        match self {
            Verdict::Passed => "passed\n".to_owned(),
            Verdict::Error { text } => format!("error\n{text}"),
            Verdict::Panicked { location, message } => format!("panicked\n{location}\n{message}"),
        }
    }

    fn from_text(text: &str) -> Option<Verdict> {
        let (kind, rest) = text.split_once('\n')?;
        match kind {
            "passed" => Some(Verdict::Passed),
            "error" => Some(Verdict::Error {
                text: rest.to_owned(),
            }),
            "panicked" => {
                let (location, message) = rest.split_once('\n')?;
                Some(Verdict::Panicked {
                    location: location.to_owned(),
                    message: message.to_owned(),
                })
            }
            _ => None,
        }
    }
}

/// The directory of a job's verdicts, as the watching process and the ranks know it. It also holds
/// the files of the ranks' [`TemporaryDirectory`](crate::TemporaryDirectory).
#[derive(Clone, Debug)]
pub(crate) struct Verdicts {
    directory: PathBuf,
    /// Removes the directory, in the process that made it.
    _owner: Option<Arc<TempDir>>,
}

impl Verdicts {
    pub(crate) fn create() -> io::Result<Verdicts> {
        let owner = tempfile::Builder::new().prefix("partita-test-").tempdir()?;
        Ok(Verdicts {
            directory: owner.path().to_owned(),
            _owner: Some(Arc::new(owner)),
        })
    }

    pub(crate) fn at(directory: PathBuf) -> Verdicts {
        Verdicts {
            directory,
            _owner: None,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.directory
    }

    fn file(&self, rank: usize) -> PathBuf {
        self.directory.join(format!("rank-{rank}"))
    }

    /// Leaves a rank's verdict, all or nothing. Where that fails, the report will miss the rank: no
    /// need to fail twice.
    pub(crate) fn write(&self, rank: usize, verdict: &Verdict) {
        let unfinished = self.directory.join(format!("rank-{rank}.part"));
        let _ = std::fs::write(&unfinished, verdict.to_text())
            .and_then(|()| std::fs::rename(&unfinished, self.file(rank)));
    }

    /// The verdict of each rank that left one.
    pub(crate) fn read(&self, ranks: usize) -> Vec<Option<Verdict>> {
        (0..ranks)
            .map(|rank| Verdict::from_text(&std::fs::read_to_string(self.file(rank)).ok()?))
            .collect()
    }

    /// Waits until every rank has left a verdict, but no longer than `patience`.
    pub(crate) fn wait_for(&self, ranks: usize, patience: Duration) {
        let end = Instant::now() + patience;
        while Instant::now() < end && !(0..ranks).all(|rank| self.file(rank).exists()) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_come_back_as_they_were_left() {
        let verdicts = Verdicts::create().expect("a temporary directory");
        let panicked = Verdict::Panicked {
            location: "tests/a.rs:3:5".into(),
            message: "two\nlines".into(),
        };
        let error = Verdict::Error {
            text: "cannot open a.h5\nno such file".into(),
        };
        Verdicts::at(verdicts.path().to_owned()).write(0, &panicked);
        verdicts.write(1, &error);
        verdicts.write(3, &Verdict::Passed);
        assert_eq!(
            verdicts.read(4),
            [Some(panicked), Some(error), None, Some(Verdict::Passed)]
        );
    }
}
