//! Statistics in several layouts against those of a slice.

use ndarray::{Ix1, Ix2};
use partita::layout::{Distribution::*, Layout};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
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
        if values.len() > 1 {
            near(found.variance(), serial::variance(values)?, 16.0);
            near(form.skewness(), serial::skewness(values)?, 1e4);
            near(
                form.excess_kurtosis(),
                serial::excess_kurtosis(values)?,
                1e4,
            );
        }
        let (means, variances) = (
            array.reduce_axis_by(1, &Mean)?,
            array.reduce_axis_by(1, &Variance)?,
        );
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
    // Far from zero, so that nothing is left of a formula that is not centred.
    let value = |place: usize| value(place) + 1e7;
    for rows in [1, 2, 9, 60] {
        let shape = [rows, 3];
        for (grid, layout) in layouts(world, shape)? {
            let array = DistArray::from_fn(&grid, layout, |[i, j]| value(i * 3 + j))?;
            let column = |j: usize| (0..rows).map(|i| value(i * 3 + j)).collect::<Vec<_>>();
            let (found, related) = (covariance(&array)?, correlation(&array)?);
            for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
                if rows == 1 {
                    assert!(found[(i, j)].is_nan());
                    continue;
                }
                let expected = serial::covariance(&column(i), &column(j))?;
                let scale =
                    serial::variance(&column(i))?.sqrt() * serial::variance(&column(j))?.sqrt();
                assert!((found[(i, j)] - expected).abs() <= 64.0 * f64::EPSILON * scale);
                assert!(related[(i, j)].abs() <= 1.0 + 4.0 * f64::EPSILON);
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
