//! Ways to do the same, sampled in turn.

use std::time::Instant;

use partita::prelude::*;

use crate::report::Samples;

/// One way to do something: the seconds of one time.
pub type Way<'a> = &'a mut dyn FnMut() -> Result<f64>;

/// Samples of each way, one after the other in every round, of which the first warms up.
pub fn in_turn<const N: usize>(samples: usize, mut ways: [Way<'_>; N]) -> Result<[Samples; N]> {
    let mut all = std::array::from_fn(|_| Samples::default());
    for round in 0..=samples {
        for (way, samples) in ways.iter_mut().zip(&mut all) {
            if round == 1 {
                samples.clear();
            }
            samples.push(way()?);
        }
    }
    Ok(all)
}

/// The mean of so many times, on the slowest rank.
pub fn timed(
    world: &Communicator,
    repetitions: usize,
    mut work: impl FnMut() -> Result<()>,
) -> Result<f64> {
    world.barrier()?;
    let clock = Instant::now();
    for _ in 0..repetitions {
        work()?;
    }
    slowest(world, clock.elapsed().as_secs_f64() / repetitions as f64)
}

/// The largest of the ranks' seconds.
pub fn slowest(world: &Communicator, seconds: f64) -> Result<f64> {
    world.all_reduce_value(seconds, Operation::Max)
}

/// As it is printed, in microseconds.
pub fn microseconds(seconds: f64) -> String {
    format!("{:.2}", 1e6 * seconds)
}
