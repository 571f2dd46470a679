//! Memory that the ranks of one machine have in common, in phases: all read, or each writes its own part.
//!
//! # Why no rank ever reads what another one writes
//!
//! Reading borrows the [`SharedMemory`], writing borrows it mutably, and the slices of both live no longer
//! than the closure they are given to. So a rank that has arrived in `write` reads nowhere, in none of its
//! threads. `write` hands out the own part only after a barrier, which no rank leaves before all have
//! arrived: at that moment nobody reads. It returns only after an agreement, which no rank leaves before
//! all have finished writing: whoever reads next, nobody writes. The parts follow each other, as summed up
//! from lengths that every rank contributed: no two overlap.
//!
//! Barrier and agreement run on a communicator that nobody else ever sees, one for each memory: another
//! barrier of the same ranks is not mistaken for them.
//!
//! When a phase does not end in order (an MPI call failed, the closure panicked and somebody caught that),
//! this rank cannot know what the others do: `in_step` stays false, and the memory is not touched again.
//! A rank that fails or leaves early does not come to the barrier, and the others wait there, not reading,
//! until the job is ended. What is dropped without `free` is left to the machine's communicator, which is
//! given back when all of its ranks have dropped it (see `reclaim`).
//!
//! MPI unmaps the memory when it ends. Until then no closure is left, because MPI ends where the program
//! runs; after it `read` and `write` refuse.

use std::ffi::c_int;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use mpi::ffi;

use super::check::check;
use super::type_identity::same_elements;
use super::window::OwnedWindow;
use crate::comm::{Call, Communicator, Element, Operation};
use crate::error::{Error, Result};

/// One piece of memory of all ranks of a machine, cut into consecutive parts, one a rank.
pub(crate) struct SharedMemory<A: Element> {
    window: OwnedWindow,
    whole: NonNull<A>,
    length: usize,
    own: Range<usize>,
}

/// A communicator of its own for the ranks of one machine, to be given to [`SharedMemory::allocate`].
pub(crate) struct Machine(Communicator);

impl Machine {
    /// Collective.
    pub(crate) fn of(communicator: &Communicator) -> Result<Self> {
        communicator.split_shared().map(Machine)
    }

    pub(super) fn communicator(&self) -> &Communicator {
        &self.0
    }

    /// The sum over the ranks of this machine. Collective.
    pub(super) fn sum_of(&self, value: u64) -> Result<u64> {
        self.0.all_reduce_value(value, Operation::Sum)
    }

    pub(crate) fn rank(&self) -> usize {
        self.0.rank()
    }

    pub(crate) fn size(&self) -> usize {
        self.0.size()
    }
}

impl<A: Element> SharedMemory<A> {
    /// Memory with a part of `own_length` elements of this rank, all of them `A::default()`.
    /// Collective over the machine.
    pub(crate) fn allocate(machine: Machine, own_length: usize) -> Result<Self> {
        let Machine(machine) = machine;
        same_elements::<A>(&machine, "shared memory")?;
        let lengths = machine.all_gather(&[own_length])?;
        let before: usize = lengths[..machine.rank()].iter().sum();
        // Replicated: every rank has all lengths.
        let (length, bytes) = total::<A>(&lengths)?;
        // Local: the first rank looks for all of them, before a call in which the others would wait for it.
        machine.agree(if machine.rank() == 0 {
            check_room(bytes)
        } else {
            Ok(())
        })?;
        let (window, whole) = machine.agree(allocate_window(&machine, bytes))?;
        let mut memory = SharedMemory {
            own: before..before + own_length,
            window: OwnedWindow::new(machine, window, true),
            whole: whole.unwrap_or(NonNull::dangling()),
            length,
        };
        for index in memory.own.clone() {
            // SAFETY: within the allocation, in this rank's own part; no reference exists yet.
            unsafe { memory.whole.add(index).write(A::default()) };
        }
        // All parts are initialised once the first phase, which changes nothing, is over.
        memory.end_phase(Ok(()))?;
        Ok(memory)
    }

    /// What all ranks wrote. Local.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&[A]) -> R) -> Result<R> {
        self.check_usable()?;
        // SAFETY: `length` initialised elements, which nobody writes while `self` is borrowed (see above).
        let all = unsafe { std::slice::from_raw_parts(self.whole.as_ptr(), self.length) };
        Ok(look(all))
    }

    /// Has each rank write its own part while none reads. Collective over the machine; the error of
    /// one rank's closure becomes that of all.
    #[track_caller]
    pub(crate) fn write<R>(&mut self, fill: impl FnOnce(&mut [A]) -> Result<R>) -> Result<R> {
        self.check_usable()?;
        drop(self.window.group.enter(Call::new("SharedArray::write"))?);
        self.window.in_step = false;
        self.window.group.barrier()?;
        // SAFETY: initialised elements; this rank's own part of the memory, of which no other rank and no
        // borrow of `self` has a reference during this phase (see above).
        let own = unsafe {
            std::slice::from_raw_parts_mut(self.whole.add(self.own.start).as_ptr(), self.own.len())
        };
        let outcome = fill(own);
        self.end_phase(outcome)
    }

    /// Returns when every rank has written what it writes, and this one sees it.
    fn end_phase<R>(&mut self, outcome: Result<R>) -> Result<R> {
        let outcome = outcome.and_then(|value| self.synchronise().map(|()| value));
        let outcome = self.window.group.agree(outcome);
        if let Err(error) = &outcome
            && !error.is_agreed()
        {
            return outcome;
        }
        self.synchronise()?;
        self.window.in_step = true;
        outcome
    }

    fn synchronise(&self) -> Result<()> {
        // SAFETY: a live window, in the epoch that `allocate_window` began.
        check(
            unsafe { ffi::MPI_Win_sync(self.window.raw()) },
            "MPI_Win_sync",
        )
    }

    fn check_usable(&self) -> Result<()> {
        let what = "shared memory: a phase of writing";
        self.window.check_usable(what)
    }

    /// Gives the memory back to the system. Collective over the machine.
    #[track_caller]
    pub(crate) fn free(self) -> Result<()> {
        self.check_usable()?;
        drop(self.window.group.enter(Call::new("SharedArray::close"))?);
        self.window.free()
    }

    /// The number of ranks on this machine.
    pub(crate) fn size(&self) -> usize {
        self.window.group.size()
    }
}

/// The elements of all parts, and their bytes.
fn total<A>(lengths: &[usize]) -> Result<(usize, isize)> {
    let length = lengths
        .iter()
        .try_fold(0usize, |sum, part| sum.checked_add(*part));
    length
        .and_then(|length| {
            let bytes = isize::try_from(length.checked_mul(size_of::<A>())?).ok()?;
            Some((length, bytes))
        })
        .ok_or_else(|| Error::Memory {
            operation: "shared memory".to_string(),
            bytes: u64::MAX,
        })
}

/// As much as the machine has, unless a test says less.
static ROOM: AtomicU64 = AtomicU64::new(u64::MAX);

/// Has machines say that they have no more room than this.
pub(crate) fn set_shared_room(bytes: u64) {
    ROOM.store(bytes, Ordering::Relaxed);
}

/// Whether the file system from which MPI takes shared memory has room for `bytes` bytes. Where it has not,
/// Open MPI 4.1 fails on the first rank and leaves the others waiting for it.
pub(super) fn check_room(bytes: isize) -> Result<()> {
    let mut system = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: the path ends in a zero byte; `system` is a valid place for the result, valid when zeroed.
    let (outcome, system) = unsafe {
        let outcome = libc::statvfs(c"/dev/shm".as_ptr(), system.as_mut_ptr());
        (outcome, system.assume_init())
    };
    // A system that cannot be asked has its memory elsewhere.
    let free = match outcome {
        0 => system.f_bavail.saturating_mul(system.f_frsize),
        _ => u64::MAX,
    };
    let free = free.min(ROOM.load(Ordering::Relaxed));
    if bytes as u64 <= free {
        return Ok(());
    }
    Err(Error::Memory {
        operation: format!("shared memory, with {free} bytes free in /dev/shm"),
        bytes: bytes as u64,
    })
}

/// A window of `bytes` bytes in an epoch of all ranks, and where it is; nowhere if it is empty.
pub(super) fn allocate_window<A>(
    machine: &Communicator,
    bytes: isize,
) -> Result<(ffi::MPI_Win, Option<NonNull<A>>)> {
    // The first rank brings all of it, so that it is in one piece whatever the parts' lengths.
    let own_bytes = if machine.rank() == 0 { bytes } else { 0 };
    // SAFETY: valid places for all results; the first rank's memory is asked for with the same window.
    let (window, address) = unsafe {
        let mut window = ffi::RSMPI_WIN_NULL;
        let mut own: *mut A = std::ptr::null_mut();
        let code = ffi::MPI_Win_allocate_shared(
            own_bytes as ffi::MPI_Aint,
            1,
            ffi::RSMPI_INFO_NULL,
            machine.as_raw_library(),
            (&raw mut own).cast(),
            &mut window,
        );
        check(code, "MPI_Win_allocate_shared")?;
        check(
            ffi::MPI_Win_set_errhandler(window, ffi::RSMPI_ERRORS_RETURN),
            "MPI_Win_set_errhandler",
        )?;
        let (mut size, mut unit, mut first): (ffi::MPI_Aint, c_int, *mut A) =
            (0, 0, std::ptr::null_mut());
        let code =
            ffi::MPI_Win_shared_query(window, 0, &mut size, &mut unit, (&raw mut first).cast());
        check(code, "MPI_Win_shared_query")?;
        // `MPI_Win_sync` is for such an epoch only; it takes no lock, because nobody else does.
        let code = ffi::MPI_Win_lock_all(ffi::MPI_MODE_NOCHECK as c_int, window);
        check(code, "MPI_Win_lock_all")?;
        (window, first)
    };
    if bytes == 0 {
        return Ok((window, None));
    }
    let address = NonNull::new(address)
        .filter(|address| address.is_aligned())
        .ok_or_else(|| Error::other("MPI_Win_shared_query gave no place for the elements"))?;
    Ok((window, Some(address)))
}
