//! Cell updates a second of the heat kernel, against the limit of memory and the serial reference.
//!
//!     cargo xtask bench heat
//!
//! Everything is measured alternately in one run on one and on two ranks, and reported as ratios. The
//! limit: a step has to read every cell once and to write it once, 16 bytes; the triad of the same
//! number of ranks says how many bytes pass in a second.

#[path = "../common/limit.rs"]
mod limit;
#[path = "../common/report.rs"]
mod report;

use std::process::ExitCode;

use limit::{Triad, slowest};
use ndarray::Ix2;
use partita::prelude::*;
use partita_kernels::heat::parallel::Solver;
use partita_kernels::heat::{Parameters, serial};
use report::{Samples, median_ratio, print_table};

/// The least traffic of one cell update.
const BYTES_A_CELL: f64 = 16.0;

/// The heat kernel against memory bandwidth and the serial reference
#[derive(clap::Parser)]
struct Arguments {
    /// Cells along each side of the plate; two plates should be well above the cache
    #[arg(long, default_value_t = 4096)]
    side: usize,
    /// Steps in one sample
    #[arg(long, default_value_t = 5)]
    steps: usize,
    /// Samples of each figure
    #[arg(long, default_value_t = 9)]
    samples: usize,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

/// Everything that is measured on one number of ranks.
struct Contender {
    communicator: Option<Communicator>,
    ranks: usize,
    triad: Triad,
    solver: Option<Solver<Ix2>>,
    bandwidths: Samples,
    rates: Samples,
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let mut contenders = Vec::new();
        for ranks in [1, 2, 4, 8]
            .into_iter()
            .filter(|&ranks| ranks <= world.size())
        {
            contenders.push(Contender::new(world, ranks, &arguments)?);
        }
        let mut reference = Samples::default();
        for round in 0..=arguments.samples {
            if round == 1 {
                // What came before warmed up caches, pages and connections.
                contenders.iter_mut().for_each(Contender::forget);
                reference.clear();
            }
            for contender in &mut contenders {
                contender.sample(arguments.side, arguments.steps)?;
                world.barrier()?;
            }
            if world.is_root() {
                reference.push(serial_rate(arguments.side)?);
            }
            world.barrier()?;
        }
        if world.is_root() {
            report(&arguments, &contenders, &reference);
        }
        Ok(())
    })
}

fn parameters() -> Parameters {
    Parameters {
        diffusivity: 0.2,
        time_step: 1.0,
        spacing: 1.0,
        edges: Boundary::Periodic,
    }
}

impl Contender {
    fn new(world: &Communicator, ranks: usize, arguments: &Arguments) -> Result<Self> {
        let takes_part = world.rank() < ranks;
        let communicator = world.split(takes_part.then_some(0), 0)?;
        let elements = if takes_part {
            arguments.side * arguments.side / 2
        } else {
            0
        };
        let solver = match &communicator {
            None => None,
            Some(communicator) => {
                let side = arguments.side;
                let grid = ProcessGrid::for_shape(communicator, &[side, side])?;
                let start = DistArray::from_fn(&grid, [side, side], |[i, j]| (i ^ j) as f64)?;
                Some(Solver::new(start, &parameters())?)
            }
        };
        Ok(Contender {
            communicator,
            ranks,
            triad: Triad::new(elements),
            solver,
            bandwidths: Samples::default(),
            rates: Samples::default(),
        })
    }

    fn forget(&mut self) {
        self.bandwidths.clear();
        self.rates.clear();
    }

    fn sample(&mut self, side: usize, steps: usize) -> Result<()> {
        let (Some(communicator), Some(solver)) = (&self.communicator, &mut self.solver) else {
            return Ok(());
        };
        self.bandwidths.push(self.triad.bandwidth(communicator)?);
        let seconds = slowest(communicator, || (0..steps).try_for_each(|_| solver.step()))?;
        self.rates.push((side * side * steps) as f64 / seconds);
        Ok(())
    }
}

/// Cell updates a second of the serial reference, on a plate of a sixteenth of the cells.
fn serial_rate(side: usize) -> Result<f64> {
    let side = side / 4;
    let start = ndarray::Array2::from_shape_fn((side, side), |(i, j)| (i ^ j) as f64);
    let clock = std::time::Instant::now();
    std::hint::black_box(serial::run(start.view(), &parameters(), 1)?);
    Ok((side * side) as f64 / clock.elapsed().as_secs_f64())
}

fn report(arguments: &Arguments, contenders: &[Contender], reference: &Samples) {
    let Arguments { side, samples, .. } = arguments;
    println!("heat, {side} × {side} cells of f64, medians of {samples} interleaved samples");
    let rows: Vec<Vec<String>> = contenders
        .iter()
        .map(|contender| {
            let rate = contender.rates.median();
            let of_limit = median_ratio(&contender.rates, &contender.bandwidths) * BYTES_A_CELL;
            let of_one = median_ratio(&contender.rates, &contenders[0].rates);
            vec![
                contender.ranks.to_string(),
                format!("{:.1}", contender.bandwidths.median() / 1e9),
                format!("{:.0}", rate / 1e6),
                format!("{of_limit:.2}"),
                format!("{of_one:.2}"),
                format!("{:.1}", median_ratio(&contender.rates, reference)),
                format!("{:.0} %", 100.0 * contender.rates.spread()),
            ]
        })
        .collect();
    let head = [
        "ranks",
        "triad GB/s",
        "10^6 cells/s",
        "of the limit",
        "of one rank",
        "of serial",
        "spread",
    ];
    print_table(&head, &rows);
}
