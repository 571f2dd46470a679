//! Shapes and process grids to try.

use crate::sample::Sample;
use ndarray::Array;
use partita::layout::Axes;
use partita::{Communicator, ProcessGrid, Result};
use proptest::prelude::*;

/// Every grid of `ndim` axes that has a place for each rank.
pub fn all_grids(world: &Communicator, ndim: usize) -> Result<Vec<ProcessGrid>> {
    every_product(world.size(), ndim)
        .iter()
        .map(|parts| ProcessGrid::new(world, parts))
        .collect()
}

/// All ways to write `size` as a product of so many factors.
pub fn every_product(size: usize, factors: usize) -> Vec<Vec<usize>> {
    if factors == 0 {
        return if size == 1 { vec![vec![]] } else { vec![] };
    }
    let divisors = (1..=size).filter(|factor| size.is_multiple_of(*factor));
    let with_rest = divisors.flat_map(|factor| {
        let rests = every_product(size / factor, factors - 1);
        rests
            .into_iter()
            .map(move |rest| [vec![factor], rest].concat())
    });
    with_rest.collect()
}

/// Lengths of an axis: none, one, fewer than ranks, primes, multiples.
pub fn axis_length() -> impl Strategy<Value = usize> {
    prop_oneof![
        1 => Just(0),
        1 => Just(1),
        3 => 2..6usize,
        2 => prop::sample::select(vec![7, 8, 11, 13]),
    ]
}

/// A shape of as many axes as `D` has; the axes are short where they are many.
pub fn shape<D: Axes>() -> impl Strategy<Value = D> {
    let ndim = D::NDIM.unwrap_or(0);
    let short = prop_oneof![1 => Just(0), 4 => Just(1), 20 => 2..4usize];
    let length = match ndim {
        0..5 => axis_length().boxed(),
        _ => short.boxed(),
    };
    prop::collection::vec(length, ndim).prop_map(|lengths| shape_of(&lengths))
}

/// The lengths of all axes as a shape.
pub fn shape_of<D: Axes>(lengths: &[usize]) -> D {
    let mut shape = D::zeros(lengths.len());
    shape.slice_mut().copy_from_slice(lengths);
    shape
}

/// Where an element stands among all elements in C order.
pub fn position(shape: &[usize], index: &[usize]) -> usize {
    let axes = shape.iter().zip(index);
    axes.fold(0, |position, (length, index)| position * length + index)
}

/// The serial twin of `DistArray::from_fn(grid, shape, |index| sample(position(shape, index)))`.
pub fn whole<A: Sample, D: Axes>(shape: &D) -> Array<A, D> {
    let values = (0..shape.size()).map(A::sample).collect();
    match Array::from_shape_vec(shape.clone(), values) {
        Ok(whole) => whole,
        Err(error) => panic!("{error}"),
    }
}
