//! π from darts at a square: the share of them in the quarter circle, with its error, as fast as random numbers come.
//!
//!     cargo xtask run pi -- --samples 1e9 --seed 42 --output pi.h5 --png pi.png
//!
//! prints (and writes the estimates on the way, and a chart of their errors):
//!
//!     pi          3.141542 ± 5.2e-5, with 95 % between 3.141440000 and 3.141643568
//!     error       -5.1e-5, 1.0 standard errors
//!     hits        785385446 of 1000000000 random darts of seed 42
//!     speed       … darts/s on 2 ranks, … a rank, in … s
//!     wrote       pi.h5
//!     wrote       pi.png
//!
//! The hits are the same integer on any number of ranks, and of a run that was stopped and resumed:
//!
//!     cargo xtask run pi -- --samples 1e13 --output pi.h5 --checkpoint saved --every 1e12 --max-time 60
//!     cargo xtask run pi --ranks 4 -- --samples 1e13 --output pi.h5 --checkpoint saved --every 1e12 --resume
//!
//! With more `--samples` a run that had come to its end goes on, too. `--tolerance 1e-5` stops as soon as the standard
//! error is so small, and `--method sobol` throws better darts.

mod chart;
#[path = "../common/checkpointing.rs"]
mod checkpointing;
#[path = "../common/distinct_files.rs"]
mod distinct_files;
mod history;
mod resume;
mod summary;
mod throw;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use partita::prelude::*;
use partita_io::hdf5::File;
use partita_io::save::Replacement;
use partita_kernels::monte_carlo::Sampling;

use resume::Run;
use summary::Summary;

/// Estimates pi by random points of a square, on any number of ranks
#[derive(Debug, clap::Parser)]
#[command(name = "pi", version)]
struct Arguments {
    /// The darts, with those of a resumed run: 1000000 or 1e6
    #[arg(long, default_value = "1e9", value_parser = count)]
    samples: u64,
    /// The seed of the random numbers
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Stop as soon as the standard error is no larger
    #[arg(long, value_parser = positive, allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// How the points are chosen
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Write the estimates on the way to this HDF5 file
    #[arg(long)]
    output: Option<PathBuf>,
    /// Save the state of the run to this folder: as --every says, at the end, on SIGUSR1, and before ending on SIGTERM
    #[arg(long, value_name = "FOLDER")]
    checkpoint: Option<PathBuf>,
    /// A checkpoint after each so many darts
    #[arg(long, requires = "checkpoint", value_name = "DARTS", value_parser = count)]
    every: Option<u64>,
    /// Go on from the newest checkpoint, if there is one; on any number of ranks
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    /// End after so many seconds by a checkpoint, with exit code 75
    #[arg(long, requires = "checkpoint", value_name = "SECONDS", value_parser = checkpointing::seconds)]
    max_time: Option<Duration>,
    /// Draw the error against the number of darts
    #[arg(long)]
    png: Option<PathBuf>,
    /// Print the summary as one line of JSON
    #[arg(long)]
    json: bool,
}

/// How points are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Method {
    /// Each by itself
    #[default]
    Random,
    /// In pairs, opposite each other
    Antithetic,
    /// One in each of equal cells; a few darts more, where they do not fill the last cells
    Stratified,
    /// The Sobol sequence, scrambled 16 times; whole blocks, as with cells, so a few darts more
    Sobol,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Method::Random => "random",
            Method::Antithetic => "antithetic",
            Method::Stratified => "stratified",
            Method::Sobol => "sobol",
        }
    }

    fn sampling(self) -> Sampling {
        match self {
            Method::Random => Sampling::Random,
            Method::Antithetic => Sampling::Antithetic,
            Method::Stratified => Sampling::Stratified,
            Method::Sobol => Sampling::Sobol,
        }
    }
}

/// The most darts: so many that every count of them is a double, too.
const MOST_SAMPLES: u64 = 1 << 53;

/// A whole number, in either way of writing.
fn count(text: &str) -> std::result::Result<u64, String> {
    let exact = text.replace('_', "").parse::<u64>().ok();
    let number = exact.or_else(|| {
        let number: f64 = text.parse().ok()?;
        (number.fract() == 0.0 && (0.0..=MOST_SAMPLES as f64).contains(&number))
            .then_some(number as u64)
    });
    number
        .filter(|number| (1..=MOST_SAMPLES).contains(number))
        .ok_or_else(|| format!("a whole number of 1 to {MOST_SAMPLES}, such as 1000000 or 1e6"))
}

fn positive(text: &str) -> std::result::Result<f64, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "a number, such as 1e-5".to_string())?;
    match number > 0.0 && number.is_finite() {
        true => Ok(number),
        false => Err("a positive number, such as 1e-5".to_string()),
    }
}

impl Arguments {
    /// What clap cannot see.
    fn check(&self) -> Result<()> {
        if self.checkpoint.is_some() && self.method != Method::Random {
            let method = self.method.name();
            let text = format!("--checkpoint: a run of --method {method} cannot be gone on with");
            return Err(Error::usage(text));
        }
        distinct_files::check([
            ("--output", self.output.clone()),
            ("--png", self.png.clone()),
        ])
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        arguments.check()?;
        let Arguments {
            every, max_time, ..
        } = arguments;
        let (folder, seed) = (&arguments.checkpoint, arguments.seed);
        // All that the hits hang on besides the darts thrown so far: of other methods no run can be gone on with.
        let checkpoint = checkpointing::begin(world, "pi", folder, every, max_time)?;
        let mut checkpoint = checkpoint.map(|checkpoint| {
            let checkpoint = checkpoint.of_run("seed", seed);
            checkpoint.of_run("method", arguments.method.name())
        });
        let mut run = match &checkpoint {
            Some(checkpoint) if arguments.resume => resume::resumed(world, checkpoint, seed)?,
            Some(checkpoint) => {
                checkpointing::start_anew(checkpoint)?;
                None
            }
            None => None,
        }
        .unwrap_or_else(|| Run::new(arguments.seed, arguments.method));
        // Refused before the work, not after it.
        let output = match &arguments.output {
            Some(path) => Some(File::create(world, path)?),
            None => None,
        };
        let picture = match &arguments.png {
            Some(path) => Some(Replacement::begin(world, path)?),
            None => None,
        };
        let before = run.tally.samples;
        let clock = Instant::now();
        match arguments.method {
            Method::Random => throw::darts(world, &arguments, &mut run, &mut checkpoint)?,
            _ => throw::better_darts(world, &arguments, &mut run.history)?,
        }
        let seconds = clock.elapsed().as_secs_f64();
        let history = run.history;
        if let Some(file) = output {
            history.write(world, file)?;
        }
        if let Some(picture) = picture {
            world.agree(match world.is_root() {
                true => chart::draw(&picture, &history),
                false => Ok(()),
            })?;
            picture.commit()?;
        }
        let summary = Summary {
            ranks: world.size(),
            thrown: history.last().samples - before,
            seconds,
            history: &history,
            written: [&arguments.output, &arguments.png],
        };
        root_println!(
            world,
            "{}",
            if arguments.json {
                summary.as_json()
            } else {
                summary.as_text()
            }
        );
        Ok(())
    })
}
