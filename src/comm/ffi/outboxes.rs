//! A box of every rank that all ranks of a machine see: messages are packed in the sender's box, and unpacked from
//! there.
//!
//! # Why no rank reads what another one writes
//!
//! A box has two halves, each for the messages of one exchange, and in each half a word for every receiver. While the
//! word is 0 only the box's owner touches the elements behind it; the owner alone changes it, to the number of the
//! exchange. While it has a number only that receiver touches them, reading; the receiver alone changes it back to 0.
//! Both changes are stores with release order, and each side looks with acquire order before it begins. The owner
//! takes a half for another exchange when all of its words are 0, and gives each receiver elements of its own. A rank
//! has one thread in here, because the borrow is mutable.
//!
//! Stores that go past the caches are no part of that order: who packs with them waits for them before it returns.
//!
//! Boxes are of one element type, which the ranks compare before they open them. The owner knows how far its halves
//! have been written, and writes defaults behind that before it lends them.
//!
//! Nothing here waits but for a moment. The memory is unmapped when the communicator that keeps the boxes is given back,
//! which all ranks have dropped then and the boxes with it, or when MPI ends, after which nobody is let in.

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use super::environment::is_running;
use super::shared_memory::{Machine, allocate_window, check_room};
use super::type_identity::same_elements;
use super::window::free;
use super::words::LINE;
use crate::comm::{Communicator, Element, Operation};
use crate::error::{Error, Result};

const HALVES: usize = 2;

/// Looks at whether a half is free before an exchange goes without.
const LOOKS: usize = 1000;

/// The boxes of all ranks of this rank's machine.
pub(crate) struct Outboxes<A> {
    memory: NonNull<u8>,
    /// This rank on its machine.
    rank: usize,
    /// The ranks on this machine.
    ranks: usize,
    /// For each rank of the communicator its number on this machine.
    near: Vec<Option<usize>>,
    /// Elements of each half.
    length: usize,
    exchanges: u64,
    halves: [Half; HALVES],
    /// Messages that this rank will not look at: from whom, of which exchange.
    unwanted: Vec<(usize, u64)>,
    elements: PhantomData<A>,
}

/// What the owner knows of a half.
#[derive(Default)]
struct Half {
    /// Those who may not have read theirs yet.
    receivers: Vec<usize>,
    /// Elements of the messages in it.
    filled: usize,
    /// Elements that have been written since the beginning.
    initialised: usize,
}

/// What a half says of the message for one receiver, in a line of its own.
struct Head {
    /// 0, or the number of the exchange whose message waits here.
    number: AtomicU64,
    /// Where the message begins in the half, in elements.
    start: AtomicU64,
    length: AtomicU64,
}

/// One exchange, as its messages know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange {
    number: u64,
    half: Option<usize>,
}

impl<A: Element> Outboxes<A> {
    /// Boxes whose halves hold `length` elements; none when no machine has several ranks, or one of them has no room.
    /// Collective.
    pub(crate) fn open(communicator: &Communicator, length: usize) -> Result<Option<Self>> {
        // Replicated: a type.
        if align_of::<A>() > LINE {
            return Ok(None);
        }
        let machine = communicator.agree(Machine::of(communicator))?;
        same_elements::<A>(communicator, "halo_exchange")?;
        let (rank, ranks) = (machine.rank(), machine.size());
        let length = length.next_multiple_of(whole_lines::<A>());
        let bytes = bytes_of_all::<A>(ranks, length);
        // Local: a machine with few ranks may have room where another has not.
        let too_large = bytes.is_none_or(|bytes| check_room(bytes).is_err());
        let most = communicator.all_reduce(&[ranks, usize::from(too_large)], Operation::Max)?;
        let Some(bytes) = bytes.filter(|_| most[0] > 1 && most[1] == 0) else {
            return Ok(None);
        };
        let allocated = allocate_window::<u8>(machine.communicator(), bytes);
        let (window, memory) = communicator.agree(allocated)?;
        // The boxes belong to the communicator, and are gone when it is.
        communicator.leave(Box::new(move || free(window, true)));
        let mut near = vec![None; communicator.size()];
        let members = machine.communicator().all_gather(&[communicator.rank()])?;
        for (number, &member) in members.iter().enumerate() {
            near[member] = Some(number);
        }
        let boxes = Outboxes {
            memory: memory.ok_or_else(|| Error::other("halos' boxes without memory"))?,
            rank,
            ranks,
            near,
            length,
            exchanges: 0,
            halves: Default::default(),
            unwanted: vec![],
            elements: PhantomData,
        };
        boxes.initialise();
        communicator.barrier()?;
        Ok(Some(boxes))
    }

    /// This rank's words.
    fn initialise(&self) {
        for half in 0..HALVES {
            for receiver in 0..self.ranks {
                let word = || AtomicU64::new(0);
                // SAFETY: a place for a head within the window, aligned to a line; nobody looks at it before the
                // barrier.
                unsafe {
                    self.place(self.rank, half, receiver).write(Head {
                        number: word(),
                        start: word(),
                        length: word(),
                    });
                }
            }
        }
    }

    /// Elements of each half.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Whether a rank of the communicator is on this machine. Local.
    pub(crate) fn is_near(&self, rank: usize) -> bool {
        self.near[rank].is_some()
    }

    /// The next exchange, which all ranks begin in the same order. Local.
    pub(crate) fn begin(&mut self) -> Result<Exchange> {
        check_running()?;
        self.sweep();
        self.exchanges += 1;
        let half = (0..LOOKS).find_map(|_| {
            let free = (0..HALVES).find(|&half| self.is_free(half));
            if free.is_none() {
                std::hint::spin_loop();
            }
            free
        });
        if let Some(half) = half {
            self.halves[half].receivers.clear();
            self.halves[half].filled = 0;
        }
        Ok(Exchange {
            number: self.exchanges,
            half,
        })
    }

    fn is_free(&self, half: usize) -> bool {
        let mut receivers = self.halves[half].receivers.iter();
        receivers.all(|&receiver| self.number(self.rank, half, receiver) == 0)
    }

    /// Has `fill` write this exchange's message for a rank of this machine into the box; `false`, and nothing is
    /// written, when there is no room. Local.
    pub(crate) fn post(
        &mut self,
        exchange: Exchange,
        receiver: usize,
        length: usize,
        fill: impl FnOnce(&mut [A]),
    ) -> Result<bool> {
        check_running()?;
        let (Some(half), Some(receiver)) = (exchange.half, self.near[receiver]) else {
            return Ok(false);
        };
        let start = self.halves[half].filled;
        // One message for each receiver: the word of another would be taken for this one's.
        let is_new = !self.halves[half].receivers.contains(&receiver);
        if !is_new || self.length - start < length {
            return Ok(false);
        }
        let first = self.elements(self.rank, half);
        let state = &mut self.halves[half];
        for place in state.initialised..start + length {
            // SAFETY: within this rank's own half; nobody has elements behind the initialised ones.
            unsafe { first.add(place).write(A::default()) };
        }
        state.initialised = state.initialised.max(start + length);
        // Each message begins at a line.
        state.filled = (start + length).next_multiple_of(whole_lines::<A>());
        state.receivers.push(receiver);
        // SAFETY: initialised elements of this rank's own half, which no receiver of this exchange or an earlier one
        // has; the slice ends before the number is told.
        fill(unsafe { std::slice::from_raw_parts_mut(first.add(start).as_ptr(), length) });
        let head = self.head(self.rank, half, receiver);
        head.start.store(start as u64, Ordering::Relaxed);
        head.length.store(length as u64, Ordering::Relaxed);
        head.number.store(exchange.number, Ordering::Release);
        Ok(true)
    }

    /// Has `look` read the message that a rank of this machine has for this one in this exchange, if it is there.
    /// Local.
    pub(crate) fn take(
        &mut self,
        exchange: Exchange,
        sender: usize,
        length: usize,
        look: impl FnOnce(&[A]),
    ) -> Result<bool> {
        check_running()?;
        let Some(sender) = self.near[sender] else {
            return Ok(false);
        };
        let Some(half) = self.half_of(sender, exchange.number) else {
            return Ok(false);
        };
        let head = self.head(sender, half, self.rank);
        let sent = head.length.load(Ordering::Relaxed);
        if sent != length as u64 {
            let detail = format!("{sent} elements came where {length} were to come");
            return Err(Error::shape("halo_exchange", detail));
        }
        let start = head.start.load(Ordering::Relaxed) as usize;
        assert!(start <= self.length && length <= self.length - start);
        let first = self.elements(sender, half);
        // SAFETY: elements that the sender wrote before it told the number, and touches no more until that is 0; the
        // slice ends before.
        look(unsafe { std::slice::from_raw_parts(first.add(start).as_ptr(), length) });
        head.number.store(0, Ordering::Release);
        Ok(true)
    }

    /// This rank will not look at the message of that rank: an exchange that is not finished. Local.
    pub(crate) fn forget(&mut self, exchange: Exchange, sender: usize) {
        if let Some(sender) = self.near[sender]
            && is_running()
        {
            self.unwanted.push((sender, exchange.number));
            self.sweep();
        }
    }

    /// Lets the senders have what nobody wants, as far as it is there.
    fn sweep(&mut self) {
        let unwanted = std::mem::take(&mut self.unwanted);
        let is_to_come = |&(sender, number): &(usize, u64)| {
            let numbers = (0..HALVES).map(|half| self.number(sender, half, self.rank));
            let newest = numbers.max().unwrap_or(0);
            // Looked for after the newest, before which it was posted if it ever was.
            match self.half_of(sender, number) {
                Some(half) => {
                    let head = self.head(sender, half, self.rank);
                    head.number.store(0, Ordering::Release);
                    false
                }
                None => newest <= number,
            }
        };
        self.unwanted = unwanted.into_iter().filter(is_to_come).collect();
    }

    /// The half in which a rank has this exchange's message for this one.
    fn half_of(&self, sender: usize, number: u64) -> Option<usize> {
        (0..HALVES).find(|&half| self.number(sender, half, self.rank) == number)
    }

    fn number(&self, sender: usize, half: usize, receiver: usize) -> u64 {
        let head = self.head(sender, half, receiver);
        head.number.load(Ordering::Acquire)
    }

    fn head(&self, sender: usize, half: usize, receiver: usize) -> &Head {
        // SAFETY: initialised by `open` on every rank before its barrier. Atomics only: any rank may look at any
        // time.
        unsafe { self.place(sender, half, receiver).as_ref() }
    }

    fn place(&self, sender: usize, half: usize, receiver: usize) -> NonNull<Head> {
        assert!(
            sender < self.ranks && receiver < self.ranks,
            "a rank of the machine"
        );
        let line = (sender * HALVES + half) * self.ranks + receiver;
        // SAFETY: the window begins with a line for each receiver in each half of each rank, and is aligned to a page.
        unsafe { self.memory.add(line * LINE).cast() }
    }

    fn elements(&self, sender: usize, half: usize) -> NonNull<A> {
        assert!(sender < self.ranks, "a rank of the machine");
        let heads = self.ranks * HALVES * self.ranks * LINE;
        let before = (sender * HALVES + half) * self.length * size_of::<A>();
        // SAFETY: after the heads the window has two halves of so many elements for each rank, whole lines each.
        unsafe { self.memory.add(heads + before).cast() }
    }
}

/// The fewest elements that are whole lines.
fn whole_lines<A>() -> usize {
    // A line's length is a power of two, so that what divides a size of it is one too.
    LINE >> size_of::<A>().trailing_zeros().min(LINE.trailing_zeros())
}

fn bytes_of_all<A>(ranks: usize, length: usize) -> Option<isize> {
    let elements = length.checked_mul(size_of::<A>())?;
    let of_each = elements.checked_add(ranks * LINE)?.checked_mul(HALVES)?;
    isize::try_from(of_each.checked_mul(ranks)?).ok()
}

fn check_running() -> Result<()> {
    match is_running() {
        true => Ok(()),
        false => Err(Error::usage("halo_exchange: MPI has ended")),
    }
}
