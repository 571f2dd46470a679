//! The state of a run: saved, and taken up again.

use std::time::Duration;

use partita::prelude::*;
use partita_io::checkpoint::{Checkpoint, State};

use super::Arguments;

/// Where the state of the run is saved, if it is to be.
pub fn checkpoint(world: &Communicator, arguments: &Arguments) -> Result<Option<Checkpoint>> {
    let Some(folder) = &arguments.checkpoint else {
        return Ok(None);
    };
    let mut checkpoint = Checkpoint::in_folder(world, folder)?.every(arguments.every.unwrap_or(0));
    if let Some(seconds) = arguments.max_time {
        checkpoint = checkpoint.max_time(Duration::from_secs_f64(seconds));
    }
    Ok(Some(checkpoint))
}

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
    Ok((temperature, saved.step()))
}
