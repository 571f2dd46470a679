//! Reductions against the limit of memory and of the second-level cache, and beside what PETSc and Python have.
//!
//!     cargo xtask bench reduce
//!
//! Everything is measured alternately in one run on one and on two ranks: all ranks read their parts, and then reduce
//! them. Ratios are of what `sum_fast` reaches, and that one's of reading alone.

#[path = "../common/limit.rs"]
mod limit;
mod petsc;
mod python;
#[path = "../common/report.rs"]
mod report;

use std::hint::black_box;
use std::process::ExitCode;

use limit::{read, slowest};
use ndarray::Ix1;
use partita::prelude::*;
use partita_kernels::statistics::Moments;
use report::{Samples, median_ratio, print_table};

/// Reductions against the speed of memory and of the cache
#[derive(clap::Parser)]
struct Arguments {
    /// MiB of the large array, well above every cache
    #[arg(long, default_value_t = 512)]
    large: usize,
    /// KiB of the small array on each rank, to lie in the second-level cache
    #[arg(long, default_value_t = 512)]
    small: usize,
    /// Samples of each figure
    #[arg(long, default_value_t = 7)]
    samples: usize,
    /// Elements whose exponents are far apart
    #[arg(long)]
    wide: bool,
    /// Without PETSc and Python
    #[arg(long)]
    alone: bool,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured, in this order.
const NAMES: [&str; 7] = [
    "read",
    "sum_fast",
    "sum",
    "sum_exact",
    "moments",
    "digest",
    "min",
];

/// An array on a number of ranks, and the bytes a second of each kind of pass over it.
struct Contender {
    name: String,
    array: Option<DistArray<f64, Ix1>>,
    bytes: usize,
    /// Passes in one sample, so that it is long enough to be timed.
    passes: usize,
    rates: [Samples; NAMES.len()],
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let mut contenders = Vec::new();
        for ranks in [1, 2].into_iter().filter(|&ranks| ranks <= world.size()) {
            let large = arguments.large << 20;
            let value = if arguments.wide { far_apart } else { alike };
            contenders.push(Contender::new(world, ranks, "memory", large, value)?);
            let small = (arguments.small << 10) * ranks;
            contenders.push(Contender::new(world, ranks, "cache", small, value)?);
        }
        for round in 0..=arguments.samples {
            for contender in &mut contenders {
                if round == 1 {
                    // What came before warmed up caches, pages and connections.
                    contender.rates.iter_mut().for_each(Samples::clear);
                }
                contender.sample()?;
                world.barrier()?;
            }
        }
        if world.is_root() {
            report(&arguments, &contenders);
        }
        if arguments.alone {
            return Ok(());
        }
        petsc::report(world, arguments.large << 20, arguments.samples)?;
        if world.is_root() {
            python::report(arguments.large << 20, arguments.samples);
        }
        world.barrier()
    })
}

fn alike(place: usize) -> f64 {
    (place as f64 * 0.37).sin()
}

/// Within 2^±60.
fn far_apart(place: usize) -> f64 {
    alike(place) * 2f64.powi((place * 37 % 121) as i32 - 60)
}

impl Contender {
    fn new(
        world: &Communicator,
        ranks: usize,
        place: &str,
        bytes: usize,
        value: fn(usize) -> f64,
    ) -> Result<Self> {
        let communicator = world.split((world.rank() < ranks).then_some(0), 0)?;
        let array = match communicator {
            None => None,
            Some(communicator) => {
                let grid = ProcessGrid::balanced(&communicator, 1)?;
                let value = |[i]: [usize; 1]| value(i);
                Some(DistArray::from_fn(
                    &grid,
                    [bytes / size_of::<f64>()],
                    value,
                )?)
            }
        };
        Ok(Contender {
            name: format!("{ranks}, {place}"),
            array,
            bytes,
            passes: ((64 << 20) / bytes).max(1),
            rates: Default::default(),
        })
    }

    fn sample(&mut self) -> Result<()> {
        let Some(array) = &self.array else {
            return Ok(());
        };
        let local = array.local();
        let words = local.as_slice().unwrap_or_default();
        let passes: [&dyn Fn() -> Result<()>; NAMES.len()] = [
            &|| seen(Ok(read(black_box(words)))),
            &|| seen(array.sum_fast()),
            &|| seen(array.sum()),
            &|| seen(array.sum_exact()),
            &|| seen(array.reduce_by(&Moments)),
            &|| seen(array.digest()),
            &|| seen(array.min()),
        ];
        for (pass, rates) in passes.iter().zip(&mut self.rates) {
            let work = || (0..self.passes).try_for_each(|_| pass());
            let seconds = slowest(array.communicator(), work)?;
            rates.push((self.bytes * self.passes) as f64 / seconds);
        }
        Ok(())
    }
}

/// Makes the compiler believe that a result is used.
fn seen<T>(result: Result<T>) -> Result<()> {
    black_box(result?);
    Ok(())
}

fn report(arguments: &Arguments, contenders: &[Contender]) {
    let Arguments {
        large,
        small,
        samples,
        ..
    } = arguments;
    println!(
        "reduce, {large} MiB in memory and {small} KiB a rank in cache, medians of {samples} interleaved samples"
    );
    println!(
        "GB/s, and of: sum_fast the read rate, digest and min the read rate, the others sum_fast"
    );
    let rows: Vec<Vec<String>> = contenders.iter().map(row).collect();
    let head: Vec<&str> = [&["ranks, in"], &NAMES[..], &["spread"]].concat();
    print_table(&head, &rows);
}

fn row(contender: &Contender) -> Vec<String> {
    let rates = &contender.rates;
    let cell = |place: usize| {
        let rate = format!("{:.1}", rates[place].median() / 1e9);
        let of = match NAMES[place] {
            "read" => return rate,
            "sum_fast" | "digest" | "min" => 0,
            _ => 1,
        };
        format!("{rate} {:.2}", median_ratio(&rates[place], &rates[of]))
    };
    let cells = (0..NAMES.len()).map(cell);
    let spread = format!("{:.0} %", 100.0 * rates[1].spread());
    let name = [contender.name.clone()].into_iter();
    name.chain(cells).chain([spread]).collect()
}
