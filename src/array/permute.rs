//! Axes in another order.

use super::DistArray;
use super::elementwise::copied;
use super::redistribute::{Direction, Options};
use super::storage::Storage;
use crate::comm::{Call, Element};
use crate::error::Result;
use crate::layout::{Axes, Layout};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The array whose axis i is this one's axis `permutation[i]`, every element on the rank where it is.
    /// *Local.*
    ///
    /// Each axis goes on to be cut over the same axis of the grid.
    ///
    /// # Cost
    /// Nothing is copied, neither between ranks nor within one: strides change. Kernels that go along the
    /// last axis find it with a stride then; [`transpose_to`](Self::transpose_to) rearranges. An array
    /// with a halo loses it, and is copied.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), on every rank, when that is no order of the axes.
    pub fn permuted_axes(self, permutation: D::Index) -> Result<Self> {
        let layout = self.layout.permuted(permutation.as_ref())?;
        let order = D::from_slice(permutation.as_ref())?;
        let storage = match self.halo {
            None => self.storage,
            Some(_) => Storage::Own(copied(self.local())),
        };
        let storage = storage.permuted_axes(order);
        Ok(DistArray::from_storage(&self.grid, layout, storage))
    }

    /// [`permuted_axes`](Self::permuted_axes) of a copy. *Local.*
    ///
    /// # Cost
    /// A copy of this rank's part, in the order of its memory.
    ///
    /// # Errors
    /// As [`permuted_axes`](Self::permuted_axes).
    pub fn permute_axes(&self, permutation: D::Index) -> Result<Self> {
        let local = copied(self.local());
        DistArray::from_parts(&self.grid, self.layout.clone(), local).permuted_axes(permutation)
    }

    /// The transpose: the axes in the opposite order, every element on the rank where it is. *Local.*
    ///
    /// ```no_run
    /// # fn example(a: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// let t = a.t()?; // t[j, i] is a[i, j]; a cut into rows becomes one cut into columns
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// As [`permute_axes`](Self::permute_axes).
    ///
    /// # Errors
    /// None that depend on the array.
    pub fn t(&self) -> Result<Self> {
        self.permute_axes(reversed::<D>())
    }

    /// The array whose axis i is this one's axis `permutation[i]`, in this layout: axes change places and
    /// elements change ranks in one step. *Collective.*
    ///
    /// # Shapes
    /// `target` is a layout of the permuted shape, on a grid of as many ranks.
    ///
    /// # Cost
    /// As [`redistribute`](Self::redistribute): only what changes ranks travels.
    ///
    /// # Errors
    /// As [`redistribute`](Self::redistribute), and when that is no order of the axes.
    #[track_caller]
    pub fn permute_axes_to(&self, permutation: D::Index, target: &Layout<D>) -> Result<Self> {
        let call = Call::new("permute_axes_to")
            .array::<A>(self.shape())
            .layout(&(permutation.as_ref(), target));
        let _call = self.communicator().enter(call)?;
        let permutation = permutation.as_ref();
        let direction = Direction::new(
            "permute_axes_to",
            &self.grid,
            &self.layout,
            target,
            permutation,
        )?;
        direction.apply(self, Options::default())
    }

    /// The transpose in this layout; [`permute_axes_to`](Self::permute_axes_to) with the axes in the opposite
    /// order. *Collective.*
    ///
    /// # Errors
    /// As [`permute_axes_to`](Self::permute_axes_to).
    #[track_caller]
    pub fn transpose_to(&self, target: &Layout<D>) -> Result<Self> {
        self.permute_axes_to(reversed::<D>(), target)
    }
}

/// The axes in the opposite order.
fn reversed<D: Axes>() -> D::Index {
    let mut axes = D::origin();
    let last = axes.as_ref().len();
    for (place, axis) in axes.as_mut().iter_mut().enumerate() {
        *axis = last - 1 - place;
    }
    axes
}
