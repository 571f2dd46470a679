//! Where a rank's part lies: in memory of its own, or where the other ranks of its machine see it.

use ndarray::{Array, ArrayView, ArrayViewMut};

use super::DistArray;
use super::elementwise::copied;
use crate::comm::ffi::{SharedPart, SharedParts};
use crate::comm::{Call, Element};
use crate::error::Result;
use crate::layout::Axes;

/// The elements of a part without gaps, inside its halo where there is one.
pub(super) enum Storage<A, D> {
    Own(Array<A, D>),
    Shared(SharedPart<A, D>),
}

impl<A: Element, D: Axes> Storage<A, D> {
    pub(super) fn view(&self) -> ArrayView<'_, A, D> {
        match self {
            Storage::Own(array) => array.view(),
            Storage::Shared(part) => part.view(),
        }
    }

    pub(super) fn view_mut(&mut self) -> ArrayViewMut<'_, A, D> {
        match self {
            Storage::Own(array) => array.view_mut(),
            Storage::Shared(part) => part.view_mut(),
        }
    }

    /// In the order in which they lie in memory.
    pub(super) fn elements(&self) -> &[A] {
        self.view().to_slice_memory_order().unwrap_or_default()
    }

    /// In C order, if they lie in it.
    pub(super) fn as_slice(&self) -> Option<&[A]> {
        self.view().to_slice()
    }

    /// In C order, if they lie in it.
    pub(super) fn as_slice_mut(&mut self) -> Option<&mut [A]> {
        self.view_mut().into_slice()
    }

    /// In the order in which they lie in memory.
    pub(super) fn elements_mut(&mut self) -> &mut [A] {
        match self {
            Storage::Own(array) => array.as_slice_memory_order_mut().unwrap_or_default(),
            Storage::Shared(part) => part.elements_mut(),
        }
    }

    pub(super) fn permuted_axes(self, order: D) -> Self {
        match self {
            Storage::Own(array) => Storage::Own(array.permuted_axes(order)),
            Storage::Shared(part) => Storage::Shared(part.permuted_axes(order)),
        }
    }

    /// An array of this rank's own; copied if it is not.
    pub(super) fn into_array(self) -> Array<A, D> {
        match self {
            Storage::Own(array) => array,
            Storage::Shared(part) => copied(part.view()),
        }
    }

    /// The parts of all ranks, where this one is among them.
    pub(super) fn shared(&self) -> Option<&SharedParts<A>> {
        match self {
            Storage::Own(_) => None,
            Storage::Shared(part) => Some(part.parts()),
        }
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The same array in memory that all its ranks see, if they are on one machine: what is redistributed,
    /// transposed or gathered from there is copied once, straight from the part of its owner. *Collective.*
    ///
    /// For an array from which much goes to other ranks, again and again. It is used as any other. What is made of
    /// it, a copy too, lies in each rank's own memory. There it stays itself if the ranks are on several machines, if
    /// there is one rank only, or with `PARTITA_SHARED=0`: [`is_shared`](Self::is_shared) tells.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::layout::Distribution::*;
    /// use partita::{DistArray, ProcessGrid};
    /// let grid = ProcessGrid::balanced(world, 1)?;
    /// let rows = grid.layout([4000, 3000], &[Block, Replicated])?;
    /// let turned = grid.layout([3000, 4000], &[Block, Replicated])?;
    /// let u = DistArray::from_fn(&grid, &rows, |[i, j]| (i * j) as f64)?.into_shared()?;
    /// let t = u.transpose_to(&turned)?; // each rank fetches its rows of the transpose
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// Some ten small collectives and a copy of the part. The memory is given back when all ranks have dropped the
    /// array; no rank waits for another there.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory), on every rank, when the machine has no room for it in `/dev/shm` (which containers
    /// make small: `docker run --shm-size`); [`Error::Usage`](crate::Error::Usage), on every rank, when
    /// `PARTITA_SHARED` is neither 0 nor 1, or the ranks call with different types.
    #[track_caller]
    pub fn into_shared(self) -> Result<Self> {
        let communicator = self.communicator().clone();
        let _call = communicator.enter(Call::new("into_shared").array::<A>(self.shape()))?;
        let view = self.storage.view();
        let in_order = match view.to_slice() {
            Some(elements) => communicator.share(elements)?,
            None => communicator.share(view.as_standard_layout().as_slice().unwrap_or_default())?,
        };
        let Some(parts) = in_order else {
            return Ok(self);
        };
        let storage = Storage::Shared(SharedPart::new(parts, view.raw_dim()));
        Ok(DistArray { storage, ..self })
    }

    /// Whether its parts lie in memory that all its ranks see. *Local.*
    pub fn is_shared(&self) -> bool {
        self.storage.shared().is_some()
    }
}
