//! Means, moments, and how columns vary together.

use partita::sum::scale;
use partita::{Communicator, DistArray, ProcessGrid, Reductions, Result};
use partita_kernels::statistics::*;
use partita_testing::spmd_test;

use super::cases::{assert_bits, exact_mean, in_every_layout, layouts, lines_of, near, value};

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn moments_are_near_the_serial_ones_and_the_same_in_every_layout(
    world: &Communicator,
) -> Result<()> {
    let alone = world
        .split(Some(world.rank() as u32), 0)?
        .expect("every rank has a colour");
    let alone = ProcessGrid::balanced(&alone, 2)?;
    in_every_layout(world, value, |array, values| {
        let here = DistArray::from_fn(&alone, [array.shape()[0], array.shape()[1]], |[i, j]| {
            values[i * array.shape()[1] + j]
        })?;
        let (found, form) = (moments(array)?, shape(array)?);
        let same = |one: f64, other: f64| {
            one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
        };
        assert!(
            same(found.variance(), moments(&here)?.variance())
                && same(found.mean, moments(&here)?.mean)
        );
        assert!(same(form.skewness(), shape(&here)?.skewness()));
        assert_eq!(found.count, values.len() as u64);
        near(found.mean, serial::mean(values)?, 4.0);
        assert!(same(mean(array)?, found.mean) && same(mean(&here)?, found.mean));
        assert!(same(mean_exact(array)?, exact_mean(values)));
        if values.len() > 1 {
            near(found.variance(), serial::variance(values)?, 16.0);
            near(form.skewness(), serial::skewness(values)?, 1e4);
            near(
                form.excess_kurtosis(),
                serial::excess_kurtosis(values)?,
                1e4,
            );
        }
        let (means, variances) = (mean_axis(array, 1)?, variance_axis(array, 1)?);
        let rows = values.chunks(array.shape()[1]);
        let of_rows = means.all_gather()?.into_iter().zip(variances.all_gather()?);
        for (row, (mean, variance)) in rows.zip(of_rows) {
            near(mean, serial::mean(row)?, 4.0);
            if row.len() > 1 {
                near(variance, serial::variance(row)?, 64.0);
            }
        }
        Ok(())
    })
}

/// Every fifth value is no number, of either sign.
fn with_gaps(place: usize) -> f64 {
    match place % 10 {
        3 => f64::NAN,
        8 => -f64::NAN,
        _ => value(place),
    }
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn what_passes_over_nans_does_what_is_done_of_the_numbers(world: &Communicator) -> Result<()> {
    in_every_layout(world, with_gaps, |array, values| {
        let numbers = serial::numbers(values);
        near(nan_mean(array)?, serial::mean(&numbers)?, 4.0);
        assert_eq!(nan_moments(array)?.count, numbers.len() as u64);
        let probabilities = [0.0, 0.3, 0.5, 1.0];
        let expected = serial::nan_quantiles(values, &probabilities)?;
        assert_bits(&nan_quantiles(array, &probabilities)?, &expected);
        near(
            nan_median(array)?,
            serial::nan_quantiles(values, &[0.5])?[0],
            0.0,
        );
        assert!(values.len() < 4 || median(array)?.is_nan() && mean(array)?.is_nan());
        for axis in 0..2 {
            let lines = lines_of(values, array.shape()[1], axis);
            let means = nan_mean_axis(array, axis)?.all_gather()?;
            let medians = nan_median_axis(array, axis)?.all_gather()?;
            let spreads = nan_standard_deviation_axis(array, axis)?.all_gather()?;
            for (place, line) in lines.iter().enumerate() {
                let numbers = serial::numbers(line);
                near(means[place], serial::mean(&numbers)?, 4.0);
                near(medians[place], serial::nan_quantiles(line, &[0.5])?[0], 0.0);
                if numbers.len() > 1 {
                    near(spreads[place], serial::variance(&numbers)?.sqrt(), 64.0);
                }
            }
        }
        Ok(())
    })?;
    let grid = ProcessGrid::balanced(world, 1)?;
    let none = DistArray::full(&grid, [5], f64::NAN)?;
    assert!(nan_mean(&none)?.is_nan() && nan_median(&none)?.is_nan());
    assert_eq!((none.nan_sum()?, nan_moments(&none)?.count), (0.0, 0));
    assert!(none.nan_min().is_err());
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn the_size_of_numbers_does_not_matter(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let all = |exponent: i32| {
        // In two factors, each a power of two within the range.
        let half = 2f64.powi(exponent / 2);
        DistArray::from_fn(&grid, [200, 3], |[i, j]| value(3 * i + j) * half * half)
    };
    let (ordinary, form) = (moments(&all(0)?)?, shape(&all(0)?)?);
    let related = correlation(&all(0)?)?;
    for exponent in [-1000, -520, 510, 1000] {
        let array = all(exponent)?;
        let (found, shape) = (moments(&array)?, shape(&array)?);
        // The same, in other units.
        let back = |value: f64| scale(value, -exponent);
        near(
            back(found.standard_deviation()),
            ordinary.standard_deviation(),
            4.0,
        );
        near(back(found.mean), ordinary.mean, 4.0);
        near(back(mean_exact(&array)?), mean_exact(&all(0)?)?, 0.0);
        near(shape.skewness(), form.skewness(), 1e3);
        near(shape.excess_kurtosis(), form.excess_kurtosis(), 1e3);
        let line = standard_deviation_axis(&array, 0)?.all_gather()?;
        assert!(
            line.iter()
                .all(|deviation| (1e-3..1e9).contains(&back(*deviation)))
        );
        for (found, expected) in correlation(&array)?.iter().zip(&related) {
            near(*found, *expected, 64.0);
        }
        // What is beyond the range itself is infinite, or nothing.
        let beyond = if exponent > 0 { f64::INFINITY } else { 0.0 };
        assert_eq!(
            found.variance(),
            if exponent.abs() == 1000 {
                beyond
            } else {
                found.variance()
            }
        );
    }
    // Near the largest and the smallest number there is.
    let two = |values: [f64; 2]| DistArray::from_fn(&grid, [2, 1], |[i, _]| values[i]);
    assert_eq!(mean(&two([f64::MAX; 2])?)?, f64::MAX);
    assert_eq!(
        moments(&two([1e308, -1e308])?)?.standard_deviation(),
        1e308 * 2f64.sqrt()
    );
    near(
        moments(&two([3e-320, 1e-320])?)?.standard_deviation(),
        2f64.sqrt() * 1e-320,
        1e12,
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn columns_vary_together_as_the_serial_ones(world: &Communicator) -> Result<()> {
    // So far from zero that nothing is left of products that are not centred.
    const FAR: f64 = 1e15;
    let value = |place: usize| value(place) + FAR;
    for rows in [1, 2, 9, 60] {
        let shape = [rows, 3];
        for (grid, layout) in layouts(world, shape)? {
            let array = DistArray::from_fn(&grid, layout, |[i, j]| value(i * 3 + j))?;
            // Taken back without an error: the serial covariance rounds its means.
            let near_zero = |j: usize| move |i: usize| value(i * 3 + j) - FAR;
            let column = |j: usize| (0..rows).map(near_zero(j)).collect::<Vec<_>>();
            let (found, related) = (covariance(&array)?, correlation(&array)?);
            for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
                if rows == 1 {
                    assert!(found[(i, j)].is_nan());
                    continue;
                }
                let expected = serial::covariance(&column(i), &column(j))?;
                let size =
                    serial::variance(&column(i))?.sqrt() * serial::variance(&column(j))?.sqrt();
                assert!((found[(i, j)] - expected).abs() <= 64.0 * f64::EPSILON * size);
                assert!(related[(i, j)].abs() <= 1.0);
                assert!(i != j || related[(i, j)] == 1.0);
            }
        }
    }
    Ok(())
}
