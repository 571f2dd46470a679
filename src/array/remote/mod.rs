//! Elements and small blocks anywhere in an array, read and written by any rank by global index.

mod access;
mod piece;

use std::fmt;

use ndarray::{ArrayView, ArrayViewMut};

use super::construct::try_default;
use super::{DistArray, ProcessGrid};
use crate::comm::{Call, Number, Window};
use crate::error::{Error, Result};
use crate::layout::{Axes, Layout};

pub use access::RemoteAccess;

/// An array whose elements every rank reads and writes by global index, whoever owns them and without
/// the owner's doing: in [`access`](Self::access).
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// # use partita::prelude::*;
/// let grid = ProcessGrid::balanced(world, 2)?;
/// let mut table = DistArray::<f64, _>::zeros(&grid, [400, 300])?.into_remote()?;
/// table.access(|elements| {
///     elements.put([7, 8], 1.0)?;
///     let block = elements.get_block([0..3, 298..300])?;
///     elements.fetch_and_op([0, 0], block.sum(), Operation::Sum)?;
///     Ok(())
/// })?;
/// let table = table.into_array()?;
/// # Ok(()) }
/// ```
///
/// # Who may do what, and when
/// All ranks enter and leave [`access`](Self::access) together; within it each does what it wants, when it
/// wants. Every call is one access of one owner's elements at a time, complete when it returns: nobody sees
/// half of it, and of two ranks that put to one element one comes last. Outside of it each rank has its own
/// part, and nobody else's:
///
/// ```compile_fail,E0500
/// # fn example(table: &mut partita::RemoteArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// table.local(|part| {
///     table.access(|elements| elements.put([0, 0], part[[0, 0]])) // others may write `part` meanwhile
/// })?
/// # }
/// ```
///
/// ```no_run
/// # fn example(table: &mut partita::RemoteArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// let first = table.local(|part| part[[0, 0]])?;
/// table.access(|elements| elements.put([0, 0], first))
/// # }
/// ```
pub struct RemoteArray<A: Number, D: Axes> {
    grid: ProcessGrid,
    layout: Layout<D>,
    window: Window<A>,
}

impl<A: Number, D: Axes> DistArray<A, D> {
    /// The array in memory that all ranks can access. *Collective.*
    ///
    /// # Cost
    /// A [`Window`], and a copy of the part; without the halo.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when ranks hold copies, of which only one would be written;
    /// as [`Window::zeros`].
    #[track_caller]
    pub fn into_remote(self) -> Result<RemoteArray<A, D>> {
        self.copy_to_remote()
    }

    #[track_caller]
    fn copy_to_remote(&self) -> Result<RemoteArray<A, D>> {
        let call = Call::new("into_remote").array::<A>(self.shape());
        let _call = self.communicator().enter(call)?;
        if self.layout.copies() > 1 {
            let detail = format!(
                "ranks hold copies in {}; `redistribute` it over every axis of the grid first",
                self.layout
            );
            return Err(Error::shape("into_remote", detail));
        }
        let part = self.local();
        let mut window = Window::zeros(self.communicator(), part.len())?;
        window.local_mut(|memory| {
            memory
                .iter_mut()
                .zip(part)
                .for_each(|(place, value)| *place = *value);
        })?;
        Ok(RemoteArray {
            grid: self.grid.clone(),
            layout: self.layout.clone(),
            window,
        })
    }

    /// Has every rank read and write elements anywhere, by global index; see [`RemoteArray`], which this
    /// makes and gives back. *Collective.*
    ///
    /// ```no_run
    /// # fn example(u: &mut partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// let corner = u.access(|elements| elements.get([0, 0]))?; // on every rank
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// A [`Window`] each time, and two copies of the part: for several times, [`into_remote`](Self::into_remote).
    ///
    /// # Errors
    /// As [`into_remote`](Self::into_remote) and [`RemoteArray::access`]; what was put before stays.
    #[track_caller]
    pub fn access<R>(
        &mut self,
        work: impl FnOnce(&mut RemoteAccess<'_, '_, A, D>) -> Result<R>,
    ) -> Result<R> {
        let call = Call::new("access").array::<A>(self.shape());
        let communicator = self.communicator().clone();
        let _call = communicator.enter(call)?;
        let mut remote = self.copy_to_remote()?;
        let outcome = remote.access(work);
        // An error that is not everyone's left the others somewhere else.
        if outcome
            .as_ref()
            .err()
            .is_some_and(|error| !error.is_agreed())
        {
            return outcome;
        }
        let shape = self.local_shape();
        remote.window.local(|memory| {
            let part = ArrayView::from_shape(shape, memory)?;
            self.local_mut().assign(&part);
            Ok::<_, Error>(())
        })??;
        remote.window.close()?;
        outcome
    }
}

impl<A: Number, D: Axes> RemoteArray<A, D> {
    /// Who owns which index. *Local.*
    pub fn layout(&self) -> &Layout<D> {
        &self.layout
    }

    /// Has every rank read and write elements anywhere. *Collective*: all ranks enter and leave it
    /// together.
    ///
    /// # Cost
    /// An agreement at each end; each access a lock of its owner.
    ///
    /// # Errors
    /// That of the closure, the same on every rank when one fails; what was put before stays.
    pub fn access<R>(
        &mut self,
        work: impl FnOnce(&mut RemoteAccess<'_, '_, A, D>) -> Result<R>,
    ) -> Result<R> {
        let layout = &self.layout;
        self.window
            .passive(|open| work(&mut RemoteAccess { layout, open }))
    }

    /// Shows this rank's part to `look`. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] when an access before did not end on all ranks.
    pub fn local<R>(&self, look: impl FnOnce(ArrayView<'_, A, D>) -> R) -> Result<R> {
        let shape = self.layout.local_shape(self.grid.communicator().rank());
        self.window
            .local(|memory| Ok(look(ArrayView::from_shape(shape, memory)?)))?
    }

    /// Has `change` change this rank's part. *Local.*
    ///
    /// # Errors
    /// As [`local`](Self::local).
    pub fn local_mut<R>(&mut self, change: impl FnOnce(ArrayViewMut<'_, A, D>) -> R) -> Result<R> {
        let shape = self.layout.local_shape(self.grid.communicator().rank());
        self.window
            .local_mut(|memory| Ok(change(ArrayViewMut::from_shape(shape, memory)?)))?
    }

    /// The array in each rank's own memory again. *Collective.*
    ///
    /// # Errors
    /// The same on every rank: [`Error::Memory`] when a rank cannot hold its part twice; as
    /// [`Window::close`].
    #[track_caller]
    pub fn into_array(self) -> Result<DistArray<A, D>> {
        let communicator = self.grid.communicator();
        let call = Call::new("into_array").array::<A>(self.layout.shape());
        let _call = communicator.enter(call)?;
        let shape = self.layout.local_shape(communicator.rank());
        // Local: memory, and whether accesses ended.
        let mut part = communicator.agree(try_default(shape, "into_array"))?;
        communicator.agree(self.local(|memory| part.assign(&memory)))?;
        self.window.close()?;
        Ok(DistArray::from_parts(&self.grid, self.layout, part))
    }
}

/// The layout.
impl<A: Number, D: Axes> fmt::Debug for RemoteArray<A, D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RemoteArray({})", self.layout)
    }
}
