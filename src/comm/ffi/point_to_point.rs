//! Blocking messages between two ranks, and what a receive's status tells.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use mpi::ffi;
use mpi::traits::AsRaw;

use super::buffer::{Description, count};
use super::check::check;
use super::handle::Handle;
use crate::comm::Element;
use crate::error::{Error, Result};

impl Handle {
    pub(crate) fn send<T: Element>(self, data: &[T], destination: usize, tag: i32) -> Result<()> {
        let description = Description::<T>::of(data.len())?;
        let destination = count(destination, "MPI_Send")?;
        // SAFETY: `description` covers exactly `data`.
        let code = unsafe {
            ffi::MPI_Send(
                data.as_ptr().cast(),
                description.count,
                description.datatype,
                destination,
                tag,
                self.0,
            )
        };
        check(code, "MPI_Send")
    }

    pub(crate) fn receive<T: Element>(
        self,
        buffer: &mut [T],
        source: usize,
        tag: i32,
    ) -> Result<()> {
        let description = Description::<T>::of(buffer.len())?;
        let source = count(source, "MPI_Recv")?;
        let mut status = Status::new();
        // SAFETY: `description` covers exactly `buffer`.
        let code = unsafe {
            ffi::MPI_Recv(
                buffer.as_mut_ptr().cast(),
                description.count,
                description.datatype,
                source,
                tag,
                self.0,
                status.place(),
            )
        };
        check(code, "MPI_Recv")?;
        status.expect_count::<T>(buffer.len())
    }
}

/// What MPI says of a message it received.
pub(super) struct Status(MaybeUninit<ffi::MPI_Status>);

impl Status {
    pub(super) fn new() -> Self {
        // Zeroed, because a null request completes without touching all of it.
        Status(MaybeUninit::zeroed())
    }

    pub(super) fn place(&mut self) -> *mut ffi::MPI_Status {
        self.0.as_mut_ptr()
    }

    pub(super) fn pointer(&self) -> *const ffi::MPI_Status {
        self.0.as_ptr()
    }

    /// An error unless the message had `expected` elements: MPI itself accepts a shorter one.
    pub(super) fn expect_count<T: Element>(&self, expected: usize) -> Result<()> {
        let datatype = T::equivalent_datatype();
        let mut received: c_int = 0;
        // SAFETY: the status was zeroed, then written by MPI.
        unsafe {
            let code = ffi::MPI_Get_count(self.0.as_ptr(), datatype.as_raw(), &mut received);
            check(code, "MPI_Get_count")?;
            if received == ffi::RSMPI_UNDEFINED {
                // More than an MPI count can tell: MPI compared the derived datatypes itself.
                return Ok(());
            }
        }
        if usize::try_from(received) == Ok(expected) {
            return Ok(());
        }
        Err(Error::shape(
            "receive",
            format!("expected {expected} elements, the message has {received}"),
        ))
    }
}
