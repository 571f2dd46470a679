//! Messages of bytes whose length only the sender knows: matched probe, then receive.

use std::ffi::c_int;

use bytemuck::Pod;
use mpi::ffi;

use super::buffer::{Description, address, count, vector_filled_by};
use super::check::check;
use super::handle::Handle;
use super::status::{Status, raw_source, raw_tag};
use crate::comm::{Element, Received};
use crate::error::Result;

/// A message that has arrived, and that no other receive can take.
struct Matched(ffi::MPI_Message);

impl Handle {
    /// The next message of bytes, and whose it is: in `memory` where that has room for it.
    pub(crate) fn receive_bytes(
        self,
        source: Option<usize>,
        tag: Option<i32>,
        memory: fn() -> Vec<u8>,
    ) -> Result<(Vec<u8>, Received)> {
        let source = raw_source(source, "MPI_Mprobe")?;
        let mut status = Status::new();
        // SAFETY: reading a constant of the MPI library.
        let mut message = unsafe { ffi::RSMPI_MESSAGE_NULL };
        // SAFETY: `message` and the status are places for the results.
        let code =
            unsafe { ffi::MPI_Mprobe(source, raw_tag(tag), self.0, &mut message, status.place()) };
        check(code, "MPI_Mprobe")?;
        let told = status.received::<u8>()?;
        Ok((receive(Matched(message), told.count, memory())?, told))
    }

    /// [`receive_bytes`](Self::receive_bytes) if a message is there. Never blocks.
    pub(crate) fn try_receive_bytes(
        self,
        source: Option<usize>,
        tag: Option<i32>,
        memory: fn() -> Vec<u8>,
    ) -> Result<Option<(Vec<u8>, Received)>> {
        let source = raw_source(source, "MPI_Improbe")?;
        let mut status = Status::new();
        let mut found: c_int = 0;
        // SAFETY: reading a constant of the MPI library.
        let mut message = unsafe { ffi::RSMPI_MESSAGE_NULL };
        // SAFETY: `found`, `message` and the status are places for the results.
        let code = unsafe {
            let place = status.place();
            ffi::MPI_Improbe(
                source,
                raw_tag(tag),
                self.0,
                &mut found,
                &mut message,
                place,
            )
        };
        check(code, "MPI_Improbe")?;
        if found == 0 {
            return Ok(None);
        }
        let told = status.received::<u8>()?;
        Ok(Some((
            receive(Matched(message), told.count, memory())?,
            told,
        )))
    }

    /// The next message of bytes from anybody, if there is one, and who sent it. Never blocks.
    pub(crate) fn receive_bytes_if_any(self, tag: i32) -> Result<Option<(Vec<u8>, usize)>> {
        let came = self.try_receive_bytes(None, Some(tag), Vec::new)?;
        Ok(came.map(|(bytes, told)| (bytes, told.source)))
    }

    /// The root's part of a broadcast that the others [receive](Self::receive_broadcast). Collective.
    pub(crate) fn send_broadcast(self, root: usize, bytes: &[u8]) -> Result<()> {
        // SAFETY: the root's buffer is read, never written.
        unsafe { self.raw_broadcast(root, bytes.as_ptr().cast_mut(), bytes.len()) }
    }

    /// `length` bytes from the root: in `memory` where that has room for them. Collective.
    pub(crate) fn receive_broadcast(
        self,
        root: usize,
        length: usize,
        memory: Vec<u8>,
    ) -> Result<Vec<u8>> {
        // SAFETY: `filled` hands over room for `length` bytes.
        filled(memory, length, |bytes| unsafe {
            self.raw_broadcast(root, bytes, length)
        })
    }

    /// `length` elements from the root, whose memory they are there. Collective.
    pub(crate) fn receive_broadcast_numbers<T: Element + Pod>(
        self,
        root: usize,
        length: usize,
    ) -> Result<Vec<T>> {
        // SAFETY: there is room for `length` elements, all of which the broadcast writes, and any bytes are one.
        unsafe {
            vector_filled_by(length, |numbers: *mut T| {
                self.raw_broadcast(root, numbers.cast(), length * size_of::<T>())
            })
        }
    }

    /// # Safety
    /// There are `length` bytes at `bytes`, which may be written unless this rank is the root.
    unsafe fn raw_broadcast(self, root: usize, bytes: *mut u8, length: usize) -> Result<()> {
        let root = count(root, "MPI_Bcast")?;
        let description = Description::<u8>::of(length)?;
        // SAFETY: `description` covers exactly the bytes that the caller vouches for.
        let code = unsafe {
            ffi::MPI_Bcast(
                address(bytes, length).cast_mut().cast(),
                description.count,
                description.datatype,
                root,
                self.0,
            )
        };
        check(code, "MPI_Bcast")
    }
}

fn receive(mut matched: Matched, length: usize, memory: Vec<u8>) -> Result<Vec<u8>> {
    let description = Description::<u8>::of(length)?;
    filled(memory, length, |bytes| {
        // SAFETY: the message has `length` bytes, as the probe told, for which there is room.
        let code = unsafe {
            ffi::MPI_Mrecv(
                address(bytes, length).cast_mut().cast(),
                description.count,
                description.datatype,
                &mut matched.0,
                ffi::RSMPI_STATUS_IGNORE,
            )
        };
        check(code, "MPI_Mrecv")
    })
}

/// `length` bytes, all of which `fill` has written: in `memory`, if that has room for them, else in a vector
/// of their length.
fn filled(
    mut memory: Vec<u8>,
    length: usize,
    fill: impl FnOnce(*mut u8) -> Result<()>,
) -> Result<Vec<u8>> {
    if memory.capacity() >= length {
        memory.clear();
        fill(memory.as_mut_ptr())?;
        // SAFETY: there is room for them; written they are as below.
        unsafe { memory.set_len(length) };
        return Ok(memory);
    }
    drop(memory);
    // SAFETY: MPI has written all `length` bytes when `fill` returns `Ok`: the sender's count is the same.
    unsafe { vector_filled_by(length, fill) }
}
