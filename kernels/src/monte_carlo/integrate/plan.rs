//! What an integration will do: its blocks, their samples, and how their results become an estimate.

use partita::{Error, Result};

use super::sobol::DIGITS;
use super::{Integration, Sampling};
use crate::monte_carlo::{Estimate, Moments, round_end};

/// The samples of a block unless the user says otherwise, and the fewest blocks for which that holds.
const USUAL_BLOCK: u64 = 4096;
const USUAL_BLOCKS: u64 = 64;
const BLOCKS: std::ops::RangeInclusive<usize> = 32..=1 << 20;

/// Blocks from one look to the next come in such numbers: every replicate has one.
const GRANULE: u64 = 16;

/// The most blocks of a round, so that their results fit any memory.
const MOST_BLOCKS: u64 = 1 << 16;

/// The blocks of an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// The samples of a block.
    pub(super) block: usize,
    /// The number of blocks.
    pub(super) blocks: u64,
    /// The samples of all blocks.
    pub(super) samples: u64,
}

impl Plan {
    /// Replicated: the same on every rank, or the same error.
    pub(super) fn of(integration: &Integration) -> Result<Self> {
        let refused = |text: String| Err(Error::usage(format!("integrate: {text}")));
        let wanted = integration.samples;
        if wanted == 0 {
            return refused("no samples".into());
        }
        for limit in [integration.error, integration.seconds]
            .into_iter()
            .flatten()
        {
            if !(limit.is_finite() && limit > 0.0) {
                return refused(format!("{limit} is no error or time to stop at"));
            }
        }
        let block = integration.block.unwrap_or_else(|| usual_block(wanted));
        if !(block.is_power_of_two() && BLOCKS.contains(&block)) {
            return refused(format!(
                "a block of {block} is no power of two of 32 to 2^20"
            ));
        }
        let length = block as u64;
        let (blocks, samples) = match integration.sampling {
            Sampling::Random => (wanted.div_ceil(length), wanted),
            Sampling::Antithetic => (wanted.div_ceil(length), wanted.next_multiple_of(2)),
            Sampling::Stratified | Sampling::Sobol => {
                let blocks = wanted.div_ceil(length).next_multiple_of(GRANULE);
                (blocks, blocks.saturating_mul(length))
            }
        };
        let points = samples / integration.sampling.replicates();
        if integration.sampling == Sampling::Sobol && points > 1 << DIGITS {
            return refused(format!(
                "{wanted} samples; the Sobol sequence has 16 × 2^{DIGITS}"
            ));
        }
        Ok(Plan {
            block,
            blocks,
            samples,
        })
    }

    /// The samples of one block: all the last one's are left.
    pub(super) fn samples_of(&self, block: u64) -> usize {
        let before = block * self.block as u64;
        (self.samples - before).min(self.block as u64) as usize
    }

    /// The block before which the next look is taken.
    pub(super) fn round_end(&self, done: u64) -> u64 {
        round_end(done, GRANULE, self.blocks).min(done + MOST_BLOCKS)
    }
}

/// 4096, or the power of two that gives 64 blocks.
fn usual_block(samples: u64) -> usize {
    let largest = (samples / USUAL_BLOCKS).clamp(*BLOCKS.start() as u64, USUAL_BLOCK);
    1 << largest.ilog2()
}

/// The results of the blocks so far, put together in their order.
#[derive(Debug, Clone)]
pub(super) struct Results {
    replicates: Vec<Moments>,
    blocks: u64,
}

impl Results {
    pub(super) fn none(sampling: Sampling) -> Self {
        Results {
            replicates: vec![Moments::default(); sampling.replicates() as usize],
            blocks: 0,
        }
    }

    /// Takes the next block's.
    pub(super) fn push(&mut self, of_block: Moments) {
        let replicate = (self.blocks % self.replicates.len() as u64) as usize;
        self.replicates[replicate] = self.replicates[replicate].and(of_block);
        self.blocks += 1;
    }

    /// The number of blocks so far.
    pub(super) fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Where there are several replicates, their means are the observations.
    pub(super) fn estimate(&self, plan: &Plan) -> Estimate {
        let samples = plan.samples.min(self.blocks * plan.block as u64);
        if let [all] = self.replicates[..] {
            return all.estimate(samples);
        }
        let means: Vec<f64> = self.replicates.iter().map(|of_one| of_one.mean).collect();
        Moments::of(&means).estimate(samples)
    }
}

impl Integration {
    /// Whether the standard error that was asked for is reached. None at all says only that nothing but one value
    /// was seen yet.
    pub(super) fn is_reached(&self, estimate: &Estimate) -> bool {
        self.error
            .is_some_and(|error| (f64::MIN_POSITIVE..=error).contains(&estimate.standard_error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monte_carlo::Domain;

    fn plan(samples: u64, sampling: Sampling) -> Result<Plan> {
        let domain = Domain::cube(0.0..1.0, 2)?;
        Plan::of(&Integration::new(domain, samples).sampling(sampling))
    }

    #[test]
    fn every_sample_is_in_one_block() -> Result<()> {
        let every = [
            Sampling::Random,
            Sampling::Antithetic,
            Sampling::Stratified,
            Sampling::Sobol,
        ];
        for sampling in every {
            for samples in [1, 2, 31, 33, 1000, 4097, 262_143, 1_000_001] {
                let plan = plan(samples, sampling)?;
                let sum: u64 = (0..plan.blocks)
                    .map(|block| plan.samples_of(block) as u64)
                    .sum();
                assert_eq!(sum, plan.samples, "{plan:?}");
                assert!(
                    plan.samples >= samples && plan.samples < 2 * samples + 16 * 32,
                    "{plan:?}"
                );
                let ends = std::iter::successors(Some(0), |&done| {
                    (done < plan.blocks).then(|| plan.round_end(done))
                });
                assert_eq!(ends.last(), Some(plan.blocks));
            }
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_done_is_refused() -> Result<()> {
        assert!(plan(0, Sampling::Random).is_err());
        assert!(plan(1 << 37, Sampling::Sobol).is_err());
        assert!(plan(1 << 36, Sampling::Sobol).is_ok());
        let usual = Integration::new(Domain::cube(0.0..1.0, 2)?, 1000);
        for refused in [
            usual.clone().block(48),
            usual.clone().block(16),
            usual.clone().until_error(0.0),
            usual.until_seconds(f64::NAN),
        ] {
            assert!(Plan::of(&refused).is_err());
        }
        Ok(())
    }
}
