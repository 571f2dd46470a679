//! Darts until there are enough of them, or the error is small enough; the estimates on the way.

use partita::prelude::*;
use partita_io::checkpoint::Checkpoint;
use partita_kernels::monte_carlo::pi::parallel;
use partita_kernels::monte_carlo::{Domain, Integration, Points};

use super::Arguments;
use super::history::{Entry, History};
use super::resume::{self, Run};

/// The darts of the first rounds.
pub const FIRST: u64 = 4096;

/// At most so many darts are thrown before the run can be stopped: about a second of one rank.
const MOST_AT_ONCE: u64 = 1 << 30;

/// Darts as the generator gives them, counted at its speed.
pub fn darts(
    world: &Communicator,
    arguments: &Arguments,
    run: &mut Run,
    checkpoint: &mut Option<Checkpoint>,
) -> Result<()> {
    let progress = Progress::new(world, arguments.samples, "darts");
    progress.advance(run.tally.samples);
    while run.tally.samples < arguments.samples && !is_reached(arguments, &run.history) {
        let start = run.tally.samples;
        let look = run.next_look(arguments.samples);
        let end = stop_after(start, arguments.every).min(look);
        progress.advance(end - start);
        run.tally += parallel::count(world, run.history.seed(), start..end)?;
        if end == look {
            run.history.push(run.tally.hits, &run.tally.estimate());
            progress.message(run.history.last().to_string());
        }
        if let Some(checkpoint) = checkpoint {
            checkpoint.after(end, |state| resume::save(world, state, run))?;
        }
    }
    // Stopped between two looks, and asked for no more.
    if run.history.last().samples == 0 {
        run.history.push(run.tally.hits, &run.tally.estimate());
    }
    match checkpoint {
        Some(checkpoint) => {
            checkpoint.save(run.tally.samples, |state| resume::save(world, state, run))
        }
        None => Ok(()),
    }
}

/// Where the run can be stopped next: at each multiple of `every`, and often enough.
fn stop_after(start: u64, every: Option<u64>) -> u64 {
    let next = |step: u64| (start / step).saturating_add(1).saturating_mul(step);
    every.map_or(u64::MAX, next).min(next(MOST_AT_ONCE))
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
