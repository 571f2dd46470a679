//! Buffers of every rank that all ranks of a machine see: a message that is packed in one is unpacked from it.
//!
//! # Why no rank reads what another one writes
//!
//! Each slot has one owner, and a word that says whose turn it is. While it says *free*, only the owner touches
//! the slot; the owner alone changes it to name a receiver. While it names one, only that receiver touches the
//! slot, reading; the receiver alone changes it back to free. Both changes are stores with release order, and
//! each side looks with acquire order before it begins. A rank has one thread in here, because the borrow is
//! mutable.
//!
//! Stores that go past the caches are no part of that order: who fills a slot with them waits for them before it
//! returns the slot.
//!
//! What a receiver reads as elements was written as elements of that type: the ranks compare their types
//! before they begin, each slot tells how many elements its message has, and the owner fills a slot with
//! defaults before it lends it as another type than last time.
//!
//! Nothing here waits. The memory is unmapped when the communicator that keeps the mailboxes is given back, which
//! all ranks have dropped then and the mailboxes with it, or when MPI ends and no program runs any more.

use std::any::TypeId;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use super::shared_memory::{Machine, allocate_window, check_room};
use super::type_identity::same_elements;
use super::window::free;
use crate::comm::{Communicator, Element, Operation};
use crate::error::{Error, Result};

/// Slots of each rank.
const SLOTS: usize = 4;

/// Bytes of one slot's words: a line of its own, so that those who look do not disturb those who write.
const HEAD: usize = 64;

/// The slots of all ranks of a communicator, all of which are on one machine.
pub(crate) struct Mailboxes {
    memory: NonNull<u8>,
    rank: usize,
    slot_bytes: usize,
    /// How many messages this rank has posted for each receiver.
    posted: Vec<u32>,
    /// How many it has taken from each sender.
    taken: Vec<u32>,
    /// The type that each of this rank's own slots was filled with.
    filled_as: [Option<TypeId>; SLOTS],
}

/// What a slot says of itself.
struct Head {
    /// 0 while it is free; else the receiver and the number of the message for it.
    turn: AtomicU64,
    /// Elements of the message.
    length: AtomicU64,
}

impl Mailboxes {
    /// Bytes of each rank's slots.
    pub(crate) const fn bytes_of_each(slot_bytes: usize) -> usize {
        SLOTS * (HEAD + slot_bytes)
    }

    /// Slots of `slot_bytes` bytes; none when the ranks are not all on one machine, or that has no room for
    /// them. Collective.
    pub(crate) fn open(communicator: &Communicator, slot_bytes: usize) -> Result<Option<Self>> {
        let machine = communicator.agree(Machine::of(communicator))?;
        let slot_bytes = slot_bytes.next_multiple_of(HEAD);
        let bytes = machine.size() * Mailboxes::bytes_of_each(slot_bytes);
        // Local: a machine with few ranks may have room where another has not.
        let usable = machine.size() == communicator.size()
            && isize::try_from(bytes).is_ok_and(|bytes| check_room(bytes).is_ok());
        if !communicator.all_reduce_value(usable, Operation::LogicalAnd)? {
            return Ok(None);
        }
        let allocated = allocate_window::<u8>(machine.communicator(), bytes as isize);
        let (window, memory) = communicator.agree(allocated)?;
        // These mailboxes belong to the communicator, and are gone when it is.
        communicator.leave(Box::new(move || free(window, true)));
        let memory = memory.ok_or_else(|| Error::other("mailboxes without memory"))?;
        let mailboxes = Mailboxes {
            memory,
            rank: machine.rank(),
            slot_bytes,
            posted: vec![0; machine.size()],
            taken: vec![0; machine.size()],
            filled_as: [None; SLOTS],
        };
        for slot in 0..SLOTS {
            // SAFETY: a place for a head within the window, aligned to a line (see `head`); nobody looks at it
            // before the barrier.
            unsafe {
                mailboxes
                    .place(mailboxes.rank, slot)
                    .cast::<Head>()
                    .write(Head {
                        turn: AtomicU64::new(0),
                        length: AtomicU64::new(0),
                    });
            }
        }
        communicator.barrier()?;
        Ok(Some(mailboxes))
    }

    /// Whether all ranks are about to move elements of type `T`: an error on all of them if not. Collective.
    pub(crate) fn check_type<T: Element>(communicator: &Communicator) -> Result<()> {
        same_elements::<T>(communicator, "redistribute")
    }

    /// The most elements that a slot holds.
    pub(crate) fn room_for<T: Element>(&self) -> usize {
        self.slot_bytes / size_of::<T>().max(1)
    }

    /// Has `fill` write the next message for a receiver into a free slot, if there is one. Never waits.
    pub(crate) fn post<T: Element>(
        &mut self,
        receiver: usize,
        length: usize,
        fill: impl FnOnce(&mut [T]),
    ) -> bool {
        assert!(length <= self.room_for::<T>(), "a message fits a slot");
        let is_free = |slot: &usize| self.head(self.rank, *slot).turn.load(Ordering::Acquire) == 0;
        let Some(slot) = (0..SLOTS).find(is_free) else {
            return false;
        };
        let first = self.elements::<T>(self.rank, slot);
        if self.filled_as[slot] != Some(TypeId::of::<T>()) {
            for place in 0..self.room_for::<T>() {
                // SAFETY: within the slot, which is this rank's own and free.
                unsafe { first.add(place).write(T::default()) };
            }
            self.filled_as[slot] = Some(TypeId::of::<T>());
        }
        // SAFETY: initialised elements of this type within the slot, which nobody else touches while it is
        // free; the slice ends before the turn changes.
        fill(unsafe { std::slice::from_raw_parts_mut(first.as_ptr(), length) });
        let head = self.head(self.rank, slot);
        head.length.store(length as u64, Ordering::Relaxed);
        let turn = turn_of(receiver, self.posted[receiver]);
        head.turn.store(turn, Ordering::Release);
        self.posted[receiver] = self.posted[receiver].wrapping_add(1);
        true
    }

    /// Has `look` read the next message of a sender for this rank, if it is there. Never waits.
    ///
    /// `T` is the sender's type.
    pub(crate) fn take<T: Element>(
        &mut self,
        sender: usize,
        length: usize,
        look: impl FnOnce(&[T]),
    ) -> Result<bool> {
        let turn = turn_of(self.rank, self.taken[sender]);
        let is_it = |slot: &usize| self.head(sender, *slot).turn.load(Ordering::Acquire) == turn;
        let Some(slot) = (0..SLOTS).find(is_it) else {
            return Ok(false);
        };
        let head = self.head(sender, slot);
        let sent = head.length.load(Ordering::Relaxed);
        if sent != length as u64 {
            let detail = format!("{sent} elements came where {length} were to come");
            return Err(Error::shape("redistribute", detail));
        }
        let first = self.elements::<T>(sender, slot);
        // SAFETY: the sender wrote so many elements of this type before it named this rank, and touches them
        // no more until the turn changes; the slice ends before.
        look(unsafe { std::slice::from_raw_parts(first.as_ptr(), length) });
        head.turn.store(0, Ordering::Release);
        self.taken[sender] = self.taken[sender].wrapping_add(1);
        Ok(true)
    }

    /// Where a slot begins: with its head.
    fn place(&self, rank: usize, slot: usize) -> NonNull<u8> {
        let offset = (rank * SLOTS + slot) * (HEAD + self.slot_bytes);
        // SAFETY: the window has so many slots of that size for each rank of the machine.
        unsafe { self.memory.add(offset) }
    }

    fn head(&self, rank: usize, slot: usize) -> &Head {
        // SAFETY: initialised by `open` on every rank before its barrier; the window is aligned to a page and
        // slots are multiples of a line. Atomics only: any rank may look at any time.
        unsafe { self.place(rank, slot).cast().as_ref() }
    }

    fn elements<T>(&self, rank: usize, slot: usize) -> NonNull<T> {
        assert!(
            align_of::<T>() <= HEAD,
            "elements are aligned to a line at most"
        );
        // SAFETY: the slot goes on after its head.
        unsafe { self.place(rank, slot).add(HEAD).cast() }
    }
}

/// A receiver and a message's number as one word, never 0.
fn turn_of(receiver: usize, number: u32) -> u64 {
    (receiver as u64 + 1) << 32 | u64::from(number)
}
