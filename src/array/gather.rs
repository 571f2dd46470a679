//! Whole arrays from and to one rank.

use ndarray::{Array, ArrayView, Slice};

use super::construct::try_default;
use super::{DistArray, ProcessGrid};
use crate::comm::{Call, Element, Parts};
use crate::error::Result;
use crate::layout::{Axes, Layout};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The whole array on `root`; `None` elsewhere. *Collective.*
    ///
    /// # Cost
    /// One message from each rank that owns something; the root holds the array twice for a while.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), on every rank, when `root` is no rank.
    #[track_caller]
    pub fn gather(&self, root: usize) -> Result<Option<Array<A, D>>> {
        let call = Call::new("gather").array::<A>(self.shape()).root(root);
        let _call = self.communicator().enter(call)?;
        let contiguous = self.local();
        let contiguous = contiguous.as_standard_layout();
        let part = self.of_primary(contiguous.as_slice().unwrap_or_default());
        let parts = self.communicator().gatherv(root, part)?;
        parts.map(|parts| self.assemble(parts)).transpose()
    }

    /// The whole array on every rank. *Collective.*
    ///
    /// # Cost
    /// An all-gather of the array; every rank holds it twice for a while.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) when a rank cannot hold it.
    #[track_caller]
    pub fn all_gather(&self) -> Result<Array<A, D>> {
        let call = Call::new("all_gather").array::<A>(self.shape());
        let _call = self.communicator().enter(call)?;
        let contiguous = self.local();
        let contiguous = contiguous.as_standard_layout();
        let part = self.of_primary(contiguous.as_slice().unwrap_or_default());
        self.assemble(self.communicator().all_gatherv(part)?)
    }

    fn assemble(&self, parts: Parts<A>) -> Result<Array<A, D>> {
        let shape = self.layout.raw_dim();
        if self.layout.grid().size() == 1 {
            return Ok(Array::from_shape_vec(shape, parts.into_vec())?);
        }
        let mut whole = try_default(shape, "gather")?;
        let holders = (0..parts.len()).filter(|&rank| self.layout.is_primary(rank));
        for rank in holders {
            let part = ArrayView::from_shape(self.layout.local_shape(rank), parts.part(rank))?;
            for (there, here) in slices(&self.layout, rank) {
                whole
                    .slice_each_axis_mut(|axis| there[axis.axis.index()])
                    .assign(&part.slice_each_axis(|axis| here[axis.axis.index()]));
            }
        }
        Ok(whole)
    }

    /// Of several ranks with one part the first brings it.
    fn of_primary<'part>(&self, part: &'part [A]) -> &'part [A] {
        if self.layout.is_primary(self.communicator().rank()) {
            part
        } else {
            &[]
        }
    }

    /// Cuts the root's array over the ranks of `grid`. *Collective.*
    ///
    /// The root gives `Some`, the others `None`.
    ///
    /// # Shapes
    /// Any; the view need not be contiguous.
    ///
    /// # Cost
    /// A broadcast of the shape, and one message to each rank that gets something; the root holds the
    /// array twice for a while.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`](crate::Error::Usage) when the root gives no array or is no rank,
    /// [`Error::Shape`](crate::Error::Shape) when the grid does not fit the shape.
    #[track_caller]
    pub fn scatter(grid: &ProcessGrid, root: usize, array: Option<&Array<A, D>>) -> Result<Self> {
        let call = Call::new("scatter").element::<A>().root(root);
        let _call = grid.communicator().enter(call)?;
        let communicator = grid.communicator();
        let array = array.filter(|_| communicator.rank() == root);
        let shape = array.map(|array| array.shape().to_vec());
        let lengths: Vec<usize> = communicator.broadcast_object_for("scatter", root, shape)?;
        let layout = Layout::block(D::from_slice(&lengths)?, grid.shape().clone())?;
        let parts = array.map(|array| cut(array, &layout));
        let part = communicator.scatterv(root, parts.as_ref())?;
        let local = Array::from_shape_vec(layout.local_shape(communicator.rank()), part)?;
        Ok(DistArray::from_parts(grid, layout, local))
    }
}

fn cut<A: Element, D: Axes>(array: &Array<A, D>, layout: &Layout<D>) -> Parts<A> {
    (0..layout.grid().size())
        .map(|rank| {
            let mut part = Array::from_elem(layout.local_shape(rank), A::default());
            for (there, here) in slices(layout, rank) {
                part.slice_each_axis_mut(|axis| here[axis.axis.index()])
                    .assign(&array.slice_each_axis(|axis| there[axis.axis.index()]));
            }
            part.into_raw_vec_and_offset().0
        })
        .collect()
}

/// The slices of all axes, in the whole array and in a rank's part, that together are the part.
fn slices<D: Axes>(layout: &Layout<D>, rank: usize) -> Vec<(Vec<Slice>, Vec<Slice>)> {
    let none = vec![(vec![], vec![])];
    let axes = layout.all_local_runs(rank);
    axes.iter().fold(none, |chosen, runs| {
        let along = runs.slices();
        chosen
            .iter()
            .flat_map(|(there, here)| {
                along
                    .iter()
                    .map(|&(there_too, here_too)| (push(there, there_too), push(here, here_too)))
            })
            .collect()
    })
}

fn push(slices: &[Slice], slice: Slice) -> Vec<Slice> {
    [slices, &[slice]].concat()
}
