//! Flags of the programs that save their state, read; shared by them.

use std::path::PathBuf;
use std::time::Duration;

use partita::prelude::*;
use partita_io::checkpoint::Checkpoint;

/// A time in seconds.
pub fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds = text.parse().ok().map(Duration::try_from_secs_f64);
    seconds
        .and_then(std::result::Result::ok)
        .ok_or_else(|| "a number of seconds, such as 3600 or 0.5".to_string())
}

/// Where the state of this program's run is saved, if it is to be. *Collective.*
pub fn begin(
    world: &Communicator,
    program: &str,
    folder: &Option<PathBuf>,
    every: Option<u64>,
    max_time: Option<Duration>,
) -> Result<Option<Checkpoint>> {
    let Some(folder) = folder else {
        return Ok(None);
    };
    let checkpoint = Checkpoint::in_folder(world, folder)?.every(every.unwrap_or(0));
    let checkpoint = checkpoint.of_run("program", program);
    Ok(Some(match max_time {
        Some(limit) => checkpoint.max_time(limit),
        None => checkpoint,
    }))
}

/// Begins a run without `--resume`. *Collective.*
pub fn start_anew(checkpoint: &Checkpoint) -> Result<()> {
    checkpoint.start_anew().map_err(|error| match error {
        Error::Usage(said) => Error::usage(format!("--checkpoint without --resume: {said}")),
        other => other,
    })
}
