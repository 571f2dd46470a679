//! Starting other programs, and finding who started this one.

use std::ffi::{CString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use mpi::ffi;

use super::buffer::count;
use super::check::check;
use super::handle::Handle;
use crate::error::{Error, Result};

impl Handle {
    /// Has rank 0's arguments start `number` processes; the inter-communicator with them. Collective.
    pub(crate) fn spawn(self, program: &Path, arguments: &[String], number: usize) -> Result<Self> {
        let program = CString::new(program.as_os_str().as_bytes()).map_err(Error::usage)?;
        let arguments: Vec<CString> = arguments
            .iter()
            .map(|argument| CString::new(argument.as_str()).map_err(Error::usage))
            .collect::<Result<_>>()?;
        let mut pointers: Vec<*mut c_char> = arguments
            .iter()
            .map(|argument| argument.as_ptr().cast_mut())
            .collect();
        pointers.push(std::ptr::null_mut());
        let mut codes: Vec<c_int> = vec![0; number];
        // SAFETY: C strings, an array of them that ends in null, and room for a code a process; MPI writes to
        // none of the strings.
        let (code, new) = unsafe {
            let mut new = ffi::RSMPI_COMM_NULL;
            let code = ffi::MPI_Comm_spawn(
                program.as_ptr(),
                pointers.as_mut_ptr(),
                count(number, "MPI_Comm_spawn")?,
                ffi::RSMPI_INFO_NULL,
                0,
                self.0,
                &mut new,
                codes.as_mut_ptr(),
            );
            (code, new)
        };
        check(code, "MPI_Comm_spawn")?;
        for (worker, code) in codes.into_iter().enumerate() {
            check(code, &format!("MPI_Comm_spawn of worker {worker}"))?;
        }
        Handle(new).return_errors()
    }

    /// The inter-communicator with those who started this program, if another one did. Local.
    pub(crate) fn of_parent() -> Result<Option<Self>> {
        // SAFETY: a valid place for the result; the null communicator is compared, never used.
        unsafe {
            let mut parent = ffi::RSMPI_COMM_NULL;
            check(ffi::MPI_Comm_get_parent(&mut parent), "MPI_Comm_get_parent")?;
            if parent == ffi::RSMPI_COMM_NULL {
                return Ok(None);
            }
            Handle(parent).return_errors().map(Some)
        }
    }
}
