//! Statistics in several layouts against those of a slice.

use ndarray::{Axis, Ix1, Ix2, s};
use num_rational::BigRational;
use num_traits::ToPrimitive;
use partita::layout::{Distribution::*, Layout};
use partita::sum::scale;
use partita::{Communicator, DistArray, Distributed, Error, ProcessGrid, Reductions, Result};
use partita_kernels::statistics::*;
use partita_testing::spmd_test;

/// Ties, zeros of either sign, large and small ones.
fn value(place: usize) -> f64 {
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
fn layouts(world: &Communicator, shape: [usize; 2]) -> Result<Vec<(ProcessGrid, Layout<Ix2>)>> {
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
fn in_every_layout(
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
fn near(found: f64, expected: f64, units: f64) {
    let same = found == expected || found.is_nan() && expected.is_nan();
    let off = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(
        same || off <= units * f64::EPSILON,
        "{found:e} for {expected:e}"
    );
}

#[track_caller]
fn assert_bits<'a>(found: impl IntoIterator<Item = &'a f64>, expected: &[f64]) {
    let found: Vec<u64> = found.into_iter().map(|value| value.to_bits()).collect();
    let expected: Vec<u64> = expected.iter().map(|value| value.to_bits()).collect();
    assert_eq!(found, expected);
}

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

/// The double next to the mean, from rationals.
fn exact_mean(values: &[f64]) -> f64 {
    let rationals = values
        .iter()
        .map(|&value| BigRational::from_float(value).expect("finite"));
    let mean = rationals.sum::<BigRational>() / BigRational::from_integer(values.len().into());
    mean.to_f64().expect("a number")
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

/// The lines along an axis of what has so many columns, in C order.
fn lines_of(values: &[f64], columns: usize, axis: usize) -> Vec<Vec<f64>> {
    let rows = values.chunks(columns);
    match axis {
        1 => rows.map(<[f64]>::to_vec).collect(),
        _ => (0..columns)
            .map(|column| rows.clone().map(|row| row[column]).collect())
            .collect(),
    }
}

/// Checks that each line along an axis of the array is the one expected.
#[track_caller]
fn assert_lines(found: &DistArray<f64, Ix2>, axis: usize, expected: &[Vec<f64>]) -> Result<()> {
    let found = found.all_gather()?;
    let lines = found.lanes(Axis(axis)).into_iter();
    assert_eq!(lines.len(), expected.len());
    for (found, expected) in lines.zip(expected) {
        assert_bits(found, expected);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn along_an_axis_each_line_has_the_statistics_of_a_slice(world: &Communicator) -> Result<()> {
    in_every_layout(world, value, |array, values| {
        let columns = array.shape()[1];
        for axis in 0..2 {
            check_lines(array, axis, &lines_of(values, columns, axis))?;
        }
        // Of a view as of an array.
        let upside_down = array.slice(s![..;-1, ..])?;
        let turned: Vec<f64> = values.chunks(columns).rev().flatten().copied().collect();
        check_lines(&upside_down, 0, &lines_of(&turned, columns, 0))?;
        assert_bits(&sort(&upside_down)?.all_gather()?, &serial::sort(values));
        assert_eq!(moments(&upside_down)?, moments(array)?);
        near(median(&upside_down)?, median(array)?, 0.0);
        Ok(())
    })
}

fn check_lines<T>(array: &T, axis: usize, lines: &[Vec<f64>]) -> Result<()>
where
    T: Distributed<Element = f64, Dim = Ix2>,
{
    let each =
        |of: &dyn Fn(&[f64]) -> Vec<f64>| lines.iter().map(|line| of(line)).collect::<Vec<_>>();
    let sorted = sort_axis(array, axis)?;
    assert_eq!(sorted.layout(), array.layout());
    assert_lines(&sorted, axis, &each(&serial::sort))?;
    let sums = |line: &[f64]| serial::cumulative_sum(line).expect("sums");
    assert_lines(&cumulative_sum_axis(array, axis)?, axis, &each(&sums))?;
    let probabilities = [0.1, 0.5, 1.0];
    let quantiles = |line: &[f64]| serial::quantiles(line, &probabilities).expect("elements");
    assert_lines(
        &quantiles_axis(array, axis, &probabilities)?,
        axis,
        &each(&quantiles),
    )?;
    let (best, places) = top_axis(array, axis, 3)?;
    let top = |line: &[f64]| {
        serial::top(line, 3)
            .into_iter()
            .unzip::<_, _, Vec<_>, Vec<_>>()
    };
    assert_lines(&best, axis, &each(&|line| top(line).0))?;
    let expected = each(&|line| top(line).1.iter().map(|&place| place as f64).collect());
    assert_lines(&places.map(|place| place as f64), axis, &expected)?;
    let edges = edges(-12.5, 20.0, 4)?;
    let counts = histogram_axis(array, axis, &edges)?.map(|count| count as f64);
    let in_bins = |line: &[f64]| {
        serial::histogram(line, &edges)
            .iter()
            .map(|&count| count as f64)
            .collect()
    };
    assert_lines(&counts, axis, &each(&in_bins))?;
    let (different, numbers) = unique_axis(array, axis)?;
    let padded = |line: &[f64]| {
        let mut different: Vec<f64> = serial::unique(line).iter().map(|pair| pair.0).collect();
        different.resize(line.len(), different[different.len() - 1]);
        different
    };
    assert_lines(&different, axis, &each(&padded))?;
    let numbers = numbers.all_gather()?;
    let medians = median_axis(array, axis)?.all_gather()?;
    let means = mean_exact_axis(array, axis)?.all_gather()?;
    let (third, fourth) = (
        skewness_axis(array, axis)?.all_gather()?,
        kurtosis_axis(array, axis)?.all_gather()?,
    );
    for (place, line) in lines.iter().enumerate() {
        assert_eq!(numbers[place], serial::unique(line).len() as u64);
        near(medians[place], serial::quantile(line, 0.5)?, 0.0);
        near(means[place], exact_mean(line), 0.0);
        if line.len() > 4 {
            near(third[place], serial::skewness(line)?, 1e4);
            near(fourth[place], serial::excess_kurtosis(line)?, 1e4);
        }
    }
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
        let in_bin = |bin: usize| {
            let inside = values
                .iter()
                .filter(|&&value| serial::histogram(&[value], &edges)[bin] == 1);
            serial::sum(&inside.map(|value| value.abs() + 0.5).collect::<Vec<_>>())
        };
        for (bin, &found) in weighted.bins.iter().enumerate() {
            near(found, in_bin(bin)?, 0.0);
        }
        Ok(())
    })?;
    assert!(matches!(edges(1.0, 1.0, 3), Err(Error::Usage(_))));
    assert!(Histogram::new(&[0.0, 0.0]).is_err());
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
