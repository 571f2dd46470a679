//! The heat equation on a plate, a bar or a block: ∂u/∂t = α ∇²u, by explicit steps.
//!
//!     cargo xtask run heat -- --shape 512,512 --steps 2000 --periodic --output heat.h5 --png heat.png
//!
//! prints (and writes the temperatures at the end, and a picture of the start and the end):
//!
//!     heat        512 × 512 cells on 2 ranks (2×1), 2000 steps
//!     total heat  start 5.671980e6, end 5.671980e6, change 0.0e0 of it
//!     speed       3.4e8 cell updates/s, 1.7e8 a rank, in 1.54 s
//!     wrote       heat.h5
//!     wrote       heat.png
//!
//! The file holds the same bytes for any number of ranks, and for a run that was stopped and resumed:
//!
//!     cargo xtask run heat -- --steps 100000 --output heat.h5 --checkpoint saved --every 1000 --max-time 60
//!     cargo xtask run heat --ranks 4 -- --steps 100000 --output heat.h5 --checkpoint saved --every 1000 --resume

#[path = "../common/checkpointing.rs"]
mod checkpointing;
#[path = "../common/distinct_files.rs"]
mod distinct_files;
mod picture;
mod resume;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ndarray::{Ix1, Ix2, Ix3};
use partita::prelude::*;
use partita_io::hdf5::{File, Location, Reading};
use partita_io::save::Replacement;
use partita_kernels::heat::Parameters;
use partita_kernels::heat::parallel::Solver;

/// The heat equation in one, two or three dimensions, on any number of ranks
#[derive(Debug, clap::Parser)]
#[command(name = "heat", version)]
struct Arguments {
    /// Cells along each axis, 1 to 3 of them
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "512,512",
        conflicts_with = "input"
    )]
    shape: Vec<usize>,
    /// Time steps
    #[arg(long, default_value_t = 2000)]
    steps: usize,
    /// Thermal diffusivity
    #[arg(long, default_value_t = 0.1, allow_negative_numbers = true)]
    alpha: f64,
    /// Length of a time step
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    time_step: f64,
    /// Distance of two cells
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    spacing: f64,
    /// Every axis closes on itself; otherwise the edges are kept at --edge
    #[arg(long)]
    periodic: bool,
    /// Temperature beyond the edges
    #[arg(
        long,
        default_value_t = 0.0,
        allow_negative_numbers = true,
        conflicts_with = "periodic"
    )]
    edge: f64,
    /// Start from a dataset of another program, FILE.h5:/dataset
    #[arg(long)]
    input: Option<Location>,
    /// Write the temperatures at the end to this HDF5 file, as /u
    #[arg(long)]
    output: Option<PathBuf>,
    /// Write them every so many steps as well, as /steps/NUMBER; with --checkpoint, make checkpoints instead
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    /// Save the state of the run to this folder: every --every steps, on SIGUSR1, and before ending on SIGTERM
    #[arg(long, value_name = "FOLDER")]
    checkpoint: Option<PathBuf>,
    /// Go on from the newest checkpoint, if there is one; on any number of ranks
    #[arg(long, requires = "checkpoint")]
    resume: bool,
    /// End after so many seconds by a checkpoint, with exit code 75
    #[arg(long, requires = "checkpoint", value_name = "SECONDS", value_parser = checkpointing::seconds)]
    max_time: Option<Duration>,
    /// Draw the start and the end (of a block: its middle plane)
    #[arg(long)]
    png: Option<PathBuf>,
    /// Print the summary as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// What clap cannot see: two files under one name, of which one would replace the other.
    fn check(&self) -> Result<()> {
        if self.every.is_some() && self.output.is_none() && self.checkpoint.is_none() {
            return Err(Error::usage("--every needs --output or --checkpoint"));
        }
        let input = self.input.as_ref().map(|input| input.file().to_path_buf());
        distinct_files::check([
            ("--input", input),
            ("--output", self.output.clone()),
            ("--png", self.png.clone()),
        ])
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        arguments.check()?;
        let input = match &arguments.input {
            None => None,
            Some(location) => {
                let file = File::open(world, location.file())?;
                let dataset = file.dataset_at(location)?;
                Some((file, dataset))
            }
        };
        let shape = match &input {
            None => arguments.shape.clone(),
            Some((file, dataset)) => file.shape(dataset)?,
        };
        match shape.len() {
            1 => simulate::<Ix1>(world, &arguments, input, &shape),
            2 => simulate::<Ix2>(world, &arguments, input, &shape),
            3 => simulate::<Ix3>(world, &arguments, input, &shape),
            ndim => {
                let of = arguments
                    .input
                    .as_ref()
                    .map_or("--shape".to_string(), Location::to_string);
                let detail = format!("{of} is {shape:?}, of {ndim} axes; 1, 2 or 3 are possible");
                Err(Error::shape("heat", detail))
            }
        }
    })
}

fn simulate<D: Axes>(
    world: &Communicator,
    arguments: &Arguments,
    input: Option<(File<Reading>, String)>,
    shape: &[usize],
) -> Result<()> {
    let parameters = Parameters {
        diffusivity: arguments.alpha,
        time_step: arguments.time_step,
        spacing: arguments.spacing,
        edges: match arguments.periodic {
            true => Boundary::Periodic,
            false => Boundary::Fixed(arguments.edge),
        },
    };
    let grid = ProcessGrid::for_shape(world, shape)?;
    let start: DistArray<f64, D> = match input {
        Some((file, dataset)) => file.read(&dataset, &grid)?,
        None => DistArray::from_fn(&grid, D::from_slice(shape)?, |index| {
            hot_spots(index.as_ref(), shape)
        })?,
    };
    let before = picture::sample(&start)?;
    let heat_at_start = start.sum()?;
    let Arguments {
        every, max_time, ..
    } = *arguments;
    let folder = &arguments.checkpoint;
    let mut checkpoint = match checkpointing::begin(world, "heat", folder, every, max_time)? {
        Some(checkpoint) => Some(resume::of_run(checkpoint, arguments, &start)?),
        None => None,
    };
    let (start, done) = match &checkpoint {
        Some(checkpoint) if arguments.resume => {
            resume::resumed(checkpoint, arguments, &grid, start)?
        }
        Some(checkpoint) => {
            checkpointing::start_anew(checkpoint)?;
            (start, 0)
        }
        None => (start, 0),
    };
    let mut solver = Solver::new(start, &parameters)?;
    let picture = match &arguments.png {
        Some(path) => Some(Replacement::begin(world, path)?),
        None => None,
    };
    let mut output = match &arguments.output {
        Some(path) => Some(File::create(world, path)?),
        None => None,
    };

    let progress = Progress::new(world, arguments.steps as u64, "steps");
    progress.advance(done);
    let clock = Instant::now();
    for step in done + 1..=arguments.steps as u64 {
        solver.step()?;
        progress.advance(1);
        match (&mut checkpoint, &mut output, arguments.every) {
            (Some(checkpoint), ..) => {
                checkpoint.after(step, |state| resume::save(state, solver.temperature()))?;
            }
            (None, Some(file), Some(every)) if step.is_multiple_of(every) => {
                file.write(&format!("steps/{step:08}"), solver.temperature())?;
            }
            _ => {}
        }
    }
    world.barrier()?;
    let seconds = clock.elapsed().as_secs_f64();
    drop(progress);

    let end = solver.temperature();
    let heat_at_end = end.sum()?;
    if let Some(mut file) = output {
        file.write("u", end)?;
        file.attribute("alpha", arguments.alpha)?;
        file.attribute("time_step", arguments.time_step)?;
        file.attribute("spacing", arguments.spacing)?;
        file.attribute("steps", arguments.steps as u64)?;
        file.attribute("periodic", arguments.periodic)?;
        file.attribute("edge", arguments.edge)?;
        file.close()?;
    }
    if let Some(picture) = picture {
        let drawn = match (&before, &picture::sample(end)?) {
            (Some(before), Some(after)) => picture::draw(&picture, before, after),
            _ => Ok(()), // the samples are on the root
        };
        world.agree(drawn)?;
        picture.commit()?;
    }
    let summary = Summary {
        grid: &grid,
        shape,
        arguments,
        heat: [heat_at_start, heat_at_end],
        steps: (arguments.steps as u64).saturating_sub(done),
        seconds,
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
}

/// Three hot balls of different sizes and temperatures in the cold.
fn hot_spots(index: &[usize], shape: &[usize]) -> f64 {
    const BALLS: [([f64; 3], f64, f64); 3] = [
        ([0.30, 0.28, 0.45], 0.16, 60.0),
        ([0.62, 0.66, 0.55], 0.22, 100.0),
        ([0.78, 0.22, 0.50], 0.08, 80.0),
    ];
    let inside = |centre: &[f64; 3], radius: f64| {
        let squares = index
            .iter()
            .zip(shape)
            .zip(centre)
            .map(|((&index, &length), centre)| {
                ((index as f64 + 0.5) / length as f64 - centre).powi(2)
            });
        squares.sum::<f64>() < radius * radius
    };
    BALLS
        .iter()
        .find(|(centre, radius, _)| inside(centre, *radius))
        .map_or(0.0, |&(_, _, temperature)| temperature)
}

/// What the run was and did, for people or for a script.
struct Summary<'run> {
    grid: &'run ProcessGrid,
    shape: &'run [usize],
    arguments: &'run Arguments,
    heat: [f64; 2],
    /// Done in this run, not in one before.
    steps: u64,
    seconds: f64,
}

impl Summary<'_> {
    /// Cell updates a second on all ranks.
    fn rate(&self) -> f64 {
        self.shape.iter().product::<usize>() as f64 * self.steps as f64 / self.seconds
    }

    fn as_text(&self) -> String {
        let shape: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        let (shape, grid) = (shape.join(" × "), self.grid.shape());
        let (ranks, steps) = (grid.size(), self.arguments.steps);
        let [start, end] = self.heat;
        let change = if start == end {
            0.0
        } else {
            (end - start) / start
        };
        let (rate, seconds) = (self.rate(), self.seconds);
        let rank_rate = rate / ranks as f64;
        let mut text = format!(
            "heat        {shape} cells on {ranks} ranks ({grid}), {steps} steps\n\
             total heat  start {start:.6e}, end {end:.6e}, change {change:.1e} of it\n\
             speed       {rate:.1e} cell updates/s, {rank_rate:.1e} a rank, in {seconds:.2} s"
        );
        for path in [&self.arguments.output, &self.arguments.png]
            .into_iter()
            .flatten()
        {
            text += &format!("\nwrote       {}", path.display());
        }
        text
    }

    fn as_json(&self) -> String {
        let ranks = self.grid.shape().size();
        // JSON has numbers only, and an input may have had others.
        let number = |value: f64| match value.is_finite() {
            true => format!("{value:e}"),
            false => "null".into(),
        };
        let [start, end] = self.heat.map(number);
        format!(
            "{{\"shape\":{:?},\"ranks\":{ranks},\"steps\":{},\"heat_start\":{start},\
             \"heat_end\":{end},\"seconds\":{},\"cell_updates_per_second_per_rank\":{}}}",
            self.shape,
            self.arguments.steps,
            number(self.seconds),
            number(self.rate() / ranks as f64)
        )
    }
}
