//! An array to one of an axis less.

use ndarray::{Array, Axis, Dimension};

use super::runs::{for_each_run_of, in_memory};
use super::{Along, Dot, Reduced, Reducer};
use crate::array::view::check_same_layout;
use crate::array::{DistArray, Distributed, ProcessGrid};
use crate::comm::{Call, Communicator, Element};
use crate::error::{Error, Result};
use crate::layout::{Layout, block_range};

#[track_caller]
pub(super) fn reduce_axis_by<T, R>(
    array: &T,
    axis: usize,
    reducer: &R,
) -> Result<Reduced<T, R::Output>>
where
    T: Distributed<Dim: Along>,
    R: Reducer<T::Element, Output: Element>,
{
    let call = Call::new("reduce_axis_by").detail(R::NAME);
    let call = call
        .array::<T::Element>(array.layout().shape())
        .given(&axis);
    let _call = array.grid().communicator().enter(call)?;
    let layout = layout_without(R::NAME, array, axis)?;
    finished::<_, T::Element, _>(
        array,
        axis,
        layout,
        reducer,
        line_states(array, axis, reducer),
    )
}

#[track_caller]
pub(super) fn dot_axis<T, U>(one: &T, other: &U, axis: usize) -> Result<Reduced<T, T::Element>>
where
    T: Distributed<Dim: Along, Element: Dot>,
    U: Distributed<Element = T::Element, Dim = T::Dim>,
{
    let call = Call::new("dot_axis")
        .array::<T::Element>(one.layout().shape())
        .given(&axis);
    let _call = one.grid().communicator().enter(call)?;
    // Replicated: both layouts are the same on every rank.
    let (left, right) = ((one.grid(), one.layout()), (other.grid(), other.layout()));
    check_same_layout("dot_axis", left, right)?;
    let layout = layout_without("dot_axis", one, axis)?;
    let (left, right) = (one.local(), other.local());
    let (mut left_copy, mut right_copy) = (Vec::new(), Vec::new());
    let lines = left.lanes(Axis(axis)).into_iter();
    let states = lines.zip(right.lanes(Axis(axis))).map(|(left, right)| {
        let mut state = <T::Element as Dot>::Sum::default();
        let left = in_memory(left, &mut left_copy);
        let right = in_memory(right, &mut right_copy);
        T::Element::add_products(&mut state, left, right);
        state
    });
    let states = states.collect();
    finished::<_, T::Element, _>(one, axis, layout, &super::dot::OfProducts, states)
}

/// The state of each line along `axis` of this rank's part, in C order.
fn line_states<T, R>(array: &T, axis: usize, reducer: &R) -> Vec<R::State>
where
    T: Distributed<Dim: Along>,
    R: Reducer<T::Element>,
{
    let rank = array.grid().communicator().rank();
    let along = array.layout().local_runs(rank, axis);
    let (local, mut copy) = (array.local(), Vec::new());
    let line_state = |line| {
        let mut state = reducer.start();
        for_each_run_of(line, along, &mut copy, |position, run| {
            reducer.add(&mut state, position, run);
        });
        state
    };
    local
        .lanes(Axis(axis))
        .into_iter()
        .map(line_state)
        .collect()
}

/// The array of what the lines along `axis` come to, from the states of this rank's parts of them.
fn finished<T, B, R>(
    array: &T,
    axis: usize,
    layout: Layout<<T::Dim as Dimension>::Smaller>,
    reducer: &R,
    states: Vec<R::State>,
) -> Result<Reduced<T, R::Output>>
where
    T: Distributed<Dim: Along>,
    R: Reducer<B, Output: Element>,
{
    let grid = array.grid();
    let finish = |states: Vec<R::State>| {
        let results = states.into_iter().map(|state| reducer.finish(state));
        // Local: each rank has results of its own.
        let results: Result<Vec<R::Output>> = results.collect();
        grid.communicator().agree(results)
    };
    let results = match array.layout().over()[axis] {
        Some(place) if array.layout().axes()[axis].parts() > 1 => {
            let line = ranks_along(array, place)?;
            let results = finish(merged_share(&line, reducer, states)?)?;
            line.all_gatherv(&results)?.into_vec()
        }
        _ => finish(states)?,
    };
    let shape = layout.local_shape(grid.communicator().rank());
    let local = Array::from_shape_vec(shape, results)?;
    Ok(DistArray::from_parts(grid, layout, local))
}

/// The ranks that differ in their place on one axis of the grid alone.
fn ranks_along<T: Distributed>(array: &T, place: usize) -> Result<Communicator> {
    let (grid, shape) = (array.grid(), array.layout().grid());
    // Replicated: an array's layout may be on another grid of the same ranks.
    match grid.shape() == shape {
        true => grid.along(place),
        false => ProcessGrid::new(grid.communicator(), shape.parts())?.along(place),
    }
}

/// The states that all ranks of a line have of the same elements, merged: each rank gets a share of them.
fn merged_share<B, R: Reducer<B>>(
    line: &Communicator,
    reducer: &R,
    states: Vec<R::State>,
) -> Result<Vec<R::State>> {
    let (count, mut states) = (states.len(), states.into_iter());
    let shares: Vec<Vec<R::State>> = (0..line.size())
        .map(|rank| {
            let share = block_range(count, line.size(), rank).len();
            states.by_ref().take(share).collect()
        })
        .collect();
    let received = line.all_to_all_objects(&shares)?.into_iter();
    let merged = received.reduce(|mut merged, others| {
        for (state, other) in merged.iter_mut().zip(others) {
            reducer.merge(state, other);
        }
        merged
    });
    Ok(merged.unwrap_or_default())
}

/// Replicated: the shape is the same on every rank.
fn layout_without<T: Distributed<Dim: Along>>(
    operation: &str,
    array: &T,
    axis: usize,
) -> Result<Layout<<T::Dim as Dimension>::Smaller>> {
    let layout = array.layout();
    check_axis(operation, layout.shape(), axis)?;
    let others = (0..layout.shape().len()).filter(|&other| other != axis);
    let others: Vec<_> = others.map(Some).collect();
    layout.with_replicated(axis)?.select_axes(&others)
}

pub(super) fn check_axis(operation: &str, shape: &[usize], axis: usize) -> Result<()> {
    if axis < shape.len() {
        return Ok(());
    }
    let detail = format!("there is no axis {axis} in {shape:?}");
    Err(Error::shape(operation, detail))
}
