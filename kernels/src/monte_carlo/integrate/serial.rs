//! An integral on one process, point by point: the reference, to be read rather than to be fast.

use partita::random::{LANES, Rng, Streams, Xoshiro256PlusPlus};
use partita::{Error, Result};

use super::plan::{Plan, Results};
use super::points::{TILE, keys, stratified, unit};
use super::sobol::{Sobol, scrambled};
use super::{Integration, Sampling};
use crate::monte_carlo::{Estimate, Moments, family};

/// The estimate of [`Integration::run`], bit for bit, unless time stops it. *Local.*
///
/// # Cost
/// The function, and some ten nanoseconds a coordinate.
///
/// # Errors
/// As [`Integration::run`].
///
/// ```
/// use partita_kernels::monte_carlo::{Domain, Integration, integrate::serial};
/// let integration = Integration::new(Domain::cube(0.0..1.0, 3)?, 10_000);
/// let estimate = serial::run(&integration, |x| x[0] * x[1] * x[2])?;
/// assert!((estimate.mean - 0.125).abs() < 4.0 * estimate.standard_error);
/// # Ok::<(), partita::Error>(())
/// ```
pub fn run(integration: &Integration, mut function: impl FnMut(&[f64]) -> f64) -> Result<Estimate> {
    let plan = Plan::of(integration)?;
    let mut results = Results::none(integration.sampling);
    loop {
        for number in results.blocks()..plan.round_end(results.blocks()) {
            results.push(block(integration, &plan, number, &mut function)?);
        }
        let estimate = results.estimate(&plan);
        if results.blocks() == plan.blocks || integration.is_reached(&estimate) {
            return Ok(estimate);
        }
    }
}

fn block(
    integration: &Integration,
    plan: &Plan,
    number: u64,
    function: &mut impl FnMut(&[f64]) -> f64,
) -> Result<Moments> {
    let mut observations = Vec::new();
    for units in units(integration, plan, number) {
        let values = units
            .iter()
            .map(|units| value_at(integration, units, function));
        let values: Vec<f64> = values.collect::<Result<_>>()?;
        if integration.sampling == Sampling::Antithetic {
            let half = values.len() / 2;
            observations.extend((0..half).map(|i| 0.5 * (values[i] + values[half + i])));
        } else {
            observations.extend(values);
        }
    }
    let moments = Moments::of(&observations);
    Ok(match integration.sampling.is_even_in_a_block() {
        true => Moments::of_one(moments.mean),
        false => moments,
    })
}

/// The function where a point of the unit cube is taken to, weighted.
fn value_at(
    integration: &Integration,
    units: &[f64],
    function: &mut impl FnMut(&[f64]) -> f64,
) -> Result<f64> {
    let mut weight = 1.0;
    let axes = integration.domain.axes().iter().zip(units);
    let point: Vec<f64> = axes
        .map(|(axis, &unit)| {
            let (coordinate, inverse_density) = axis.point(unit);
            weight *= inverse_density;
            coordinate
        })
        .collect();
    let value = function(&point) * weight;
    if !value.is_finite() {
        let detail = format!("the function is {value} at {point:?}");
        return Err(Error::numerical("integrate", detail));
    }
    Ok(value)
}

/// The samples of a block as points of the unit cube, tile by tile.
fn units(integration: &Integration, plan: &Plan, block: u64) -> Vec<Vec<Vec<f64>>> {
    let Integration { seed, sampling, .. } = *integration;
    let ndim = integration.domain.ndim();
    let streams = Streams::new(seed).family(family::INTEGRATE);
    let lane = |lane: usize| streams.stream(block * LANES as u64 + lane as u64);
    let mut lanes: [Xoshiro256PlusPlus; LANES] = std::array::from_fn(lane);
    let (sobol, keys) = (Sobol::new(ndim), keys(seed, sampling, ndim));
    let (samples, tile) = (plan.samples_of(block), TILE.min(plan.block));
    let mut tiles = Vec::new();
    for first in (0..samples).step_by(tile) {
        let length = tile.min(samples - first);
        let mut points = vec![vec![0.0; ndim]; length];
        for axis in 0..ndim {
            let drawn = if sampling == Sampling::Antithetic {
                tile / 2
            } else {
                tile
            };
            let bits: Vec<u64> = (0..drawn).map(|i| lanes[i % LANES].next_u64()).collect();
            for (i, point) in points.iter_mut().enumerate() {
                point[axis] = match sampling {
                    Sampling::Random => unit(bits[i]),
                    Sampling::Antithetic if i < length / 2 => unit(bits[i]),
                    Sampling::Antithetic => unit(!bits[i - length / 2]),
                    Sampling::Stratified => {
                        stratified(bits[i], first + i, plan.block.ilog2(), (axis, ndim))
                    }
                    Sampling::Sobol => {
                        let index = block / 16 * plan.block as u64 + (first + i) as u64;
                        let digits = sobol.digits(axis, index as u32);
                        scrambled(digits, keys[(block % 16) as usize][axis])
                    }
                };
            }
        }
        tiles.push(points);
    }
    tiles
}
