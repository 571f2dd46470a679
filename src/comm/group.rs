//! Communicators made of communicators, and their end.

use std::rc::Rc;

use super::checker::Checker;
use super::ffi::Handle;
use super::reclaim::Remains;
use super::{Call, Communicator};
use crate::error::{Error, Result};

impl Communicator {
    /// A communicator of the same ranks whose messages are apart from this one's. *Collective.*
    ///
    /// # Errors
    /// [`Error::Mpi`] when MPI has no communicator left.
    #[track_caller]
    pub fn duplicate(&self) -> Result<Self> {
        let _call = self.enter(Call::new("duplicate"))?;
        self.make_with_all(Handle::duplicate)
    }

    /// [`duplicate`](Self::duplicate) whose collectives compare what the ranks call, as all do with
    /// `PARTITA_CHECK=1`, whatever the environment says. *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let checked = world.checked()?;
    /// let outcome = match world.rank() {
    ///     0 => checked.barrier(),
    ///     _ => checked.all_gather(&[1.5]).map(|_| ()),
    /// };
    /// assert!(world.size() == 1 || outcome.is_err()); // and no rank waits for another
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// An all-reduce of two numbers before each collective of the duplicate.
    ///
    /// # Errors
    /// As [`duplicate`](Self::duplicate).
    #[track_caller]
    pub fn checked(&self) -> Result<Self> {
        let _call = self.enter(Call::new("checked"))?;
        let mut duplicate = self.make_with_all(Handle::duplicate)?;
        let (rank, size) = (self.rank(), self.size());
        // Nobody else has it yet.
        if let Some(inner) = Rc::get_mut(&mut duplicate.inner) {
            inner.checker = Some(Checker::always(inner.meetings, rank, size)?);
        }
        Ok(duplicate)
    }

    /// Splits the ranks into groups of one `colour` each, ordered within by `key` (ties by rank).
    /// A rank that gives no colour is in no group and gets `None`. *Collective.*
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when a rank's colour is above `i32::MAX`,
    /// [`Error::Mpi`] when MPI has no communicator left.
    #[track_caller]
    pub fn split(&self, colour: Option<u32>, key: i32) -> Result<Option<Self>> {
        let _call = self.enter(Call::new("split"))?;
        // Local: colours differ between ranks.
        self.agree(match colour {
            Some(colour) if i32::try_from(colour).is_err() => Err(Error::usage(format!(
                "split: colour {colour} is above {}",
                i32::MAX
            ))),
            _ => Ok(()),
        })?;
        self.make(|handle| handle.split(colour, key))
    }

    /// The ranks that run on this rank's machine, and can share memory, in the same order. *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let machine = world.split_shared()?;
    /// println!("{} ranks on this machine", machine.size());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Mpi`] when MPI has no communicator left.
    #[track_caller]
    pub fn split_shared(&self) -> Result<Self> {
        let _call = self.enter(Call::new("split_shared"))?;
        self.make_with_all(Handle::split_by_machine)
    }

    /// Gives the communicator back to MPI at once. *Collective.*
    ///
    /// Seldom needed: what all ranks have dropped is given back in time.
    ///
    /// # Cost
    /// An agreement.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when a rank still holds another handle of it, or something
    /// that was made of it: a communicator, an array, a window. It lives on then.
    #[track_caller]
    pub fn close(self) -> Result<()> {
        // Local: handles are cloned and dropped by each rank for itself.
        self.agree(
            if Rc::strong_count(&self.inner) == 1 && self.inner.is_freeable() {
                Ok(())
            } else {
                let text =
                    "close: another handle of the communicator, or what was made of it, is in use";
                Err(Error::usage(text))
            },
        )?;
        match Rc::try_unwrap(self.inner) {
            Ok(mut inner) => {
                let remains = Remains::of(&mut inner);
                if let Some((parent, number)) = inner.parent.take() {
                    parent.inner.children.dropped(number, Remains::default());
                }
                remains.free()
            }
            Err(_) => Err(Error::other("close: the communicator is in use")),
        }
    }

    /// A communicator of all ranks.
    fn make_with_all(&self, make: impl FnOnce(Handle) -> Result<Handle>) -> Result<Self> {
        let made = self.make(|handle| make(handle).map(Some))?;
        made.ok_or_else(|| Error::other("MPI made no communicator"))
    }

    /// What `make` makes of MPI's communicator, as a child of this one. Collective.
    fn make(&self, make: impl FnOnce(Handle) -> Result<Option<Handle>>) -> Result<Option<Self>> {
        self.reclaim_some()?;
        let number = self.inner.children.next();
        let made = make(self.inner.user).and_then(|made| {
            made.map(|handle| Communicator::assemble(handle, Some((self.clone(), number))))
                .transpose()
        });
        if !matches!(made, Ok(Some(_))) {
            self.inner.children.dropped(number, Remains::default());
        }
        made
    }
}
