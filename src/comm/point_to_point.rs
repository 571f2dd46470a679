//! Messages between two ranks.

use super::buffer::{ReceiveBuffer, SendBuffer, overwrite};
use super::{Communicator, Destination, Element, Received, Source, Tag};
use crate::error::{Error, Result};

impl Communicator {
    /// Sends `data` to a rank that calls [`receive`](Self::receive). *Local to the two.*
    ///
    /// May return before the message is received, or wait for it: do not count on either. Messages of
    /// one tag arrive in the order they were sent in.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::{Source, Tag};
    /// if world.rank() == 0 {
    ///     world.send(&[1.0, 2.0], 1)?;
    ///     world.send(&[3_u8], (1, Tag(7)))?;
    /// } else if world.rank() == 1 {
    ///     let mut number = [0_u8];
    ///     let received = world.receive(&mut number, Source::any().tag(Tag(7)))?;
    ///     assert_eq!((number, received.source), ([3], 0));
    ///     world.receive(&mut [0.0; 2], 0)?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// One message.
    ///
    /// # Errors
    /// [`Error::Usage`] when the destination is no rank or the tag above [`Tag::MAX`].
    pub fn send<T: Element>(
        &self,
        data: &(impl SendBuffer<T> + ?Sized),
        to: impl Into<Destination>,
    ) -> Result<()> {
        let to = self.checked_destination("send", to.into())?;
        self.inner.user.send(&data.packed()?, to.rank, to.tag.raw())
    }

    /// Receives into `buffer` the next message from `from`, and tells whose it was. *Local to the two.*
    ///
    /// # Shapes
    /// As many elements as were sent.
    ///
    /// # Errors
    /// [`Error::Usage`] when the source is no rank or the tag above [`Tag::MAX`]; [`Error::Mpi`] of class
    /// `MPI_ERR_TRUNCATE` when the message is longer than `buffer`, [`Error::Shape`] when it is shorter.
    pub fn receive<T: Element>(
        &self,
        buffer: &mut (impl ReceiveBuffer<T> + ?Sized),
        from: impl Into<Source>,
    ) -> Result<Received> {
        let from = self.checked_source("receive", from.into())?;
        overwrite(buffer, |elements| {
            self.inner.user.receive(elements, from.rank, from.raw_tag())
        })
    }

    /// Receives the next message from `from`, however long it is. *Local to the two.*
    ///
    /// # Errors
    /// [`Error::Usage`] as in [`receive`](Self::receive); [`Error::Shape`] when the message is no whole
    /// number of elements of this type, [`Error::Memory`] when there is no room for it.
    pub fn receive_vec<T: Element>(&self, from: impl Into<Source>) -> Result<(Vec<T>, Received)> {
        let from = self.checked_source("receive_vec", from.into())?;
        self.inner.user.receive_vec(from.rank, from.raw_tag())
    }

    /// Sends and receives at once, so that ranks which exchange messages need not take turns. *Local to
    /// the partners.*
    ///
    /// The partners may be two ranks, or one, or this one itself. The other end may be a plain
    /// [`send`](Self::send) or [`receive`](Self::receive).
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let (rank, size) = (world.rank(), world.size());
    /// let mut left = [0_usize];
    /// world.send_receive(&[rank], (rank + 1) % size, &mut left, (rank + size - 1) % size)?;
    /// assert_eq!(left[0], (rank + size - 1) % size);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`receive`](Self::receive).
    pub fn send_receive<T: Element>(
        &self,
        data: &(impl SendBuffer<T> + ?Sized),
        to: impl Into<Destination>,
        buffer: &mut (impl ReceiveBuffer<T> + ?Sized),
        from: impl Into<Source>,
    ) -> Result<Received> {
        let to = self.checked_destination("send_receive", to.into())?;
        let from = self.checked_source("send_receive", from.into())?;
        let data = data.packed()?;
        overwrite(buffer, |elements| {
            let (to, from) = ((to.rank, to.tag.raw()), (from.rank, from.raw_tag()));
            self.inner.user.send_receive(&data, to, elements, from)
        })
    }

    /// Waits until a message from `from` is there to be received, and tells whose it is and how many
    /// elements of `T` it has. It is not received by that. *Local.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::Source;
    /// let next = world.probe::<f64>(Source::any().any_tag())?;
    /// let mut numbers = vec![0.0; next.count];
    /// world.receive(&mut numbers, (next.source, next.tag))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`] as in [`receive`](Self::receive); [`Error::Shape`] when the message is no whole
    /// number of elements of this type.
    pub fn probe<T: Element>(&self, from: impl Into<Source>) -> Result<Received> {
        let from = self.checked_source("probe", from.into())?;
        self.inner.user.probe::<T>(from.rank, from.raw_tag())
    }

    /// [`probe`](Self::probe) that does not wait: `None` when no such message is there yet. *Local.*
    ///
    /// # Errors
    /// As [`probe`](Self::probe).
    pub fn try_probe<T: Element>(&self, from: impl Into<Source>) -> Result<Option<Received>> {
        let from = self.checked_source("try_probe", from.into())?;
        self.inner.user.try_probe::<T>(from.rank, from.raw_tag())
    }

    pub(super) fn checked_destination(
        &self,
        operation: &str,
        to: Destination,
    ) -> Result<Destination> {
        self.check_rank(operation, to.rank)?;
        to.tag.check(operation)?;
        Ok(to)
    }

    pub(super) fn checked_source(&self, operation: &str, from: Source) -> Result<Source> {
        if let Some(rank) = from.rank {
            self.check_rank(operation, rank)?;
        }
        if let Some(tag) = from.tag {
            tag.check(operation)?;
        }
        Ok(from)
    }
}

impl Tag {
    pub(super) fn raw(self) -> i32 {
        i32::from(self.0)
    }

    fn check(self, operation: &str) -> Result<()> {
        if self <= Tag::MAX {
            return Ok(());
        }
        let (tag, largest) = (self.0, Tag::MAX.0);
        let message = format!("{operation}: tag {tag} is above {largest}");
        Err(Error::usage(message))
    }
}

impl Source {
    pub(super) fn raw_tag(self) -> Option<i32> {
        self.tag.map(Tag::raw)
    }
}
