//! Messages of bytes whose length only the sender knows: matched probe, then receive.

use std::ffi::c_int;

use mpi::ffi;

use super::buffer::{Description, address, count, vector_filled_by};
use super::check::check;
use super::handle::Handle;
use super::status::Status;
use crate::error::{Error, Result};

/// A message that has arrived, and that no other receive can take.
struct Matched {
    message: ffi::MPI_Message,
    source: usize,
    length: usize,
}

impl Handle {
    /// The next message of bytes from `source`, or from anybody; and who sent it.
    pub(crate) fn receive_bytes(self, source: Option<usize>, tag: i32) -> Result<(Vec<u8>, usize)> {
        let source = raw_source(source, "MPI_Mprobe")?;
        let mut status = Status::new();
        // SAFETY: `message` and the status are places for the results.
        let message = unsafe {
            let mut message = ffi::RSMPI_MESSAGE_NULL;
            let code = ffi::MPI_Mprobe(source, tag, self.0, &mut message, status.place());
            check(code, "MPI_Mprobe")?;
            message
        };
        receive(matched(message, &status)?)
    }

    /// [`receive_bytes`](Self::receive_bytes) from anybody, if a message is there. Never blocks.
    pub(crate) fn receive_bytes_if_any(self, tag: i32) -> Result<Option<(Vec<u8>, usize)>> {
        let source = raw_source(None, "MPI_Improbe")?;
        let mut status = Status::new();
        // SAFETY: `found`, `message` and the status are places for the results.
        let message = unsafe {
            let mut found: c_int = 0;
            let mut message = ffi::RSMPI_MESSAGE_NULL;
            let place = status.place();
            let code = ffi::MPI_Improbe(source, tag, self.0, &mut found, &mut message, place);
            check(code, "MPI_Improbe")?;
            if found == 0 {
                return Ok(None);
            }
            message
        };
        receive(matched(message, &status)?).map(Some)
    }
}

fn raw_source(source: Option<usize>, call: &str) -> Result<c_int> {
    match source {
        Some(source) => count(source, call),
        // SAFETY: reading a constant of the MPI library.
        None => Ok(unsafe { ffi::RSMPI_ANY_SOURCE }),
    }
}

fn matched(message: ffi::MPI_Message, status: &Status) -> Result<Matched> {
    let mut length: ffi::MPI_Count = 0;
    // SAFETY: the status was written by the probe that matched the message.
    let source = unsafe {
        let code = ffi::MPI_Get_elements_x(status.pointer(), ffi::RSMPI_UINT8_T, &mut length);
        check(code, "MPI_Get_elements_x")?;
        (*status.pointer()).MPI_SOURCE
    };
    Ok(Matched {
        message,
        source: usize::try_from(source).map_err(Error::other)?,
        length: usize::try_from(length).map_err(Error::other)?,
    })
}

fn receive(mut matched: Matched) -> Result<(Vec<u8>, usize)> {
    let description = Description::<u8>::of(matched.length)?;
    // SAFETY: the message has `length` bytes, as the probe told, and fills the vector.
    let bytes = unsafe {
        vector_filled_by(matched.length, |bytes: *mut u8| {
            let code = ffi::MPI_Mrecv(
                address(bytes, matched.length).cast_mut().cast(),
                description.count,
                description.datatype,
                &mut matched.message,
                ffi::RSMPI_STATUS_IGNORE,
            );
            check(code, "MPI_Mrecv")
        })
    }?;
    Ok((bytes, matched.source))
}
