//! Ten million doubles from rank 0 to all, as a buffer and as an object.
//!
//!     cargo xtask run broadcast
//!
//! A buffer is memory that MPI sends as it is. An object is any `serde` value: encoded on the root, decoded
//! on the others. The printed times are medians on the slowest rank:
//!
//!     broadcast of 10000000 doubles to 2 ranks
//!     as a buffer      … ms
//!     as an object     … ms, … times as long

use std::process::ExitCode;
use std::time::Instant;

use partita::prelude::*;

/// The same broadcast as a buffer and as an object
#[derive(clap::Parser)]
#[command(name = "broadcast", version)]
struct Arguments {
    /// Doubles to broadcast
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(..=1_000_000_000))]
    length: u32,
    /// Repetitions
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: u16,
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let numbers: Vec<f64> = (0..arguments.length).map(f64::from).collect();
        let mut received = vec![0.0; numbers.len()];
        if world.is_root() {
            received.copy_from_slice(&numbers);
        }
        let buffer = median(world, arguments.repetitions, || {
            world.broadcast(0, &mut received)
        })?;
        world.agree(check(&received, &numbers))?;

        let mut value = world.is_root().then(|| numbers.clone());
        let mut arrived = vec![];
        let object = median(world, arguments.repetitions, || {
            // The root gives its value away, and gets it back.
            arrived = world.broadcast_object(0, value.take())?;
            value = world.is_root().then(|| std::mem::take(&mut arrived));
            Ok(())
        })?;
        world.agree(check(value.as_ref().unwrap_or(&arrived), &numbers))?;

        let (length, ranks) = (arguments.length, world.size());
        root_println!(world, "broadcast of {length} doubles to {ranks} ranks");
        root_println!(world, "as a buffer   {:>7.1} ms", buffer * 1e3);
        root_println!(
            world,
            "as an object  {:>7.1} ms, {:.1} times as long",
            object * 1e3,
            object / buffer
        );
        Ok(())
    })
}

/// The median of the seconds that the slowest rank takes.
fn median(
    world: &Communicator,
    repetitions: u16,
    mut work: impl FnMut() -> Result<()>,
) -> Result<f64> {
    let mut seconds = vec![];
    for _ in 0..repetitions {
        world.barrier()?;
        let clock = Instant::now();
        work()?;
        seconds.push(world.all_reduce_value(clock.elapsed().as_secs_f64(), Operation::Max)?);
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}

fn check(received: &[f64], sent: &[f64]) -> Result<()> {
    match received == sent {
        true => Ok(()),
        false => Err(Error::other("broadcast: what arrived is not what was sent")),
    }
}
