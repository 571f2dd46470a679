//! A meeting of all ranks that a rank can wait for with one eye on the clock.

use std::ffi::c_int;

use mpi::ffi;

use super::check::check;
use super::handle::Handle;
use crate::error::Result;

/// An all-reduce (maximum) of two numbers that is under way.
pub(crate) struct Meeting {
    raw: ffi::MPI_Request,
    /// What this rank gives, and the maximum over all. MPI reads and writes them until the end.
    numbers: Box<[[u64; 2]; 2]>,
}

impl Handle {
    /// Starts the all-reduce, without waiting. Collective.
    pub(crate) fn start_meeting(self, own: [u64; 2]) -> Result<Meeting> {
        let mut numbers = Box::new([own, [0; 2]]);
        let [own, maximum] = &mut *numbers;
        // SAFETY: both places hold two numbers, do not overlap, and stay where they are on the heap
        // until the request is complete: see `drop`.
        unsafe {
            let mut raw = ffi::RSMPI_REQUEST_NULL;
            let code = ffi::MPI_Iallreduce(
                own.as_ptr().cast(),
                maximum.as_mut_ptr().cast(),
                2,
                ffi::RSMPI_UINT64_T,
                ffi::RSMPI_MAX,
                self.0,
                &mut raw,
            );
            check(code, "MPI_Iallreduce")?;
            Ok(Meeting { raw, numbers })
        }
    }
}

impl Meeting {
    /// The maximum, once every rank is there. Never blocks.
    pub(crate) fn outcome(&mut self) -> Result<Option<[u64; 2]>> {
        let mut done: c_int = 0;
        // SAFETY: this request's handle; a null request tests as complete.
        let code = unsafe { ffi::MPI_Test(&mut self.raw, &mut done, ffi::RSMPI_STATUS_IGNORE) };
        check(code, "MPI_Test")?;
        Ok((done != 0).then(|| self.numbers[1]))
    }
}

impl Drop for Meeting {
    fn drop(&mut self) {
        // SAFETY: comparing with a constant handle of the MPI library.
        if self.raw != unsafe { ffi::RSMPI_REQUEST_NULL } {
            // MPI may still write to it: better leaked than freed.
            std::mem::forget(std::mem::take(&mut self.numbers));
        }
    }
}
