//! Arrays in any layout beside the whole of them, and functions to reduce them by.

use ndarray::Array;
use partita::layout::{Axes, Layout};
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_testing::position;

/// Values of which many are equal, some zeros of either sign, and some (where wanted) not finite.
pub fn value(seed: u64, place: usize, with_specials: bool) -> f64 {
    let mixed = (seed ^ place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32;
    match mixed % 16 {
        0 => 0.0,
        1 => -0.0,
        2 => 1e300,
        3 => -1e300,
        4 => 1e-310,
        5 if with_specials => f64::NAN,
        6 if with_specials => f64::INFINITY,
        _ => (mixed % 41) as f64 * 0.1 - 2.0,
    }
}

pub fn distributed<D: Axes>(
    world: &Communicator,
    layout: &Layout<D>,
    of: impl Fn(usize) -> f64,
) -> Result<(DistArray<f64, D>, Array<f64, D>)> {
    let grid = ProcessGrid::new(world, layout.grid().parts())?;
    let place = |index: D::Index| position(layout.shape(), index.as_ref());
    let array = DistArray::from_fn(&grid, layout, |index| of(place(index)))?;
    let whole = (0..layout.raw_dim().size()).map(of).collect();
    Ok((array, Array::from_shape_vec(layout.raw_dim(), whole)?))
}

pub fn same(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
}

/// Neither associative nor commutative.
pub fn odd(left: f64, right: f64) -> f64 {
    left * 0.5 - right * 0.25 + 0.1
}
