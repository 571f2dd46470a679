//! Darts a second, against the generator alone, the loop that a user would write, numpy and numba.
//!
//!     cargo xtask bench pi
//!
//! Everything is measured alternately in one run and reported as ratios. The limit: the same vectorised generator with its
//! outputs added up and nothing else, two for a dart. The peers in Python run where they are installed (`PYTHON` names an
//! interpreter).

#[path = "../common/limit.rs"]
#[allow(dead_code)] // the triad
mod limit;
#[path = "../common/python.rs"]
mod python;
#[path = "../common/report.rs"]
mod report;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use limit::slowest;
use partita::prelude::*;
use partita::random::{LANES, Lanes, SeedableRng, Streams, Xoshiro256PlusPlus};
use partita_kernels::monte_carlo::pi::parallel;
use rand::RngExt;
use report::{Samples, median_ratio, print_table};

use python::Python;

/// Darts a second, against the generator, a plain loop, numpy and numba
#[derive(clap::Parser)]
struct Arguments {
    /// Darts of a rank in one sample
    #[arg(long, default_value_t = 200_000_000)]
    darts: u64,
    /// Samples of each figure
    #[arg(long, default_value_t = 9)]
    samples: usize,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

/// What the slower contenders throw, as a share of the darts.
const SHARE: u64 = 10;

/// The kernel and its limit on one number of ranks.
struct Contender {
    communicator: Option<Communicator>,
    ranks: usize,
    limits: Samples,
    rates: Samples,
}

impl Contender {
    fn new(world: &Communicator, ranks: usize) -> Result<Self> {
        let takes_part = world.rank() < ranks;
        Ok(Contender {
            communicator: world.split(takes_part.then_some(0), 0)?,
            ranks,
            limits: Samples::default(),
            rates: Samples::default(),
        })
    }

    fn sample(&mut self, darts: u64) -> Result<()> {
        let Some(communicator) = &self.communicator else {
            return Ok(());
        };
        let all = darts * self.ranks as u64;
        let mut lanes = Streams::new(1).lanes((communicator.rank() * LANES) as u64);
        let seconds = slowest(communicator, || {
            black_box(generate(&mut lanes, darts as usize / LANES));
            Ok(())
        })?;
        self.limits.push(all as f64 / seconds);
        let seconds = slowest(communicator, || {
            black_box(parallel::count(communicator, 42, 0..all)?);
            Ok(())
        })?;
        self.rates.push(all as f64 / seconds);
        Ok(())
    }
}

/// Two outputs a lane a group, added up.
#[multiversion::multiversion(targets = "simd")]
fn generate(lanes: &mut Lanes, groups: usize) -> u64 {
    let mut sums = [0u64; LANES];
    for _ in 0..groups {
        let (x, y) = (lanes.next_outputs(), lanes.next_outputs());
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum = sum.wrapping_add(x[lane] ^ y[lane]);
        }
    }
    sums.into_iter().fold(0, |sum, lane| sum ^ lane)
}

/// Darts a second of the loop that comes to mind, with the same generator of the `rand` crates.
fn naive(darts: u64) -> f64 {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(42);
    let clock = Instant::now();
    let mut hits = 0u64;
    for _ in 0..darts {
        let (x, y): (f64, f64) = (random.random(), random.random());
        if x * x + y * y < 1.0 {
            hits += 1;
        }
    }
    black_box(hits);
    darts as f64 / clock.elapsed().as_secs_f64()
}

/// What is measured on the root alone while the others wait.
struct Alone {
    naive: Samples,
    python: Option<Python>,
    of_python: Vec<(String, Samples)>,
}

impl Alone {
    fn new() -> Self {
        let python = Python::start("pi.py", 1);
        let kinds = python.iter().flat_map(Python::kinds);
        Alone {
            of_python: kinds
                .map(|kind| (kind.clone(), Samples::default()))
                .collect(),
            naive: Samples::default(),
            python,
        }
    }

    fn sample(&mut self, darts: u64) -> Result<()> {
        self.naive.push(naive(darts));
        if let Some(python) = &mut self.python {
            for (kind, samples) in &mut self.of_python {
                let seconds = python.seconds(&format!("{kind} {darts}"))?;
                samples.push(darts as f64 / seconds);
            }
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.naive.clear();
        self.of_python
            .iter_mut()
            .for_each(|(_, samples)| samples.clear());
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let ranks = [1, 2, 4, 8]
            .into_iter()
            .filter(|&ranks| ranks <= world.size());
        let mut contenders = ranks
            .map(|ranks| Contender::new(world, ranks))
            .collect::<Result<Vec<_>>>()?;
        let mut alone = world.is_root().then(Alone::new);
        for round in 0..=arguments.samples {
            if round == 1 {
                // What came before warmed up.
                contenders.iter_mut().for_each(|contender| {
                    contender.limits.clear();
                    contender.rates.clear();
                });
                alone.iter_mut().for_each(Alone::forget);
            }
            for contender in &mut contenders {
                contender.sample(arguments.darts)?;
                world.barrier()?;
            }
            let sampled = alone
                .as_mut()
                .map(|alone| alone.sample(arguments.darts / SHARE));
            // Local: Python runs beside the root alone.
            world.agree(sampled.transpose())?;
        }
        if let Some(alone) = &alone {
            report(&arguments, &contenders, alone);
        }
        Ok(())
    })
}

fn report(arguments: &Arguments, contenders: &[Contender], alone: &Alone) {
    let Arguments { darts, samples, .. } = arguments;
    println!("pi, {darts} darts a rank, medians of {samples} interleaved samples");
    let million = |samples: &Samples| format!("{:.0}", samples.median() / 1e6);
    let rows = contenders.iter().map(|contender| {
        vec![
            contender.ranks.to_string(),
            million(&contender.limits),
            million(&contender.rates),
            format!("{:.2}", median_ratio(&contender.rates, &contender.limits)),
            format!(
                "{:.2}",
                median_ratio(&contender.rates, &contenders[0].rates)
            ),
            format!("{:.0} %", 100.0 * contender.rates.spread()),
        ]
    });
    let head = [
        "ranks",
        "limit 10^6/s",
        "10^6 darts/s",
        "of the limit",
        "of one rank",
        "spread",
    ];
    print_table(&head, &rows.collect::<Vec<_>>());
    println!();
    let others = alone
        .of_python
        .iter()
        .map(|(kind, samples)| (kind.as_str(), samples));
    let rows = std::iter::once(("rand loop", &alone.naive))
        .chain(others)
        .map(|(name, samples)| {
            vec![
                name.to_string(),
                million(samples),
                format!("{:.1}", median_ratio(&contenders[0].rates, samples)),
            ]
        });
    print_table(
        &["other", "10^6 darts/s", "one rank is … times as fast"],
        &rows.collect::<Vec<_>>(),
    );
    for (module, prefix) in [("numpy", "numpy"), ("numba", "numba")] {
        if !alone
            .of_python
            .iter()
            .any(|(kind, _)| kind.starts_with(prefix))
        {
            println!("skipped: python3 has no {module} here (PYTHON names another interpreter)");
        }
    }
}
