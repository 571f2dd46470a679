//! Darts until there are enough of them, or the error is small enough; the estimates on the way.

use partita::prelude::*;
use partita_kernels::monte_carlo::pi::{Tally, parallel};
use partita_kernels::monte_carlo::{Domain, Integration, Points, round_end};

use super::Arguments;
use super::history::{Entry, History};

/// The darts of the first rounds.
const FIRST: u64 = 4096;

/// Darts as the generator gives them, counted at its speed.
pub fn darts(world: &Communicator, arguments: &Arguments, history: &mut History) -> Result<()> {
    let progress = Progress::new(world, arguments.samples, "darts");
    let Entry { samples, hits, .. } = history.last();
    let mut tally = Tally { samples, hits };
    progress.advance(samples);
    while tally.samples < arguments.samples && !is_reached(arguments, history) {
        let end = round_end(tally.samples, FIRST, arguments.samples);
        progress.advance(end - tally.samples);
        tally += parallel::count(world, history.seed(), tally.samples..end)?;
        history.push(tally.hits, &tally.estimate());
        progress.message(history.last().to_string());
    }
    Ok(())
}

fn is_reached(arguments: &Arguments, history: &History) -> bool {
    let Entry {
        samples,
        standard_error,
        ..
    } = history.last();
    arguments
        .tolerance
        .is_some_and(|tolerance| samples > 0 && standard_error <= tolerance)
}

/// Points that are not independent: the integral of 1 over the quarter circle.
pub fn better_darts(
    world: &Communicator,
    arguments: &Arguments,
    history: &mut History,
) -> Result<()> {
    let progress = Progress::new(world, arguments.samples, "darts");
    let mut integration = Integration::new(Domain::cube(0.0..1.0, 2)?, arguments.samples)
        .seed(arguments.seed)
        .sampling(arguments.method.sampling());
    if let Some(tolerance) = arguments.tolerance {
        integration = integration.until_error(tolerance / 4.0);
    }
    integration.watch(world, in_the_circle, |estimate| {
        progress.advance(estimate.samples - history.last().samples);
        // The mean of zeros and ones is the share of the ones.
        let hits = (estimate.mean * estimate.samples as f64).round() as u64;
        history.push(hits, &estimate.scaled(4.0));
        progress.message(history.last().to_string());
    })?;
    Ok(())
}

fn in_the_circle(points: &Points, values: &mut [f64]) -> Result<()> {
    for ((value, x), y) in values.iter_mut().zip(points.axis(0)).zip(points.axis(1)) {
        *value = f64::from(u8::from(x * x + y * y < 1.0));
    }
    Ok(())
}
