//! A file of the system's shared memory that all ranks of a communicator have open, and nobody else can find.
//!
//! It has a name only until all have opened it, so that nothing is left of it however a program ends: the system
//! takes its memory back when the last rank has unmapped it. Nothing that gives it back is collective.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::ptr::NonNull;

use super::shared_memory::check_room;
use crate::comm::{Communicator, Operation};
use crate::error::{Error, Result};

/// An open file, empty at first.
pub(super) struct CommonFile {
    file: File,
    /// What no other file of any rank is called.
    pub(super) name: u64,
}

/// A file in this rank's memory, all of it.
pub(super) struct Mapping {
    pub(super) first: NonNull<u8>,
    bytes: usize,
}

impl CommonFile {
    /// None where the ranks are not all on one machine, or it has no such memory. Collective.
    pub(super) fn open(communicator: &Communicator) -> Result<Option<Self>> {
        let made = communicator.is_root().then(CommonFile::make).flatten();
        let description = |made: &CommonFile| Some((made.name, made.inode()?));
        let offered = communicator
            .is_root()
            .then(|| Ok(made.as_ref().and_then(description)));
        let Some((name, inode)) = communicator.broadcast_outcome(0, offered)? else {
            return Ok(None);
        };
        let opened = made.or_else(|| CommonFile::of_name(name));
        // Local: a machine knows its own files only. Another one may have a file of the same name, hardly of the
        // same number.
        let is_it = opened.as_ref().and_then(CommonFile::inode) == Some(inode);
        let outcome = communicator.all_reduce_value(is_it, Operation::LogicalAnd);
        if communicator.is_root() {
            // Who removes names from this folder removes none that is needed any more.
            let _ = std::fs::remove_file(path_of(name));
        }
        Ok(opened.filter(|_| outcome == Ok(true)))
    }

    fn make() -> Option<Self> {
        let name = RandomState::new().hash_one(std::process::id()).max(1);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(path_of(name)).ok()?;
        Some(CommonFile { file, name })
    }

    fn of_name(name: u64) -> Option<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path_of(name));
        Some(CommonFile {
            file: file.ok()?,
            name,
        })
    }

    fn inode(&self) -> Option<(u64, u64)> {
        let metadata = self.file.metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    }

    /// Memory of `bytes` bytes, of which this rank reserves its own: what is not there is an error here, and no
    /// signal where it is written to. Collective.
    pub(super) fn map(
        &self,
        communicator: &Communicator,
        bytes: usize,
        own: std::ops::Range<usize>,
    ) -> Result<Mapping> {
        // Local: the first rank looks for all of them, and makes the file as long.
        communicator.agree(match communicator.is_root() {
            true => check_room(bytes as isize).and_then(|()| self.set_length(bytes)),
            false => Ok(()),
        })?;
        // Local: memory.
        let mapped = self.reserve(own).and_then(|()| Mapping::of(self, bytes));
        communicator.agree(mapped)
    }

    fn set_length(&self, bytes: usize) -> Result<()> {
        self.file
            .set_len(bytes as u64)
            .map_err(|_| no_memory(bytes))
    }

    #[cfg(target_os = "linux")]
    fn reserve(&self, range: std::ops::Range<usize>) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        loop {
            // SAFETY: a file that is open, and a range of numbers.
            let code = unsafe {
                let (start, length) = (range.start as libc::off_t, range.len() as libc::off_t);
                libc::posix_fallocate(self.file.as_raw_fd(), start, length)
            };
            match code {
                0 => return Ok(()),
                libc::EINTR => {}
                _ => return Err(no_memory(range.len())),
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn reserve(&self, range: std::ops::Range<usize>) -> Result<()> {
        Err(no_memory(range.len()))
    }
}

impl Mapping {
    fn of(file: &CommonFile, bytes: usize) -> Result<Self> {
        // SAFETY: a new mapping, wherever the system puts it, of a file that is open and as long.
        let first = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.file.as_raw_fd(),
                0,
            )
        };
        if first == libc::MAP_FAILED {
            return Err(no_memory(bytes));
        }
        let first = NonNull::new(first.cast()).ok_or_else(|| no_memory(bytes))?;
        Ok(Mapping { first, bytes })
    }
}

impl Drop for Mapping {
    /// Local.
    fn drop(&mut self) {
        // SAFETY: this mapping, whole; those who lend slices of it own it, and have lent none now.
        unsafe { libc::munmap(self.first.as_ptr().cast(), self.bytes) };
    }
}

fn path_of(name: u64) -> PathBuf {
    PathBuf::from(format!("/dev/shm/partita-{name:016x}"))
}

fn no_memory(bytes: usize) -> Error {
    Error::Memory {
        operation: "shared memory, in /dev/shm".to_string(),
        bytes: bytes as u64,
    }
}
