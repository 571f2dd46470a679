//! Sums have the same bits on any number of ranks and on every grid: those that each rank computes alone
//! from the global values, by another algorithm.

use ndarray::{Dimension, Ix1, Ix2, Ix3};
use num_complex::Complex;
use partita::layout::Axes;
use partita::reduce::Summable;
use partita::{Communicator, DistArray, Error, ProcessGrid, Reductions, Result};
use partita_testing::{all_grids, cases, error_of_all, position, shape_of, spmd_test};
use proptest::prelude::*;

/// The sum of finite numbers, rounded once: J. R. Shewchuk's expansions (1997) with the final rounding
/// of Python's `math.fsum`. Wants no intermediate overflow.
fn shewchuk(values: &[f64]) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for &value in values {
        let mut carried = value;
        let mut kept = Vec::new();
        for partial in partials {
            let (large, small) = match carried.abs() < partial.abs() {
                true => (partial, carried),
                false => (carried, partial),
            };
            let sum = large + small;
            let error = small - (sum - large);
            if error != 0.0 {
                kept.push(error);
            }
            carried = sum;
        }
        kept.push(carried);
        partials = kept;
    }
    let mut sum = partials.pop().unwrap_or(0.0);
    let mut error = 0.0;
    while let Some(partial) = partials.pop() {
        let before = sum;
        sum = before + partial;
        error = partial - (sum - before);
        if error != 0.0 {
            break;
        }
    }
    // Half-way cases are decided by the sign of what is left.
    if let Some(&next) = partials.last()
        && ((error < 0.0 && next < 0.0) || (error > 0.0 && next > 0.0))
    {
        let doubled = error * 2.0;
        let candidate = sum + doubled;
        if doubled == candidate - sum {
            sum = candidate;
        }
    }
    sum
}

/// `values` in C order as an array of shape `lengths`.
fn array_of<A: Summable, D: Axes>(
    grid: &ProcessGrid,
    lengths: &[usize],
    values: &[A],
) -> Result<DistArray<A, D>> {
    DistArray::from_fn(grid, shape_of::<D>(lengths), |index| {
        values[position(lengths, index.as_ref())]
    })
}

/// Sums `values` on every grid, as a line, a plane and a box.
fn sums<A: Summable>(world: &Communicator, values: &[A]) -> Result<Vec<Result<A>>> {
    fn on_grids<A: Summable, D: Axes>(
        world: &Communicator,
        lengths: &[usize],
        values: &[A],
    ) -> Result<Vec<Result<A>>> {
        all_grids(world, lengths.len())?
            .iter()
            .map(|grid| Ok(array_of::<A, D>(grid, lengths, values)?.sum_exact()))
            .collect()
    }
    let count = values.len();
    let mut sums = on_grids::<A, Ix1>(world, &[count], values)?;
    sums.extend(on_grids::<A, Ix2>(world, &[count / 4, 4], values)?);
    sums.extend(on_grids::<A, Ix3>(world, &[2, count / 4, 2], values)?);
    Ok(sums)
}

#[track_caller]
fn assert_bits(world: &Communicator, values: &[f64]) -> Result<()> {
    let expected = shewchuk(values);
    for sum in sums(world, values)? {
        assert_eq!(sum?.to_bits(), expected.to_bits(), "{values:?}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn a_sum_has_the_bits_of_the_exact_sum_rounded_once(world: &Communicator) -> Result<()> {
    let finite = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    let any = finite.prop_map(|value| match value.abs() < 1e300 {
        true => value,
        false => value * 1e-10,
    });
    let alike = -1.0..1.0;
    let value = prop_oneof![any, alike, Just(1.0), Just(f64::EPSILON / 2.0)];
    for values in cases(20, prop::collection::vec(value, 48)) {
        assert_bits(world, &values)?;
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn what_cancels_leaves_the_small_ones_exact(world: &Communicator) -> Result<()> {
    let large = prop::sample::select(vec![1e100, 1e17, 2f64.powi(53), 1e300]);
    let small = prop::sample::select(vec![1.0, 1e-17, 5e-324, 0.1]);
    let case = (large, small, 0..48usize, 0..48usize, 0..48usize);
    for (large, small, place, opposite, between) in cases(30, case) {
        let mut values = vec![0.0; 48];
        values[place] += large;
        values[between] += small;
        values[opposite] -= large;
        assert_bits(world, &values)?;
    }
    // As the plainest of them: 1e100 + 1 − 1e100.
    let mut values = vec![0.0; 48];
    (values[3], values[20], values[47]) = (1e100, 1.0, -1e100);
    for sum in sums(world, &values)? {
        assert_eq!(sum?, 1.0);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn sums_of_singles_and_of_complex_numbers_are_rounded_once_too(world: &Communicator) -> Result<()> {
    // Multiples of 2⁻²⁰ whose sums an f64 holds exactly: the oracle rounds them once, to f32.
    let single = (-(1i32 << 24)..1 << 24).prop_map(|whole| whole as f32 * 2f32.powi(-20));
    for values in cases(20, prop::collection::vec(single, 48)) {
        let exact: f64 = values.iter().copied().map(f64::from).sum();
        for sum in sums(world, &values)? {
            assert_eq!(sum?.to_bits(), (exact as f32).to_bits());
        }
        let turned = |place: usize| values[(place * 7 + 1) % 48];
        let complex: Vec<Complex<f64>> = (0..48)
            .map(|place| Complex::new(f64::from(values[place]) * 1e200, f64::from(turned(place))))
            .collect();
        let real: Vec<f64> = complex.iter().map(|value| value.re).collect();
        let imaginary: Vec<f64> = complex.iter().map(|value| value.im).collect();
        let expected = Complex::new(shewchuk(&real), shewchuk(&imaginary));
        for sum in sums(world, &complex)? {
            assert_eq!(sum?, expected);
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn what_is_not_finite_is_never_lost(world: &Communicator) -> Result<()> {
    let special = || prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    let places = prop::collection::vec((0..48usize, special()), 1..3);
    for places in cases(40, places) {
        let mut values = [f64::MAX, -1.0, 0.5, f64::MIN].repeat(12);
        for &(place, special) in &places {
            values[place] = special;
        }
        // IEEE addition itself; of the finite ones only zeros are left, so that they cannot overflow.
        let specials = values.iter().filter(|value| !value.is_finite());
        let expected: f64 = specials.sum();
        for sum in sums(world, &values)? {
            let sum = sum?;
            let same = sum == expected || (sum.is_nan() && expected.is_nan());
            assert!(same, "{sum} for {expected}: {places:?}");
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn an_integer_sum_fits_or_is_the_same_error_on_every_rank(world: &Communicator) -> Result<()> {
    fn check<A>(world: &Communicator, values: &[A]) -> Result<()>
    where
        A: Summable + Into<i128> + TryFrom<i128> + PartialEq + std::fmt::Debug,
    {
        // A hundred and twenty-eight bits are more than any of these sums needs.
        let exact: i128 = values.iter().map(|&value| value.into()).sum();
        for sum in sums(world, values)? {
            match A::try_from(exact) {
                Ok(expected) => assert_eq!(sum?, expected),
                Err(_) => {
                    let error = error_of_all(world, sum)?;
                    assert!(matches!(error, Error::Numerical { .. }), "{error:?}");
                    assert!(error.to_string().contains(&exact.to_string()), "{error}");
                }
            }
        }
        Ok(())
    }
    let narrow = prop_oneof![1 => Just(i8::MAX), 1 => Just(i8::MIN), 6 => any::<i8>()];
    for values in cases(10, prop::collection::vec(narrow, 48)) {
        check(world, &values)?;
    }
    for values in cases(10, prop::collection::vec(0..8u8, 48)) {
        check(world, &values)?;
    }
    let wide = prop_oneof![Just(i64::MAX), Just(i64::MIN), any::<i64>()];
    for values in cases(10, prop::collection::vec(wide, 48)) {
        check(world, &values)?;
    }
    check(world, &[u64::MAX; 48])?;
    check(world, &[i32::MAX; 48])?;
    check(world, &[-1i16; 48])
}

#[spmd_test(ranks = [1, 2, 3, 5, 8])]
fn a_sum_of_nothing_is_zero_and_a_halo_is_not_summed(world: &Communicator) -> Result<()> {
    use partita::{Boundary, Halo};
    for grid in all_grids(world, 2)? {
        for shape in [[0, 0], [0, 7], [7, 0]] {
            assert_eq!(DistArray::full(&grid, shape, 1.0)?.sum()?, 0.0);
            assert_eq!(DistArray::full(&grid, shape, 1u8)?.sum()?, 0);
        }
        let halo = Halo::uniform(2, 2, Boundary::Fixed(100));
        let mut array = DistArray::full(&grid, Ix2(5, 3), 1)?.with_halo(halo)?;
        array.halo_exchange()?;
        assert_eq!(array.sum()?, Ix2(5, 3).size() as i32);
    }
    Ok(())
}
