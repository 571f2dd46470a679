//! The state of a run: saved, and taken up again.

use ndarray::Ix1;
use partita::prelude::*;
use partita_io::checkpoint::{Checkpoint, Saved, State};
use partita_io::hdf5::Hdf5Element;
use partita_kernels::monte_carlo::pi::Tally;
use partita_kernels::monte_carlo::round_end;

use super::Method;
use super::history::{Entry, History};
use super::throw::FIRST;

/// How far a run has come.
#[derive(Debug, Clone)]
pub struct Run {
    /// What was seen at the looks that were taken.
    pub history: History,
    /// All darts, those since the last look included.
    pub tally: Tally,
}

impl Run {
    pub fn new(seed: u64, method: Method) -> Self {
        Run {
            history: History::new(seed, method),
            tally: Tally::default(),
        }
    }

    /// Where the next look is taken: the same for any way there.
    pub fn next_look(&self, total: u64) -> u64 {
        round_end(self.history.last().samples, FIRST, total)
    }
}

/// Writes the state. *Collective.*
pub fn save(world: &Communicator, state: &mut State, run: &Run) -> Result<()> {
    for (name, counts) in run.history.counts(world)? {
        state.array(name, &counts)?;
    }
    for (name, values) in run.history.values(world)? {
        state.array(name, &values)?;
    }
    state.value("hits_so_far", run.tally.hits)
}

/// The state of the newest checkpoint, if there is one. *Collective.*
pub fn resumed(world: &Communicator, checkpoint: &Checkpoint, seed: u64) -> Result<Option<Run>> {
    let Some(saved) = checkpoint.restore()? else {
        return Ok(None);
    };
    let [samples, hits] = ["samples", "hits"].map(|name| column::<u64>(world, &saved, name));
    let [estimates, errors] =
        ["estimate", "standard_error"].map(|name| column::<f64>(world, &saved, name));
    let (counts, values) = ((samples?, hits?), (estimates?, errors?));
    let wrong = |detail: &str| Error::usage(format!("--resume: no checkpoint of pi: {detail}"));
    let lengths = [counts.1.len(), values.0.len(), values.1.len()];
    if lengths != [counts.0.len(); 3] {
        return Err(wrong("its datasets have different lengths"));
    }
    let entries = counts
        .0
        .into_iter()
        .zip(counts.1)
        .zip(values.0)
        .zip(values.1);
    let entries = entries.map(|(((samples, hits), estimate), standard_error)| Entry {
        samples,
        hits,
        estimate,
        standard_error,
        // Only a run of random darts, each by itself, is gone on with.
        degrees_of_freedom: samples as f64 - 1.0,
    });
    let run = Run {
        history: History::of_entries(seed, entries.collect()).map_err(wrong)?,
        tally: Tally {
            samples: saved.step(),
            hits: saved.value("hits_so_far")?,
        },
    };
    let looks = run.history.last().samples..=run.next_look(u64::MAX);
    match looks.contains(&run.tally.samples) && run.tally.hits <= run.tally.samples {
        true => Ok(Some(run)),
        false => Err(wrong("its darts are not those since its last look")),
    }
}

/// A dataset of one axis, whole on every rank.
fn column<A: Hdf5Element>(world: &Communicator, saved: &Saved, name: &str) -> Result<Vec<A>> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let column: DistArray<A, Ix1> = saved.array(name, &grid)?;
    Ok(column.all_gather()?.to_vec())
}
