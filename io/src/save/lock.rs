//! One writer at a time.
//!
//! The lock is the system's on a file beside the target, so it is gone with the process that holds it, however
//! that ends. What a killed writer leaves is an unlocked file, which the next one takes over.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use partita::{Error, Result};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::beside::{digest, folder};

/// As often as a lock's file may be taken away by its last holder while it is being locked.
const MOST_ATTEMPTS: usize = 100;

/// The right to replace a file, while it lives.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Open, hence locked.
    _file: File,
}

impl Lock {
    /// Takes the lock of `destination`, which the user knows as `target`; `None` where the file system has no
    /// locks, or no file can be made. *Local.*
    ///
    /// # Errors
    /// [`Error::Busy`] when another writer holds it.
    pub fn take(destination: &Path, target: &Path) -> Result<Option<Self>> {
        for _ in 0..MOST_ATTEMPTS {
            let Some((path, mut file)) = open(destination) else {
                return Ok(None);
            };
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) if is_at(&file, &path) => {
                    // Who it is matters less than that it is locked.
                    let _ = file
                        .set_len(0)
                        .and_then(|()| file.write_all(holder().as_bytes()));
                    return Ok(Some(Lock { path, _file: file }));
                }
                // Its last holder removed the file in between.
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => {
                    let mut holder = String::new();
                    let _ = file.read_to_string(&mut holder);
                    return Err(busy(target, holder));
                }
                Err(_) => {
                    // No locks here: the file would mean nothing.
                    let _ = fs::remove_file(&path);
                    return Ok(None);
                }
            }
        }
        Err(busy(target, String::new()))
    }

    /// The lock's file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is locked: whoever opened it meanwhile sees that it is no longer there.
        let _ = fs::remove_file(&self.path);
    }
}

/// The lock's file, and where it is: always the same for the same destination.
fn open(destination: &Path) -> Option<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    let path = path_of(destination);
    match options.open(&path) {
        Ok(file) => Some((path, file)),
        Err(cause) if cause.kind() == ErrorKind::InvalidFilename => {
            // A name too long for this file system, and so for every writer.
            let path = short_path_of(destination);
            Some((path.clone(), options.open(path).ok()?))
        }
        Err(_) => None,
    }
}

fn path_of(destination: &Path) -> PathBuf {
    let name = destination.file_name().unwrap_or_default();
    let mut lock = std::ffi::OsString::from(".");
    lock.push(name);
    lock.push(".lock.partita");
    folder(destination).join(lock)
}

fn short_path_of(destination: &Path) -> PathBuf {
    let name = destination.file_name().unwrap_or_default();
    let digest = digest(name.as_bytes());
    folder(destination).join(format!(".{digest:016x}.lock.partita"))
}

/// Whether the open file is still the one under its name.
fn is_at(file: &File, path: &Path) -> bool {
    let own = file.metadata().map(|own| (own.dev(), own.ino()));
    let there = fs::metadata(path).map(|there| (there.dev(), there.ino()));
    matches!((own, there), (Ok(own), Ok(there)) if own == there)
}

/// This process, for those who find the file locked.
fn holder() -> String {
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let program = std::env::args_os().next().unwrap_or_default();
    let program = Path::new(&program).file_name().unwrap_or_default();
    let (process, machine) = (std::process::id(), machine.trim());
    format!(
        "{} (process {process} on {machine})",
        program.to_string_lossy()
    )
}

fn busy(target: &Path, holder: String) -> Error {
    Error::Busy {
        path: target.display().to_string(),
        holder: match holder.is_empty() {
            true => "another process".to_string(),
            false => holder,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_writer_is_told_who_the_first_is_and_the_third_finds_no_trace() {
        let folder = std::env::temp_dir().join(format!("partita-lock-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        // The longest names that there are leave no room for anything added to them.
        let (most, other) = ("x".repeat(255), "x".repeat(254) + "y");
        for (name, lock) in [
            ("out.h5", path_of as fn(&Path) -> PathBuf),
            (&most, short_path_of),
        ] {
            let target = folder.join(name);
            // As a killed writer leaves it.
            fs::write(lock(&target), "of a process that is gone, with a long name").unwrap();
            let first = Lock::take(&target, &target).unwrap().unwrap();
            let refused = Lock::take(&target, Path::new("out.h5")).unwrap_err();
            let Error::Busy { path, holder } = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(path, "out.h5");
            assert!(
                holder.contains(&format!("(process {} on ", std::process::id())),
                "{holder}"
            );
            assert!(!holder.contains("long name"), "{holder}");
            let apart = Lock::take(&folder.join(&other), &target).unwrap().unwrap();
            drop((first, apart));
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
            drop(Lock::take(&target, &target).unwrap().unwrap());
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
