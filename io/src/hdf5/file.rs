//! The file as users hold it.

use std::cell::{Cell, Ref};
use std::fmt;
use std::path::{Path, PathBuf};

use partita::{Communicator, Error, Result};

use super::dataset::{Place, Source};
use super::report::Transfer;
use super::transfer::{Session, TRANSFER_LIMIT};
use crate::agreed::{agree_plainly, on_root, same_as_root};

/// An HDF5 file of all ranks of a communicator: being written ([`File::create`]) or being read
/// ([`File::open`]).
///
/// Every method is *collective*, unless it says *local*: all ranks call it with the same arguments, and
/// all get the same error.
///
/// ```no_run
/// # fn example(world: &partita::Communicator, u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// use partita_io::hdf5::File;
/// let mut file = File::create(world, "out.h5")?;
/// file.write("u", u)?;
/// file.attribute("alpha", 0.1)?;
/// file.close()?;
///
/// let file = File::open(world, "out.h5")?;
/// let alpha: f64 = file.read_attribute("alpha")?;
/// # Ok(()) }
/// ```
///
/// A file that is read takes no data, which the compiler knows:
///
/// ```compile_fail
/// # fn example(world: &partita::Communicator, u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// use partita_io::hdf5::File;
/// let mut file = File::open(world, "out.h5")?;
/// file.write("u", u)?;
/// # Ok(()) }
/// ```
pub struct File<Access> {
    pub(super) communicator: Communicator,
    /// As the user named it.
    pub(super) path: PathBuf,
    pub(super) transfer_limit: usize,
    pub(super) collective: bool,
    pub(super) direct: bool,
    pub(super) lossy: bool,
    pub(super) last_transfer: Cell<Option<Transfer>>,
    pub(super) access: Access,
}

impl<Access> File<Access> {
    pub(super) fn new(communicator: &Communicator, path: &Path, access: Access) -> Self {
        File {
            communicator: communicator.clone(),
            path: path.to_path_buf(),
            transfer_limit: TRANSFER_LIMIT,
            collective: true,
            direct: true,
            lossy: false,
            last_transfer: Cell::new(None),
            access,
        }
    }

    /// The path, as it was given. *Local.*
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The ranks that have the file. *Local.*
    pub fn communicator(&self) -> &Communicator {
        &self.communicator
    }

    /// What HDF5 did with the last array that was written or read, on this rank. *Local.*
    pub fn last_transfer(&self) -> Option<Transfer> {
        self.last_transfer.get()
    }

    /// Moves at most so many bytes a rank a call, instead of [`TRANSFER_LIMIT`]; at least one element.
    /// *Local.*
    pub fn with_transfer_limit(mut self, bytes: usize) -> Self {
        self.transfer_limit = bytes.clamp(1, TRANSFER_LIMIT);
        self
    }

    /// Lets each rank move its data on its own from here on, instead of all together. *Local.*
    ///
    /// The methods stay collective. What is compressed can be read so, not written.
    pub fn with_independent_transfers(mut self) -> Self {
        self.collective = false;
        self.direct = false;
        self
    }

    /// Lets HDF5 and MPI move all data from here on, also those that each rank could write to or read from its
    /// place in the file itself. *Local.*
    ///
    /// For file systems that need MPI's care where several machines write one file.
    pub fn with_collective_transfers(mut self) -> Self {
        self.collective = true;
        self.direct = false;
        self
    }

    /// Reads numbers from here on although some of their values may not survive: rounded to the nearest
    /// float, cut to integers, the largest or smallest where they are beyond. *Local.*
    pub fn with_lossy_conversion(mut self) -> Self {
        self.lossy = true;
        self
    }
}

impl<Access> fmt::Debug for File<Access> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "File({})", self.path.display())
    }
}

/// What the root does with a file's structure, and all ranks with its data, however it is open.
pub trait Access {
    /// The root's own handle, by the serial driver.
    #[doc(hidden)]
    fn structure(&self, operation: &str, path: &Path) -> Result<Ref<'_, hdf5::File>>;

    /// Lets the root's handle go, where all ranks could not open the file while it is there.
    #[doc(hidden)]
    fn release(&self, operation: &str, path: &Path) -> Result<()>;

    /// The checksum of a dataset, as of its last write.
    #[doc(hidden)]
    fn sum_of(&self, source: &Source, name: &str) -> Result<Option<u64>>;

    /// The file that all ranks open together, as the root found or made it.
    #[doc(hidden)]
    fn place(&self) -> Option<&Path>;

    /// Whether links and datasets may lead into other files.
    #[doc(hidden)]
    fn may_leave(&self) -> bool {
        false
    }
}

impl<A: Access> File<A> {
    /// Asks the root's handle, for all ranks.
    pub(super) fn ask<Answer>(
        &self,
        operation: &str,
        question: impl FnOnce(&Source) -> Result<Answer>,
    ) -> Result<Answer>
    where
        Answer: serde::Serialize + serde::de::DeserializeOwned,
    {
        on_root(&self.communicator, || self.answer(operation, question))
    }

    /// The same, and lets the root's handle go, so that all ranks can open the file together.
    pub(super) fn ask_and_release<Answer>(
        &self,
        operation: &str,
        arguments: &(impl fmt::Debug + ?Sized),
        question: impl FnOnce(&Source) -> Result<Answer>,
    ) -> Result<Answer>
    where
        Answer: serde::Serialize + serde::de::DeserializeOwned,
    {
        self.called_alike(operation, arguments, Ok(()), || {
            let answer = self.answer(operation, question)?;
            self.access.release(operation, &self.path)?;
            Ok(answer)
        })
    }

    /// What the root finds, on every rank. Where a rank was called with another operation, which has the name, or
    /// other arguments, that is every rank's error: the ranks would wait for each other in different datasets, or mix
    /// their parts. So is what this rank alone found.
    pub(super) fn called_alike<Answer>(
        &self,
        operation: &str,
        arguments: &(impl fmt::Debug + ?Sized),
        found_here: Result<()>,
        on_the_root: impl FnOnce() -> Result<Answer>,
    ) -> Result<Answer>
    where
        Answer: serde::Serialize + serde::de::DeserializeOwned,
    {
        let own = format!("{operation} {}: {arguments:?}", self.path.display());
        let (of_root, answer) = on_root(&self.communicator, || Ok((own.clone(), on_the_root()?)))?;
        let same = same_as_root(operation, &of_root, &own);
        agree_plainly(&self.communicator, same.and(found_here))?;
        Ok(answer)
    }

    /// What the root's handle says; on the root.
    pub(super) fn answer<Answer>(
        &self,
        operation: &str,
        question: impl FnOnce(&Source) -> Result<Answer>,
    ) -> Result<Answer> {
        let file = self.access.structure(operation, &self.path)?;
        question(&Source {
            file: &file,
            path: &self.path,
            operation,
            may_leave: self.access.may_leave(),
        })
    }

    /// The file as all ranks open it for a transfer.
    pub(super) fn session<'a>(&'a self, operation: &'a str) -> Result<Session<'a>> {
        let closed = || Error::io(operation, &self.path, "it is closed");
        Ok(Session {
            communicator: &self.communicator,
            file: self.access.place().ok_or_else(closed)?,
            path: &self.path,
            operation,
            limit: self.transfer_limit,
            collective: self.collective,
            direct: self.direct,
        })
    }

    /// Whether an array is on as many ranks as the file.
    pub(super) fn same_ranks(&self, operation: &str, other: &Communicator) -> Result<()> {
        if other.size() == self.communicator.size() {
            return Ok(());
        }
        let (own, other) = (self.communicator.size(), other.size());
        let detail = format!("the array is on {other} ranks, the file on {own}");
        Err(Error::shape(self.on_path(operation), detail))
    }

    /// The same of the file that a dataset lies in, where a link leads into another.
    pub(super) fn session_at<'a>(
        &'a self,
        operation: &'a str,
        place: Option<&'a Place>,
    ) -> Result<Session<'a>> {
        let session = self.session(operation)?;
        Ok(match place {
            Some(place) => Session {
                file: &place.file,
                ..session
            },
            None => session,
        })
    }

    /// `operation` and the file, as errors begin that name no path of their own.
    pub(super) fn on_path(&self, operation: &str) -> String {
        format!("{operation} {}", self.path.display())
    }
}
