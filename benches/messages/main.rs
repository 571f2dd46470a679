//! Messages, broadcasts and small collectives against the same in C on plain MPI, alternately in one run;
//! objects against buffers and copies; collectives that compare their calls against those that do not.
//!
//!     cargo xtask bench messages

mod collective;
mod point_to_point;
#[path = "../common/report.rs"]
mod report;
mod sampling;

use std::process::ExitCode;

use partita::prelude::*;

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

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        if world.size() < 2 {
            return Err(Error::usage("messages: two ranks are needed"));
        }
        let samples = arguments.samples;
        root_println!(
            world,
            "messages between 2 ranks of {}, medians of {samples} interleaved samples",
            world.size()
        );
        point_to_point::compare(world, samples)?;
        root_println!(world, "\nthe checker: off, and on");
        collective::compare(world, samples)
    })
}
