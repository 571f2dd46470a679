//! A window of MPI and the communicator that it was made on, and how the two end.

use mpi::ffi;

use super::check::check;
use super::environment::is_running;
use crate::comm::Communicator;
use crate::error::{Error, Result};

/// Freeing a window is collective: `free` does it. One that is dropped is left to its communicator, and freed
/// when all ranks have dropped that.
pub(super) struct OwnedWindow {
    /// Never handed out: those who own windows rely on that nobody else talks here.
    pub(super) group: Communicator,
    /// `None` once it is freed.
    raw: Option<ffi::MPI_Win>,
    /// Whether an epoch with all ranks is open as long as the window lives.
    locked: bool,
    /// Whether the last scope or phase ended on all ranks, so that nobody accesses anybody's memory now.
    pub(super) in_step: bool,
}

impl OwnedWindow {
    /// A new one, not yet in step.
    pub(super) fn new(group: Communicator, raw: ffi::MPI_Win, locked: bool) -> Self {
        OwnedWindow {
            group,
            raw: Some(raw),
            locked,
            in_step: false,
        }
    }

    pub(super) fn raw(&self) -> ffi::MPI_Win {
        // SAFETY: reading a constant of the MPI library.
        self.raw.unwrap_or(unsafe { ffi::RSMPI_WIN_NULL })
    }

    /// An error unless the own part may be accessed.
    pub(super) fn check_usable(&self, what: &str) -> Result<()> {
        if self.in_step && is_running() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{what} did not end on all ranks, or MPI has ended"
        )))
    }

    /// Gives the memory back to the system. Collective.
    pub(super) fn free(mut self) -> Result<()> {
        match self.raw.take() {
            Some(raw) => free(raw, self.locked),
            None => Ok(()),
        }
    }
}

impl Drop for OwnedWindow {
    fn drop(&mut self) {
        match self.raw.take() {
            Some(raw) if self.in_step => {
                let locked = self.locked;
                self.group.leave(Box::new(move || free(raw, locked)));
            }
            // The others may be in an epoch that never ends.
            Some(_) => self.group.leave_for_ever(),
            None => {}
        }
    }
}

/// Collective. The window is used no more: its owner has given it up, and with that every slice of it.
pub(super) fn free(mut raw: ffi::MPI_Win, locked: bool) -> Result<()> {
    // SAFETY: a live window, with no epoch open but for the one that `locked` tells of.
    unsafe {
        if locked {
            check(ffi::MPI_Win_unlock_all(raw), "MPI_Win_unlock_all")?;
        }
        check(ffi::MPI_Win_free(&mut raw), "MPI_Win_free")
    }
}
