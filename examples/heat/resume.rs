//! The state of a run: saved, and taken up again.

use partita::prelude::*;
use partita_io::checkpoint::{Checkpoint, State};

use super::Arguments;

/// Tells checkpoints of this run by all that its temperatures hang on. *Collective.*
pub fn of_run<D: Axes>(
    checkpoint: Checkpoint,
    arguments: &Arguments,
    start: &DistArray<f64, D>,
) -> Result<Checkpoint> {
    Ok(checkpoint
        .of_run("alpha", arguments.alpha)
        .of_run("time_step", arguments.time_step)
        .of_run("spacing", arguments.spacing)
        .of_run("edge", arguments.edge)
        .of_run("periodic", arguments.periodic)
        .of_run("shape", start.shape())
        // Of whatever file it comes from.
        .of_run("digest of the start", start.digest()?))
}

/// Writes the state. *Collective.*
pub fn save<D: Axes>(state: &mut State, temperature: &DistArray<f64, D>) -> Result<()> {
    state.array("u", temperature)
}

/// The temperatures of the newest checkpoint and its step, if there is one.
pub fn resumed<D: Axes>(
    checkpoint: &Checkpoint,
    arguments: &Arguments,
    grid: &ProcessGrid,
    start: DistArray<f64, D>,
) -> Result<(DistArray<f64, D>, u64)> {
    let Some(saved) = checkpoint.restore()? else {
        return Ok((start, 0));
    };
    let temperature: DistArray<f64, D> = saved.array("u", grid)?;
    if saved.step() > arguments.steps as u64 {
        let (saved, own) = (saved.step(), arguments.steps);
        let detail = format!("--resume: the checkpoint is of step {saved}, beyond --steps {own}");
        return Err(Error::usage(detail));
    }
    Ok((temperature, saved.step()))
}
