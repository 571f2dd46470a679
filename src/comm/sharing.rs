//! Memory in which ranks of one machine hand each other the pieces of large arrays, and the cells of halos.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use super::ffi::{DoubleBuffer, Mailboxes, Outboxes, SharedParts};
use super::{Communicator, Element, Operation};
use crate::error::{Error, Result};

const VARIABLE: &str = "PARTITA_SHARED";

/// Bytes of one piece: what a core's own cache holds several of.
const SLOT_BYTES: usize = 256 << 10;

/// Bytes that each rank brings to the memory that all share.
pub(crate) const SHARED_BYTES: usize = Mailboxes::bytes_of_each(SLOT_BYTES);

/// Arrays of this size are worth the meeting that opens the memory.
const WORTHWHILE_BYTES: usize = 4 << 20;

/// Boxes for halos have room for the messages of so many arrays at once, as long as they stay small.
const ARRAYS_AT_ONCE: usize = 4;

/// Bytes of half a box up to which it is small.
const SMALL_BOX: usize = 16 << 20;

/// Which way large arrays go between the ranks of a communicator: the same on all of them.
pub(super) struct Sharing {
    /// The least array that goes through shared memory.
    from_bytes: usize,
    mailboxes: Mailboxed,
    /// For panels, while nobody has them.
    buffers: Vec<Kept>,
    /// The number of the next buffers.
    next: u64,
    /// Bytes for which there was no room.
    refused: usize,
    /// For halos, of each type the largest: an [`OpenBoxes`].
    boxes: Vec<Box<dyn Any>>,
    /// Elements' bytes for which there were no boxes.
    refused_boxes: usize,
}

/// Boxes of which all arrays of a communicator and a type make use.
pub(crate) type OpenBoxes<T> = Rc<RefCell<Outboxes<T>>>;

/// Buffers that wait to be used again.
struct Kept {
    number: u64,
    /// A [`DoubleBuffer`] of some type.
    buffers: Box<dyn Any>,
}

/// Buffers for panels, with a number that all ranks know them by.
pub(crate) struct Numbered<T> {
    number: u64,
    pub(crate) buffers: DoubleBuffer<T>,
}

enum Mailboxed {
    NotTried,
    /// Ranks on several machines, or a machine without room.
    Impossible,
    Open(Mailboxes),
}

impl Communicator {
    /// Has `work` use the memory that all ranks share, for arrays of so many bytes in all; `None` where they go
    /// as messages: small arrays, ranks on several machines, no room, or switched off. Collective.
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when the variable is wrong or the ranks call with different types.
    pub(crate) fn with_mailboxes<T: Element, R>(
        &self,
        array_bytes: usize,
        work: impl FnOnce(&mut Mailboxes) -> Result<R>,
    ) -> Result<Option<R>> {
        let mut sharing = self.inner.sharing.borrow_mut();
        let sharing = self.known(&mut sharing)?;
        // Replicated: the array's size, and by agreement the limit.
        if self.size() == 1 || array_bytes < sharing.from_bytes {
            return Ok(None);
        }
        if let Mailboxed::NotTried = sharing.mailboxes {
            let mailboxes = Mailboxes::open(self, SLOT_BYTES)?;
            sharing.mailboxes = mailboxes.map_or(Mailboxed::Impossible, Mailboxed::Open);
        }
        let Mailboxed::Open(mailboxes) = &mut sharing.mailboxes else {
            return Ok(None);
        };
        if mailboxes.room_for::<T>() == 0 {
            return Ok(None);
        }
        Mailboxes::check_type::<T>(self)?;
        let outcome = work(mailboxes);
        if outcome.is_err() {
            // Others may still look for what this rank did not post.
            self.leave_for_ever();
        }
        outcome.map(Some)
    }

    /// Parts that all ranks see, of which this rank's has these elements; `None` with one rank, on several machines,
    /// or switched off. Collective.
    ///
    /// # Errors
    /// The same on every rank: as [`SharedParts::of`], and when the variable is wrong.
    pub(crate) fn share<T: Element>(&self, own: &[T]) -> Result<Option<SharedParts<T>>> {
        // Replicated: by agreement.
        if self.least_in_common()? == usize::MAX {
            return Ok(None);
        }
        SharedParts::of(self, own)
    }

    /// The least array that goes through memory in common; none does with one rank, or switched off. Collective the
    /// first time.
    pub(crate) fn least_in_common(&self) -> Result<usize> {
        let mut sharing = self.inner.sharing.borrow_mut();
        let least = self.known(&mut sharing)?.from_bytes;
        Ok(if self.size() == 1 { usize::MAX } else { least })
    }

    /// Two buffers of so many elements for the panels of an array of so many bytes, to be given back when all of its
    /// panels were seen; `None` where they go as messages, as in [`with_mailboxes`](Self::with_mailboxes).
    /// Collective.
    pub(crate) fn take_double_buffer<T: Element>(
        &self,
        array_bytes: usize,
        length: usize,
    ) -> Result<Option<Numbered<T>>> {
        let mut sharing = self.inner.sharing.borrow_mut();
        let sharing = self.known(&mut sharing)?;
        // Replicated: the array's size, and by agreement the limits.
        let bytes = length.saturating_mul(2 * size_of::<T>());
        if self.size() == 1 || array_bytes < sharing.from_bytes || bytes >= sharing.refused {
            return Ok(None);
        }
        let kept = sharing.keeps::<T>(length);
        let word = kept.as_ref().map_or(0, Numbered::word);
        // Local: where a rank has failed on the way, others have given back what it has not.
        let words = self.all_reduce(&[word, !word], Operation::Max)?;
        let is_common = words[0] == !words[1];
        if is_common && kept.is_some() {
            return Ok(kept);
        }
        let Some(buffers) = DoubleBuffer::open(self, length.next_power_of_two())? else {
            sharing.refused = bytes;
            return Ok(None);
        };
        sharing.next += 1;
        let number = sharing.next;
        Ok(Some(Numbered { number, buffers }))
    }

    /// Boxes for exchanges in which this rank sends so many elements; `None` where all of them go as messages: no
    /// machine has several ranks, one has no room, or it is switched off. Collective.
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when the variable is wrong or the ranks call with different types.
    pub(crate) fn boxes_for<T: Element>(&self, elements: usize) -> Result<Option<OpenBoxes<T>>> {
        let mut sharing = self.inner.sharing.borrow_mut();
        let sharing = self.known(&mut sharing)?;
        // Replicated: by agreement.
        if self.size() == 1 || sharing.from_bytes == usize::MAX {
            return Ok(None);
        }
        let elements = self.all_reduce_value(elements, Operation::Max)?;
        let bytes = elements.saturating_mul(size_of::<T>());
        if elements == 0 || bytes >= sharing.refused_boxes {
            return Ok(None);
        }
        let of_type = |boxes: &Box<dyn Any>| boxes.downcast_ref::<OpenBoxes<T>>().cloned();
        let has_room = |boxes: &OpenBoxes<T>| boxes.borrow().length() >= elements;
        if let Some(boxes) = sharing.boxes.iter().filter_map(of_type).find(has_room) {
            return Ok(Some(boxes));
        }
        let small = SMALL_BOX / size_of::<T>().max(1);
        let length = (ARRAYS_AT_ONCE * elements).min(small).max(elements);
        let Some(boxes) = Outboxes::open(self, length)? else {
            sharing.refused_boxes = bytes;
            return Ok(None);
        };
        let boxes = Rc::new(RefCell::new(boxes));
        sharing.boxes.retain(|other| of_type(other).is_none());
        sharing.boxes.push(Box::new(Rc::clone(&boxes)));
        Ok(Some(boxes))
    }

    /// For the next panels. Local.
    pub(crate) fn give_back<T: Element>(&self, numbered: Numbered<T>) {
        if let Some(sharing) = &mut *self.inner.sharing.borrow_mut() {
            sharing.buffers.push(Kept {
                number: numbered.number,
                buffers: Box::new(numbered.buffers),
            });
        }
    }

    /// What is known, or found out now. Collective the first time.
    fn known<'sharing>(
        &self,
        sharing: &'sharing mut Option<Sharing>,
    ) -> Result<&'sharing mut Sharing> {
        Ok(match sharing {
            Some(sharing) => sharing,
            none => none.insert(Sharing {
                from_bytes: self.least_shared()?,
                mailboxes: Mailboxed::NotTried,
                buffers: vec![],
                next: 0,
                refused: usize::MAX,
                boxes: vec![],
                refused_boxes: usize::MAX,
            }),
        })
    }

    /// Whether arrays of so many bytes would go through memory that all ranks share; `None` before the first
    /// large one, for which they look whether they can. Local.
    pub(crate) fn shares_memory(&self, array_bytes: usize) -> Option<bool> {
        match &*self.inner.sharing.borrow() {
            _ if self.size() == 1 => Some(false),
            None => None,
            Some(sharing) if array_bytes < sharing.from_bytes => Some(false),
            Some(sharing) => match sharing.mailboxes {
                Mailboxed::NotTried => None,
                Mailboxed::Impossible => Some(false),
                Mailboxed::Open(_) => Some(true),
            },
        }
    }

    /// What rank 0's environment says.
    fn least_shared(&self) -> Result<usize> {
        let own = self.is_root().then(|| match std::env::var(VARIABLE) {
            Err(_) => Ok(WORTHWHILE_BYTES),
            Ok(text) => match text.trim() {
                "" => Ok(WORTHWHILE_BYTES),
                "0" => Ok(usize::MAX),
                "1" => Ok(0),
                _ => Err(Error::usage(format!("{VARIABLE}={text}: neither 0 nor 1"))),
            },
        });
        self.broadcast_outcome(0, own)
    }
}

impl Sharing {
    /// The smallest buffers for so many elements of this type that nobody has.
    fn keeps<T: Element>(&mut self, length: usize) -> Option<Numbered<T>> {
        let lengths = self.buffers.iter().enumerate().filter_map(|(place, kept)| {
            let buffers = kept.buffers.downcast_ref::<DoubleBuffer<T>>()?;
            Some((buffers.length(), place))
        });
        let fitting = lengths.filter(|(has, _)| *has >= length);
        let (_, place) = fitting.min()?;
        let kept = self.buffers.remove(place);
        let buffers = kept.buffers.downcast::<DoubleBuffer<T>>().ok()?;
        Some(Numbered {
            number: kept.number,
            buffers: *buffers,
        })
    }
}

impl<T: Element> Numbered<T> {
    /// What is the same on ranks that have used the same buffers alike.
    fn word(&self) -> u64 {
        self.number << 32 | self.buffers.turns() & 0xffff_ffff
    }
}
