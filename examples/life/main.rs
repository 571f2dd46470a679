//! Conway's game of life on a board that closes on itself.
//!
//!     cargo xtask run life -- --pattern r-pentomino --generations 1103 --output life.h5 --png life.png
//!
//! prints (and writes the cells at the end, and a picture of the start and the end):
//!
//!     life        640 × 640 cells on 2 ranks (2×1), r-pentomino, 1103 generations
//!     population  5 at the start, 116 at the end, 319 at most (generation 821)
//!     speed       … cell updates/s, … a rank, in … s
//!     wrote       life.h5
//!     wrote       life.png
//!
//! Five cells take 1103 generations to settle, as on the unbounded plane: the board is so large that nothing
//! comes back from the other side before. The file holds the same bytes for any number of ranks.

#[path = "../common/distinct_files.rs"]
mod distinct_files;
mod picture;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use partita::prelude::*;
use partita_io::hdf5::File;
use partita_io::save::Replacement;
use partita_kernels::life;
use partita_kernels::life::parallel::{Life, board};

/// Conway's game of life, on any number of ranks
#[derive(Debug, clap::Parser)]
#[command(name = "life", version)]
struct Arguments {
    /// What the board holds at first
    #[arg(long, value_enum, default_value_t = Pattern::RPentomino)]
    pattern: Pattern,
    /// Rows and columns of the board
    #[arg(long, value_delimiter = ',', num_args = 1, default_value = "640,640")]
    shape: Vec<usize>,
    /// Generations
    #[arg(long, default_value_t = 1103)]
    generations: u64,
    /// Which random board
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the cells at the end to this HDF5 file, as /life
    #[arg(long)]
    output: Option<PathBuf>,
    /// Draw the start and the end
    #[arg(long)]
    png: Option<PathBuf>,
    /// Print the summary as one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Pattern {
    Glider,
    RPentomino,
    Random,
}

impl Arguments {
    fn pattern(&self) -> life::Pattern {
        match self.pattern {
            Pattern::Glider => life::Pattern::Glider,
            Pattern::RPentomino => life::Pattern::RPentomino,
            Pattern::Random => life::Pattern::Random { seed: self.seed },
        }
    }

    fn pattern_name(&self) -> String {
        match self.pattern {
            Pattern::Glider => "glider".to_string(),
            Pattern::RPentomino => "r-pentomino".to_string(),
            Pattern::Random => format!("random board {}", self.seed),
        }
    }

    fn shape(&self) -> Result<[usize; 2]> {
        <[usize; 2]>::try_from(&self.shape[..]).map_err(|_| {
            Error::usage(format!(
                "--shape is {:?}; a board has rows and columns",
                self.shape
            ))
        })
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        distinct_files::check([
            ("--output", arguments.output.clone()),
            ("--png", arguments.png.clone()),
        ])?;
        let shape = arguments.shape()?;
        let grid = ProcessGrid::for_shape(world, &shape)?;
        let start = board(&grid, shape, arguments.pattern())?;
        let picture = match &arguments.png {
            Some(path) => Some(Replacement::begin(world, path)?),
            None => None,
        };
        let output = match &arguments.output {
            Some(path) => Some(File::create(world, path)?),
            None => None,
        };
        let drawn_start = picture::sample(&start)?;
        let (life, run) = play(start, arguments.generations)?;

        if let Some(mut file) = output {
            file.write("life", life.board())?;
            file.attribute("generations", arguments.generations)?;
            file.attribute("population", run.populations[1])?;
            file.close()?;
        }
        if let Some(picture) = picture {
            let panels = (drawn_start, picture::sample(life.board())?);
            let drawn = match &panels {
                (Some(start), Some(end)) => picture::draw(&picture, [start, end], &run),
                _ => Ok(()), // the samples are on the root
            };
            world.agree(drawn)?;
            picture.commit()?;
        }
        let text = match arguments.json {
            true => run.as_json(&grid, shape),
            false => run.as_text(&grid, shape, &arguments),
        };
        root_println!(world, "{text}");
        Ok(())
    })
}

/// What happened.
struct Run {
    generations: u64,
    /// At the start and at the end.
    populations: [u64; 2],
    /// The most that were alive, and when first.
    peak: (u64, u64),
    seconds: f64,
}

/// Plays so many generations from the start. *Collective.*
fn play(start: DistArray<u8, ndarray::Ix2>, generations: u64) -> Result<(Life, Run)> {
    let world = start.communicator().clone();
    let mut life = Life::new(start)?;
    let at_start = life.population()?;
    let (mut population, mut peak) = (at_start, (at_start, 0));
    let progress = Progress::new(&world, generations, "generations");
    let clock = Instant::now();
    for generation in 1..=generations {
        life.step()?;
        population = life.population()?;
        if population > peak.0 {
            peak = (population, generation);
        }
        progress.advance(1);
    }
    drop(progress);
    let run = Run {
        generations,
        populations: [at_start, population],
        peak,
        seconds: clock.elapsed().as_secs_f64(),
    };
    Ok((life, run))
}

impl Run {
    /// Cell updates a second on all ranks.
    fn rate(&self, [rows, columns]: [usize; 2]) -> f64 {
        (rows * columns) as f64 * self.generations as f64 / self.seconds
    }

    fn as_text(&self, grid: &ProcessGrid, shape: [usize; 2], arguments: &Arguments) -> String {
        let Run {
            generations,
            populations: [start, end],
            peak: (most, when),
            seconds,
        } = self;
        let ([rows, columns], ranks) = (shape, grid.shape().size());
        let rate = self.rate(shape);
        let mut text = format!(
            "life        {rows} × {columns} cells on {ranks} ranks ({}), {}, {generations} generations\n\
             population  {start} at the start, {end} at the end, {most} at most (generation {when})\n\
             speed       {rate:.1e} cell updates/s, {:.1e} a rank, in {seconds:.2} s",
            grid.shape(),
            arguments.pattern_name(),
            rate / ranks as f64
        );
        for path in [&arguments.output, &arguments.png].into_iter().flatten() {
            text += &format!("\nwrote       {}", path.display());
        }
        text
    }

    fn as_json(&self, grid: &ProcessGrid, shape: [usize; 2]) -> String {
        let [start, end] = self.populations;
        let (most, when) = self.peak;
        format!(
            "{{\"shape\":{shape:?},\"ranks\":{},\"generations\":{},\"population_start\":{start},\
             \"population_end\":{end},\"population_most\":{most},\"generation_of_most\":{when},\
             \"seconds\":{:e}}}",
            grid.shape().size(),
            self.generations,
            self.seconds
        )
    }
}
