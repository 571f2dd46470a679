//! Communicators that nobody uses any more, given back to MPI.
//!
//! Freeing is collective, and a destructor must not communicate: it runs on one rank alone when that rank
//! fails. What is dropped is therefore left to the communicator that it was made of, under the number of the
//! call that made it, which is the same on every rank. Now and then, when that one makes another, its ranks
//! tell each other which of these calls' communicators they have dropped, and free those that all have, in the
//! order of their numbers.
//!
//! A communicator keeps its parent alive. So when it is dropped, all that was made of it is dropped too, on this
//! rank; when it is dropped on all ranks, so is all of that on all of them, and is freed before it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::Operation;
use super::communicator::{Communicator, Inner};
use super::ffi::Handle;
use crate::error::Result;

/// With so many children that are in use, or not known to be dropped everywhere, the ranks compare.
const FEW: usize = 16;

/// The communicators made of one.
#[derive(Default)]
pub(super) struct Children {
    made: Cell<u64>,
    /// By number, those that were not freed: the same numbers on every rank. What is left of them, once
    /// this rank has dropped them.
    present: RefCell<BTreeMap<u64, Option<Remains>>>,
    /// With how many the ranks compare next.
    enough: Cell<usize>,
}

impl Children {
    /// The number of the call that is about to make one.
    pub(super) fn next(&self) -> u64 {
        let number = self.made.get();
        self.made.set(number + 1);
        self.present.borrow_mut().insert(number, None);
        number
    }

    /// This rank is done with that one, or is not in it.
    pub(super) fn dropped(&self, number: u64, remains: Remains) {
        self.present.borrow_mut().insert(number, Some(remains));
    }

    fn are_freeable(&self) -> bool {
        let present = self.present.borrow();
        present
            .values()
            .all(|left| left.as_ref().is_some_and(Remains::are_freeable))
    }

    /// Whether each can be freed, as far as this rank is concerned.
    fn freeable(&self) -> Vec<bool> {
        let present = self.present.borrow();
        let freeable = |left: &Option<Remains>| left.as_ref().is_some_and(Remains::are_freeable);
        present.values().map(freeable).collect()
    }

    /// What is left of those that can be freed.
    fn take(&self, freeable: &[bool]) -> Vec<Remains> {
        let mut freeable = freeable.iter();
        let mut present = self.present.borrow_mut();
        let taken = present.extract_if(.., |_, _| freeable.next() == Some(&true));
        taken.filter_map(|(_, remains)| remains).collect()
    }
}

/// Frees something of MPI's; collective.
pub(super) type Free = Box<dyn FnOnce() -> Result<()>>;

/// What the owner of something that lives on a communicator leaves to it.
#[derive(Default)]
pub(super) struct Legacy {
    to_free: RefCell<Vec<Free>>,
    /// Something cannot be freed in order, on this rank: nobody frees anything then.
    for_ever: Cell<bool>,
}

/// What is left of a communicator that this rank has dropped; nothing, of one that it never was in.
#[derive(Default)]
pub(super) struct Remains {
    handles: Vec<Handle>,
    legacy: Legacy,
    children: Children,
}

impl Inner {
    pub(super) fn is_freeable(&self) -> bool {
        !self.legacy.for_ever.get() && self.children.are_freeable()
    }
}

impl Remains {
    pub(super) fn of(inner: &mut Inner) -> Self {
        Remains {
            handles: vec![inner.user, inner.library, inner.objects, inner.meetings],
            legacy: std::mem::take(&mut inner.legacy),
            children: std::mem::take(&mut inner.children),
        }
    }

    fn are_freeable(&self) -> bool {
        !self.legacy.for_ever.get() && self.children.are_freeable()
    }

    /// Collective over those that were in the communicator. Goes on after an error, as the others do; the
    /// first one is the outcome.
    pub(super) fn free(self) -> Result<()> {
        let mut outcome = free_all(self.children.present.into_inner().into_values().flatten());
        for free in self.legacy.to_free.into_inner() {
            outcome = outcome.and(free());
        }
        for handle in self.handles {
            outcome = outcome.and(handle.free());
        }
        outcome
    }
}

fn free_all(dropped: impl IntoIterator<Item = Remains>) -> Result<()> {
    let mut outcome = Ok(());
    for remains in dropped {
        outcome = outcome.and(remains.free());
    }
    outcome
}

impl Drop for Inner {
    /// Local.
    fn drop(&mut self) {
        if let Some((parent, number)) = self.parent.take() {
            let remains = Remains::of(self);
            parent.inner.children.dropped(number, remains);
        }
    }
}

impl Communicator {
    /// Has `free` called when this communicator is given back. Local.
    pub(super) fn leave(&self, free: Free) {
        self.inner.legacy.to_free.borrow_mut().push(free);
    }

    /// Never gives this communicator back. Local.
    pub(super) fn leave_for_ever(&self) {
        self.inner.legacy.for_ever.set(true);
    }

    /// Frees what all ranks have dropped, if there is much that some have. Collective.
    pub(super) fn reclaim_some(&self) -> Result<()> {
        let children = &self.inner.children;
        // Replicated: all ranks have made the same ones, and freed the same ones.
        let present = children.present.borrow().len();
        if present < children.enough.get().max(FEW) {
            return Ok(());
        }
        self.reclaim()?;
        // Twice as many, so that what is kept costs nothing in the long run.
        let left = children.present.borrow().len();
        children.enough.set(left * 2);
        Ok(())
    }

    /// Frees what all ranks have dropped. Collective.
    pub(crate) fn reclaim(&self) -> Result<()> {
        let own = self.inner.children.freeable();
        let all = self.inner.library.all_reduce(&own, Operation::LogicalAnd)?;
        free_all(self.inner.children.take(&all))
    }
}
