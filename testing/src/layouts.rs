//! Layouts to try.

use std::ops::Range;

use crate::grids::{every_product, position, shape};
use crate::sample::Sample;
use ndarray::{Array, Axis};
use partita::layout::{Axes, Distribution, GridShape, Layout};
use partita::{Communicator, DistArray, ProcessGrid, Result};
use proptest::prelude::*;

/// Layouts of all kinds for so many ranks: any shape, any grid of 1 to 6 axes, any distribution over any
/// of its axes, with copies where an axis of the grid is left.
pub fn any_layout<D: Axes>(size: usize) -> impl Strategy<Value = Layout<D>> {
    shape::<D>().prop_flat_map(move |shape| any_layout_of(shape, size))
}

/// Likewise, of arrays of this shape.
pub fn any_layout_of<D: Axes>(shape: D, size: usize) -> impl Strategy<Value = Layout<D>> {
    layouts_of(shape, size, 0..KINDS)
}

/// Layouts whose parts are boxes: blocks, explicit parts and copies.
pub fn any_boxes<D: Axes>(size: usize) -> impl Strategy<Value = Layout<D>> {
    shape::<D>().prop_flat_map(move |shape| layouts_of(shape, size, 0..KINDS_OF_BOXES))
}

/// Of distributions, those of boxes first.
const KINDS: usize = 8;
const KINDS_OF_BOXES: usize = 6;

fn layouts_of<D: Axes>(
    shape: D,
    size: usize,
    kinds: Range<usize>,
) -> impl Strategy<Value = Layout<D>> {
    // As many grids of few axes as of many, of which there are more.
    let grid =
        (1..7usize).prop_flat_map(move |ndim| prop::sample::select(every_product(size, ndim)));
    let kind = (kinds, any::<[u8; 4]>());
    let kinds = prop::collection::vec(kind, D::NDIM.unwrap_or(0));
    (Just(shape), grid, kinds)
        .prop_flat_map(|(shape, grid, kinds)| {
            let places: Vec<usize> = (0..grid.len()).collect();
            (Just((shape, grid, kinds)), Just(places).prop_shuffle())
        })
        .prop_map(|((shape, grid, kinds), places)| layout_of(&shape, &grid, &kinds, &places))
}

fn layout_of<D: Axes>(
    shape: &D,
    grid: &[usize],
    kinds: &[(usize, [u8; 4])],
    places: &[usize],
) -> Layout<D> {
    let mut distributions = vec![];
    let mut over = vec![];
    for (axis, &kind) in kinds.iter().enumerate() {
        let place = places.get(axis).copied();
        let distribution = place.map_or(Distribution::Replicated, |place| {
            distribution(kind, shape[axis], grid[place])
        });
        over.push(place.filter(|_| distribution != Distribution::Replicated));
        distributions.push(distribution);
    }
    Layout::mapped(shape.clone(), GridShape::new(grid), &distributions, &over)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn distribution((kind, drawn): (usize, [u8; 4]), length: usize, parts: usize) -> Distribution {
    match kind {
        0 | 1 => Distribution::Block,
        2 => Distribution::Replicated,
        3 | 4 => Distribution::Parts(any_parts(drawn, length, parts)),
        // One index to the first part, the others to the last.
        5 => {
            let first = length.min(1);
            let mut sizes = vec![0; parts];
            sizes[0] += first;
            sizes[parts - 1] += length - first;
            Distribution::Parts(sizes)
        }
        6 => Distribution::Cyclic,
        _ => Distribution::BlockCyclic(1 + usize::from(drawn[0]) % 4),
    }
}

/// Sizes of `parts` parts, some of them nothing, that add up to the length.
fn any_parts(drawn: [u8; 4], length: usize, parts: usize) -> Vec<usize> {
    let ends = (1..parts).map(|part| {
        let number = drawn.iter().fold(part, |number, &byte| {
            number.wrapping_mul(0x0100_0193) ^ usize::from(byte)
        });
        number % (length + 1)
    });
    let mut ends: Vec<usize> = ends.chain([length]).collect();
    ends.sort_unstable();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    ends.iter()
        .zip(starts)
        .map(|(end, start)| end - start)
        .collect()
}

/// The array of samples in this layout.
pub fn sampled<A: Sample, D: Axes>(
    world: &Communicator,
    layout: &Layout<D>,
) -> Result<DistArray<A, D>> {
    let grid = ProcessGrid::new(world, layout.grid().parts())?;
    DistArray::from_fn(&grid, layout, |index| {
        A::sample(position(layout.shape(), index.as_ref()))
    })
}

/// What `rank` has of `whole` in a layout: known without a message, for it needs no other rank.
pub fn part_of<A: Sample, D: Axes>(
    whole: &Array<A, D>,
    layout: &Layout<D>,
    rank: usize,
) -> Array<A, D> {
    let runs = layout.all_local_runs(rank);
    let part = (0..runs.len()).fold(whole.clone().into_dyn(), |part, axis| {
        let indices: Vec<usize> = runs[axis].indices().collect();
        part.select(Axis(axis), &indices)
    });
    part.into_dimensionality()
        .unwrap_or_else(|error| panic!("as many axes as before: {error}"))
}
