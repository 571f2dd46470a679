//! The Mandelbrot set, and who has how much to do: the steps that z ← z² + c takes from 0 beyond 2, for
//! each c of a window of the plane.
//!
//!     cargo xtask run mandelbrot --ranks 4 -- --distribution cyclic --png mandelbrot.png
//!
//! A point outside takes few steps, one inside all of them. In blocks of rows the ranks in the middle have
//! nearly all of the work; with the rows in turn (*cyclic*) every rank has its share:
//!
//!     mandelbrot  600 × 800 points, at most 500 steps, rows cyclic on 4 ranks
//!     rank  rows     steps  of the mean  seconds
//!     …
//!     imbalance   block 1.86, cyclic 1.00, the busiest rank's steps to the average
//!
//! The steps are the same numbers in any layout on any number of ranks.

mod balance;
#[path = "../common/distinct_files.rs"]
mod distinct_files;
mod picture;

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;

use ndarray::{Array1, Axis, Ix2};
use num_complex::Complex;
use partita::prelude::*;
use partita_io::hdf5::File;
use partita_io::save::Replacement;

use balance::Balance;

/// The Mandelbrot set on any number of ranks, and how evenly its rows are dealt out
#[derive(Debug, clap::Parser)]
#[command(name = "mandelbrot", version)]
struct Arguments {
    /// Rows and columns of points
    #[arg(long, value_parser = two::<usize>, default_value = "600,800")]
    shape: [usize; 2],
    /// Steps at most
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    iterations: u32,
    /// The middle of the window, real and imaginary part
    #[arg(long, value_parser = two::<f64>, default_value = "-0.75,0", allow_hyphen_values = true)]
    centre: [f64; 2],
    /// The window is 2.5 high, divided by this
    #[arg(long, default_value_t = 1.0)]
    zoom: f64,
    /// How the rows are dealt out: block, cyclic or block-cyclic:N
    #[arg(long, default_value = "cyclic")]
    distribution: Rows,
    /// Draw the set and the work of each rank
    #[arg(long)]
    png: Option<PathBuf>,
    /// Write the steps to this HDF5 file, as /steps
    #[arg(long)]
    output: Option<PathBuf>,
    /// Print the summary as one line of JSON
    #[arg(long)]
    json: bool,
}

/// How rows are dealt out, as a word.
#[derive(Debug, Clone)]
struct Rows(Distribution);

impl FromStr for Rows {
    type Err = String;

    fn from_str(word: &str) -> std::result::Result<Self, String> {
        let block = word.strip_prefix("block-cyclic:").map(str::parse::<usize>);
        match (word, block) {
            ("block", _) => Ok(Rows(Distribution::Block)),
            ("cyclic", _) => Ok(Rows(Distribution::Cyclic)),
            (_, Some(Ok(block))) if block > 0 => Ok(Rows(Distribution::BlockCyclic(block))),
            _ => Err("block, cyclic and block-cyclic:N are possible".to_string()),
        }
    }
}

/// Two values with a comma between them.
fn two<T: FromStr>(text: &str) -> std::result::Result<[T; 2], String> {
    let values = text.split(',').map(str::parse);
    let values: std::result::Result<Vec<T>, _> = values.collect();
    let values = values
        .ok()
        .and_then(|values| <[T; 2]>::try_from(values).ok());
    values.ok_or_else(|| format!("`{text}` is not two numbers with a comma between"))
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        check(&arguments)?;
        let picture = match &arguments.png {
            Some(path) => Some(Replacement::begin(world, path)?),
            None => None,
        };
        let output = match &arguments.output {
            Some(path) => Some(File::create(world, path)?),
            None => None,
        };
        let rows = &arguments.distribution.0;
        let grid = ProcessGrid::new(world, &[world.size()])?;
        let layout = grid.layout(arguments.shape, &[rows.clone(), Distribution::Replicated])?;

        world.barrier()?;
        let clock = Instant::now();
        let window = Window::of(&arguments);
        let steps = DistArray::from_fn(&grid, &layout, |index| {
            steps_of(window.point(index), arguments.iterations)
        })?;
        let seconds = world.gather(0, &[clock.elapsed().as_secs_f64()])?;

        let inside = steps
            .map(|steps| u64::from(steps == arguments.iterations))
            .sum()?;
        let work = row_sums(&steps, rows)?.gather(0)?;
        let sample = picture::sample(&steps)?;
        let mut drawn = Ok(());
        let mut summary = None;
        if let (Some(work), Some(seconds)) = (work, seconds) {
            let balance = Balance::new(rows, work.to_vec(), seconds.into_iter().collect());
            if let (Some(picture), Some(sample)) = (&picture, &sample) {
                drawn = picture::draw(picture, sample, arguments.iterations, &balance);
            }
            summary = Some(match arguments.json {
                true => balance.as_json(&arguments, inside),
                false => balance.as_text(&arguments, inside),
            });
        }
        // Local: the root alone draws.
        world.agree(drawn)?;
        if let Some(picture) = picture {
            picture.commit()?;
        }
        if let Some(mut file) = output {
            file.write("steps", &steps)?;
            file.close()?;
        }
        root_println!(world, "{}", summary.unwrap_or_default());
        Ok(())
    })
}

/// What clap cannot see. The same on every rank.
fn check(arguments: &Arguments) -> Result<()> {
    let distance = WINDOW_HEIGHT / arguments.zoom;
    if !(arguments.zoom > 0.0 && distance > 0.0 && distance.is_finite()) {
        let zoom = arguments.zoom;
        return Err(Error::usage(format!(
            "--zoom is {zoom:e}; it has to be above 0, and the window's height 2.5 divided by it a number above 0"
        )));
    }
    if !arguments.centre.iter().all(|part| part.is_finite()) {
        return Err(Error::usage("--centre has to be two numbers"));
    }
    distinct_files::check([
        ("--png", arguments.png.clone()),
        ("--output", arguments.output.clone()),
    ])
}

/// At zoom 1.
const WINDOW_HEIGHT: f64 = 2.5;

/// The part of the plane that is looked at.
struct Window {
    corner: Complex<f64>,
    distance: f64,
}

impl Window {
    fn of(arguments: &Arguments) -> Self {
        let [rows, columns] = arguments.shape;
        let distance = WINDOW_HEIGHT / arguments.zoom / rows.max(1) as f64;
        let [real, imaginary] = arguments.centre;
        let half = |points: usize| distance * (points as f64 - 1.0) / 2.0;
        Window {
            corner: Complex::new(real - half(columns), imaginary + half(rows)),
            distance,
        }
    }

    /// The imaginary axis points up, the rows go down.
    fn point(&self, [row, column]: [usize; 2]) -> Complex<f64> {
        self.corner + self.distance * Complex::new(column as f64, -(row as f64))
    }
}

/// The steps until |z| > 2, at most so many.
fn steps_of(c: Complex<f64>, most: u32) -> u32 {
    let mut z = Complex::new(0.0, 0.0);
    for step in 1..=most {
        z = z * z + c;
        if z.norm_sqr() > 4.0 {
            return step;
        }
    }
    most
}

/// The steps of each row together, dealt out as the rows are.
fn row_sums(
    steps: &DistArray<u32, Ix2>,
    rows: &Distribution,
) -> Result<DistArray<u64, ndarray::Ix1>> {
    let layout = steps
        .grid()
        .layout([steps.shape()[0]], std::slice::from_ref(rows))?;
    let local = steps.local();
    let sums = local
        .axis_iter(Axis(0))
        .map(|row| row.iter().map(|&steps| u64::from(steps)).sum());
    DistArray::from_local(steps.grid(), layout, sums.collect::<Array1<u64>>())
}
