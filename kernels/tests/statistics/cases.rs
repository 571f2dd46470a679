//! Values, layouts, and what is near enough.

use ndarray::Ix2;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use partita::layout::{Distribution::*, Layout};
use partita::{Communicator, DistArray, ProcessGrid, Result};

/// Ties, zeros of either sign, large and small ones.
pub fn value(place: usize) -> f64 {
    let mixed = (place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33;
    match mixed % 9 {
        0 => 0.0,
        1 => -0.0,
        2 => -1e6,
        3 => 1e-3,
        _ => (mixed % 97) as f64 * 0.37 - 12.5,
    }
}

/// Every kind of layout of this shape, with copies too.
pub fn layouts(world: &Communicator, shape: [usize; 2]) -> Result<Vec<(ProcessGrid, Layout<Ix2>)>> {
    let size = world.size();
    let (line, plane) = (
        ProcessGrid::new(world, &[size])?,
        ProcessGrid::balanced(world, 2)?,
    );
    Ok(vec![
        (plane.clone(), plane.layout(shape, &[Block, Block])?),
        (
            plane.clone(),
            plane.layout(shape, &[Cyclic, BlockCyclic(2)])?,
        ),
        (line.clone(), line.layout(shape, &[Replicated, Cyclic])?),
        (line.clone(), line.layout(shape, &[Replicated, Replicated])?),
    ])
}

/// Calls `check` with an array in every layout and its elements in C order.
pub fn in_every_layout(
    world: &Communicator,
    of: fn(usize) -> f64,
    check: impl Fn(&DistArray<f64, Ix2>, &[f64]) -> Result<()>,
) -> Result<()> {
    for shape in [[1, 1], [7, 5], [3, 40], [200, 2], [1, 13]] {
        let values: Vec<f64> = (0..shape[0] * shape[1]).map(of).collect();
        for (grid, layout) in layouts(world, shape)? {
            let array = DistArray::from_fn(&grid, layout, |[i, j]| of(i * shape[1] + j))?;
            check(&array, &values)?;
        }
    }
    Ok(())
}

#[track_caller]
pub fn near(found: f64, expected: f64, units: f64) {
    let same = found == expected || found.is_nan() && expected.is_nan();
    let off = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(
        same || off <= units * f64::EPSILON,
        "{found:e} for {expected:e}"
    );
}

#[track_caller]
pub fn assert_bits<'a>(found: impl IntoIterator<Item = &'a f64>, expected: &[f64]) {
    let found: Vec<u64> = found.into_iter().map(|value| value.to_bits()).collect();
    let expected: Vec<u64> = expected.iter().map(|value| value.to_bits()).collect();
    assert_eq!(found, expected);
}

/// The double next to the mean, from rationals.
pub fn exact_mean(values: &[f64]) -> f64 {
    let rationals = values
        .iter()
        .map(|&value| BigRational::from_float(value).expect("finite"));
    let mean = rationals.sum::<BigRational>() / BigRational::from_integer(values.len().into());
    mean.to_f64().expect("a number")
}

/// The lines along an axis of what has so many columns, in C order.
pub fn lines_of(values: &[f64], columns: usize, axis: usize) -> Vec<Vec<f64>> {
    let rows = values.chunks(columns);
    match axis {
        1 => rows.map(<[f64]>::to_vec).collect(),
        _ => (0..columns)
            .map(|column| rows.clone().map(|row| row[column]).collect())
            .collect(),
    }
}
