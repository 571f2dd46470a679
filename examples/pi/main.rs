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
//! The hits are the same integer on any number of ranks. `--resume pi.h5` goes on from there, `--tolerance 1e-5` stops as
//! soon as the standard error is so small, and `--method sobol` throws better darts.

mod chart;
#[path = "../common/distinct_files.rs"]
mod distinct_files;
mod history;
mod summary;
mod throw;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use partita::prelude::*;
use partita_io::hdf5::File;
use partita_io::save::Replacement;
use partita_kernels::monte_carlo::Sampling;

use history::History;
use summary::Summary;

/// Estimates pi by random points of a square, on any number of ranks
#[derive(Debug, clap::Parser)]
#[command(name = "pi", version)]
struct Arguments {
    /// The darts, with those of a resumed run: 1000000 or 1e6
    #[arg(long, default_value = "1e9", value_parser = count)]
    samples: u64,
    /// The seed of the random numbers
    #[arg(long, default_value_t = 42, conflicts_with = "resume")]
    seed: u64,
    /// Stop as soon as the standard error is no larger
    #[arg(long, value_parser = positive, allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// How the points are chosen
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Write the estimates on the way, and what a later run needs to go on, to this HDF5 file
    #[arg(long)]
    output: Option<PathBuf>,
    /// Go on where the run that wrote this file ended
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
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
    /// What clap cannot see. That `--output` replaces the file of `--resume` is meant.
    fn check(&self) -> Result<()> {
        if self.resume.is_some() && self.method != Method::Random {
            let method = self.method.name();
            let text = format!("--resume: a run of --method {method} cannot be gone on with");
            return Err(Error::usage(text));
        }
        distinct_files::check([
            ("--output", self.output.clone()),
            ("--png", self.png.clone()),
        ])?;
        distinct_files::check([
            ("--resume", self.resume.clone()),
            ("--png", self.png.clone()),
        ])
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        arguments.check()?;
        let mut history = match &arguments.resume {
            Some(path) => History::read(world, path)?,
            None => History::new(arguments.seed, arguments.method),
        };
        // Refused before the work, not after it.
        let output = match &arguments.output {
            Some(path) => Some(File::create(world, path)?),
            None => None,
        };
        let picture = match &arguments.png {
            Some(path) => Some(Replacement::begin(world, path)?),
            None => None,
        };
        let before = history.last().samples;
        let clock = Instant::now();
        match arguments.method {
            Method::Random => throw::darts(world, &arguments, &mut history)?,
            _ => throw::better_darts(world, &arguments, &mut history)?,
        }
        let seconds = clock.elapsed().as_secs_f64();
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
