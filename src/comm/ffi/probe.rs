//! Messages looked at before they are received.

use std::ffi::c_int;

use mpi::ffi;

use super::buffer::{Description, vector_overwritten_by};
use super::check::check;
use super::handle::Handle;
use super::status::{Status, raw_source, raw_tag};
use crate::comm::{Element, Received};
use crate::error::Result;

impl Handle {
    /// Waits for a message and tells of it.
    pub(crate) fn probe<T: Element>(
        self,
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<Received> {
        let source = raw_source(source, "MPI_Probe")?;
        let mut status = Status::new();
        // SAFETY: a live communicator, and a valid place for the status.
        let code = unsafe { ffi::MPI_Probe(source, raw_tag(tag), self.0, status.place()) };
        check(code, "MPI_Probe")?;
        status.received::<T>()
    }

    /// Tells of a message if there is one.
    pub(crate) fn try_probe<T: Element>(
        self,
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<Option<Received>> {
        let source = raw_source(source, "MPI_Iprobe")?;
        let mut status = Status::new();
        let mut found: c_int = 0;
        // SAFETY: a live communicator, and valid places for the results.
        let code =
            unsafe { ffi::MPI_Iprobe(source, raw_tag(tag), self.0, &mut found, status.place()) };
        check(code, "MPI_Iprobe")?;
        (found != 0).then(|| status.received::<T>()).transpose()
    }

    /// Takes the next message out of the queue, so that no other receive can get it, and receives it.
    pub(crate) fn receive_vec<T: Element>(
        self,
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<(Vec<T>, Received)> {
        let source = raw_source(source, "MPI_Mprobe")?;
        let mut status = Status::new();
        // SAFETY: reading a constant of the MPI library.
        let mut message = unsafe { ffi::RSMPI_MESSAGE_NULL };
        // SAFETY: a live communicator, and valid places for the results.
        let code =
            unsafe { ffi::MPI_Mprobe(source, raw_tag(tag), self.0, &mut message, status.place()) };
        check(code, "MPI_Mprobe")?;
        let received = match status.received::<T>() {
            Ok(received) => received,
            Err(error) => {
                // It is received all the same: nobody else can any more.
                take::<u8>(&mut message, &status)?;
                return Err(error);
            }
        };
        let data = take::<T>(&mut message, &status)?;
        Ok((data, received))
    }
}

/// Receives a message that was taken out of the queue.
fn take<T: Element>(message: &mut ffi::MPI_Message, status: &Status) -> Result<Vec<T>> {
    let length = status.received::<T>()?.count;
    let description = Description::<T>::of(length)?;
    vector_overwritten_by(length, |buffer: *mut T| {
        let mut status = Status::new();
        // SAFETY: `description` covers exactly the buffer, and the message is received once.
        let code = unsafe {
            ffi::MPI_Mrecv(
                buffer.cast(),
                description.count,
                description.datatype,
                message,
                status.place(),
            )
        };
        check(code, "MPI_Mrecv")
    })
}
