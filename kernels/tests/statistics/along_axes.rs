//! The statistics of lines.

use ndarray::{Axis, Ix2, s};
use partita::{Communicator, DistArray, Distributed, Result};
use partita_kernels::statistics::*;
use partita_testing::spmd_test;

use super::cases::{assert_bits, exact_mean, in_every_layout, lines_of, near, value};

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
