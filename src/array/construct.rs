//! Making distributed arrays.

use std::ops::Range;

use ndarray::{Array, IntoDimension};
use num_traits::Zero;

use super::{DistArray, ProcessGrid};
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, Layout};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The array of this global `shape` with `f` of each global index. *Collective.*
    ///
    /// # Cost
    /// One agreement (that every rank has the memory); `f` once an element, on its owner.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the grid does not fit the shape,
    /// [`Error::Memory`] when a rank cannot hold its part.
    #[track_caller]
    pub fn from_fn<F>(grid: &ProcessGrid, shape: impl IntoDimension<Dim = D>, f: F) -> Result<Self>
    where
        F: Fn(D::Index) -> A,
    {
        let layout = Layout::block(shape, grid.shape().clone())?;
        let call = Call::new("from_fn").array::<A>(layout.shape());
        let _call = grid.communicator().enter(call)?;
        let rank = grid.communicator().rank();
        let region = layout.local_region(rank);
        let mut values = grid
            .communicator()
            .agree(try_with_capacity(region.volume(), "from_fn"))?;
        for_each_index::<D>(region.axes(), |index| values.push(f(index)));
        let storage = Array::from_shape_vec(layout.local_shape(rank), values)?;
        Ok(DistArray::from_parts(grid, layout, storage))
    }

    /// The array of this global `shape` with the same `value` everywhere. *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn full(grid: &ProcessGrid, shape: impl IntoDimension<Dim = D>, value: A) -> Result<Self> {
        DistArray::from_fn(grid, shape, |_| value)
    }

    /// The array of this global `shape` with zeros everywhere. *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn zeros(grid: &ProcessGrid, shape: impl IntoDimension<Dim = D>) -> Result<Self>
    where
        A: Zero,
    {
        DistArray::full(grid, shape, A::zero())
    }

    /// The array of this global `shape` of which each rank brings its part. *Collective.*
    ///
    /// # Shapes
    /// `local` has the shape that [`Layout::local_shape`] says for this rank.
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, when a rank's part has another shape.
    #[track_caller]
    pub fn from_local(
        grid: &ProcessGrid,
        shape: impl IntoDimension<Dim = D>,
        local: Array<A, D>,
    ) -> Result<Self> {
        let layout = Layout::block(shape, grid.shape().clone())?;
        let call = Call::new("from_local").array::<A>(layout.shape());
        let _call = grid.communicator().enter(call)?;
        let expected = layout.local_shape(grid.communicator().rank());
        // Local: each rank knows its own part only.
        grid.communicator().agree(if local.raw_dim() == expected {
            Ok(())
        } else {
            let detail = format!(
                "the local part has shape {:?}, the layout wants {:?}",
                local.shape(),
                expected.slice()
            );
            Err(Error::shape("from_local", detail))
        })?;
        Ok(DistArray::from_parts(grid, layout, local))
    }

    pub(super) fn from_parts(grid: &ProcessGrid, layout: Layout<D>, storage: Array<A, D>) -> Self {
        DistArray {
            grid: grid.clone(),
            layout,
            storage,
            halo: None,
        }
    }
}

/// An empty vector with room for `length` elements, or [`Error::Memory`].
pub(super) fn try_with_capacity<T>(length: usize, operation: &str) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values
        .try_reserve_exact(length)
        .map_err(|_| Error::Memory {
            operation: operation.to_string(),
            bytes: (length as u64).saturating_mul(size_of::<T>() as u64),
        })?;
    Ok(values)
}

/// An array of default values, or [`Error::Memory`].
pub(super) fn try_default<A: Element, D: Axes>(shape: D, operation: &str) -> Result<Array<A, D>> {
    let mut values = try_with_capacity(shape.size(), operation)?;
    values.resize(shape.size(), A::default());
    Ok(Array::from_shape_vec(shape, values)?)
}

/// Calls `visit` with every index of a region, in C order.
pub(super) fn for_each_index<D: Axes>(region: &[Range<usize>], mut visit: impl FnMut(D::Index)) {
    if region.iter().any(Range::is_empty) {
        return;
    }
    let mut index = D::origin();
    for (value, range) in index.as_mut().iter_mut().zip(region) {
        *value = range.start;
    }
    loop {
        visit(index);
        let mut axis = region.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            let value = &mut index.as_mut()[axis];
            *value += 1;
            if *value < region[axis].end {
                break;
            }
            *value = region[axis].start;
        }
    }
}
