//! A place for the files of a test.
#![forbid(unsafe_code)]

use crate::rank;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// An empty directory that is gone, with all that is in it, when the test is over.
///
/// In an SPMD test all ranks get *the same* directory (the n-th call of one rank that of the n-th
/// call of the others), as a collective write needs it. It stays until the whole job has ended,
/// however it ends: a rank that is done early does not take it from the others.
///
/// ```
/// use partita_testing::TemporaryDirectory;
/// let directory = TemporaryDirectory::new();
/// std::fs::write(directory.join("notes.txt"), "gone soon")?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TemporaryDirectory {
    path: PathBuf,
    /// Outside SPMD tests, the directory is this value's own.
    _owner: Option<TempDir>,
}

impl TemporaryDirectory {
    /// A new directory; in an SPMD test, the ranks' common one. *Local*: no communication.
    ///
    /// # Panics
    /// When the system's temporary directory cannot be written, which a test can only report.
    #[track_caller]
    #[expect(
        clippy::new_without_default,
        reason = "creating a directory is no default"
    )]
    pub fn new() -> TemporaryDirectory {
        let created = match std::env::var_os(rank::VERDICTS) {
            Some(of_the_job) => common(Path::new(&of_the_job)),
            None => tempfile::Builder::new()
                .prefix("partita-test-")
                .tempdir()
                .map(|owner| TemporaryDirectory {
                    path: owner.path().to_owned(),
                    _owner: Some(owner),
                }),
        };
        match created {
            Ok(directory) => directory,
            Err(error) => panic!("cannot create a temporary directory: {error}"),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of `name` in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }
}

fn common(of_the_job: &Path) -> std::io::Result<TemporaryDirectory> {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let path = of_the_job.join(format!("files-{}", CALLS.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&path)?;
    Ok(TemporaryDirectory { path, _owner: None })
}

impl AsRef<Path> for TemporaryDirectory {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}
