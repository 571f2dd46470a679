//! The file as users hold it.

use std::cell::Cell;
use std::fmt;
use std::path::{Path, PathBuf};

use partita::Communicator;

use super::transfer::{TRANSFER_LIMIT, Transfer};

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
    pub(super) last_transfer: Cell<Option<Transfer>>,
    pub(super) access: Access,
}

impl<Access> File<Access> {
    pub(super) fn new(communicator: &Communicator, path: &Path, access: Access) -> Self {
        File {
            communicator: communicator.clone(),
            path: path.to_path_buf(),
            transfer_limit: TRANSFER_LIMIT,
            last_transfer: Cell::new(None),
            access,
        }
    }

    /// The path, as it was given. *Local.*
    pub fn path(&self) -> &Path {
        &self.path
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
}

impl<Access> fmt::Debug for File<Access> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "File({})", self.path.display())
    }
}
