//! Arrays in every kind of layout against whole ones.

use ndarray::{Array, Ix0, Ix1, Ix2, Ix3, Ix4};
use partita::layout::{Axes, Distribution, GridShape, Layout};
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_testing::spmd_test;
use proptest::prelude::*;

use crate::grids::{every_product, position, shape, whole};
use crate::sample::Sample;
use crate::shared::cases;

/// Layouts of all kinds for so many ranks: any shape, any grid of 1 to 4 axes, any distribution over any
/// of its axes, with copies where an axis of the grid is left.
pub fn any_layout<D: Axes>(size: usize) -> impl Strategy<Value = Layout<D>> {
    shape::<D>().prop_flat_map(move |shape| any_layout_of(shape, size))
}

/// Likewise, of arrays of this shape.
pub fn any_layout_of<D: Axes>(shape: D, size: usize) -> impl Strategy<Value = Layout<D>> {
    let grids = (1..5).flat_map(|ndim| every_product(size, ndim));
    let grid = prop::sample::select(grids.collect::<Vec<_>>());
    let kinds = prop::collection::vec((0usize..6, 1usize..4), D::NDIM.unwrap_or(0));
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
    kinds: &[(usize, usize)],
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

fn distribution((kind, block): (usize, usize), length: usize, parts: usize) -> Distribution {
    match kind {
        0 | 1 => Distribution::Block,
        2 => Distribution::Cyclic,
        3 => Distribution::BlockCyclic(block),
        4 => Distribution::Replicated,
        // One index to the first part, the others to the last.
        _ => {
            let first = length.min(1);
            let mut sizes = vec![0; parts];
            sizes[0] += first;
            sizes[parts - 1] += length - first;
            Distribution::Parts(sizes)
        }
    }
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

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn an_array_is_the_same_in_every_layout(world: &Communicator) -> Result<()> {
    fn check<A: Sample, D: Axes>(world: &Communicator) -> Result<()> {
        for (layout, root) in cases(12, (any_layout::<D>(world.size()), 0..world.size())) {
            let array = sampled::<A, D>(world, &layout)?;
            let expected: Array<A, D> = whole(&layout.raw_dim());
            assert_eq!(array.all_gather()?, expected, "{array:?}");
            let at_root = array.gather(root)?;
            let is_root = world.rank() == root;
            assert_eq!(at_root.as_ref(), is_root.then_some(&expected), "{array:?}");
            for (index, value) in array.indexed_iter() {
                assert_eq!(*value, A::sample(position(layout.shape(), index.as_ref())));
            }
            let part = DistArray::from_local(array.grid(), &layout, array.local().to_owned())?;
            assert_eq!(part.all_gather()?, expected, "{part:?}");
        }
        Ok(())
    }
    check::<f64, Ix0>(world)?;
    check::<u16, Ix1>(world)?;
    check::<f64, Ix2>(world)?;
    check::<i32, Ix3>(world)?;
    check::<u8, Ix4>(world)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn copies_of_an_element_count_once(world: &Communicator) -> Result<()> {
    for layout in cases(24, any_layout::<Ix2>(world.size())) {
        let array = sampled::<i64, Ix2>(world, &layout)?;
        let expected: i64 = whole::<i64, Ix2>(&layout.raw_dim()).sum();
        assert_eq!(array.sum()?, expected, "{array:?}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 8])]
fn layouts_with_the_same_parts_meet_whatever_their_names(world: &Communicator) -> Result<()> {
    let size = world.size();
    let grid = ProcessGrid::new(world, &[size])?;
    // Blocks of 2, whether dealt in turn or not.
    let dealt = grid.layout([2 * size], &[Distribution::BlockCyclic(2)])?;
    let blocks = DistArray::full(&grid, [2 * size], 1)?;
    let dealt = DistArray::full(&grid, dealt, 2)?;
    let sum = blocks.zip_with(&dealt, |one, two| one + two)?;
    assert_eq!(sum.sum()?, 6 * size as i64);
    Ok(())
}
