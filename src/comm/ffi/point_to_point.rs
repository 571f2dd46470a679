//! Blocking messages between two ranks.

use mpi::ffi;

use super::buffer::{Description, count};
use super::check::check;
use super::handle::Handle;
use super::status::{Status, raw_source, raw_tag};
use super::validity::validated;
use crate::comm::{Element, Received};
use crate::error::Result;

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

    /// Receives exactly `buffer.len()` elements; without a source or a tag, of any.
    pub(crate) fn receive<T: Element>(
        self,
        buffer: &mut [T],
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<Received> {
        let description = Description::<T>::of(buffer.len())?;
        let source = raw_source(source, "MPI_Recv")?;
        let mut status = Status::new();
        // SAFETY: `description` covers exactly `buffer`.
        let code = unsafe {
            ffi::MPI_Recv(
                buffer.as_mut_ptr().cast(),
                description.count,
                description.datatype,
                source,
                raw_tag(tag),
                self.0,
                status.place(),
            )
        };
        let outcome = check(code, "MPI_Recv").and_then(|()| status.expect::<T>(buffer.len()));
        // SAFETY: MPI is done with the buffer, which was initialised before.
        unsafe { validated(buffer.as_mut_ptr(), buffer.len(), outcome) }
    }

    /// Both at once.
    pub(crate) fn send_receive<T: Element>(
        self,
        data: &[T],
        (destination, send_tag): (usize, i32),
        buffer: &mut [T],
        (source, receive_tag): (Option<usize>, Option<i32>),
    ) -> Result<Received> {
        let sent = Description::<T>::of(data.len())?;
        let received = Description::<T>::of(buffer.len())?;
        let destination = count(destination, "MPI_Sendrecv")?;
        let source = raw_source(source, "MPI_Sendrecv")?;
        let mut status = Status::new();
        // SAFETY: the descriptions cover exactly `data` and `buffer`, which do not overlap.
        let code = unsafe {
            ffi::MPI_Sendrecv(
                data.as_ptr().cast(),
                sent.count,
                sent.datatype,
                destination,
                send_tag,
                buffer.as_mut_ptr().cast(),
                received.count,
                received.datatype,
                source,
                raw_tag(receive_tag),
                self.0,
                status.place(),
            )
        };
        let outcome = check(code, "MPI_Sendrecv").and_then(|()| status.expect::<T>(buffer.len()));
        // SAFETY: MPI is done with the buffer, which was initialised before.
        unsafe { validated(buffer.as_mut_ptr(), buffer.len(), outcome) }
    }
}
