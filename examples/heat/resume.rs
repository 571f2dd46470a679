//! The state of a run: saved, and taken up again.

use partita::prelude::*;
use partita_io::checkpoint::{Checkpoint, State};

use super::Arguments;

/// Writes the state. *Collective.*
pub fn save<D: Axes>(
    state: &mut State,
    arguments: &Arguments,
    temperature: &DistArray<f64, D>,
) -> Result<()> {
    state.array("u", temperature)?;
    for (name, value) in arguments.physics() {
        state.value(name, value)?;
    }
    Ok(())
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
    for (name, value) in arguments.physics() {
        saved.expect(name, value)?;
    }
    let temperature: DistArray<f64, D> = saved.array("u", grid)?;
    if temperature.shape() != start.shape() {
        let (saved, own) = (temperature.shape(), start.shape());
        let detail = format!("the checkpoint's run has shape {saved:?}, this one {own:?}");
        return Err(Error::shape("heat", detail));
    }
    if saved.step() > arguments.steps as u64 {
        let (saved, own) = (saved.step(), arguments.steps);
        let detail = format!("--resume: the checkpoint is of step {saved}, beyond --steps {own}");
        return Err(Error::usage(detail));
    }
    Ok((temperature, saved.step()))
}
