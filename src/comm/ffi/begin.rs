//! Messages that are begun here and completed elsewhere: the MPI calls that leave a request.

use std::ffi::{c_int, c_void};

use mpi::ffi;

use super::buffer::{Description, count};
use super::check::check;
use super::handle::Handle;
use super::status::{raw_source, raw_tag};
use crate::comm::Element;
use crate::error::Result;

/// A call that begins a message, or prepares one, and its name.
pub(super) type Begin<Place> = (
    unsafe extern "C" fn(
        Place,
        c_int,
        ffi::MPI_Datatype,
        c_int,
        c_int,
        ffi::MPI_Comm,
        *mut ffi::MPI_Request,
    ) -> c_int,
    &'static str,
);

pub(super) const SEND: Begin<*const c_void> = (ffi::MPI_Isend, "MPI_Isend");
pub(super) const RECEIVE: Begin<*mut c_void> = (ffi::MPI_Irecv, "MPI_Irecv");
pub(super) const PREPARE_SEND: Begin<*const c_void> = (ffi::MPI_Send_init, "MPI_Send_init");
pub(super) const PREPARE_RECEIVE: Begin<*mut c_void> = (ffi::MPI_Recv_init, "MPI_Recv_init");

impl Handle {
    /// # Safety
    /// The elements must stay where they are, unwritten, until the request is complete.
    pub(super) unsafe fn begin_send<T: Element>(
        self,
        (call, name): Begin<*const c_void>,
        elements: *const [T],
        destination: usize,
        tag: i32,
    ) -> Result<ffi::MPI_Request> {
        let description = Description::<T>::of(elements.len())?;
        let destination = count(destination, name)?;
        // SAFETY: the description covers the elements, which the caller keeps.
        unsafe {
            let mut raw = ffi::RSMPI_REQUEST_NULL;
            let code = call(
                elements.cast(),
                description.count,
                description.datatype,
                destination,
                tag,
                self.0,
                &mut raw,
            );
            check(code, name)?;
            Ok(raw)
        }
    }

    /// # Safety
    /// The elements must stay where they are, and nobody look at them, until the request is complete; then
    /// they have to be [validated](super::validity).
    pub(super) unsafe fn begin_receive<T: Element>(
        self,
        (call, name): Begin<*mut c_void>,
        elements: *mut [T],
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<ffi::MPI_Request> {
        let description = Description::<T>::of(elements.len())?;
        let source = raw_source(source, name)?;
        // SAFETY: as in `begin_send`.
        unsafe {
            let mut raw = ffi::RSMPI_REQUEST_NULL;
            let code = call(
                elements.cast(),
                description.count,
                description.datatype,
                source,
                raw_tag(tag),
                self.0,
                &mut raw,
            );
            check(code, name)?;
            Ok(raw)
        }
    }
}
