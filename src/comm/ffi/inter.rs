//! What only communicators of two groups have.

use std::ffi::c_int;

use mpi::ffi;

use super::buffer::count;
use super::check::check;
use super::handle::Handle;
use crate::error::{Error, Result};

impl Handle {
    /// The inter-communicator of this group, whose rank 0 is its leader, with the one that rank `leader` of
    /// `common` leads. Collective over both groups.
    pub(crate) fn connect(self, common: Handle, leader: usize, tag: i32) -> Result<Self> {
        // SAFETY: live communicators; `new` is a valid place for the result.
        unsafe {
            let mut new = ffi::RSMPI_COMM_NULL;
            let leader = count(leader, "MPI_Intercomm_create")?;
            let code = ffi::MPI_Intercomm_create(self.0, 0, common.0, leader, tag, &mut new);
            check(code, "MPI_Intercomm_create")?;
            Handle(new).return_errors()
        }
    }

    /// The number of ranks of the other group. Local.
    pub(crate) fn remote_size(self) -> Result<usize> {
        let mut size: c_int = 0;
        // SAFETY: a live inter-communicator; `size` is a valid place for the result.
        let code = unsafe { ffi::MPI_Comm_remote_size(self.0, &mut size) };
        check(code, "MPI_Comm_remote_size")?;
        usize::try_from(size).map_err(Error::other)
    }

    /// Both groups in one communicator, those that are not `after` before the others. Collective.
    pub(crate) fn merge(self, after: bool) -> Result<Self> {
        // SAFETY: a live inter-communicator; `new` is a valid place for the result.
        unsafe {
            let mut new = ffi::RSMPI_COMM_NULL;
            let code = ffi::MPI_Intercomm_merge(self.0, c_int::from(after), &mut new);
            check(code, "MPI_Intercomm_merge")?;
            Handle(new).return_errors()
        }
    }

    /// Waits for what is under way, and ends the connection. Collective; whoever calls this has the last handle.
    pub(crate) fn disconnect(mut self) -> Result<()> {
        // SAFETY: a live communicator, by what the caller vouches for.
        check(
            unsafe { ffi::MPI_Comm_disconnect(&mut self.0) },
            "MPI_Comm_disconnect",
        )
    }
}
