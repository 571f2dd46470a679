//! A communicator's handle: what MPI knows of it, duplicating, aborting.

use std::ffi::{CString, c_int};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicUsize, Ordering};

use mpi::ffi;
use mpi::topology::SimpleCommunicator;
use mpi::traits::FromRaw;

use super::check::check;
use crate::error::{Error, Result};

/// An MPI communicator whose errors return. Not freed by dropping it: `MPI_Comm_free` is collective, and
/// a drop happens on one rank alone when that rank fails.
#[derive(Clone, Copy)]
pub(crate) struct Handle(pub(super) ffi::MPI_Comm);

/// All that MPI knows of, unless a test says less.
static MACHINE_RANKS: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Has machines be taken to have at most so many ranks.
pub(crate) fn set_machine_ranks(ranks: usize) {
    MACHINE_RANKS.store(ranks.max(1), Ordering::Relaxed);
}

impl Handle {
    /// A duplicate of `MPI_COMM_WORLD` with `MPI_ERRORS_RETURN`. Collective.
    ///
    /// The two communicators that are always there get that handler too: an error that belongs to no
    /// communicator, such as one of waiting for a request, is theirs, and would end the job.
    pub(crate) fn duplicate_world() -> Result<Self> {
        // SAFETY: reading constant handles of the MPI library.
        let (world, alone) = unsafe { (ffi::RSMPI_COMM_WORLD, ffi::RSMPI_COMM_SELF) };
        Handle(alone).return_errors()?;
        Handle(world).return_errors()?.duplicate()
    }

    /// A communicator with the same ranks and a message space of its own. Collective.
    pub(crate) fn duplicate(self) -> Result<Self> {
        // SAFETY: `self.0` is a live communicator; `new` a valid place for the result.
        unsafe {
            let mut new = ffi::RSMPI_COMM_NULL;
            check(ffi::MPI_Comm_dup(self.0, &mut new), "MPI_Comm_dup")?;
            Handle(new).return_errors()
        }
    }

    /// The ranks of one `colour`, ordered by `key`; `None` for a rank without a colour. Collective.
    pub(crate) fn split(self, colour: Option<u32>, key: i32) -> Result<Option<Self>> {
        // SAFETY: as in `duplicate`; the null communicator is compared, never used.
        unsafe {
            let colour = match colour {
                None => ffi::RSMPI_UNDEFINED,
                Some(colour) => super::buffer::count(colour as usize, "MPI_Comm_split")?,
            };
            let mut new = ffi::RSMPI_COMM_NULL;
            check(
                ffi::MPI_Comm_split(self.0, colour, key, &mut new),
                "MPI_Comm_split",
            )?;
            if new == ffi::RSMPI_COMM_NULL {
                return Ok(None);
            }
            Handle(new).return_errors().map(Some)
        }
    }

    /// The ranks of this machine, in the same order. Collective.
    pub(crate) fn split_by_machine(self) -> Result<Self> {
        // SAFETY: a live communicator; `new` is a valid place for the result.
        unsafe {
            let mut new = ffi::RSMPI_COMM_NULL;
            let code = ffi::MPI_Comm_split_type(
                self.0,
                ffi::RSMPI_COMM_TYPE_SHARED,
                0,
                ffi::RSMPI_INFO_NULL,
                &mut new,
            );
            check(code, "MPI_Comm_split_type")?;
            Handle(new).return_errors()?.split_by_machines_said()
        }
    }

    /// The ranks that a test has taken to be on one machine. Collective.
    fn split_by_machines_said(self) -> Result<Self> {
        let ranks = MACHINE_RANKS.load(Ordering::Relaxed);
        if ranks >= self.size()? {
            return Ok(self);
        }
        let rank = self.rank()?;
        let (machine, key) = ((rank / ranks) as u32, rank as i32);
        let parts = self.split(Some(machine), key)?;
        self.free()?;
        parts.ok_or_else(|| Error::other("MPI_Comm_split gave a rank no communicator"))
    }

    /// Gives the communicator back to MPI, which keeps what messages under way still need. Collective.
    ///
    /// The handle is a number or a pointer that MPI may give to another communicator: whoever calls this
    /// has the last one.
    pub(crate) fn free(mut self) -> Result<()> {
        // SAFETY: a live communicator, by what the caller vouches for.
        check(unsafe { ffi::MPI_Comm_free(&mut self.0) }, "MPI_Comm_free")
    }

    /// Names it for debuggers, which read MPI's names. Local.
    pub(crate) fn set_name(self, name: &str) -> Result<()> {
        let longest = ffi::MPI_MAX_OBJECT_NAME as usize - 1;
        let fitting = (0..=name.len().min(longest)).rev();
        let end = fitting.into_iter().find(|&end| name.is_char_boundary(end));
        let name = CString::new(&name[..end.unwrap_or(0)]).map_err(Error::usage)?;
        // SAFETY: a live communicator, and a C string that MPI copies.
        let code = unsafe { ffi::MPI_Comm_set_name(self.0, name.as_ptr()) };
        check(code, "MPI_Comm_set_name")
    }

    pub(super) fn return_errors(self) -> Result<Self> {
        // SAFETY: a live communicator and a predefined error handler.
        let code = unsafe { ffi::MPI_Comm_set_errhandler(self.0, ffi::RSMPI_ERRORS_RETURN) };
        check(code, "MPI_Comm_set_errhandler")?;
        Ok(self)
    }

    /// Whether both have the same ranks in the same order.
    pub(crate) fn is_congruent(self, other: Self) -> Result<bool> {
        let mut outcome: c_int = 0;
        // SAFETY: two live communicators; `outcome` is a valid place for the result.
        let code = unsafe { ffi::MPI_Comm_compare(self.0, other.0, &mut outcome) };
        check(code, "MPI_Comm_compare")?;
        Ok(outcome == ffi::MPI_IDENT as c_int || outcome == ffi::MPI_CONGRUENT as c_int)
    }

    pub(crate) fn rank(self) -> Result<usize> {
        let mut rank: c_int = 0;
        // SAFETY: a live communicator; `rank` is a valid place for the result.
        let code = unsafe { ffi::MPI_Comm_rank(self.0, &mut rank) };
        check(code, "MPI_Comm_rank")?;
        usize::try_from(rank).map_err(Error::other)
    }

    pub(crate) fn size(self) -> Result<usize> {
        let mut size: c_int = 0;
        // SAFETY: a live communicator; `size` is a valid place for the result.
        let code = unsafe { ffi::MPI_Comm_size(self.0, &mut size) };
        check(code, "MPI_Comm_size")?;
        usize::try_from(size).map_err(Error::other)
    }

    /// The `mpi` crate's view of this communicator; never dropped, because it does not own it.
    pub(crate) fn as_mpi(self) -> ManuallyDrop<SimpleCommunicator> {
        // SAFETY: reading a constant handle of the MPI library.
        if self.0 == unsafe { ffi::RSMPI_COMM_WORLD } {
            return ManuallyDrop::new(SimpleCommunicator::world());
        }
        // SAFETY: an intra-communicator that lives until MPI ends.
        ManuallyDrop::new(unsafe { SimpleCommunicator::from_raw(self.0) })
    }

    /// MPI's own handle, for other libraries.
    pub(crate) fn raw(self) -> ffi::MPI_Comm {
        self.0
    }
}
