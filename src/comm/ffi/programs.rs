//! The programs of one MPI job: what `mpiexec` started, and which of it is this program.

use std::ffi::{c_int, c_void};

use mpi::ffi;

use super::check::check;
use super::handle::Handle;
use crate::error::{Error, Result};

impl Handle {
    /// `MPI_COMM_WORLD` itself, with `MPI_ERRORS_RETURN` on this rank: where other programs' messages come
    /// from. Local.
    pub(crate) fn job() -> Result<Self> {
        // SAFETY: reading a constant handle of the MPI library.
        Handle(unsafe { ffi::RSMPI_COMM_WORLD }).return_errors()
    }

    /// The ranks of this program, as `mpiexec` counts programs. Collective over all programs' ranks, of
    /// which each calls `MPI_Comm_split` on `MPI_COMM_WORLD` with a colour of its own.
    pub(crate) fn program() -> Result<Self> {
        let members = Handle::job()?.split(Some(program_number()?), 0)?;
        members.ok_or_else(|| Error::other("MPI_Comm_split: no communicator of this program"))
    }
}

/// The number of this program in `mpiexec`'s line: `MPI_APPNUM`, 0 where MPI does not tell.
fn program_number() -> Result<u32> {
    let mut value: *mut c_void = std::ptr::null_mut();
    let mut found: c_int = 0;
    // SAFETY: the value of this predefined attribute is a pointer to an integer that lives as long as MPI.
    let number = unsafe {
        let code = ffi::MPI_Comm_get_attr(
            ffi::RSMPI_COMM_WORLD,
            ffi::MPI_APPNUM as c_int,
            (&raw mut value).cast(),
            &mut found,
        );
        check(code, "MPI_Comm_get_attr")?;
        match found != 0 && !value.is_null() {
            true => *value.cast::<c_int>(),
            false => 0,
        }
    };
    u32::try_from(number).map_err(Error::other)
}
