//! Products against the best local multiplication, against ScaLAPACK and numpy, and against the words that must
//! move.
//!
//!     cargo xtask bench matmul
//!     cargo xtask bench matmul -- --squares-only --sides 4000,8000 --ranks 2
//!     cargo xtask bench matmul -- --volume volume.png
//!
//! The limit of a product on P ranks: P local products of its share, at the same time, with nothing moved, by
//! the library that is quicker at it. All contenders are measured alternately in one run; the figures are medians
//! of ratios. ScaLAPACK and numpy: `cargo xtask setup --with benches`. The usual shapes take some three minutes;
//! squares of 4000 another two, of 8000 ten.

mod contenders;
#[path = "../common/fma.rs"]
mod fma;
#[path = "../common/limit.rs"]
#[allow(dead_code)]
mod limit;
#[path = "../common/python.rs"]
#[allow(dead_code)] // what it can do: it is only asked when it can
mod python;
#[path = "../common/report.rs"]
#[allow(dead_code)] // forgetting samples
mod report;
mod volume;

use std::path::PathBuf;
use std::process::ExitCode;

use contenders::{Limit, Numpy, ScaLapack, Shape};
use limit::slowest;
use ndarray::Ix2;
use partita::prelude::*;
use partita_kernels::matmul::{Gemm, Mode, Op};
use report::{Samples, median_ratio, print_table};

/// Products of matrices against their limits
#[derive(clap::Parser)]
struct Arguments {
    /// Sides of the square matrices
    #[arg(long, value_delimiter = ',', default_value = "1000,2000")]
    sides: Vec<usize>,
    /// No other shapes
    #[arg(long)]
    squares_only: bool,
    /// Numbers of ranks
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    ranks: Vec<usize>,
    /// Samples of each figure
    #[arg(long, default_value_t = 5)]
    samples: usize,
    /// Only draw what is moved on up to 4096 ranks, into this file
    #[arg(long)]
    volume: Option<PathBuf>,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    fn shapes(&self) -> Vec<Shape> {
        let shape = |m, n, k, transposed| Shape {
            m,
            n,
            k,
            transposed,
        };
        let squares = self.sides.iter();
        let mut shapes: Vec<Shape> = squares.map(|&n| shape(n, n, n, false)).collect();
        if !self.squares_only {
            shapes.push(shape(4000, 4000, 2000, false));
            shapes.push(shape(64, 64, 1_000_000, true));
            shapes.push(shape(8000, 8000, 64, false));
        }
        shapes
    }
}

const HEAD: [&str; 11] = [
    "",
    "ranks",
    "GFLOP/s",
    "of the limit",
    "of FMA peak",
    "reproducible of fast",
    "× ScaLAPACK",
    "× numpy",
    "words",
    "at least",
    "spread",
];

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        if let Some(path) = &arguments.volume {
            return volume::draw(world, path);
        }
        let mut rows = Vec::new();
        let possible = |ranks: &&usize| (1..=world.size()).contains(*ranks);
        for &ranks in arguments.ranks.iter().filter(possible) {
            let part = world.split((world.rank() < ranks).then_some(0), 0)?;
            let measured = part.as_ref().map(|part| measure_all(part, &arguments));
            // The others wait until the part is done.
            rows.extend(world.agree(measured.transpose())?.into_iter().flatten());
        }
        if world.is_root() {
            let samples = arguments.samples;
            println!("products, medians of {samples} interleaved samples");
            print_table(&HEAD, &rows);
            println!("COSMA, Elemental: skipped, not installed (Debian has no packages of them)");
        }
        Ok(())
    })
}

fn measure_all(communicator: &Communicator, arguments: &Arguments) -> Result<Vec<Vec<String>>> {
    let mut numpy = Numpy::start(communicator)?;
    let shapes = arguments.shapes().into_iter();
    shapes
        .map(|shape| measure(communicator, shape, arguments.samples, &mut numpy))
        .collect()
}

/// The operands, cut as a user would: in blocks, tall ones along their length.
struct Operands {
    a: DistArray<f64, Ix2>,
    b: DistArray<f64, Ix2>,
    c: DistArray<f64, Ix2>,
}

impl Operands {
    fn new(communicator: &Communicator, shape: Shape) -> Result<Self> {
        let Shape { m, n, k, .. } = shape;
        let number = |[i, j]: [usize; 2]| ((i * 7 + j * 3) % 17) as f64 - 8.0;
        let stored_a = if shape.transposed { [k, m] } else { [m, k] };
        let grid_of = |shape: [usize; 2]| ProcessGrid::for_shape(communicator, &shape);
        Ok(Operands {
            a: DistArray::from_fn(&grid_of(stored_a)?, stored_a, number)?,
            b: DistArray::from_fn(&grid_of([k, n])?, [k, n], number)?,
            c: DistArray::zeros(&grid_of([m, n])?, [m, n])?,
        })
    }
}

fn measure(
    communicator: &Communicator,
    shape: Shape,
    samples: usize,
    numpy: &mut Numpy,
) -> Result<Vec<String>> {
    let Operands { a, b, mut c } = Operands::new(communicator, shape)?;
    let fast = Gemm {
        op_a: if shape.transposed {
            Op::Transpose
        } else {
            Op::Plain
        },
        ..Gemm::default()
    };
    let reproducible = Gemm {
        mode: Mode::Reproducible,
        ..fast
    };
    let plan = fast.plan(&a, &b, c.layout())?;
    let mut limit = Limit::new(communicator, shape, plan.grid())?;
    let scalapack = ScaLapack::new(communicator, shape)?;
    // To warm up, and until the quicker library is found for panels of each shape.
    for _ in 0..3 {
        fast.apply(&mut c, &a, &b)?;
    }
    reproducible.apply(&mut c, &a, &b)?;
    numpy.seconds(communicator, shape)?;
    let mut times: [Samples; 5] = Default::default();
    let mut peaks = Samples::default();
    for _ in 0..samples {
        let seconds = [
            slowest(communicator, || fast.apply(&mut c, &a, &b).map(drop))?,
            limit.seconds(communicator)?,
            slowest(communicator, || {
                reproducible.apply(&mut c, &a, &b).map(drop)
            })?,
            scalapack.seconds(communicator)?,
            numpy.seconds(communicator, shape)?,
        ];
        let taken = times.iter_mut().zip(seconds);
        taken.for_each(|(samples, time)| samples.push(time));
        let peak = communicator.all_reduce_value(fma::peak(), Operation::Min)?;
        peaks.push(peak * communicator.size() as f64);
    }
    let [ours, limits, reproducible_times, of_scalapack, of_numpy] = &times;
    let ratio = |of: &Samples| match median_ratio(of, ours) {
        ratio if ratio.is_nan() => "absent".to_string(),
        ratio => format!("{ratio:.2}"),
    };
    let rate = shape.flops() / ours.median();
    Ok(vec![
        shape.name(),
        communicator.size().to_string(),
        format!("{:.1}", rate / 1e9),
        ratio(limits),
        format!("{:.2}", rate / peaks.median()),
        format!("{:.2}", median_ratio(ours, reproducible_times)),
        ratio(of_scalapack),
        ratio(of_numpy),
        format!("{:.2e}", plan.words().total() as f64),
        format!("{:.2e}", plan.problem().least_received(communicator.size())),
        format!("{:.0} %", 100.0 * ours.spread()),
    ])
}
