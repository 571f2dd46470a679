//! Two buffers that all ranks of a machine see: one is read while the other is filled.
//!
//! # Why no rank reads what another one writes
//!
//! In each turn one buffer is the front and the other the back. Ranks read the front and write the back, each
//! rank elements that no other one writes: who asks for them sees to that, by a layout's parts. `turn` exchanges
//! the two when all ranks have met there, by [`Words`]: then nobody writes the new front any more, and nobody
//! reads the new back. Slices borrow the buffers, mutably where they are written, so that a rank which turns has
//! none. No call of MPI is mistaken for a turn, and none is needed.
//!
//! Stores that go past the caches are no part of that order: who writes with them waits for them before the turn.
//!
//! The memory is unmapped when the communicator that keeps the buffers is given back, or when MPI ends; after
//! that no slice is given out, and none is alive, because who takes them lends them to closures.

use std::marker::PhantomData;
use std::ops::Range;
use std::ptr::NonNull;

use super::environment::is_running;
use super::shared_memory::{Machine, allocate_window, check_room};
use super::type_identity::same_elements;
use super::window::free;
use super::words::{LINE, Words};
use crate::comm::{Communicator, Element, Operation};
use crate::error::{Error, Result};

/// Two buffers of elements of one type.
pub(crate) struct DoubleBuffer<A> {
    words: Words,
    /// Behind the words.
    first: NonNull<A>,
    /// Elements of each buffer.
    length: usize,
    turns: u64,
    elements: PhantomData<A>,
}

impl<A: Element> DoubleBuffer<A> {
    /// Buffers of `length` elements, all of them `A::default()`; none when the ranks are not all on one machine,
    /// or that has no room for them. Collective.
    pub(crate) fn open(communicator: &Communicator, length: usize) -> Result<Option<Self>> {
        // Replicated: a type.
        if align_of::<A>() > LINE {
            return Ok(None);
        }
        let machine = communicator.agree(Machine::of(communicator))?;
        same_elements::<A>(machine.communicator(), "panels")?;
        let heads = Words::bytes(machine.size());
        let bytes = length
            .checked_mul(2 * size_of::<A>())
            .and_then(|bytes| isize::try_from(bytes.checked_add(heads)?).ok());
        // Local: a machine with few ranks may have room where another has not.
        let usable = machine.size() == communicator.size()
            && bytes.is_some_and(|bytes| check_room(bytes).is_ok());
        if !communicator.all_reduce_value(usable, Operation::LogicalAnd)? {
            return Ok(None);
        }
        let allocated =
            allocate_window::<u8>(machine.communicator(), bytes.unwrap_or(heads as isize));
        let (window, memory) = communicator.agree(allocated)?;
        // The buffers belong to the communicator, and are gone when it is.
        communicator.leave(Box::new(move || free(window, true)));
        let memory = memory.ok_or_else(|| Error::other("shared panels without memory"))?;
        let (rank, ranks) = (machine.rank(), machine.size());
        // SAFETY: the window begins with the words, and is aligned to a page; who has its elements behind them looks
        // whether MPI runs.
        let (words, first) = unsafe { (Words::new(memory, rank, ranks), memory.add(heads).cast()) };
        let buffers = DoubleBuffer {
            words,
            first,
            length,
            turns: 0,
            elements: PhantomData,
        };
        buffers.initialise(rank, ranks);
        communicator.barrier()?;
        Ok(Some(buffers))
    }

    /// This rank's share of the elements.
    fn initialise(&self, rank: usize, ranks: usize) {
        let share = |rank: usize| 2 * self.length * rank / ranks;
        for place in share(rank)..share(rank + 1) {
            // SAFETY: within the window, written by no other rank, and looked at by nobody before the barrier.
            unsafe { self.element(place).write(A::default()) };
        }
    }

    /// Elements of each buffer.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// How often they were exchanged.
    pub(crate) fn turns(&self) -> u64 {
        self.turns
    }

    /// The buffer that is read. Local.
    pub(crate) fn front(&self) -> Result<&[A]> {
        check_running()?;
        // SAFETY: initialised elements, which nobody writes before this rank turns (see above).
        Ok(unsafe { std::slice::from_raw_parts(self.first(0).as_ptr(), self.length) })
    }

    /// The buffer that is filled. Local.
    pub(crate) fn back(&mut self) -> Result<Back<'_, A>> {
        check_running()?;
        Ok(Back { buffers: self })
    }

    /// What was filled is read from now on. Collective; waits for all ranks.
    pub(crate) fn turn(&mut self) -> Result<()> {
        check_running()?;
        self.turns += 1;
        self.words.meet(self.turns);
        Ok(())
    }

    /// Where the front (0) or the back (1) begins.
    fn first(&self, which: u64) -> NonNull<A> {
        self.element(((self.turns + which) % 2) as usize * self.length)
    }

    fn element(&self, place: usize) -> NonNull<A> {
        // SAFETY: the window has room for two buffers after the words; lines are as aligned as elements.
        unsafe { self.first.add(place) }
    }
}

/// The buffer that is filled.
pub(crate) struct Back<'buffers, A> {
    buffers: &'buffers mut DoubleBuffer<A>,
}

impl<A: Element> Back<'_, A> {
    /// Elements that no other rank asks for in the same turn.
    pub(crate) fn part_mut(&mut self, range: Range<usize>) -> &mut [A] {
        assert!(
            range.start <= range.end && range.end <= self.buffers.length,
            "elements are within the buffer"
        );
        // SAFETY: initialised elements within the back, which nobody reads before this rank turns and no other
        // rank writes (see above).
        unsafe {
            let first = self.buffers.first(1).add(range.start);
            std::slice::from_raw_parts_mut(first.as_ptr(), range.len())
        }
    }
}

fn check_running() -> Result<()> {
    match is_running() {
        true => Ok(()),
        false => Err(Error::usage("panels: MPI has ended")),
    }
}
