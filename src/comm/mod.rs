//! Ranks talk: collectives, messages between two ranks, errors that all ranks agree on.

mod address;
mod agree;
mod buffer;
pub(crate) mod checker;
mod collective;
mod element;
#[allow(unsafe_code)]
pub(crate) mod ffi;
mod number;
pub(crate) mod object;
mod operation;
mod parts;
mod point_to_point;
mod purpose;
mod raw_file;
mod requests;
mod scope;
mod window;

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use crate::error::{Error, Result};

pub use address::{Destination, Received, Source, Tag};
pub use buffer::{ReceiveBuffer, SendBuffer};
pub(crate) use checker::Call;
pub use element::Element;
pub use ffi::{Persistent, Request, Scope, ScopedRequest};
pub use number::{Integer, Number};
pub use operation::Operation;
pub use parts::Parts;
pub(crate) use purpose::Purpose;
pub use raw_file::RawFile;
pub use window::{Epoch, Passive, Target, Targets, Window};

use ffi::Handle;

/// A group of ranks that talk to each other, as each of them sees it.
///
/// A handle: cloning it is cheap and local, and gives the same communicator. It belongs to the
/// thread that runs the program, and cannot leave [`run`](crate::run), which ends MPI.
///
/// Underneath are two MPI communicators, one for the messages users send and one for partita's
/// own, so that the two are never mistaken for each other. `MPI_ERRORS_RETURN` is set on both, and
/// every return code becomes an [`Error::Mpi`].
#[derive(Clone)]
pub struct Communicator {
    inner: Rc<Inner>,
}

struct Inner {
    user: Handle,
    library: Handle,
    as_mpi: std::mem::ManuallyDrop<mpi::topology::SimpleCommunicator>,
    rank: usize,
    size: usize,
    sequence: Cell<u16>,
    checker: Option<checker::Checker>,
}

impl Communicator {
    pub(crate) fn from_handle(user: Handle) -> Result<Self> {
        let size = user.size()?;
        Ok(Communicator {
            inner: Rc::new(Inner {
                library: user.duplicate()?,
                checker: checker::Checker::of(user, size)?,
                as_mpi: user.as_mpi(),
                rank: user.rank()?,
                size,
                sequence: Cell::new(0),
                user,
            }),
        })
    }

    /// This rank's number, from 0. *Local.*
    pub fn rank(&self) -> usize {
        self.inner.rank
    }

    /// The number of ranks. *Local.*
    pub fn size(&self) -> usize {
        self.inner.size
    }

    /// Whether this is rank 0, which prints and reports for all. *Local.*
    pub fn is_root(&self) -> bool {
        self.rank() == 0
    }

    /// A communicator of the same ranks whose messages are apart from this one's. *Collective.*
    ///
    /// # Errors
    /// [`Error::Mpi`] when MPI has no communicator left.
    #[track_caller]
    pub fn duplicate(&self) -> Result<Self> {
        let _call = self.enter(Call::new("duplicate"))?;
        Communicator::from_handle(self.inner.user.duplicate()?)
    }

    /// Splits the ranks into groups of one `colour` each, ordered within by `key` (ties by rank).
    /// A rank that gives no colour is in no group and gets `None`. *Collective.*
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when a rank's colour is above `i32::MAX`,
    /// [`Error::Mpi`] when MPI has no communicator left.
    #[track_caller]
    pub fn split(&self, colour: Option<u32>, key: i32) -> Result<Option<Self>> {
        let _call = self.enter(Call::new("split"))?;
        // Local: colours differ between ranks.
        self.agree(match colour {
            Some(colour) if i32::try_from(colour).is_err() => Err(Error::usage(format!(
                "split: colour {colour} is above {}",
                i32::MAX
            ))),
            _ => Ok(()),
        })?;
        self.inner
            .user
            .split(colour, key)?
            .map(Communicator::from_handle)
            .transpose()
    }

    /// The `mpi` crate's communicator of the same ranks, for what partita does not wrap. *Local.*
    ///
    /// Its errors return as codes, which that crate's own methods drop: check them.
    pub fn as_mpi(&self) -> &mpi::topology::SimpleCommunicator {
        &self.inner.as_mpi
    }

    /// MPI's handle of partita's own communicator of these ranks: a plain duplicate, never a
    /// Cartesian one, for libraries that do collective work on partita's behalf. *Local.*
    pub fn as_raw_library(&self) -> mpi::ffi::MPI_Comm {
        self.inner.library.raw()
    }

    /// A number that is the same on every rank, and different for the next 65 535 calls.
    pub(crate) fn next_sequence_number(&self) -> u16 {
        let next = self.inner.sequence.get().wrapping_add(1);
        self.inner.sequence.set(next);
        next
    }

    /// `root` as an error unless it is a rank of this communicator: the same on every rank.
    pub(crate) fn check_rank(&self, operation: &str, rank: usize) -> Result<()> {
        if rank < self.size() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{operation}: rank {rank} is not in a communicator of {} ranks",
            self.size()
        )))
    }
}

impl fmt::Debug for Communicator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Communicator(rank {} of {})",
            self.rank(),
            self.size()
        )
    }
}
