//! What can be done in an epoch. All of this is local: the owner of the memory takes no part.

use crate::comm::ffi::Access;
use crate::comm::{Integer, Number, Operation};
use crate::error::Result;

/// The inside of [`Window::fence`](super::Window::fence): accesses that are done when it ends, in any order.
///
/// The buffers stay borrowed until then.
pub struct Epoch<'window, 'buffers, T: Number> {
    pub(super) access: &'window Access<'window, 'buffers, T>,
}

impl<'buffers, T: Number> Epoch<'_, 'buffers, T> {
    /// Writes `data` to `rank`'s elements from `offset` on. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when there is no such rank,
    /// [`Error::Shape`](crate::Error::Shape) when it has no such elements.
    pub fn put(&mut self, data: &'buffers [T], rank: usize, offset: usize) -> Result<()> {
        self.access.put(data, rank, offset)
    }

    /// Reads `rank`'s elements from `offset` on into `buffer`. *Local.*
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn get(&mut self, buffer: &'buffers mut [T], rank: usize, offset: usize) -> Result<()> {
        self.access.get(buffer, rank, offset)
    }

    /// Combines `data` with `rank`'s elements from `offset` on, each atomically. *Local.*
    ///
    /// # Errors
    /// As [`put`](Self::put); [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`.
    pub fn accumulate(
        &mut self,
        data: &'buffers [T],
        rank: usize,
        offset: usize,
        operation: Operation,
    ) -> Result<()> {
        self.access.accumulate(data, rank, offset, operation)
    }
}

/// The inside of [`Window::passive`](super::Window::passive): ranks lock each other's memory.
pub struct Passive<'window, T: Number> {
    pub(super) access: &'window Access<'window, 'static, T>,
}

impl<T: Number> Passive<'_, T> {
    /// An epoch with `rank`'s memory, which no other rank has at the same time. *Local*: waits until the
    /// others have let go of it.
    ///
    /// All accesses are done when the call returns. To be short: others wait.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when there is no such rank; that of the closure. An epoch that
    /// MPI cannot complete, or a panic in one, ends the job.
    pub fn lock<'buffers, R>(
        &mut self,
        rank: usize,
        work: impl FnOnce(&mut Target<'_, 'buffers, T>) -> Result<R>,
    ) -> Result<R> {
        self.access.check_rank("lock", rank)?;
        self.access
            .lock(Some(rank), |access| work(&mut Target { access, rank }))
    }

    /// An epoch with the memory of all ranks, which others may have too. *Local.*
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub fn lock_all<'buffers, R>(
        &mut self,
        work: impl FnOnce(&mut Targets<'_, 'buffers, T>) -> Result<R>,
    ) -> Result<R> {
        self.access
            .lock(None, |access| work(&mut Targets { access }))
    }
}

/// The inside of [`Passive::lock_all`].
pub struct Targets<'window, 'buffers, T: Number> {
    access: &'window Access<'window, 'buffers, T>,
}

impl<'buffers, T: Number> Targets<'_, 'buffers, T> {
    /// The memory of `rank`. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when there is no such rank.
    pub fn target(&mut self, rank: usize) -> Result<Target<'_, 'buffers, T>> {
        self.access.check_rank("target", rank)?;
        Ok(Target {
            access: self.access,
            rank,
        })
    }
}

/// One rank's memory, in an epoch of this rank's own.
pub struct Target<'window, 'buffers, T: Number> {
    access: &'window Access<'window, 'buffers, T>,
    rank: usize,
}

impl<'buffers, T: Number> Target<'_, 'buffers, T> {
    /// Writes `data` to the elements from `offset` on, until the epoch ends. *Local.*
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when the target has no such elements.
    pub fn put(&mut self, data: &'buffers [T], offset: usize) -> Result<()> {
        self.access.put(data, self.rank, offset)
    }

    /// Reads the elements from `offset` on into `buffer`, until the epoch ends. *Local.*
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn get(&mut self, buffer: &'buffers mut [T], offset: usize) -> Result<()> {
        self.access.get(buffer, self.rank, offset)
    }

    /// Combines `data` with the elements from `offset` on, each atomically, until the epoch ends. *Local.*
    ///
    /// # Errors
    /// As [`put`](Self::put); [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`.
    pub fn accumulate(
        &mut self,
        data: &'buffers [T],
        offset: usize,
        operation: Operation,
    ) -> Result<()> {
        self.access.accumulate(data, self.rank, offset, operation)
    }

    /// Combines `value` with the element at `offset`, atomically, and returns what was there before. *Local*,
    /// done when it returns.
    ///
    /// # Errors
    /// As [`accumulate`](Self::accumulate).
    pub fn fetch_and_op(&mut self, offset: usize, value: T, operation: Operation) -> Result<T> {
        self.access
            .fetch_and_op(value, self.rank, offset, operation)
    }

    /// Puts `new` at `offset` if `expected` is there, atomically, and returns what was there before. *Local*,
    /// done when it returns.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn compare_and_swap(&mut self, offset: usize, expected: T, new: T) -> Result<T>
    where
        T: Integer,
    {
        self.access
            .compare_and_swap(expected, new, self.rank, offset)
    }
}
