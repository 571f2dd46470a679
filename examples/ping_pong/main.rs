//! Latency and bandwidth between two ranks by the size of the message: as a buffer, and as an object.
//!
//!     cargo xtask run ping_pong -- --png ping_pong.png
//!
//! A buffer is memory that MPI sends as it is; an object is any `serde` value, encoded and decoded on
//! the way. A message goes there and back; what is printed is the time of one way, the median of several
//! batches:
//!
//!     bytes      buffer µs    GB/s   object µs    GB/s
//!     8                  …       …           …       …
//!     …
//!     16777216           …       …           …       …

mod chart;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use partita::prelude::*;
use partita_io::save::Replacement;

/// Messages back and forth between ranks 0 and 1, as buffers and as objects
#[derive(clap::Parser)]
#[command(name = "ping_pong", version)]
struct Arguments {
    /// The largest message, in bytes
    #[arg(long, default_value_t = 16 << 20, value_parser = clap::value_parser!(u32).range(..=1 << 30))]
    largest: u32,
    /// Batches of each size
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..))]
    batches: u16,
    /// Draw bandwidth against size
    #[arg(long)]
    png: Option<PathBuf>,
}

/// One size of message: its bytes, and the seconds of one way as a buffer and as an object.
struct Timing {
    bytes: usize,
    buffer: f64,
    object: f64,
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        if world.size() < 2 {
            return Err(Error::usage(
                "ping_pong: two ranks are needed (mpiexec -n 2)",
            ));
        }
        let picture = match &arguments.png {
            Some(path) => Some(Replacement::begin(world, path)?),
            None => None,
        };
        let sizes = std::iter::successors(Some(8), |bytes| Some(bytes * 8));
        let timings = sizes
            .take_while(|&bytes| bytes <= arguments.largest.max(8) as usize)
            .map(|bytes| time(world, bytes, arguments.batches.into()))
            .collect::<Result<Vec<_>>>()?;
        print_table(world, &timings);
        if let Some(picture) = picture {
            world.agree(match world.is_root() {
                true => chart::draw(&picture, &timings),
                false => Ok(()),
            })?;
            picture.commit()?;
        }
        Ok(())
    })
}

fn time(world: &Communicator, bytes: usize, batches: usize) -> Result<Timing> {
    let mut numbers = vec![1.0_f64; bytes / size_of::<f64>()];
    // About as long a batch for every size.
    let repetitions = (20_000_000 / bytes).clamp(2, 2_000);
    let buffer = one_way(world, batches, repetitions, |first| {
        if first {
            world.send(&numbers, 1)?;
            world.receive(&mut numbers, 1)?;
        } else {
            world.receive(&mut numbers, 0)?;
            world.send(&numbers, 0)?;
        }
        Ok(())
    })?;
    let mut value = vec![1.0_f64; bytes / size_of::<f64>()];
    let object = one_way(world, batches, repetitions.div_ceil(4), |first| {
        if first {
            world.send_object(&value, 1)?;
            value = world.receive_object(1)?;
        } else {
            value = world.receive_object(0)?;
            world.send_object(&value, 0)?;
        }
        Ok(())
    })?;
    Ok(Timing {
        bytes,
        buffer,
        object,
    })
}

/// The median over the batches of the seconds of half a round trip.
fn one_way(
    world: &Communicator,
    batches: usize,
    repetitions: usize,
    mut round_trip: impl FnMut(bool) -> Result<()>,
) -> Result<f64> {
    let mut seconds = Vec::with_capacity(batches);
    for batch in 0..=batches {
        world.barrier()?;
        let clock = Instant::now();
        if world.rank() < 2 {
            for _ in 0..repetitions {
                round_trip(world.is_root())?;
            }
        }
        // The first batch warms up.
        if batch > 0 {
            seconds.push(clock.elapsed().as_secs_f64() / (2 * repetitions) as f64);
        }
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[batches / 2])
}

fn print_table(world: &Communicator, timings: &[Timing]) {
    root_println!(world, "bytes      buffer µs    GB/s   object µs    GB/s");
    for Timing {
        bytes,
        buffer,
        object,
    } in timings
    {
        let rate = |seconds: f64| *bytes as f64 / seconds / 1e9;
        root_println!(
            world,
            "{bytes:<10} {:>9.2} {:>7.2}   {:>9.2} {:>7.2}",
            buffer * 1e6,
            rate(*buffer),
            object * 1e6,
            rate(*object),
        );
    }
}
