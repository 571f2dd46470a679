//! Slices by global indices: views whose elements stay where they are.

use ndarray::{ArrayBase, Axis, Dimension, RawData, RemoveAxis, Slice, SliceArg, SliceInfoElem};

use super::DistArray;
use super::elementwise::copied;
use super::view::{DistView, DistViewMut, Distributed};
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, AxisSlice, Layout};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// A part of the array as a view, by global indices, with steps in either direction, as
    /// `ndarray::s!` says. *Local*: nothing is moved, each rank sees of the slice what it owns.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// # use partita::prelude::*;
    /// use ndarray::s;
    /// let grid = ProcessGrid::balanced(world, 2)?;
    /// let u = DistArray::from_fn(&grid, [40, 30], |[i, j]| i as f64 - j as f64)?;
    /// let differences = u.slice(s![1.., ..])?; // rows 1 to 39, on the ranks that have them
    /// let upside_down = u.slice(s![..;-1, ..])?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// A single index leaves out an axis that is not cut. Where the axis is cut, only some ranks have that
    /// index: `3..4` keeps it as an axis of one index, and [`index_axis`](Self::index_axis) copies it to all.
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, when the slice does not lie within the array, a cut axis would be
    /// left out, or a block-cyclic axis has no such slice: a view has one stride an axis, and what a rank has of a
    /// block-cyclic axis at some steps has several ([`AxisLayout::slice`](crate::layout::AxisLayout::slice) says at
    /// which). Redistributed to blocks or cyclic, the axis has all slices; [`slice_to_owned`](Self::slice_to_owned)
    /// does it where it must.
    pub fn slice<I: SliceArg<D>>(&self, info: I) -> Result<DistView<'_, A, I::OutDim>>
    where
        I::OutDim: Axes,
    {
        slice(self, &info)
    }

    /// A part of the array as an array of its own, by global indices, with any step of any layout.
    /// *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// # use partita::prelude::*;
    /// use ndarray::s;
    /// use partita::layout::Distribution::BlockCyclic;
    /// let grid = ProcessGrid::balanced(world, 1)?;
    /// let dealt = grid.layout([1000], &[BlockCyclic(4)])?;
    /// let u = DistArray::from_fn(&grid, &dealt, |[i]| i as f64)?;
    /// let every_third = u.slice_to_owned(s![..;3])?; // which no view of blocks of four is
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// Where a [`slice`](Self::slice) is a view, a copy of it and no message. Elsewhere the array is
    /// redistributed first, to blocks along the axes that have no such slice.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the slice does not lie within the array or a cut axis
    /// would be left out; as [`redistribute`](Self::redistribute).
    #[track_caller]
    pub fn slice_to_owned<I: SliceArg<D>>(&self, info: I) -> Result<DistArray<A, I::OutDim>>
    where
        I::OutDim: Axes,
    {
        let call = Call::new("slice_to_owned")
            .array::<A>(self.shape())
            .given(info.as_ref());
        let _call = self.communicator().enter(call)?;
        // Replicated: layouts and slices are the same on every rank.
        let axes = axes_of(&self.layout, info.as_ref())?;
        let sliceable = self.layout.in_blocks_to_slice(&axes)?;
        if sliceable == self.layout {
            return Ok(self.slice(info)?.to_owned());
        }
        Ok(self.redistribute(&sliceable)?.slice(info)?.to_owned())
    }

    /// A part of the array, to be changed; as [`slice`](Self::slice). *Local.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// # use partita::prelude::*;
    /// use ndarray::s;
    /// let grid = ProcessGrid::balanced(world, 2)?;
    /// let mut board = DistArray::full(&grid, [8, 8], 0u8)?;
    /// board.slice_mut(s![..;2, ..;2])?.fill(1);
    /// board.slice_mut(s![1..;2, 1..;2])?.fill(1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`slice`](Self::slice).
    pub fn slice_mut<I: SliceArg<D>>(&mut self, info: I) -> Result<DistViewMut<'_, A, I::OutDim>>
    where
        I::OutDim: Axes,
    {
        let rank = self.communicator().rank();
        let plan = Plan::new(&self.layout, info.as_ref())?;
        let (grid, layout) = (self.grid.clone(), plan.result(info.as_ref())?);
        let local = plan.local(&self.layout, rank);
        let mut part = self.local_mut();
        part.slice_each_axis_inplace(|axis| local[axis.axis.index()]);
        let part = with_axes_of(part, info.as_ref())?;
        Ok(DistViewMut { grid, layout, part })
    }

    /// One index of an axis, on every rank along it: an array of one axis less. *Collective.*
    ///
    /// The ranks along the axis then hold copies, so that it can be
    /// [broadcast](Self::broadcast_to) to the array's layout again.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// let first_row = u.index_axis(0, 0)?;
    /// let relative = (u - &first_row.broadcast_to(u.layout())?)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// A redistribution of that index: where the axis is cut, a message from its owner to each other rank
    /// along it.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when there is no such axis or index; as
    /// [`redistribute`](Self::redistribute).
    #[track_caller]
    pub fn index_axis(&self, axis: usize, index: usize) -> Result<DistArray<A, D::Smaller>>
    where
        D: RemoveAxis,
        D::Smaller: Axes,
    {
        let call = Call::new("index_axis")
            .array::<A>(self.shape())
            .given(&(axis, index));
        let _call = self.communicator().enter(call)?;
        let thin = thin(&self.layout, axis, index)?;
        let local = thin.local(&self.layout, self.communicator().rank());
        let mut part = self.local();
        part.slice_each_axis_inplace(|axis| local[axis.axis.index()]);
        let thin = DistArray::from_parts(&self.grid, thin.sliced, copied(part.view()));
        let whole = thin.redistribute(&thin.layout.with_replicated(axis)?)?;
        let others: Vec<_> = (0..self.ndim())
            .filter(|&other| other != axis)
            .map(Some)
            .collect();
        let layout = whole.layout.select_axes(&others)?;
        let storage = whole.storage.into_array().index_axis_move(Axis(axis), 0);
        Ok(DistArray::from_parts(&self.grid, layout, storage))
    }
}

impl<A: Element, D: Axes> DistView<'_, A, D> {
    /// A part of the view; as [`DistArray::slice`]. *Local.*
    ///
    /// # Errors
    /// As there.
    pub fn slice<I: SliceArg<D>>(&self, info: I) -> Result<DistView<'_, A, I::OutDim>>
    where
        I::OutDim: Axes,
    {
        slice(self, &info)
    }
}

/// What a slice takes of each axis, and the layout of that before axes are left out or added.
struct Plan<D: Axes> {
    axes: Vec<AxisSlice>,
    sliced: Layout<D>,
}

impl<D: Axes> Plan<D> {
    /// Replicated: the layout and the slice are the same everywhere.
    fn new(layout: &Layout<D>, info: &[SliceInfoElem]) -> Result<Self> {
        let axes = axes_of(layout, info)?;
        let sliced = layout.slice(&axes)?;
        Ok(Plan { axes, sliced })
    }

    /// The layout of the view: single indices are no axes, new ones have one index.
    fn result<E: Axes>(&self, info: &[SliceInfoElem]) -> Result<Layout<E>> {
        let mut next = 0;
        let mut chosen = vec![];
        for element in info {
            let axis = (!element.is_new_axis()).then_some(next);
            next += usize::from(axis.is_some());
            if !element.is_index() {
                chosen.push(axis);
            }
        }
        self.sliced.select_axes(&chosen)
    }

    /// Where a rank's part of the slice lies in its part of the array.
    fn local(&self, whole: &Layout<D>, rank: usize) -> Vec<Slice> {
        let runs = whole.all_local_runs(rank);
        let places = self
            .axes
            .iter()
            .zip(runs.iter().zip(self.sliced.all_local_runs(rank)));
        places
            .map(|(slice, (whole, sliced))| slice.local(whole, &sliced))
            .collect()
    }
}

/// What is taken of each axis of the array.
fn axes_of<D: Axes>(layout: &Layout<D>, info: &[SliceInfoElem]) -> Result<Vec<AxisSlice>> {
    let of_axes = info.iter().filter(|element| !element.is_new_axis());
    of_axes
        .zip(layout.shape())
        .enumerate()
        .map(|(axis, (element, &length))| {
            axis_slice(element, length)
                .map_err(|cause| Error::shape("slice", format!("{layout}: axis {axis}: {cause}")))
        })
        .collect()
}

/// In words, what is wrong with one axis of a slice.
fn axis_slice(element: &SliceInfoElem, length: usize) -> Result<AxisSlice, String> {
    match *element {
        SliceInfoElem::Slice { start, end, step } => AxisSlice::new(length, start, end, step),
        SliceInfoElem::Index(index) => {
            // After the last one there is the end.
            let end = index.checked_add(1).filter(|end| *end != 0);
            AxisSlice::new(length, index, end, 1)
                .ok()
                .filter(|slice| !slice.is_empty())
                .ok_or_else(|| format!("index {index} is not within {length} indices"))
        }
        SliceInfoElem::NewAxis => Ok(AxisSlice::whole(1)),
    }
}

fn slice<'array, T: Distributed, I: SliceArg<T::Dim>>(
    array: &'array T,
    info: &I,
) -> Result<DistView<'array, T::Element, I::OutDim>>
where
    I::OutDim: Axes,
{
    let plan = Plan::new(array.layout(), info.as_ref())?;
    let layout = plan.result(info.as_ref())?;
    let grid = array.grid().clone();
    let local = plan.local(array.layout(), grid.communicator().rank());
    let mut part = array.local();
    part.slice_each_axis_inplace(|axis| local[axis.axis.index()]);
    let part = with_axes_of(part, info.as_ref())?;
    Ok(DistView { grid, layout, part })
}

/// What a slice of one index of each single index' axis becomes: without those axes, with the new ones.
fn with_axes_of<S: RawData, D: Dimension, E: Dimension>(
    part: ArrayBase<S, D>,
    info: &[SliceInfoElem],
) -> Result<ArrayBase<S, E>> {
    let mut part = part.into_dyn();
    let mut place = 0;
    for element in info {
        match element {
            SliceInfoElem::Index(_) => part = part.index_axis_move(Axis(place), 0),
            SliceInfoElem::NewAxis => part = part.insert_axis(Axis(place)),
            SliceInfoElem::Slice { .. } => {}
        }
        place += usize::from(!element.is_index());
    }
    Ok(part.into_dimensionality()?)
}

/// One index of an axis and all of the others.
fn thin<D: Axes>(layout: &Layout<D>, axis: usize, index: usize) -> Result<Plan<D>> {
    let mut axes: Vec<_> = layout
        .shape()
        .iter()
        .copied()
        .map(AxisSlice::whole)
        .collect();
    let length = layout.shape().get(axis).copied().unwrap_or(0);
    if index >= length {
        let detail = format!("{layout}: no index {index} of an axis {axis}");
        return Err(Error::shape("index_axis", detail));
    }
    let one = AxisSlice::new(length, index as isize, Some(index as isize + 1), 1);
    axes[axis] = one.map_err(|cause| Error::shape("index_axis", cause))?;
    let sliced = layout.slice(&axes)?;
    Ok(Plan { axes, sliced })
}
