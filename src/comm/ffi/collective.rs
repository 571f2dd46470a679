//! The blocking collectives, on slices. All of these are collective over the communicator.

use std::ffi::{c_int, c_void};

use mpi::ffi;
use mpi::traits::AsRaw;

use super::buffer::{Description, address, count, count_limit, vector_overwritten_by};
use super::check::check;
use super::handle::Handle;
use super::validity::validated;
use crate::comm::Element;
use crate::error::Result;

pub(super) fn read<T>(slice: &[T]) -> *const c_void {
    address(slice.as_ptr(), slice.len()).cast()
}

/// Counts and displacements of consecutive parts; `None` when they do not fit MPI's counts.
fn parts(counts: &[usize], call: &str) -> Result<Option<(Vec<c_int>, Vec<c_int>)>> {
    if counts.iter().sum::<usize>() > count_limit() {
        return Ok(None);
    }
    let mut displacement = 0;
    let mut displacements = Vec::with_capacity(counts.len());
    let mut narrow = Vec::with_capacity(counts.len());
    for &length in counts {
        narrow.push(count(length, call)?);
        displacements.push(count(displacement, call)?);
        displacement += length;
    }
    Ok(Some((narrow, displacements)))
}

impl Handle {
    pub(crate) fn barrier(self) -> Result<()> {
        // SAFETY: a live communicator.
        check(unsafe { ffi::MPI_Barrier(self.0) }, "MPI_Barrier")
    }

    pub(crate) fn broadcast<T: Element>(self, root: usize, buffer: &mut [T]) -> Result<()> {
        let root = count(root, "MPI_Bcast")?;
        let description = Description::<T>::of(buffer.len())?;
        // SAFETY: `description` covers exactly `buffer`.
        let code = unsafe {
            ffi::MPI_Bcast(
                address(buffer.as_mut_ptr(), buffer.len()).cast_mut().cast(),
                description.count,
                description.datatype,
                root,
                self.0,
            )
        };
        // SAFETY: MPI is done with the buffer, which was initialised before.
        unsafe { validated(buffer.as_mut_ptr(), buffer.len(), check(code, "MPI_Bcast")) }
    }

    pub(crate) fn all_gather<T: Element>(self, send: &[T], size: usize) -> Result<Vec<T>> {
        let description = Description::<T>::of(send.len())?;
        vector_overwritten_by(send.len() * size, |receive: *mut T| {
            // SAFETY: there is room for `send.len()` elements of each of the `size` ranks.
            let code = unsafe {
                ffi::MPI_Allgather(
                    read(send),
                    description.count,
                    description.datatype,
                    receive.cast(),
                    description.count,
                    description.datatype,
                    self.0,
                )
            };
            check(code, "MPI_Allgather")
        })
    }

    /// `counts` (the same on every rank) elements of each rank, in rank order.
    pub(crate) fn all_gatherv<T: Element>(
        self,
        send: &[T],
        counts: &[usize],
    ) -> Result<Option<Vec<T>>> {
        let Some((narrow, displacements)) = parts(counts, "MPI_Allgatherv")? else {
            return Ok(None);
        };
        let datatype = T::equivalent_datatype();
        vector_overwritten_by(counts.iter().sum(), |receive: *mut T| {
            // SAFETY: counts and displacements tile the result.
            let code = unsafe {
                ffi::MPI_Allgatherv(
                    read(send),
                    count(send.len(), "MPI_Allgatherv")?,
                    datatype.as_raw(),
                    receive.cast(),
                    narrow.as_ptr(),
                    displacements.as_ptr(),
                    datatype.as_raw(),
                    self.0,
                )
            };
            check(code, "MPI_Allgatherv")
        })
        .map(Some)
    }

    pub(crate) fn gather<T: Element>(
        self,
        root: usize,
        send: &[T],
        receives: Option<usize>,
    ) -> Result<Option<Vec<T>>> {
        let root = count(root, "MPI_Gather")?;
        let description = Description::<T>::of(send.len())?;
        let length = send.len() * receives.unwrap_or(0);
        let gathered = vector_overwritten_by(length, |receive: *mut T| {
            // SAFETY: on the root there is room for one contribution of each of the `receives` ranks;
            // elsewhere the receiving arguments are not looked at.
            let code = unsafe {
                ffi::MPI_Gather(
                    read(send),
                    description.count,
                    description.datatype,
                    receive.cast(),
                    description.count,
                    description.datatype,
                    root,
                    self.0,
                )
            };
            check(code, "MPI_Gather")
        })?;
        Ok(receives.map(|_| gathered))
    }

    /// `send` holds, on the root, `length` elements for every rank.
    pub(crate) fn scatter<T: Element>(
        self,
        root: usize,
        send: Option<&[T]>,
        length: usize,
    ) -> Result<Vec<T>> {
        let root = count(root, "MPI_Scatter")?;
        let description = Description::<T>::of(length)?;
        vector_overwritten_by(length, |receive: *mut T| {
            // SAFETY: the caller checked that the root's `send` holds `length` elements a rank.
            let code = unsafe {
                ffi::MPI_Scatter(
                    send.map_or(std::ptr::null(), read),
                    description.count,
                    description.datatype,
                    receive.cast(),
                    description.count,
                    description.datatype,
                    root,
                    self.0,
                )
            };
            check(code, "MPI_Scatter")
        })
    }

    pub(crate) fn all_to_all<T: Element>(self, send: &[T], size: usize) -> Result<Vec<T>> {
        let description = Description::<T>::of(send.len() / size)?;
        vector_overwritten_by(send.len(), |receive: *mut T| {
            // SAFETY: the caller checked that `send`, and so the result, is one equal part for each of
            // `size` ranks.
            let code = unsafe {
                ffi::MPI_Alltoall(
                    read(send),
                    description.count,
                    description.datatype,
                    receive.cast(),
                    description.count,
                    description.datatype,
                    self.0,
                )
            };
            check(code, "MPI_Alltoall")
        })
    }
}
