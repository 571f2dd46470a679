//! What MPI tells of a message that was received or is about to be.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use mpi::ffi;
use mpi::traits::AsRaw;

use super::buffer::count;
use super::check::check;
use crate::comm::{Element, Received, Tag};
use crate::error::{Error, Result};

/// A source as MPI wants it; `None` is any.
pub(super) fn raw_source(source: Option<usize>, call: &str) -> Result<c_int> {
    match source {
        Some(rank) => count(rank, call),
        // SAFETY: reading a constant of the MPI library.
        None => Ok(unsafe { ffi::RSMPI_ANY_SOURCE }),
    }
}

/// A tag as MPI wants it; `None` is any.
pub(super) fn raw_tag(tag: Option<i32>) -> c_int {
    // SAFETY: reading a constant of the MPI library.
    tag.unwrap_or(unsafe { ffi::RSMPI_ANY_TAG })
}

/// What MPI says of a message.
#[repr(transparent)]
pub(super) struct Status(MaybeUninit<ffi::MPI_Status>);

impl Status {
    pub(super) fn new() -> Self {
        // Zeroed, because a null request completes without touching all of it.
        Status(MaybeUninit::zeroed())
    }

    pub(super) fn place(&mut self) -> *mut ffi::MPI_Status {
        self.0.as_mut_ptr()
    }

    /// How one of several requests ended that were waited for together.
    pub(super) fn outcome(&self, call: &str) -> Result<()> {
        // SAFETY: the status was zeroed, then written by MPI; all bits are integers.
        check(unsafe { self.0.assume_init_ref() }.MPI_ERROR, call)
    }

    /// Whose message it is and how many `T` it has; an error when that is no whole number.
    pub(super) fn received<T: Element>(&self) -> Result<Received> {
        // SAFETY: the status was zeroed, then written by MPI; all bits are integers.
        let status = unsafe { self.0.assume_init_ref() };
        Ok(Received {
            source: usize::try_from(status.MPI_SOURCE).map_err(Error::other)?,
            tag: Tag(u16::try_from(status.MPI_TAG).map_err(Error::other)?),
            count: self.count::<T>()?,
        })
    }

    /// [`received`](Self::received), and an error unless the message had `expected` elements: MPI
    /// itself accepts a shorter one.
    pub(super) fn expect<T: Element>(&self, expected: usize) -> Result<Received> {
        let received = self.received::<T>()?;
        if received.count == expected {
            return Ok(received);
        }
        let detail = format!(
            "expected {expected} elements, the message has {}",
            received.count
        );
        Err(Error::shape("receive", detail))
    }

    fn count<T: Element>(&self) -> Result<usize> {
        let datatype = T::equivalent_datatype();
        let (mut bytes, mut size) = (0, 0);
        // In bytes, because MPI's other counts are 32 bits wide, or not in elements of a derived type.
        // SAFETY: the status was zeroed, then written by MPI; the results are valid places.
        unsafe {
            let code = ffi::MPI_Get_elements_x(self.0.as_ptr(), ffi::RSMPI_UINT8_T, &mut bytes);
            check(code, "MPI_Get_elements_x")?;
            let code = ffi::MPI_Type_size_x(datatype.as_raw(), &mut size);
            check(code, "MPI_Type_size_x")?;
        }
        if size == 0 {
            return Ok(0);
        }
        if bytes < 0 || bytes % size != 0 {
            let detail = format!("a message of {bytes} bytes in elements of {size}");
            return Err(Error::shape("receive", detail));
        }
        usize::try_from(bytes / size).map_err(Error::other)
    }
}
