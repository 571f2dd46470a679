//! An integral on all ranks: each computes whole blocks, and all put the results together alike.

use std::time::Instant;

use partita::{Communicator, Error, Operation, Result};

use super::plan::{Plan, Results};
use super::points::{TILE, Tiles};
use super::{Balance, Integration, Points, Sampling};
use crate::monte_carlo::{Estimate, Moments};

/// See [`Integration::watch`].
#[track_caller]
pub(super) fn run<F>(
    integration: &Integration,
    communicator: &Communicator,
    function: F,
    mut watch: impl FnMut(&Estimate),
) -> Result<Estimate>
where
    F: FnMut(&Points, &mut [f64]) -> Result<()>,
{
    let plan = Plan::of(integration)?;
    let clock = Instant::now();
    let mut worker = Worker::new(integration, &plan, function);
    let mut results = Results::none(integration.sampling);
    loop {
        let round = results.blocks()..plan.round_end(results.blocks());
        let of_round = match integration.balance {
            Balance::Turns => worker.in_turns(communicator, round)?,
            Balance::Farm => worker.by_farm(communicator, round)?,
        };
        of_round
            .into_iter()
            .for_each(|of_block| results.push(of_block));
        let estimate = results.estimate(&plan);
        watch(&estimate);
        let done = results.blocks() == plan.blocks || integration.is_reached(&estimate);
        if done || is_over(integration, communicator, clock)? {
            return Ok(estimate);
        }
    }
}

/// Whether the time is over, by the clock of the slowest rank.
fn is_over(integration: &Integration, communicator: &Communicator, clock: Instant) -> Result<bool> {
    let Some(seconds) = integration.seconds else {
        return Ok(false);
    };
    let elapsed = clock.elapsed().as_secs_f64();
    Ok(communicator.all_reduce_value(elapsed, Operation::Max)? >= seconds)
}

/// Computes blocks on one rank.
struct Worker<'a, F> {
    plan: &'a Plan,
    sampling: Sampling,
    tiles: Tiles<'a>,
    function: F,
    values: Vec<f64>,
    observations: Vec<f64>,
}

impl<'a, F> Worker<'a, F>
where
    F: FnMut(&Points, &mut [f64]) -> Result<()>,
{
    fn new(integration: &'a Integration, plan: &'a Plan, function: F) -> Self {
        let Integration {
            domain,
            sampling,
            seed,
            ..
        } = integration;
        Worker {
            plan,
            sampling: *sampling,
            tiles: Tiles::new(domain, *sampling, plan.block, *seed),
            function,
            values: vec![0.0; TILE],
            observations: Vec::with_capacity(plan.block),
        }
    }

    /// The results of the blocks of a round, in their order: block b is computed by rank b mod size.
    #[track_caller]
    fn in_turns(
        &mut self,
        communicator: &Communicator,
        round: std::ops::Range<u64>,
    ) -> Result<Vec<Moments>> {
        let (rank, size) = (communicator.rank() as u64, communicator.size() as u64);
        let own = round.clone().filter(|block| block % size == rank);
        let own: Result<Vec<[f64; 3]>> =
            own.map(|block| self.block(block).map(as_numbers)).collect();
        // Local: the function may fail on one rank alone.
        let own = communicator.agree(own)?;
        let all = communicator.all_gatherv(own.as_flattened())?;
        let mut next_of = vec![0; communicator.size()];
        Ok(round
            .map(|block| {
                let owner = (block % size) as usize;
                let numbers = &all.part(owner)[next_of[owner]..][..3];
                next_of[owner] += 3;
                from_numbers([numbers[0], numbers[1], numbers[2]])
            })
            .collect())
    }

    /// The same from a farm.
    #[track_caller]
    fn by_farm(
        &mut self,
        communicator: &Communicator,
        round: std::ops::Range<u64>,
    ) -> Result<Vec<Moments>> {
        let blocks: Vec<u64> = round.collect();
        let work = |block: u64| self.block(block).map(as_numbers);
        let done = communicator.farm().map(Some(&blocks), work)?;
        let numbers: Vec<[f64; 3]> = communicator.broadcast_object(0, done)?;
        Ok(numbers.into_iter().map(from_numbers).collect())
    }

    /// The result of one block.
    fn block(&mut self, block: u64) -> Result<Moments> {
        let samples = self.plan.samples_of(block);
        self.observations.clear();
        self.tiles.begin(block);
        for first in (0..samples).step_by(TILE) {
            let length = TILE.min(samples - first);
            self.tiles.next(block, first, length);
            let values = &mut self.values[..length];
            (self.function)(&self.tiles.points, values)?;
            for (value, weight) in values.iter_mut().zip(&self.tiles.weights) {
                *value *= weight;
            }
            self.observe(length)?;
        }
        let moments = Moments::of(&self.observations);
        Ok(match self.sampling.is_even_in_a_block() {
            true => Moments::of_one(moments.mean),
            false => moments,
        })
    }

    /// Takes the values of a tile: as they are, or the mean of each pair.
    fn observe(&mut self, length: usize) -> Result<()> {
        let values = &self.values[..length];
        if let Some(number) = values.iter().position(|value| !value.is_finite()) {
            let point: Vec<f64> = self.tiles.points.point(number).collect();
            let detail = format!("the function is {} at {point:?}", values[number]);
            return Err(Error::numerical("integrate", detail));
        }
        match self.sampling {
            Sampling::Antithetic => {
                let (one, other) = values.split_at(length / 2);
                let pairs = one.iter().zip(other);
                self.observations
                    .extend(pairs.map(|(one, other)| 0.5 * (one + other)));
            }
            _ => self.observations.extend_from_slice(values),
        }
        Ok(())
    }
}

/// A count is far below 2^53.
fn as_numbers(moments: Moments) -> [f64; 3] {
    [moments.count as f64, moments.mean, moments.squares]
}

fn from_numbers([count, mean, squares]: [f64; 3]) -> Moments {
    Moments {
        count: count as u64,
        mean,
        squares,
    }
}
