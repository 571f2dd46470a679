//! Files of numbers and nothing else, read and written by all ranks (MPI-IO).

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use super::ffi::Handle;
use super::ffi::file::{OpenFile, Purpose, Together, reserve, rounds};
use super::{Call, Communicator, Number, Operation};
use crate::error::{Error, Result};

/// A file of bytes that all ranks of a communicator read and write at offsets: for data that is not HDF5.
///
/// It holds nothing but the elements, in the byte order of the machine: who reads it has to know the type,
/// the shape and the machine. Offsets count elements, of the type that is read or written.
///
/// *Collective* transfers ([`write_at_all`](Self::write_at_all)) let MPI join what the ranks want into few
/// large accesses; *independent* ones ([`write_at`](Self::write_at)) are of one rank alone.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita::RawFile;
/// let own = vec![world.rank() as f64; 1000];
/// let file = RawFile::create(world, "ranks.f64")?;
/// file.write_at_all(1000 * world.rank() as u64, &own)?;
/// file.sync()?;
///
/// let mut of_last = vec![0.0; 1000];
/// file.read_at_all(1000 * (world.size() as u64 - 1), &mut of_last)?;
/// # Ok(()) }
/// ```
///
/// Only [`Number`]s, because any bytes that a file may hold must be values:
///
/// ```compile_fail,E0277
/// # fn example(file: &partita::RawFile) -> partita::Result<()> {
/// file.read_at_all(0, &mut [true, false])
/// # }
/// ```
///
/// # What it is while it is written
/// The file is written in place: after a crash or a failure it may be half old, half new. To have the old
/// file or the new one, never between, write to the path of a `partita_io::save::Replacement`.
///
/// The file is open only inside an operation, and every operation ends by closing it. So it needs no
/// closing, and what one operation wrote, the next one finds, on whichever rank.
#[derive(Debug, Clone)]
pub struct RawFile {
    communicator: Communicator,
    path: PathBuf,
}

impl RawFile {
    /// Makes an empty file, or empties the one that is there. *Collective.*
    ///
    /// # Cost
    /// The root alone touches the file system; a broadcast and an agreement.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Io`] when the file cannot be made, or is no regular file;
    /// [`Error::Usage`] when the ranks name different files.
    #[track_caller]
    pub fn create(communicator: &Communicator, path: impl AsRef<Path>) -> Result<Self> {
        let _call = communicator.enter(Call::new("RawFile::create"))?;
        let path = path.as_ref();
        RawFile::on_root(communicator, path, "create", || {
            check_regular(path)?;
            fs::File::create(path).map(|_| ())
        })
    }

    /// A file that is there, to be read or changed. *Collective.*
    ///
    /// # Errors
    /// As [`create`](Self::create).
    #[track_caller]
    pub fn open(communicator: &Communicator, path: impl AsRef<Path>) -> Result<Self> {
        let _call = communicator.enter(Call::new("RawFile::open"))?;
        let path = path.as_ref();
        RawFile::on_root(communicator, path, "open", || {
            fs::metadata(path)?;
            check_regular(path)
        })
    }

    fn on_root(
        communicator: &Communicator,
        path: &Path,
        operation: &str,
        work: impl FnOnce() -> std::io::Result<()>,
    ) -> Result<Self> {
        let outcome = communicator.is_root().then(|| {
            work().map_err(|cause| Error::io(operation, path, cause))?;
            Ok(path.to_path_buf())
        });
        let of_root: PathBuf = communicator.broadcast_outcome(0, outcome)?;
        // Local: each rank knows its own path only.
        communicator.agree(if of_root == path {
            Ok(())
        } else {
            Err(Error::usage(format!(
                "{operation}: {} here, {} on rank 0: all ranks work on one file together",
                path.display(),
                of_root.display()
            )))
        })?;
        Ok(RawFile {
            communicator: communicator.clone(),
            path: of_root,
        })
    }

    /// The path, as it was given. *Local.*
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of bytes. *Collective.*
    ///
    /// # Errors
    /// The same [`Error::Io`] on every rank.
    #[track_caller]
    pub fn size(&self) -> Result<u64> {
        let _call = self.communicator.enter(Call::new("RawFile::size"))?;
        let size = self.communicator.is_root().then(|| {
            let metadata = fs::metadata(&self.path);
            Ok(metadata.map_err(|cause| self.failure("read", cause))?.len())
        });
        self.communicator.broadcast_outcome(0, size)
    }

    /// Cuts the file off after so many bytes, or extends it with zeros. *Collective.*
    ///
    /// # Errors
    /// The same on every rank: [`Error::Io`]; [`Error::Usage`] when the ranks give different sizes.
    #[track_caller]
    pub fn set_size(&self, bytes: u64) -> Result<()> {
        let _call = self.communicator.enter(Call::new("RawFile::set_size"))?;
        let of_root = self
            .communicator
            .broadcast_object(0, self.communicator.is_root().then_some(bytes))?;
        // Local: each rank knows its own size only.
        let fits = i64::try_from(bytes).is_ok();
        self.communicator.agree(match () {
            () if of_root != bytes => Err(Error::usage(format!(
                "set_size: {bytes} bytes here, {of_root} on rank 0"
            ))),
            () if !fits => Err(self.failure("resize", "no file has so many bytes")),
            () => Ok(()),
        })?;
        self.together("resize", Purpose::Write, |file| file.set_size(bytes))
    }

    /// Returns when the disk has what was written. *Collective.*
    ///
    /// # Errors
    /// The same [`Error::Io`] on every rank.
    #[track_caller]
    pub fn sync(&self) -> Result<()> {
        let _call = self.communicator.enter(Call::new("RawFile::sync"))?;
        self.together("sync", Purpose::Write, OpenFile::sync)
    }

    /// Writes `data` from element `offset` on; each rank its own data at its own offset. *Collective.*
    ///
    /// # Shapes
    /// Any lengths, none included. Where the ranges of two ranks overlap, it is open who wins.
    ///
    /// # Cost
    /// Opening and closing; an all-reduce; a collective call of MPI for each GiB of the longest part.
    ///
    /// # Errors
    /// The same [`Error::Io`] on every rank. A full disk is noticed before anything is written, where the
    /// file system can reserve space.
    #[track_caller]
    pub fn write_at_all<T: Number>(&self, offset: u64, data: &[T]) -> Result<()> {
        let _call = self
            .communicator
            .enter(Call::new("RawFile::write_at_all"))?;
        let ready = self.start_of::<T>("write", offset, data.len());
        let ready = ready.and_then(|start| {
            self.reserve(start, size_of_val(data))?;
            Ok(start)
        });
        let start = self.communicator.agree(ready)?;
        let together = self.rounds_of_all::<T>(data.len())?;
        self.together("write", Purpose::Write, |file| {
            file.write(start, data, together)
        })
    }

    /// Fills `buffer` from element `offset` on; each rank its own buffer from its own offset. *Collective.*
    ///
    /// # Shapes
    /// Any lengths, none included.
    ///
    /// # Cost
    /// As [`write_at_all`](Self::write_at_all).
    ///
    /// # Errors
    /// The same [`Error::Io`] on every rank, also when the file ends before a buffer is full.
    #[track_caller]
    pub fn read_at_all<T: Number>(&self, offset: u64, buffer: &mut [T]) -> Result<()> {
        let _call = self.communicator.enter(Call::new("RawFile::read_at_all"))?;
        let start = self.start_of::<T>("read", offset, buffer.len());
        let start = self.communicator.agree(start)?;
        let together = self.rounds_of_all::<T>(buffer.len())?;
        self.together("read", Purpose::Read, |file| {
            file.read(start, buffer, together)
        })
    }

    /// Writes `data` from element `offset` on. *Local.*
    ///
    /// Another rank finds it there after a message or a collective that tells it so.
    ///
    /// # Cost
    /// Opening and closing, each time: for many small pieces, gather them first.
    ///
    /// # Errors
    /// [`Error::Io`], on this rank.
    pub fn write_at<T: Number>(&self, offset: u64, data: &[T]) -> Result<()> {
        let start = self.start_of::<T>("write", offset, data.len())?;
        self.reserve(start, size_of_val(data))?;
        self.alone("write", Purpose::Write, |file| {
            file.write(start, data, Together::Independent)
        })
    }

    /// Fills `buffer` from element `offset` on. *Local.*
    ///
    /// # Cost
    /// As [`write_at`](Self::write_at).
    ///
    /// # Errors
    /// [`Error::Io`], on this rank, also when the file ends before the buffer is full.
    pub fn read_at<T: Number>(&self, offset: u64, buffer: &mut [T]) -> Result<()> {
        let start = self.start_of::<T>("read", offset, buffer.len())?;
        self.alone("read", Purpose::Read, |file| {
            file.read(start, buffer, Together::Independent)
        })
    }

    /// Opens the file, does `work`, closes it: on all ranks, with the same outcome.
    fn together(
        &self,
        operation: &str,
        purpose: Purpose,
        work: impl FnOnce(&OpenFile) -> Result<()>,
    ) -> Result<()> {
        // Local, and before MPI opens the file: its own open, where only some ranks may, leaves the others
        // with a file that they cannot close.
        self.communicator
            .agree(self.check_access(operation, purpose))?;
        let library = self.communicator.inner.library;
        let opened = library.open_file(&self.path, purpose);
        let opened = opened.map_err(|error| self.failure(operation, error));
        let is_open = opened.is_ok();
        let file = self.communicator.agree(opened).inspect_err(|_| {
            if is_open {
                // Its collective close would wait for those who have no file.
                crate::abandon(self.path.display());
            }
        })?;
        let worked = work(&file);
        // Every rank comes here, whatever its work came to.
        let outcome = worked.and(file.close());
        let outcome = outcome.map_err(|error| self.failure(operation, error));
        self.communicator.agree(outcome)
    }

    fn alone(
        &self,
        operation: &str,
        purpose: Purpose,
        work: impl FnOnce(&OpenFile) -> Result<()>,
    ) -> Result<()> {
        self.check_access(operation, purpose)?;
        let file = Handle::of_this_rank().open_file(&self.path, purpose);
        let outcome = file.and_then(|file| {
            let worked = work(&file);
            worked.and(file.close())
        });
        outcome.map_err(|error| self.failure(operation, error))
    }

    /// The system's word on whether this rank may open the file, which is clearer than MPI's.
    fn check_access(&self, operation: &str, purpose: Purpose) -> Result<()> {
        let opened = check_regular(&self.path).and_then(|()| match purpose {
            Purpose::Read => fs::File::open(&self.path),
            Purpose::Write => OpenOptions::new().write(true).open(&self.path),
        });
        match opened {
            Ok(_) => Ok(()),
            Err(cause) => Err(self.failure(operation, cause)),
        }
    }

    fn reserve(&self, start: u64, bytes: usize) -> Result<()> {
        let file = check_regular(&self.path)
            .and_then(|()| OpenOptions::new().write(true).open(&self.path));
        file.and_then(|file| reserve(&file, start, bytes as u64))
            .map_err(|cause| self.failure("write", cause))
    }

    /// Where element `offset` begins, in bytes, if `length` elements from there on are within what a file
    /// can have.
    fn start_of<T>(&self, operation: &str, offset: u64, length: usize) -> Result<u64> {
        let width = size_of::<T>() as u64;
        offset
            .checked_add(length as u64)
            .and_then(|end| end.checked_mul(width))
            .filter(|end| i64::try_from(*end).is_ok())
            .map(|_| offset * width)
            .ok_or_else(|| {
                let range = format!("{length} elements from {offset} on end beyond any file");
                self.failure(operation, range)
            })
    }

    /// The same number of calls on every rank.
    fn rounds_of_all<T>(&self, length: usize) -> Result<Together> {
        let own = rounds::<T>(length);
        let rounds = self.communicator.all_reduce_value(own, Operation::Max)?;
        Ok(Together::Collective { rounds })
    }

    fn failure(&self, operation: &str, cause: impl std::fmt::Display) -> Error {
        Error::io(operation, &self.path, cause)
    }
}

/// A FIFO would have the ranks wait for each other, a device is not for this.
fn check_regular(path: &Path) -> std::io::Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            Err(std::io::Error::other("it is not a regular file"))
        }
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}
