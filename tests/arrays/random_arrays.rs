//! Random arrays: the same on every grid as on one rank, position by position.

use ndarray::{Array, Ix0, Ix1, Ix2, Ix3};
use partita::layout::Distribution::{Block, BlockCyclic, Cyclic, Replicated};
use partita::layout::{Axes, Layout};
use partita::random::{Distribution, Integers, Normal, Permutation, Sequence, Uniform};
use partita::{Communicator, DistArray, Element, Error, ProcessGrid, Replacement, Result};
use partita_testing::{all_grids, spmd_test};

/// The array that one rank alone would make, element by element.
fn alone<Dist: Distribution, D: Axes>(
    seed: u64,
    distribution: Dist,
    shape: &D,
) -> Array<Dist::Value, D> {
    let mut sequence = Sequence::new(seed, distribution);
    let values = (0..shape.size() as u64).map(|position| sequence.at(position));
    Array::from_shape_vec(shape.clone(), values.collect()).expect("as many as the shape says")
}

/// Every element is held against its twin where it is, without a gather.
#[track_caller]
fn assert_is<A: Element + PartialEq + std::fmt::Debug, D: Axes>(
    found: &DistArray<A, D>,
    expected: &Array<A, D>,
) {
    assert_eq!(found.shape(), expected.shape());
    let expected = expected.view().into_dyn();
    for (index, &value) in found.indexed_iter() {
        assert_eq!(value, expected[index.as_ref()], "{found:?} at {index:?}");
    }
}

fn on_every_grid<D: Axes>(
    world: &Communicator,
    shapes: &[D],
    check: impl Fn(&ProcessGrid, &D) -> Result<()>,
) -> Result<()> {
    for grid in all_grids(world, D::NDIM.unwrap_or(0))? {
        for shape in shapes {
            check(&grid, shape)?;
        }
    }
    Ok(())
}

fn is_the_same_everywhere<D: Axes>(grid: &ProcessGrid, shape: &D) -> Result<()> {
    let uniform = DistArray::uniform(grid, shape.clone(), 1, -1.0f64..3.0)?;
    assert_is(&uniform, &alone(1, Uniform::new(-1.0..3.0)?, shape));
    Ok(())
}

fn every_kind_is_the_same_everywhere<D: Axes>(grid: &ProcessGrid, shape: &D) -> Result<()> {
    let normal = DistArray::normal(grid, shape.clone(), 2, 10.0f32, 0.5)?;
    assert_is(&normal, &alone(2, Normal::new(10.0, 0.5)?, shape));
    let wide = DistArray::integers(grid, shape.clone(), 3, 0..3u64 << 62)?;
    assert_is(&wide, &alone(3, Integers::new(0..3u64 << 62)?, shape));
    let dice = DistArray::choice(grid, shape.clone(), 4, 6, Replacement::With)?;
    assert_is(&dice, &alone(4, Integers::new(0..6u64)?, shape));
    let places: Vec<u64> = (0..shape.size() as u64)
        .map(|place| Permutation::new(1 << 40, 5).image(place))
        .collect();
    let drawn = DistArray::choice(grid, shape.clone(), 5, 1 << 40, Replacement::Without)?;
    assert_is(&drawn, &Array::from_shape_vec(shape.clone(), places)?);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5, 8])]
fn random_arrays_do_not_depend_on_ranks_or_grid(world: &Communicator) -> Result<()> {
    on_every_grid(world, &[Ix0()], is_the_same_everywhere)?;
    let lines = [0, 1, 7, 8192, 16_411].map(Ix1);
    on_every_grid(world, &lines, is_the_same_everywhere)?;
    // Whole rows, and rows in pieces; more than one block; nothing at all.
    let plates = [[1, 1], [3, 4001], [4, 0], [0, 4]].map(|[n, m]| Ix2(n, m));
    on_every_grid(world, &plates, is_the_same_everywhere)?;
    let of_every_kind = [Ix2(5, 9), Ix2(17, 31)];
    on_every_grid(world, &of_every_kind, every_kind_is_the_same_everywhere)?;
    let blocks = [[3, 5, 7], [2, 3, 2000], [3, 0, 2]].map(|[n, m, l]| Ix3(n, m, l));
    on_every_grid(world, &blocks, is_the_same_everywhere)
}

#[spmd_test(ranks = [2, 3, 8])]
fn random_arrays_do_not_depend_on_the_layout(world: &Communicator) -> Result<()> {
    let shape = Ix3(5, 170, 11);
    let expected = alone(1, Uniform::new(0.0f32..1.0)?, &shape);
    for grid in all_grids(world, 3)? {
        for distributions in [
            [Cyclic, Block, Replicated],
            [Replicated, BlockCyclic(7), Cyclic],
            [BlockCyclic(2), Replicated, BlockCyclic(3)],
        ] {
            let layout = Layout::new(shape, grid.shape().clone(), &distributions)?;
            let found = DistArray::uniform(&grid, layout, 1, 0.0..1.0)?;
            assert_is(&found, &expected);
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn a_permutation_has_every_number_once(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    for length in [0, 1, 2, 1000] {
        let permutation = DistArray::permutation(&grid, length, 9)?;
        let mut numbers = permutation.all_gather()?.to_vec();
        assert!(length < 1000 || !numbers.is_sorted());
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..length as u64));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn what_cannot_be_chosen_is_refused_on_every_rank(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let refused = [
        DistArray::choice(&grid, [7], 1, 6, Replacement::Without).map(drop),
        DistArray::choice(&grid, [7], 1, 0, Replacement::With).map(drop),
        DistArray::uniform(&grid, [7], 1, 1.0..1.0).map(drop),
        DistArray::normal(&grid, [7], 1, 0.0, -1.0).map(drop),
        DistArray::integers(&grid, [7], 1, 5..5).map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    }
    for replacement in [Replacement::With, Replacement::Without] {
        assert!(DistArray::choice(&grid, [0], 1, 0, replacement)?.is_empty());
    }
    assert!(DistArray::uniform(&grid, [2, 2], 1, 0.0..1.0).is_err());
    Ok(())
}

/// Where the checker is on, as it is in tests.
#[spmd_test(ranks = [2])]
fn seeds_that_differ_are_found(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let seed = 40 + world.rank() as u64;
    match DistArray::uniform(&grid, [7], seed, 0.0..1.0) {
        Err(Error::Mismatch { calls }) => assert!(calls.contains("seed 41"), "{calls}"),
        other => panic!("different seeds gave {other:?}"),
    }
    Ok(())
}
