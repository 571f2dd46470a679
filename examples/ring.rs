//! A value travels around all ranks: each receives it from the left, adds its number, sends it to the right.
//!
//!     cargo xtask run ring --ranks 4 -- --laps 1000
//!
//! prints
//!
//!     ring   4 ranks, 1000 laps
//!     value  6000, as it has to be: 1000 × (0 + 1 + 2 + 3)
//!     speed  0.42 µs from rank to rank
//!
//! A rank that is alone keeps the value, and adds its 0 each lap.

use std::time::Instant;

use partita::prelude::*;

/// A value that travels around all ranks
#[derive(clap::Parser)]
#[command(name = "ring", version)]
struct Arguments {
    /// How often it goes around
    #[arg(long, default_value_t = 1000)]
    laps: u32,
}

fn main() -> std::process::ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let laps = u64::from(arguments.laps);
        world.barrier()?;
        let start = Instant::now();
        let value = travel(world, laps)?;
        let seconds = start.elapsed().as_secs_f64();

        let size = world.size() as u64;
        let expected = laps * (size * (size - 1) / 2);
        let value = world.broadcast_object(0, world.is_root().then_some(value))?;
        if value != expected {
            let detail = format!("the value is {value}, not {expected}");
            return Err(Error::numerical("ring", detail));
        }
        let numbers: Vec<String> = (0..size.min(4)).map(|rank| rank.to_string()).collect();
        let more = if size > 4 { " + …" } else { "" };
        root_println!(world, "ring   {size} ranks, {laps} laps");
        root_println!(
            world,
            "value  {value}, as it has to be: {laps} × ({}{more})",
            numbers.join(" + ")
        );
        if size > 1 && laps > 0 {
            let microseconds = 1e6 * seconds / (laps * size) as f64;
            root_println!(world, "speed  {microseconds:.2} µs from rank to rank");
        }
        Ok(())
    })
}

/// What comes back to rank 0 in the end; on the other ranks, what they sent on last.
fn travel(world: &Communicator, laps: u64) -> Result<u64> {
    let (rank, size) = (world.rank(), world.size());
    let (left, right) = ((rank + size - 1) % size, (rank + 1) % size);
    let mut value = [0u64];
    if size == 1 {
        return Ok(0); // Left and right are this rank itself, which would wait for its own message.
    }
    for _ in 0..laps {
        // Rank 0 lets the value go first and gets it back last: somebody has to begin.
        if rank != 0 {
            world.receive(&mut value, left)?;
        }
        value[0] += rank as u64;
        world.send(&value, right)?;
        if rank == 0 {
            world.receive(&mut value, left)?;
        }
    }
    Ok(value[0])
}
