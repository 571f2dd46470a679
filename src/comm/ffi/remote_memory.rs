//! Memory of each rank that the others read and write: MPI's windows, in phases and epochs.
//!
//! # Why no rank looks at memory that another one writes
//!
//! The own part is read and written through `local` and `local_mut`, which borrow the [`RemoteMemory`] for
//! the length of a closure. Whatever lets others at it, `fence` and `passive`, borrows it mutably, and
//! begins with a barrier and ends with an agreement of all ranks, on a communicator that nobody else sees:
//! no rank's operation starts before all owners have let go, and no owner looks again before all operations
//! are complete. When a scope does not end in order, `in_step` stays false and the own part is shut.
//!
//! # Why no buffer is used while MPI has it
//!
//! `put` and `get` return before MPI has read or written the buffer: it stays borrowed for `'buffers`, a
//! lifetime that the caller of the scope chose and that is therefore longer than the scope, which returns
//! only when MPI is done with all of them. A closure that panics, or an epoch that MPI cannot complete,
//! would give buffers back too early: both end the job instead.

use std::cell::Cell;
use std::ffi::c_int;
use std::marker::PhantomData;
use std::ptr::NonNull;

use mpi::ffi;

use super::check::check;
use super::environment::abort;
use super::shared_memory::{Machine, check_room};
use super::type_identity::same_elements;
use super::window::OwnedWindow;
use crate::comm::{Call, Communicator, Number};
use crate::error::{Error, Result};

/// Parts are made whole multiples of so many bytes. The ranks of a machine share one piece of memory: MPICH
/// 4.0 looks for another rank's part at a multiple of 16 bytes, wherever it put it, so that parts of other
/// lengths are written in the wrong place. A line of the cache more keeps two ranks from sharing one.
const UNIT: usize = 64;

/// A window, with the number of elements of each rank.
pub(crate) struct RemoteMemory<T: Number> {
    window: OwnedWindow,
    own: NonNull<T>,
    lengths: Vec<usize>,
}

impl<T: Number> RemoteMemory<T> {
    /// Memory with `own_length` zeros of this rank. Collective.
    pub(crate) fn allocate(communicator: &Communicator, own_length: usize) -> Result<Self> {
        let group = communicator.duplicate()?;
        same_elements::<T>(&group, "a window")?;
        let bytes = own_length
            .checked_mul(size_of::<T>())
            .and_then(|bytes| bytes.checked_next_multiple_of(UNIT))
            .and_then(|bytes| isize::try_from(bytes).ok());
        // Local: the lengths differ.
        let bytes = group.agree(bytes.ok_or_else(|| too_large(usize::MAX)))?;
        let lengths = group.all_gather(&[own_length])?;
        check_machines_room(&group, bytes)?;
        let (window, own) = group.agree(allocate_window(&group, bytes))?;
        let mut memory = RemoteMemory {
            window: OwnedWindow::new(group, window, false),
            own: own.unwrap_or(NonNull::dangling()),
            lengths,
        };
        for index in 0..own_length {
            // SAFETY: within the allocation; nobody has a reference to it or may access it yet.
            unsafe { memory.own.add(index).write(T::default()) };
        }
        memory.window.in_step = true;
        Ok(memory)
    }

    pub(crate) fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    fn own_length(&self) -> usize {
        self.lengths[self.window.group.rank()]
    }

    pub(crate) fn local<R>(&self, look: impl FnOnce(&[T]) -> R) -> Result<R> {
        self.check_usable()?;
        // SAFETY: initialised elements that nobody writes while `self` is borrowed (see above).
        Ok(look(unsafe {
            std::slice::from_raw_parts(self.own.as_ptr(), self.own_length())
        }))
    }

    pub(crate) fn local_mut<R>(&mut self, change: impl FnOnce(&mut [T]) -> R) -> Result<R> {
        self.check_usable()?;
        // SAFETY: initialised elements that nobody accesses while `self` is borrowed mutably (see above).
        Ok(change(unsafe {
            std::slice::from_raw_parts_mut(self.own.as_ptr(), self.own_length())
        }))
    }

    /// An epoch of all ranks; returns when every operation of every rank is complete. Collective.
    #[track_caller]
    pub(crate) fn fence<'buffers, R>(
        &mut self,
        work: impl FnOnce(&Access<'_, 'buffers, T>) -> Result<R>,
    ) -> Result<R> {
        self.check_usable()?;
        drop(self.window.group.enter(Call::new("Window::fence"))?);
        self.window.in_step = false;
        self.window.group.barrier()?;
        // SAFETY: a live window, on which no epoch is open.
        let opened =
            unsafe { ffi::MPI_Win_fence(ffi::MPI_MODE_NOPRECEDE as c_int, self.window.raw()) };
        check(opened, "MPI_Win_fence")?;
        let access = Access::of(self);
        let outcome = complete_after(
            || work(&access),
            || {
                // SAFETY: a live window, in the epoch that the first fence began.
                let code = unsafe {
                    ffi::MPI_Win_fence(ffi::MPI_MODE_NOSUCCEED as c_int, self.window.raw())
                };
                check(code, "MPI_Win_fence")
            },
        );
        self.end_scope(outcome)
    }

    /// A time in which ranks may lock and access each other's memory. Collective.
    #[track_caller]
    pub(crate) fn passive<R>(
        &mut self,
        work: impl FnOnce(&Access<'_, 'static, T>) -> Result<R>,
    ) -> Result<R> {
        self.check_usable()?;
        drop(self.window.group.enter(Call::new("Window::passive"))?);
        self.window.in_step = false;
        let published = self.publish();
        self.window.group.agree(published)?;
        let outcome = work(&Access::of(self));
        let outcome = self.end_scope(outcome);
        if self.window.in_step {
            self.window.in_step = false;
            self.publish()?;
            self.window.in_step = true;
        }
        outcome
    }

    /// Makes what the owner and the others wrote the same for both, by a lock of the own part. Local.
    fn publish(&self) -> Result<()> {
        Access::<T>::of(self).lock(Some(self.window.group.rank()), |_| Ok(()))
    }

    fn end_scope<R>(&mut self, outcome: Result<R>) -> Result<R> {
        let outcome = self.window.group.agree(outcome);
        self.window.in_step = match &outcome {
            Ok(_) => true,
            Err(error) => error.is_agreed(),
        };
        outcome
    }

    fn check_usable(&self) -> Result<()> {
        self.window.check_usable("window: an epoch")
    }

    /// Gives the memory back. Collective.
    #[track_caller]
    pub(crate) fn free(self) -> Result<()> {
        self.check_usable()?;
        drop(self.window.group.enter(Call::new("Window::close"))?);
        self.window.free()
    }
}

/// What may be done to the ranks' memory in an epoch; the operations are in `remote_access`.
pub(crate) struct Access<'memory, 'buffers, T: Number> {
    pub(super) window: ffi::MPI_Win,
    pub(super) lengths: &'memory [usize],
    /// Invariant, so that no shorter lifetime can stand in for the caller's.
    buffers: PhantomData<(Cell<&'buffers ()>, T)>,
}

impl<'memory, 'buffers, T: Number> Access<'memory, 'buffers, T> {
    fn of(memory: &'memory RemoteMemory<T>) -> Self {
        Access {
            window: memory.window.raw(),
            lengths: &memory.lengths,
            buffers: PhantomData,
        }
    }

    /// An epoch of this rank alone, with one rank's memory (nobody else has it) or with that of all ranks
    /// (others may have it too). Returns when every operation in it is complete.
    pub(crate) fn lock<'inner, R>(
        &self,
        rank: Option<usize>,
        work: impl FnOnce(&Access<'memory, 'inner, T>) -> Result<R>,
    ) -> Result<R> {
        let target = super::buffer::count(rank.unwrap_or(0), "MPI_Win_lock")?;
        // SAFETY: a live window, on which this rank has no epoch open.
        unsafe {
            match rank {
                Some(_) => {
                    let exclusive = ffi::MPI_LOCK_EXCLUSIVE as c_int;
                    let code = ffi::MPI_Win_lock(exclusive, target, 0, self.window);
                    check(code, "MPI_Win_lock")?;
                }
                None => check(ffi::MPI_Win_lock_all(0, self.window), "MPI_Win_lock_all")?,
            }
        }
        let access = Access {
            window: self.window,
            lengths: self.lengths,
            buffers: PhantomData,
        };
        // SAFETY: a live window, in the epoch that was begun above.
        complete_after(
            || work(&access),
            || unsafe {
                match rank {
                    Some(_) => check(ffi::MPI_Win_unlock(target, self.window), "MPI_Win_unlock"),
                    None => check(ffi::MPI_Win_unlock_all(self.window), "MPI_Win_unlock_all"),
                }
            },
        )
    }
}

/// Does `work`, then has MPI `complete` what it began, so that MPI has no buffer any more afterwards.
pub(super) fn complete_after<R>(
    work: impl FnOnce() -> R,
    complete: impl FnOnce() -> Result<()>,
) -> R {
    struct EndJob;
    impl Drop for EndJob {
        fn drop(&mut self) {
            abort(101);
        }
    }
    let unless_completed = EndJob;
    let outcome = work();
    if let Err(error) = complete() {
        eprintln!("error: {error}: an epoch that is not complete leaves its buffers to MPI");
        abort(error.exit_code());
    }
    std::mem::forget(unless_completed);
    outcome
}

fn too_large(bytes: usize) -> Error {
    Error::Memory {
        operation: "window".to_string(),
        bytes: bytes as u64,
    }
}

/// Whether each machine has room for its ranks' parts, which MPI takes from the memory they share.
fn check_machines_room(group: &Communicator, bytes: isize) -> Result<()> {
    let machine = Machine::of(group)?;
    let of_machine = machine.sum_of(bytes as u64)?;
    group.agree(check_room(
        isize::try_from(of_machine).unwrap_or(isize::MAX),
    ))
}

fn allocate_window<T>(
    group: &Communicator,
    bytes: isize,
) -> Result<(ffi::MPI_Win, Option<NonNull<T>>)> {
    // SAFETY: valid places for all results.
    let (window, address) = unsafe {
        let mut window = ffi::RSMPI_WIN_NULL;
        let mut address: *mut T = std::ptr::null_mut();
        let code = ffi::MPI_Win_allocate(
            bytes as ffi::MPI_Aint,
            size_of::<T>() as c_int,
            ffi::RSMPI_INFO_NULL,
            group.as_raw_library(),
            (&raw mut address).cast(),
            &mut window,
        );
        check(code, "MPI_Win_allocate").map_err(with_advice)?;
        let code = ffi::MPI_Win_set_errhandler(window, ffi::RSMPI_ERRORS_RETURN);
        check(code, "MPI_Win_set_errhandler")?;
        (window, address)
    };
    if bytes == 0 {
        return Ok((window, None));
    }
    let address = NonNull::new(address)
        .filter(|address| address.is_aligned())
        .ok_or_else(|| Error::other("MPI_Win_allocate gave no place for the elements"))?;
    Ok((window, Some(address)))
}

/// Open MPI 4.1 has no component that reaches another machine's memory over TCP unless told so.
fn with_advice(error: Error) -> Error {
    match error {
        Error::Mpi {
            call,
            class,
            message,
        } if class == "MPI_ERR_WIN" => Error::Mpi {
            call,
            class,
            message: format!(
                "{message}; between machines over TCP, Open MPI 4.1 needs `mpiexec --mca osc ^rdma`"
            ),
        },
        other => other,
    }
}
