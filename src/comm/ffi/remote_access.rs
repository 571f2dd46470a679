//! The operations in an epoch: on a range of another rank's memory, checked against its length.

use std::ffi::{c_int, c_void};

use mpi::ffi;
use mpi::traits::AsRaw;

use super::buffer::{count, count_limit};
use super::check::check;
use super::remote_memory::{Access, complete_after};
use crate::comm::{Integer, Number, Operation};
use crate::error::{Error, Result};

/// Where a piece of an operation goes: count, rank and displacement as MPI takes them.
struct Piece {
    count: c_int,
    rank: c_int,
    displacement: ffi::MPI_Aint,
}

impl<'buffers, T: Number> Access<'_, 'buffers, T> {
    pub(crate) fn put(&self, data: &'buffers [T], rank: usize, offset: usize) -> Result<()> {
        let datatype = T::equivalent_datatype();
        self.pieces("put", data.len(), rank, offset, |start, piece| {
            // SAFETY: the piece is within `data`, borrowed until the epoch is complete, and within the
            // target's memory.
            let code = unsafe {
                ffi::MPI_Put(
                    data.as_ptr().add(start).cast(),
                    piece.count,
                    datatype.as_raw(),
                    piece.rank,
                    piece.displacement,
                    piece.count,
                    datatype.as_raw(),
                    self.window,
                )
            };
            check(code, "MPI_Put")
        })
    }

    pub(crate) fn get(&self, buffer: &'buffers mut [T], rank: usize, offset: usize) -> Result<()> {
        let datatype = T::equivalent_datatype();
        let place = buffer.as_mut_ptr();
        self.pieces("get", buffer.len(), rank, offset, |start, piece| {
            // SAFETY: the piece is within `buffer`, borrowed mutably until the epoch is complete, and
            // within the target's memory. Whatever is there, it is a `Number`.
            let code = unsafe {
                ffi::MPI_Get(
                    place.add(start).cast(),
                    piece.count,
                    datatype.as_raw(),
                    piece.rank,
                    piece.displacement,
                    piece.count,
                    datatype.as_raw(),
                    self.window,
                )
            };
            check(code, "MPI_Get")
        })
    }

    pub(crate) fn accumulate(
        &self,
        data: &'buffers [T],
        rank: usize,
        offset: usize,
        operation: Operation,
    ) -> Result<()> {
        let operation = operation.on::<T>("MPI_Accumulate")?;
        let datatype = T::equivalent_datatype();
        self.pieces("accumulate", data.len(), rank, offset, |start, piece| {
            // SAFETY: as in `put`.
            let code = unsafe {
                ffi::MPI_Accumulate(
                    data.as_ptr().add(start).cast(),
                    piece.count,
                    datatype.as_raw(),
                    piece.rank,
                    piece.displacement,
                    piece.count,
                    datatype.as_raw(),
                    operation,
                    self.window,
                )
            };
            check(code, "MPI_Accumulate")
        })
    }

    /// In an epoch of `lock` only: completes at once.
    pub(crate) fn fetch_and_op(
        &self,
        value: T,
        rank: usize,
        offset: usize,
        operation: Operation,
    ) -> Result<T> {
        self.check_range("fetch_and_op", 1, rank, offset)?;
        let operation = operation.on::<T>("MPI_Fetch_and_op")?;
        let datatype = T::equivalent_datatype();
        let target = count(rank, "MPI_Fetch_and_op")?;
        let mut before = T::default();
        let place: *mut T = &raw mut before;
        // SAFETY: both places live until the flush has completed the operation; the target is in range.
        let begun = self.flush_after(target, || unsafe {
            ffi::MPI_Fetch_and_op(
                as_bytes(&value),
                place.cast(),
                datatype.as_raw(),
                target,
                offset as ffi::MPI_Aint,
                operation,
                self.window,
            )
        });
        check(begun, "MPI_Fetch_and_op")?;
        Ok(before)
    }

    /// In an epoch of `lock` only: completes at once.
    pub(crate) fn compare_and_swap(
        &self,
        expected: T,
        new: T,
        rank: usize,
        offset: usize,
    ) -> Result<T>
    where
        T: Integer,
    {
        self.check_range("compare_and_swap", 1, rank, offset)?;
        let datatype = T::equivalent_datatype();
        let target = count(rank, "MPI_Compare_and_swap")?;
        let mut before = T::default();
        let place: *mut T = &raw mut before;
        // SAFETY: all places live until the flush has completed the operation; the target is in range.
        let begun = self.flush_after(target, || unsafe {
            ffi::MPI_Compare_and_swap(
                as_bytes(&new),
                as_bytes(&expected),
                place.cast(),
                datatype.as_raw(),
                target,
                offset as ffi::MPI_Aint,
                self.window,
            )
        });
        check(begun, "MPI_Compare_and_swap")?;
        Ok(before)
    }

    /// The code of an operation that is complete when this returns.
    fn flush_after(&self, target: c_int, operation: impl FnOnce() -> c_int) -> c_int {
        complete_after(operation, || {
            // SAFETY: a live window, in an epoch that includes the target.
            let code = unsafe { ffi::MPI_Win_flush(target, self.window) };
            check(code, "MPI_Win_flush")
        })
    }

    /// Calls `begin` with the start and the target of each piece that fits an MPI count.
    fn pieces(
        &self,
        operation: &str,
        length: usize,
        rank: usize,
        offset: usize,
        begin: impl Fn(usize, Piece) -> Result<()>,
    ) -> Result<()> {
        self.check_range(operation, length, rank, offset)?;
        let limit = count_limit();
        for start in (0..length).step_by(limit) {
            let piece = Piece {
                count: count(limit.min(length - start), operation)?,
                rank: count(rank, operation)?,
                displacement: (offset + start) as ffi::MPI_Aint,
            };
            begin(start, piece)?;
        }
        Ok(())
    }

    pub(crate) fn check_rank(&self, operation: &str, rank: usize) -> Result<()> {
        if rank < self.lengths.len() {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{operation}: rank {rank} is not in a window of {} ranks",
            self.lengths.len()
        )))
    }

    /// Local: every rank knows all lengths, but each asks for a range of its own.
    fn check_range(
        &self,
        operation: &str,
        length: usize,
        rank: usize,
        offset: usize,
    ) -> Result<()> {
        self.check_rank(operation, rank)?;
        let available = self.lengths[rank];
        if offset
            .checked_add(length)
            .is_some_and(|end| end <= available)
        {
            return Ok(());
        }
        Err(Error::shape(
            operation,
            format!(
                "{length} elements from {offset} are not within the {available} of rank {rank}"
            ),
        ))
    }
}

fn as_bytes<T>(value: &T) -> *const c_void {
    std::ptr::from_ref(value).cast()
}
