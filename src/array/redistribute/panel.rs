//! A panel: a range of one axis in another layout, lent where it lies already.

use std::ops::Range;

use ndarray::ArrayView;

use super::direction::{Direction, Options};
use super::memory::Source;
use crate::array::DistArray;
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, AxisSlice, Layout};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// This rank's part of a range of one axis, with the axes in another order, in this layout. *Collective.*
    ///
    /// A rank that has its part already is lent it, where it is; the others receive theirs into `scratch`,
    /// which keeps its memory from panel to panel.
    ///
    /// ```no_run
    /// # fn example(a: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::layout::{Distribution::*, Layout};
    /// let mut scratch = Vec::new();
    /// for first in (0..a.shape()[0]).step_by(256) {
    ///     let rows = first..a.shape()[0].min(first + 256);
    ///     let shape = [rows.len(), a.shape()[1]];
    ///     let everywhere = Layout::new(shape, a.grid().shape().clone(), &[Replicated, Replicated])?;
    ///     let panel = a.panel((0, rows), [0, 1], &everywhere, &mut scratch)?;
    ///     println!("{}", panel.sum()); // on every rank
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// `target` is a layout of the panel, its axis i being the array's axis `permutation[i]`, on a grid of as
    /// many ranks.
    ///
    /// # Cost
    /// As [`redistribute`](Self::redistribute), without what stays on its rank; nothing at all where that is
    /// everything.
    ///
    /// # Errors
    /// As [`permute_axes_to`](Self::permute_axes_to), and [`Error::Shape`], on every rank, when the range
    /// is not within the axis.
    #[track_caller]
    pub fn panel<'panel>(
        &'panel self,
        (axis, range): (usize, Range<usize>),
        permutation: D::Index,
        target: &Layout<D>,
        scratch: &'panel mut Vec<A>,
    ) -> Result<ArrayView<'panel, A, D>> {
        let call = Call::new("panel")
            .array::<A>(self.shape())
            .layout(target)
            .given(&(axis, &range, permutation.as_ref()));
        let _call = self.communicator().enter(call)?;
        let slices = slices(self.layout.shape(), axis, range)?;
        let sliced = self.layout.slice(&slices)?;
        let permutation = permutation.as_ref();
        let direction = Direction::new("panel", &self.grid, &sliced, target, permutation)?;
        let permuted = sliced.permuted(permutation)?;
        let rank = self.communicator().rank();
        let is_here = permuted.has_same_part(target, rank);
        // Replicated: layouts are the same on every rank.
        if !permuted.has_same_parts(target) {
            let source = self.source_of(&slices, &sliced);
            let length = match is_here {
                true => 0,
                false => target.local_shape(rank).size(),
            };
            direction.fill(source, length, scratch)?;
        }
        if is_here {
            return self.lend(&slices, &sliced, permutation);
        }
        Ok(ArrayView::from_shape(target.local_shape(rank), scratch)?)
    }

    /// Where this rank's part of the slices lies in its part.
    fn places(&self, slices: &[AxisSlice], sliced: &Layout<D>) -> Vec<ndarray::Slice> {
        let rank = self.communicator().rank();
        let runs = self.layout.all_local_runs(rank);
        let runs = runs.iter().zip(sliced.all_local_runs(rank));
        let places = slices.iter().zip(runs);
        places
            .map(|(slice, (whole, sliced))| slice.local(whole, &sliced))
            .collect()
    }

    pub(super) fn source_of(&self, slices: &[AxisSlice], sliced: &Layout<D>) -> Source<'_, A> {
        let mut source = self.source();
        for (axis, slice) in self.places(slices, sliced).iter().enumerate() {
            let distance = slice.start * source.place.strides[axis];
            source.place.offset = source.place.offset.wrapping_add_signed(distance);
        }
        source
    }

    pub(super) fn lend(
        &self,
        slices: &[AxisSlice],
        sliced: &Layout<D>,
        permutation: &[usize],
    ) -> Result<ArrayView<'_, A, D>> {
        let places = self.places(slices, sliced);
        let mut part = self.local();
        part.slice_each_axis_inplace(|axis| places[axis.axis.index()]);
        Ok(part.permuted_axes(D::from_slice(permutation)?))
    }
}

impl<D: Axes> Direction<D> {
    /// Sends what this rank has for others, and receives its part of so many elements, none where it has them.
    fn fill<A: Element>(
        &self,
        source: Source<'_, A>,
        length: usize,
        scratch: &mut Vec<A>,
    ) -> Result<()> {
        let options = Options::default();
        // Local: memory.
        self.agree_on_memory::<A, _>(options, || {
            if scratch.capacity() < length {
                *scratch = crate::comm::ffi::vector_with_capacity(length, "panel")?;
            }
            scratch.resize(length, A::default());
            Ok(())
        })?;
        let mut transfer = self.transfer().clone();
        if length == 0 {
            transfer.kept = None;
            transfer.receives.clear();
        }
        self.exchange_cached(&transfer, source, options, scratch)
    }
}

/// A range of one axis, and all of the others. Replicated: ranges are the same on every rank.
pub(super) fn slices(shape: &[usize], axis: usize, range: Range<usize>) -> Result<Vec<AxisSlice>> {
    let mut slices: Vec<AxisSlice> = shape.iter().copied().map(AxisSlice::whole).collect();
    let Some(slice) = slices.get_mut(axis) else {
        let detail = format!("axis {axis} of an array of shape {shape:?}");
        return Err(Error::shape("panel", detail));
    };
    let (start, end) = (range.start as isize, range.end as isize);
    *slice = AxisSlice::new(shape[axis], start, Some(end), 1)
        .map_err(|cause| Error::shape("panel", cause))?;
    Ok(slices)
}
