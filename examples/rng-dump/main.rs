//! The outputs of a stream of random numbers, to be held against other implementations.
//!
//!     cargo xtask run rng-dump --ranks 1 -- --state 1,2,3,4 --jump 1 --count 2
//!
//! prints the first outputs of xoshiro256++ from that state after one `jump`:
//!
//!     17043750140134683703
//!     2364973248208838314
//!
//! `--jump N` is reached at once, however large N is, and is the N-th stream of `partita::random::Streams`;
//! `--long-jump N` the N-th family of streams.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use partita::prelude::*;
use partita::random::{Rng, Streams, Xoshiro256PlusPlus};

/// Prints the outputs of a stream of random numbers, one a line
#[derive(clap::Parser)]
#[command(name = "rng-dump", version)]
struct Arguments {
    /// The generator
    #[arg(long, value_enum, default_value = "xoshiro256++")]
    algorithm: Algorithm,
    /// Begin at a seed, spread over the state by SplitMix64 [default: 0]
    #[arg(long, conflicts_with = "state")]
    seed: Option<u64>,
    /// Begin at this state of four 64-bit words
    #[arg(long, value_delimiter = ',', value_parser = word, value_name = "A,B,C,D")]
    state: Option<Vec<u64>>,
    /// Jump over so many times 2^128 outputs
    #[arg(long, default_value_t = 0)]
    jump: u64,
    /// Jump over so many times 2^192 outputs
    #[arg(long, default_value_t = 0)]
    long_jump: u64,
    /// How many outputs to print
    #[arg(long, default_value_t = 10)]
    count: u64,
    /// Print them as hexadecimal numbers
    #[arg(long)]
    hex: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Algorithm {
    #[value(name = "xoshiro256++")]
    Xoshiro256PlusPlus,
}

/// A word, as a decimal or a hexadecimal number.
fn word(text: &str) -> std::result::Result<u64, std::num::ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let Algorithm::Xoshiro256PlusPlus = arguments.algorithm;
        let streams = match arguments.state.as_deref() {
            None => Streams::new(arguments.seed.unwrap_or(0)),
            Some(&[a, b, c, d]) => Streams::from_state([a, b, c, d])?,
            Some(_) => return Err(Error::usage("--state: four words, A,B,C,D")),
        };
        if !world.is_root() {
            return Ok(());
        }
        let family = streams.family(arguments.long_jump);
        let stream = family.stream(arguments.jump);
        match dump(stream, arguments.count, arguments.hex) {
            // Whoever reads has enough.
            Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
            outcome => {
                outcome.map_err(|cause| Error::io("write", Path::new("to standard output"), cause))
            }
        }
    })
}

/// Prints so many outputs, one a line, until they cannot be written.
fn dump(mut stream: Xoshiro256PlusPlus, count: u64, hex: bool) -> std::io::Result<()> {
    let mut lines = BufWriter::new(std::io::stdout().lock());
    for _ in 0..count {
        let output = stream.next_u64();
        match hex {
            true => writeln!(lines, "{output:#018x}")?,
            false => writeln!(lines, "{output}")?,
        }
    }
    lines.flush()
}
