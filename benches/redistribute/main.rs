//! Row blocks of a matrix to its column blocks, and to the row blocks of its transpose, against a plain copy.
//!
//!     cargo xtask bench redistribute -- --side 8192
//!
//! 8192 rows of `f64` are 512 MiB; `--gib 1` takes as many rows as fit 1 GiB.
//!
//! Everything is measured alternately in one run, between two arrays that exist already, and reported as
//! ratios to a `memcpy` of each rank's part on all ranks at once: what the memory grants. The peers are
//! `MPI_Alltoallw` with derived datatypes, in C, and mpi4py with numpy: processes of their own, asked in turn with
//! the others while the ranks here sleep.

#[path = "../common/limit.rs"]
#[allow(dead_code)]
mod limit;
#[path = "../common/python.rs"]
#[allow(dead_code)]
mod python;
#[path = "../common/report.rs"]
#[allow(dead_code)]
mod report;

use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;

use limit::{rest, slowest};
use ndarray::Ix2;
use partita::prelude::*;
use partita::{Redistribution, layout::Distribution::*};
use python::Python;
use report::{Samples, median_ratio, print_table};

/// Redistribution against a plain copy and against C
#[derive(clap::Parser)]
struct Arguments {
    /// Rows and columns of the matrix; a multiple of the ranks
    #[arg(long, default_value_t = 8192)]
    side: usize,
    /// As large a matrix as fits so many GiB, instead
    #[arg(long, conflicts_with = "side")]
    gib: Option<usize>,
    /// Samples of each figure
    #[arg(long, default_value_t = 7)]
    samples: usize,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    fn side(&self, ranks: usize) -> usize {
        match self.gib {
            Some(gib) => ((gib << 30) / size_of::<f64>()).isqrt() / ranks * ranks,
            None => self.side,
        }
    }
}

/// One way to do it.
struct Contender {
    name: &'static str,
    work: Work,
    seconds: Samples,
}

enum Work {
    Copy,
    Plan(Box<Redistribution<Ix2>>),
    /// From a source that all ranks see.
    Shared(Box<Redistribution<Ix2>>),
    InC {
        transpose: bool,
    },
    /// What the processes are asked that the root has started.
    InPython(&'static str, Rc<RefCell<Option<Python>>>),
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let side = arguments.side(world.size());
        let grid = ProcessGrid::balanced(world, 1)?;
        let rows = grid.layout([side, side], &[Block, Replicated])?;
        let columns = grid.layout([side, side], &[Replicated, Block])?;
        let from = DistArray::from_fn(&grid, &rows, |[i, j]| (i * side + j) as f64)?;
        let shared = from.clone().into_shared()?;
        let mut by_columns = DistArray::zeros(&grid, &columns)?;
        let mut by_rows = DistArray::zeros(&grid, &rows)?;
        let mut contenders = contenders(&grid, &rows, &columns)?;
        add_python(world, &mut contenders)?;
        for round in 0..=arguments.samples {
            for contender in &mut contenders {
                let into = if contender.keeps_rows() {
                    &mut by_rows
                } else {
                    &mut by_columns
                };
                into.local_mut().fill(0.0);
                let seconds = contender.sample(world, [&from, &shared], into)?;
                // What came first warmed up pages and connections.
                if round > 0 {
                    contender.seconds.push(seconds);
                }
                contender.check(world, into, side)?;
            }
        }
        if world.is_root() {
            report(&arguments, world.size(), &contenders);
        }
        Ok(())
    })
}

fn contenders(
    grid: &ProcessGrid,
    rows: &Layout<Ix2>,
    columns: &Layout<Ix2>,
) -> Result<Vec<Contender>> {
    let plain = Redistribution::plan(grid, rows, columns)?;
    let transposing = Redistribution::permuted(grid, rows, rows, &[1, 0])?;
    let messages = plain.clone().with_messages_only();
    let transposing_messages = transposing.clone().with_messages_only();
    Ok(vec![
        contender("memcpy", Work::Copy),
        contender("rows to columns", Work::Plan(plain.clone().into())),
        contender("  source shared", Work::Shared(plain.into())),
        contender("  by messages", Work::Plan(messages.into())),
        contender("  MPI_Alltoallw in C", Work::InC { transpose: false }),
        contender("transpose", Work::Plan(transposing.clone().into())),
        contender("  source shared", Work::Shared(transposing.into())),
        contender("  by messages", Work::Plan(transposing_messages.into())),
        contender("  MPI_Alltoallw in C", Work::InC { transpose: true }),
    ])
}

fn contender(name: &'static str, work: Work) -> Contender {
    Contender {
        name,
        work,
        seconds: Samples::default(),
    }
}

/// After C, each way, where mpi4py is installed.
fn add_python(world: &Communicator, contenders: &mut Vec<Contender>) -> Result<()> {
    let python = world
        .is_root()
        .then(|| Python::start_ranks("redistribute.py", world.size()));
    let python = python.flatten();
    if !world.broadcast_object(0, Some(python.is_some()))? {
        if world.is_root() {
            println!("mpi4py and numpy are not installed: left out");
        }
        return Ok(());
    }
    let python = Rc::new(RefCell::new(python));
    for (transposes, question) in [(false, "columns"), (true, "transpose")] {
        let in_c =
            |it: &Contender| matches!(it.work, Work::InC { transpose } if transpose == transposes);
        let place = contenders
            .iter()
            .position(in_c)
            .map_or(0, |place| place + 1);
        let work = Work::InPython(question, python.clone());
        contenders.insert(place, contender("  mpi4py", work));
    }
    Ok(())
}

impl Contender {
    fn keeps_rows(&self) -> bool {
        match &self.work {
            Work::Copy => true,
            Work::Plan(plan) | Work::Shared(plan) => plan.source() == plan.target(),
            Work::InC { transpose } => *transpose,
            Work::InPython(..) => true,
        }
    }

    fn sample(
        &self,
        world: &Communicator,
        [from, shared]: [&DistArray<f64, Ix2>; 2],
        into: &mut DistArray<f64, Ix2>,
    ) -> Result<f64> {
        let side = from.shape()[0];
        match &self.work {
            Work::Plan(plan) => slowest(world, || plan.forward_into(into, from)),
            Work::Shared(plan) => slowest(world, || plan.forward_into(into, shared)),
            Work::Copy => slowest(world, || {
                let (from, mut into) = (from.local(), into.local_mut());
                if let (Some(from), Some(into)) = (from.as_slice(), into.as_slice_mut()) {
                    into.copy_from_slice(from);
                }
                Ok(())
            }),
            Work::InC { transpose } => {
                let (from, mut into) = (from.local(), into.local_mut());
                let (from, into) = (from.as_slice(), into.as_slice_mut());
                let (from, into) = (from.unwrap_or_default(), into.unwrap_or_default());
                let seconds = partita_peers::redistribute(world, from, into, side, *transpose)?;
                world.all_reduce_value(seconds, Operation::Max)
            }
            Work::InPython(question, python) => {
                let question = format!("{question} {side}");
                let mut python = python.borrow_mut();
                let asked = rest(world, || python.as_mut().map(|it| it.seconds(&question)))?;
                let seconds = asked.flatten().unwrap_or(Ok(0.0));
                world.all_reduce_value(world.agree(seconds)?, Operation::Max)
            }
        }
    }

    /// Every element is where it belongs.
    fn check(&self, world: &Communicator, into: &DistArray<f64, Ix2>, side: usize) -> Result<()> {
        if let Work::InPython(..) = self.work {
            // What it has is its own, and looked at there.
            return Ok(());
        }
        let transposed = self.keeps_rows() && !matches!(self.work, Work::Copy);
        let mut wrong = 0usize;
        for ([i, j], value) in into.indexed_iter() {
            let expected = if transposed {
                j * side + i
            } else {
                i * side + j
            };
            wrong += usize::from(*value != expected as f64);
        }
        world.agree(if wrong == 0 {
            Ok(())
        } else {
            Err(Error::other(format!(
                "{}: {wrong} wrong elements",
                self.name
            )))
        })
    }
}

fn report(arguments: &Arguments, ranks: usize, contenders: &[Contender]) {
    let (side, samples) = (arguments.side(ranks), arguments.samples);
    let mebibytes = (side * side * size_of::<f64>()) >> 20;
    println!(
        "redistribute, {side} × {side} of f64 ({mebibytes} MiB) on {ranks} ranks, medians of {samples} interleaved samples"
    );
    let moved = 2.0 * (side * side * size_of::<f64>()) as f64;
    let rows: Vec<Vec<String>> = contenders
        .iter()
        .map(|contender| {
            let of_copy = median_ratio(&contenders[0].seconds, &contender.seconds);
            vec![
                contender.name.to_string(),
                format!("{:.0}", 1e3 * contender.seconds.median()),
                format!("{:.1}", moved / contender.seconds.median() / 1e9),
                format!("{of_copy:.2}"),
                format!("{:.0} %", 100.0 * contender.seconds.spread()),
            ]
        })
        .collect();
    let head = ["", "ms", "GB/s read and written", "of memcpy", "spread"];
    print_table(&head, &rows);
}
