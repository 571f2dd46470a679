//! Non-blocking messages on borrowed buffers: what a [`Scope`] starts.

use super::ffi::{Target, run_scope};
use super::{
    Communicator, Destination, Element, ReceiveBuffer, Received, Scope, ScopedRequest, SendBuffer,
    Source,
};
use crate::error::Result;

impl Communicator {
    /// Runs `body`, which may start requests that borrow its surroundings, and completes all of them.
    /// *Local to the partners, or collective, as what is started in it.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let (rank, size) = (world.rank(), world.size());
    /// let (mine, mut from_left) = (vec![rank as f64; 1000], vec![0.0; 1000]);
    /// world.scope(|scope| {
    ///     let left = scope.start_receive(&mut from_left, (rank + size - 1) % size)?;
    ///     scope.start_send(&mine, (rank + 1) % size)?;
    ///     println!("both under way: {}", mine[0]); // what is sent can be read
    ///     println!("from {}", left.wait()?.source);
    ///     Ok(())
    /// })?;
    /// println!("{}", from_left[0]);
    /// # Ok(()) }
    /// ```
    ///
    /// What is received belongs to the message until the scope ends:
    ///
    /// ```compile_fail,E0502
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let mut from_left = vec![0.0; 1000];
    /// world.scope(|scope| {
    ///     let left = scope.start_receive(&mut from_left, 0)?;
    ///     println!("{}", from_left[0]); // half a message?
    ///     left.wait()?;
    ///     Ok(())
    /// })
    /// # }
    /// ```
    ///
    /// And a buffer must outlive it:
    ///
    /// ```compile_fail,E0597
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// world.scope(|scope| {
    ///     let mut from_left = vec![0.0; 1000];
    ///     scope.start_receive(&mut from_left, 0)?;
    ///     Ok(())
    /// })
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `body`. Then receives that are under way are cancelled, and what cannot be cancelled (a
    /// send that nobody takes, a collective that others do not enter) has a second to complete: if it does
    /// not, the job ends with that error, because the buffers cannot be given back. Else the first error
    /// of a request for which nobody waited.
    pub fn scope<'environment, R>(
        &self,
        body: impl for<'scope> FnOnce(&'scope Scope<'scope, 'environment>) -> Result<R>,
    ) -> Result<R> {
        run_scope(self, body)
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts sending `data`. *Local.*
    ///
    /// A view that is not contiguous is packed now.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) as in [`Communicator::send`].
    pub fn start_send<T: Element>(
        &'scope self,
        data: &'scope (impl SendBuffer<T> + ?Sized),
        to: impl Into<Destination>,
    ) -> Result<ScopedRequest<'scope, ()>> {
        let communicator = &self.communicator;
        let to = communicator.checked_destination("start_send", to.into())?;
        let address = (to.rank, to.tag.raw());
        self.raw_send(communicator.inner.user, data.packed()?, address)
    }

    /// Starts receiving into `buffer`. *Local.*
    ///
    /// A view that is not contiguous is unpacked when the request is waited for, or the scope ends.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) as in [`Communicator::receive`]; of waiting for it
    /// [`Error::Mpi`](crate::Error::Mpi) and [`Error::Shape`](crate::Error::Shape) as there.
    pub fn start_receive<T: Element>(
        &'scope self,
        buffer: &'scope mut (impl ReceiveBuffer<T> + ?Sized),
        from: impl Into<Source>,
    ) -> Result<ScopedRequest<'scope, Received>> {
        let communicator = &self.communicator;
        let from = communicator.checked_source("start_receive", from.into())?;
        let target = target(buffer)?;
        self.raw_receive(communicator.inner.user, target, from.rank, from.raw_tag())
    }
}

/// Where the elements of `buffer` are received.
pub(super) fn target<'scope, T: Element>(
    buffer: &'scope mut (impl ReceiveBuffer<T> + ?Sized),
) -> Result<Target<'scope, T>> {
    // Asked twice, because a borrow that is returned on one path holds on the other too.
    if buffer.as_contiguous().is_none() {
        let elements = buffer.packed()?.into_owned();
        let unpack = Box::new(|elements: &[T]| buffer.unpack(elements));
        return Ok(Target::Beside(elements, unpack));
    }
    Ok(match buffer.as_contiguous() {
        Some(elements) => Target::InPlace(elements),
        None => unreachable!("it was contiguous before"),
    })
}
