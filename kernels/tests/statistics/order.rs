//! What is sorted, found by its place in order, or counted.

use ndarray::{Axis, Ix1};
use num_complex::Complex;
use partita::{Communicator, DistArray, Distributed, Error, ProcessGrid, Reductions, Result};
use partita_kernels::statistics::*;
use partita_testing::spmd_test;

use super::cases::{assert_bits, in_every_layout, lines_of, near, value};

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn order_statistics_are_those_of_the_slice(world: &Communicator) -> Result<()> {
    in_every_layout(world, value, |array, values| {
        assert_bits(&sort(array)?.all_gather()?, &serial::sort(values));
        let probabilities = [0.0, 0.1, 0.25, 0.5, 0.77, 1.0];
        for (found, p) in quantiles(array, &probabilities)?
            .into_iter()
            .zip(probabilities)
        {
            near(found, serial::quantile(values, p)?, 0.0);
        }
        near(median(array)?, serial::quantile(values, 0.5)?, 0.0);
        for count in [0, 1, 4, 1000] {
            let (found, expected) = (top(array, count)?, serial::top(values, count));
            assert_eq!(found, expected);
        }
        let (different, counts) = unique(array)?;
        let expected = serial::unique(values);
        let (values_once, times): (Vec<f64>, Vec<u64>) = expected.into_iter().unzip();
        assert_bits(&different.all_gather()?, &values_once);
        assert_eq!(counts.all_gather()?.to_vec(), times);
        assert_bits(
            &cumulative_sum(array)?.all_gather()?,
            &serial::cumulative_sum(values)?,
        );
        assert_bits(&array.flatten()?.all_gather()?, values);
        Ok(())
    })
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn histograms_count_every_element_once(world: &Communicator) -> Result<()> {
    in_every_layout(world, value, |array, values| {
        let edges = edges(-12.5, 20.0, 13)?;
        let found = histogram(array, &edges)?;
        assert_eq!(found.bins, serial::histogram(values, &edges));
        let (below, above) = (found.below, found.above);
        assert_eq!(
            below + above + found.bins.iter().sum::<u64>(),
            values.len() as u64
        );
        let weights = array.map(|value| value.abs() + 0.5);
        let weighted = weighted_histogram(array, &weights, &edges)?;
        let of = |values: &[f64]| {
            let weights: Vec<f64> = values.iter().map(|value| value.abs() + 0.5).collect();
            serial::weighted_histogram(values, &weights, &edges)
        };
        assert_bits(&weighted.bins, &of(values)?);
        for axis in 0..2 {
            let found = weighted_histogram_axis(array, &weights, axis, &edges)?.all_gather()?;
            let lines = lines_of(values, array.shape()[1], axis);
            for (found, line) in found.lanes(Axis(axis)).into_iter().zip(&lines) {
                assert_bits(found, &of(line)?);
            }
        }
        Ok(())
    })?;
    let grid = ProcessGrid::balanced(world, 1)?;
    let (few, more) = (
        DistArray::full(&grid, [3], 1.0)?,
        DistArray::full(&grid, [4], 1.0)?,
    );
    let error = weighted_histogram_axis(&few, &more, 0, &[0.0, 2.0]).map(|_| ());
    assert!(matches!(error, Err(Error::Shape { .. })), "{error:?}");
    assert!(matches!(edges(1.0, 1.0, 3), Err(Error::Usage(_))));
    assert!(Histogram::new(&[0.0, 0.0]).is_err());
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn what_is_counted_or_hashed_is_what_is_in_the_slice(world: &Communicator) -> Result<()> {
    in_every_layout(world, value, |array, values| {
        for least in [-1e9, -3.0, 0.0, 20.0, 1e9] {
            let holds = |value: f64| value >= least;
            assert_eq!(array.count(holds)?, serial::count(values, holds));
            assert_eq!(array.any(holds)?, serial::any(values, holds));
            assert_eq!(array.all(holds)?, serial::all(values, holds));
        }
        assert_eq!(array.digest()?, serial::digest(array.shape(), values));
        let pairs = array.map(|value| Complex::new(value, -value));
        let expected: Vec<_> = values
            .iter()
            .map(|&value| Complex::new(value, -value))
            .collect();
        assert_eq!(pairs.digest()?, serial::digest(array.shape(), &expected));
        let odd = |left: f64, right: f64| left * 0.5 - right * 0.25 + 0.1;
        let (found, expected) = (array.reduce(odd)?, serial::reduce(values, &odd));
        assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits));
        Ok(())
    })
}

#[spmd_test(ranks = [1, 2, 4])]
fn a_sort_is_stable_and_what_is_no_number_is_told(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    // Equal keys, told apart by what else is in the number.
    let array = DistArray::from_fn(&grid, [500], |[i]| (i * 7919 % 5 * 1000 + i) as u64)?;
    let sorted = sort_by_key(&array, |value| value / 1000)?.all_gather()?;
    assert!(sorted.as_slice().expect("standard").is_sorted());
    let nan = DistArray::from_fn(&grid, [9], |[i]| if i == 7 { f64::NAN } else { i as f64 })?;
    assert!(
        median(&nan)?.is_nan() && moments(&nan)?.mean.is_nan() && shape(&nan)?.skewness().is_nan()
    );
    assert_eq!(histogram(&nan, &[0.0, 4.0, 8.0])?.not_a_number, 1);
    assert_eq!(top(&nan, 1)?, [(8.0, 8)]);
    let empty: DistArray<f64, Ix1> = DistArray::zeros(&grid, [0])?;
    assert!(matches!(median(&empty), Err(Error::Shape { .. })));
    assert!(matches!(quantiles(&nan, &[1.5]), Err(Error::Usage(_))));
    assert!(matches!(select(&nan, &[9]), Err(Error::Shape { .. })));
    assert!(moments(&empty)?.mean.is_nan());
    assert_eq!(sort(&empty)?.len(), 0);
    assert_eq!(unique(&empty)?.1.len(), 0);
    let wide = DistArray::from_fn(&grid, [5], |[i]| [u64::MAX, 0, 1, u64::MAX - 1, 7][i])?;
    assert_eq!(select(&wide, &[0, 2, 4])?, [0, 7, u64::MAX]);
    let signed = DistArray::from_fn(&grid, [4], |[i]| [i32::MIN, -1, 0, i32::MAX][i])?;
    assert_eq!(select(&signed, &[0, 1, 2, 3])?, [i32::MIN, -1, 0, i32::MAX]);
    let many = DistArray::full(&grid, [3], 100i8)?;
    assert!(matches!(cumulative_sum(&many), Err(error) if error.exit_code() == 5));
    Ok(())
}
