//! The parts of an array in memory that all of its ranks see, each rank's its own but for a while.
//!
//! # Why no rank reads what another one writes
//!
//! A rank writes its own part only through [`SharedPart::view_mut`] and [`SharedPart::elements_mut`], which borrow
//! it mutably. Others' parts are read only within [`SharedParts::read_all`], which borrows the array on *every*
//! rank, between two meetings: nobody reads before all ranks have come to the first, so that each of them is in there
//! with its part borrowed, and nobody leaves the second before all have come to it, their readings over. Both are
//! words in the memory itself (see [`Words`]): they order what was written before with what is read after, and they
//! cannot fail. The second is held also where a rank unwinds.
//!
//! A rank that fails or leaves before the first meeting does not come to it; the others wait there, not reading,
//! until the job is ended. Which arrays are read is found out by name beforehand, by whoever calls.
//!
//! Stores that go past the caches are no part of that order: who writes with them waits for them before it gives the
//! part back.
//!
//! Elements are those of one type, compared on all ranks when the memory is made, and each is written then by its
//! owner. The memory belongs to the mapping: a rank that drops it unmaps its own, and takes it from nobody.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Range;

use ndarray::{ArrayView, ArrayViewMut, Dimension, RawArrayViewMut};

use super::common_file::{CommonFile, Mapping};
use super::type_identity::same_elements;
use super::words::Words;
use crate::comm::{Communicator, Element};
use crate::error::{Error, Result};

/// Where a part begins: at a page, so that each rank reserves its own.
const PAGE: usize = 4096;

/// The parts of all ranks.
pub(crate) struct SharedParts<A> {
    mapping: Mapping,
    words: Words,
    meetings: Cell<u64>,
    rank: usize,
    /// Bytes of the mapping that each rank's part takes.
    places: Vec<Range<usize>>,
    /// What no other parts of any rank are called; the same on all ranks.
    name: u64,
    elements: PhantomData<A>,
}

impl<A: Element> SharedParts<A> {
    /// Parts of which this rank's has these elements; none where the ranks are not all on one machine. Collective.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Memory`] where there is no room, [`Error::Usage`] when the types differ.
    pub(crate) fn of(communicator: &Communicator, own: &[A]) -> Result<Option<Self>> {
        same_elements::<A>(communicator, "into_shared")?;
        // Replicated: a type.
        if align_of::<A>() > PAGE {
            return Ok(None);
        }
        let Some(file) = CommonFile::open(communicator)? else {
            return Ok(None);
        };
        let (rank, ranks) = (communicator.rank(), communicator.size());
        let lengths = communicator.all_gather(&[own.len()])?;
        // Replicated: every rank has all lengths.
        let places = places::<A>(&lengths)?;
        let bytes = places.last().map_or(0, |last| last.end);
        let mapping = file.map(communicator, bytes, reserved(&places, rank))?;
        // SAFETY: the beginning of the mapping, where no part is; `parts` owns both, and gives the words to nobody.
        let words = unsafe { Words::new(mapping.first, rank, ranks) };
        let parts = SharedParts {
            mapping,
            words,
            meetings: Cell::new(0),
            rank,
            places,
            name: file.name,
            elements: PhantomData,
        };
        // SAFETY: this rank's own part, as long as `own`, which nobody has looked at yet.
        unsafe { std::ptr::copy_nonoverlapping(own.as_ptr(), parts.first_of(rank), own.len()) };
        communicator.barrier()?;
        Ok(Some(parts))
    }

    /// What these parts are called on every rank, and no others; never 0.
    pub(crate) fn name(&self) -> u64 {
        self.name
    }

    /// Has `look` see the parts of all ranks. Collective: every rank comes with these parts, and is borrowed until
    /// all have looked.
    pub(crate) fn read_all<R>(&self, look: impl FnOnce(&AllParts<'_, A>) -> R) -> R {
        self.meet();
        look(&AllParts { parts: self })
    }

    fn meet(&self) {
        self.meetings.set(self.meetings.get() + 1);
        self.words.meet(self.meetings.get());
    }

    fn first_of(&self, rank: usize) -> *mut A {
        // SAFETY: parts lie within the mapping.
        let first = unsafe { self.mapping.first.add(self.places[rank].start) };
        first.as_ptr().cast()
    }

    fn length_of(&self, rank: usize) -> usize {
        self.places[rank].len() / size_of::<A>().max(1)
    }
}

/// The parts of all ranks while no rank changes any.
pub(crate) struct AllParts<'parts, A: Element> {
    parts: &'parts SharedParts<A>,
}

impl<A: Element> AllParts<'_, A> {
    /// The elements of a rank's part.
    pub(crate) fn of_rank(&self, rank: usize) -> &[A] {
        let (first, length) = (self.parts.first_of(rank), self.parts.length_of(rank));
        // SAFETY: elements that their owner wrote before it came to the first meeting, and writes no more before
        // this is dropped.
        unsafe { std::slice::from_raw_parts(first, length) }
    }
}

impl<A: Element> Drop for AllParts<'_, A> {
    fn drop(&mut self) {
        self.parts.meet();
    }
}

/// This rank's part as an array, its axes in any order.
pub(crate) struct SharedPart<A, D> {
    parts: SharedParts<A>,
    own: RawArrayViewMut<A, D>,
}

impl<A: Element, D: Dimension> SharedPart<A, D> {
    /// In C order.
    ///
    /// # Panics
    /// When the part has not as many elements.
    pub(crate) fn new(parts: SharedParts<A>, shape: D) -> Self {
        assert_eq!(
            shape.size(),
            parts.length_of(parts.rank),
            "a part has its shape"
        );
        // SAFETY: so many elements, in a mapping that `parts` owns.
        let own = unsafe { RawArrayViewMut::from_shape_ptr(shape, parts.first_of(parts.rank)) };
        SharedPart { parts, own }
    }

    pub(crate) fn parts(&self) -> &SharedParts<A> {
        &self.parts
    }

    pub(crate) fn view(&self) -> ArrayView<'_, A, D> {
        // SAFETY: this rank's own initialised elements, which only `view_mut` writes.
        unsafe { self.own.clone().deref_into_view() }
    }

    pub(crate) fn view_mut(&mut self) -> ArrayViewMut<'_, A, D> {
        // SAFETY: this rank's own initialised elements, borrowed mutably: no rank reads them (see above).
        unsafe { self.own.clone().deref_into_view_mut() }
    }

    pub(crate) fn elements_mut(&mut self) -> &mut [A] {
        let (first, length) = (self.parts.first_of(self.parts.rank), self.own.len());
        // SAFETY: as in `view_mut`, in the order in which they lie.
        unsafe { std::slice::from_raw_parts_mut(first, length) }
    }

    pub(crate) fn permuted_axes(self, order: D) -> Self {
        SharedPart {
            own: self.own.permuted_axes(order),
            ..self
        }
    }
}

/// Which bytes each rank's part takes, one after the other behind the words.
fn places<A>(lengths: &[usize]) -> Result<Vec<Range<usize>>> {
    let mut start = Words::bytes(lengths.len());
    let places = lengths.iter().map(|length| {
        start = start.checked_next_multiple_of(PAGE)?;
        let end = length.checked_mul(size_of::<A>())?.checked_add(start)?;
        isize::try_from(end).ok()?;
        Some(std::mem::replace(&mut start, end)..end)
    });
    places.collect::<Option<_>>().ok_or_else(|| Error::Memory {
        operation: "into_shared".to_string(),
        bytes: u64::MAX,
    })
}

/// What a rank reserves: its part, and the first one the words too.
fn reserved(places: &[Range<usize>], rank: usize) -> Range<usize> {
    match rank {
        0 => 0..places[0].end,
        _ => places[rank].clone(),
    }
}
