//! Messages and broadcasts against the same in C on plain MPI, alternately in one run.
//!
//!     cargo xtask bench messages

#[path = "../common/report.rs"]
mod report;

use std::process::ExitCode;
use std::time::Instant;

use partita::prelude::*;
use report::{Samples, median_ratio, print_table};

/// Latency and bandwidth beside C
#[derive(clap::Parser)]
struct Arguments {
    /// Samples of each figure
    #[arg(long, default_value_t = 15)]
    samples: usize,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

/// Sizes of messages in bytes, and how many make a sample.
const SIZES: [(usize, usize); 6] = [
    (8, 20_000),
    (1 << 10, 20_000),
    (1 << 16, 2_000),
    (1 << 20, 200),
    (1 << 24, 10),
    (1 << 26, 4),
];

/// Doubles of a broadcast, and how many make a sample.
const BROADCASTS: [(usize, usize); 2] = [(1_000, 5_000), (10_000_000, 3)];

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        if world.size() < 2 {
            return Err(Error::usage("messages: two ranks are needed"));
        }
        let mut rows = Vec::new();
        for (bytes, repetitions) in SIZES {
            rows.push(ping_pong(world, bytes, repetitions, arguments.samples)?);
        }
        for (length, repetitions) in BROADCASTS {
            rows.push(broadcast(world, length, repetitions, arguments.samples)?);
        }
        if world.is_root() {
            println!(
                "messages between 2 ranks of {}, medians of {} interleaved samples",
                world.size(),
                arguments.samples
            );
            let head = [
                "",
                "µs",
                "GB/s",
                "C µs",
                "of C's speed",
                "longer by µs",
                "spread",
            ];
            print_table(&head, &rows);
        }
        Ok(())
    })
}

fn ping_pong(
    world: &Communicator,
    bytes: usize,
    repetitions: usize,
    samples: usize,
) -> Result<Vec<String>> {
    let mut buffer = vec![1u8; bytes];
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    for round in 0..=samples {
        let peer = partita_peers::ping_pong(world, &mut buffer, repetitions)?;
        world.barrier()?;
        let clock = Instant::now();
        for _ in 0..repetitions {
            match world.rank() {
                0 => {
                    world.send(&buffer, 1)?;
                    world.receive(&mut buffer, 1)?;
                }
                1 => {
                    world.receive(&mut buffer, 0)?;
                    world.send(&buffer, 0)?;
                }
                _ => {}
            }
        }
        let own = clock.elapsed().as_secs_f64() / (2 * repetitions) as f64;
        if round == 1 {
            // The round before warmed up.
            ours.clear();
            theirs.clear();
        }
        ours.push(own);
        theirs.push(peer);
    }
    Ok(row(&format!("ping-pong {bytes} B"), bytes, &ours, &theirs))
}

fn broadcast(
    world: &Communicator,
    length: usize,
    repetitions: usize,
    samples: usize,
) -> Result<Vec<String>> {
    let mut buffer = vec![1.0; length];
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    for round in 0..=samples {
        let peer = partita_peers::broadcast(world, &mut buffer, repetitions)?;
        let peer = world.all_reduce_value(peer, Operation::Max)?;
        world.barrier()?;
        let clock = Instant::now();
        for _ in 0..repetitions {
            world.broadcast(0, &mut buffer)?;
        }
        let own = clock.elapsed().as_secs_f64() / repetitions as f64;
        let own = world.all_reduce_value(own, Operation::Max)?;
        if round == 1 {
            // The round before warmed up.
            ours.clear();
            theirs.clear();
        }
        ours.push(own);
        theirs.push(peer);
    }
    let bytes = length * size_of::<f64>();
    Ok(row(
        &format!("broadcast {length} f64"),
        bytes,
        &ours,
        &theirs,
    ))
}

fn row(name: &str, bytes: usize, ours: &Samples, theirs: &Samples) -> Vec<String> {
    let (own, peer) = (ours.median(), theirs.median());
    vec![
        name.to_string(),
        format!("{:.2}", own * 1e6),
        format!("{:.2}", bytes as f64 / own / 1e9),
        format!("{:.2}", peer * 1e6),
        format!("{:.3}", median_ratio(theirs, ours)),
        format!("{:+.2}", (own - peer) * 1e6),
        format!("{:.0} %", 100.0 * ours.spread()),
    ]
}
