//! Non-blocking messages that own their buffers.

use super::{Communicator, Destination, Element, Persistent, PersistentExchange, Request, Source};
use crate::error::Result;

impl Communicator {
    /// Starts sending `data`, which the request owns until it is sent. *Local.*
    ///
    /// For buffers that are borrowed see [`scope`](Self::scope).
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let (rank, size) = (world.rank(), world.size());
    /// let receive = world.start_receive(vec![0.0; 1000], (rank + size - 1) % size)?;
    /// let send = world.start_send(vec![rank as f64; 1000], (rank + 1) % size)?;
    /// // ... work that needs neither ...
    /// let from_the_left = receive.wait()?;
    /// let data = send.wait()?; // to be used again
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) as in [`send`](Self::send).
    pub fn start_send<T: Element>(
        &self,
        data: Vec<T>,
        to: impl Into<Destination>,
    ) -> Result<Request<T>> {
        let to = self.checked_destination("start_send", to.into())?;
        self.inner.user.start_send(data, to.rank, to.tag.raw())
    }

    /// Starts receiving exactly `buffer.len()` elements into `buffer`, which the request owns until they
    /// are there. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) as in [`receive`](Self::receive).
    pub fn start_receive<T: Element>(
        &self,
        buffer: Vec<T>,
        from: impl Into<Source>,
    ) -> Result<Request<T>> {
        let from = self.checked_source("start_receive", from.into())?;
        self.inner
            .user
            .start_receive(buffer, from.rank, from.raw_tag())
    }

    /// Prepares a message that will be sent again and again. *Local.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let (rank, size) = (world.rank(), world.size());
    /// let mut right = world.persistent_send(vec![0.0; 8], (rank + 1) % size)?;
    /// let mut left = world.persistent_receive(vec![0.0; 8], (rank + size - 1) % size)?;
    /// for step in 0..100 {
    ///     right.buffer()?.fill(f64::from(step));
    ///     left.start()?;
    ///     right.start()?;
    ///     left.wait()?;
    ///     right.wait()?;
    ///     assert_eq!(left.buffer()?[0], f64::from(step));
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) as in [`send`](Self::send).
    pub fn persistent_send<T: Element>(
        &self,
        buffer: Vec<T>,
        to: impl Into<Destination>,
    ) -> Result<Persistent<T>> {
        let to = self.checked_destination("persistent_send", to.into())?;
        self.inner
            .user
            .persistent_send(buffer, to.rank, to.tag.raw())
    }

    /// Prepares a message that will be received again and again, each time `buffer.len()` elements.
    /// *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) as in [`receive`](Self::receive).
    pub fn persistent_receive<T: Element>(
        &self,
        buffer: Vec<T>,
        from: impl Into<Source>,
    ) -> Result<Persistent<T>> {
        let from = self.checked_source("persistent_receive", from.into())?;
        self.inner
            .user
            .persistent_receive(buffer, from.rank, from.raw_tag())
    }

    /// Prepares an exchange that will be made again and again, as [`send_receive`](Self::send_receive) makes it
    /// once: `to_send` goes to one rank while `buffer.len()` elements come from another one, or the same. *Local.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let (rank, size) = (world.rank(), world.size());
    /// let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size);
    /// let mut ring = world.persistent_exchange(vec![0.0; 8], next, vec![0.0; 8], previous)?;
    /// for step in 0..100 {
    ///     ring.to_send()?.fill(f64::from(step));
    ///     ring.start()?;
    ///     ring.wait()?;
    ///     assert_eq!(ring.received()?[0], f64::from(step));
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) as in [`send_receive`](Self::send_receive).
    pub fn persistent_exchange<T: Element>(
        &self,
        to_send: Vec<T>,
        to: impl Into<Destination>,
        buffer: Vec<T>,
        from: impl Into<Source>,
    ) -> Result<PersistentExchange<T>> {
        let to = self.checked_destination("persistent_exchange", to.into())?;
        let from = self.checked_source("persistent_exchange", from.into())?;
        let user = self.inner.user;
        Ok(PersistentExchange::of(
            user.persistent_send(to_send, to.rank, to.tag.raw())?,
            user.persistent_receive(buffer, from.rank, from.raw_tag())?,
        ))
    }
}
