//! Axes of length 1, and replicated ones, as every rank's part of a larger array.

use ndarray::{ArrayView, Axis, Slice};

use crate::array::DistArray;
use crate::array::view::{DistView, Distributed};
use crate::comm::Element;
use crate::error::{Error, Result};
use crate::layout::{Axes, Layout, Runs};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The array repeated to another layout, as numpy broadcasts: its axes are the last ones of the larger
    /// array, and those of length 1 and those that are not there are repeated. *Local*, without a copy.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// # use partita::prelude::*;
    /// let grid = ProcessGrid::new(world, &[world.size()])?;
    /// let rows = grid.layout([40, 30], &[Distribution::Block, Distribution::Replicated])?;
    /// let whole = grid.layout([30], &[Distribution::Replicated])?;
    /// let matrix = DistArray::from_fn(&grid, &rows, |[i, j]| (i * j) as f64)?;
    /// let weights = DistArray::from_fn(&grid, &whole, |[j]| 1.0 / (j + 1) as f64)?;
    /// let weighted = (&matrix * &weights.broadcast_to(&rows)?)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, naming both layouts, when the shapes do not go together, or a rank
    /// has not all it needs: an axis is repeated, or cut in another way, where it is *replicated* first.
    pub fn broadcast_to<E: Axes>(&self, layout: &Layout<E>) -> Result<DistView<'_, A, E>> {
        broadcast(self, layout)
    }
}

impl<A: Element, D: Axes> DistView<'_, A, D> {
    /// The view repeated to another layout; see [`DistArray::broadcast_to`]. *Local.*
    ///
    /// # Errors
    /// As there.
    pub fn broadcast_to<E: Axes>(&self, layout: &Layout<E>) -> Result<DistView<'_, A, E>> {
        broadcast(self, layout)
    }
}

fn broadcast<'array, T: Distributed, E: Axes>(
    array: &'array T,
    layout: &Layout<E>,
) -> Result<DistView<'array, T::Element, E>> {
    let from = array.layout();
    let communicator = array.grid().communicator();
    let error = |detail: String| {
        let remedy = "`redistribute` it with that axis replicated first";
        Error::shape(
            "broadcast_to",
            format!("{from} to {layout}: {detail}; {remedy}"),
        )
    };
    let (ndim, larger) = (from.shape().len(), layout.shape().len());
    if layout.grid() != array.grid().shape() {
        return Err(error("another grid".to_string()));
    }
    let repeats = |(&from, &to): (&usize, &usize)| from == to || from == 1;
    let mut last_axes = from
        .shape()
        .iter()
        .zip(layout.shape().iter().skip(larger.saturating_sub(ndim)));
    if ndim > larger || !last_axes.all(repeats) {
        let shapes = format!(
            "the shapes {:?} and {:?} do not go together",
            from.shape(),
            layout.shape()
        );
        return Err(Error::shape("broadcast_to", shapes));
    }
    // Replicated: what each rank has is known everywhere.
    let mut own = vec![];
    for rank in 0..communicator.size() {
        let (there, here) = (layout.all_local_runs(rank), from.all_local_runs(rank));
        let slices: Result<Vec<Slice>, usize> = (0..ndim)
            .map(|axis| {
                let runs = &there[axis + larger - ndim];
                taken(&here[axis], from.shape()[axis], runs).ok_or(axis)
            })
            .collect();
        let slices =
            slices.map_err(|axis| error(format!("axis {axis} does not fit on rank {rank}")))?;
        if rank == communicator.rank() {
            own = slices;
        }
    }
    let mut part = array.local();
    part.slice_each_axis_inplace(|axis| own[axis.axis.index()]);
    Ok(DistView {
        grid: array.grid().clone(),
        layout: layout.clone(),
        part: with_leading_axes(part, larger - ndim)?,
    })
}

/// Which of the indices that a rank has of an axis it shows as those that it needs; one is repeated.
fn taken(here: &Runs, length: usize, needed: &Runs) -> Option<Slice> {
    if needed.is_empty() {
        return Some(Slice::from(0..0));
    }
    if length == 1 {
        return (here.len() == 1).then(|| Slice::from(0..1));
    }
    if here == needed {
        return Some(Slice::from(..));
    }
    match (here.len() == length, &needed.slices()[..]) {
        (true, [(along_axis, _)]) => Some(*along_axis),
        _ => None,
    }
}

fn with_leading_axes<A, D: Axes, E: Axes>(
    part: ArrayView<'_, A, D>,
    count: usize,
) -> Result<ArrayView<'_, A, E>> {
    let part = (0..count).fold(part.into_dyn(), |part, _| part.insert_axis(Axis(0)));
    Ok(part.into_dimensionality()?)
}
