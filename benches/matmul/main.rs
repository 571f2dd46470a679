//! Products against the best local multiplication, against ScaLAPACK, and against the words that must move.
//!
//!     cargo xtask bench matmul
//!     cargo xtask bench matmul -- --volume volume.png
//!
//! The limit of a product on P ranks: P local products of its share, at the same time, with nothing moved. All
//! contenders are measured alternately in one run; the figures are medians of ratios.

#[path = "../common/fma.rs"]
mod fma;
#[path = "../common/limit.rs"]
#[allow(dead_code)]
mod limit;
#[path = "../common/report.rs"]
mod report;
mod volume;

use std::path::PathBuf;
use std::process::ExitCode;

use limit::slowest;
use ndarray::{Array2, Ix2};
use partita::prelude::*;
use partita_kernels::matmul::local::Library;
use partita_kernels::matmul::{Gemm, Mode, Op};
use report::{Samples, median_ratio, print_table};

/// Products of matrices against their limits
#[derive(clap::Parser)]
struct Arguments {
    /// Sides of the square matrices
    #[arg(long, value_delimiter = ',', default_value = "1000,2000,4000")]
    sides: Vec<usize>,
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

/// A product to be measured: m×k by k×n, the first factor stored as its transpose or not.
#[derive(Clone, Copy)]
struct Shape {
    m: usize,
    n: usize,
    k: usize,
    transposed: bool,
}

impl Shape {
    fn name(&self) -> String {
        let Shape { m, n, k, .. } = self;
        match self.transposed {
            true => format!("({k}×{m})ᵀ · {k}×{n}"),
            false => format!("{m}×{k} · {k}×{n}"),
        }
    }

    fn flops(&self) -> f64 {
        2.0 * self.m as f64 * self.n as f64 * self.k as f64
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        if let Some(path) = &arguments.volume {
            return volume::draw(world, path);
        }
        let square = |&side: &usize| Shape {
            m: side,
            n: side,
            k: side,
            transposed: false,
        };
        let mut shapes: Vec<Shape> = arguments.sides.iter().map(square).collect();
        shapes.extend([
            Shape {
                m: 4000,
                n: 4000,
                k: 2000,
                transposed: false,
            },
            Shape {
                m: 64,
                n: 64,
                k: 1_000_000,
                transposed: true,
            },
            Shape {
                m: 8000,
                n: 8000,
                k: 64,
                transposed: false,
            },
        ]);
        let mut rows = Vec::new();
        for ranks in [1, 2].into_iter().filter(|&ranks| ranks <= world.size()) {
            let part = world.split((world.rank() < ranks).then_some(0), 0)?;
            for &shape in &shapes {
                let row = part
                    .as_ref()
                    .map(|part| measure(part, shape, arguments.samples));
                // The others wait until the part is done.
                rows.extend(world.agree(row.transpose())?);
            }
        }
        if world.is_root() {
            println!(
                "products, medians of {} interleaved samples",
                arguments.samples
            );
            let head = [
                "",
                "ranks",
                "GFLOP/s",
                "of the limit",
                "of FMA peak",
                "reproducible of fast",
                "× ScaLAPACK",
                "words",
                "bound",
                "spread",
            ];
            print_table(&head, &rows);
        }
        Ok(())
    })
}

/// Local products of one rank's share, with nothing moved.
struct Limit {
    a: Array2<f64>,
    b: Array2<f64>,
    c: Array2<f64>,
}

impl Limit {
    fn new(shape: Shape, ranks: usize) -> Self {
        // The longest loop is the one that is cut.
        let longest = shape.m.max(shape.n).max(shape.k);
        let share = |length: usize| {
            if length == longest {
                length / ranks
            } else {
                length
            }
        };
        let (m, k) = (
            share(shape.m),
            if shape.m == longest {
                shape.k
            } else {
                share(shape.k)
            },
        );
        let n = if shape.m == longest || shape.k == longest {
            shape.n
        } else {
            share(shape.n)
        };
        let ones = |rows, columns| Array2::from_elem([rows, columns], 0.5);
        let a = if shape.transposed {
            ones(k, m).reversed_axes()
        } else {
            ones(m, k)
        };
        Limit {
            a,
            b: ones(k, n),
            c: ones(m, n),
        }
    }

    /// Of both libraries the faster one.
    fn seconds(&mut self, communicator: &Communicator) -> Result<f64> {
        let mut best = f64::INFINITY;
        for library in [Library::Blas, Library::PureRust] {
            let library = library.for_mode::<f64>(Mode::Fast);
            let seconds = slowest(communicator, || {
                library.accumulate(1.0, self.a.view(), self.b.view(), self.c.view_mut());
                Ok(())
            })?;
            best = best.min(seconds);
        }
        Ok(best)
    }
}

fn measure(communicator: &Communicator, shape: Shape, samples: usize) -> Result<Vec<String>> {
    let grid = ProcessGrid::balanced(communicator, 2)?;
    let Shape {
        m,
        n,
        k,
        transposed,
    } = shape;
    let number = |[i, j]: [usize; 2]| ((i * 7 + j * 3) % 17) as f64 - 8.0;
    let stored_a = if transposed { [k, m] } else { [m, k] };
    // Tall matrices are cut along their length.
    let grid_of = |shape: [usize; 2]| ProcessGrid::for_shape(communicator, &shape);
    let a = DistArray::from_fn(&grid_of(stored_a)?, stored_a, number)?;
    let b = DistArray::from_fn(&grid_of([k, n])?, [k, n], number)?;
    let mut c = DistArray::<f64, Ix2>::zeros(&grid, [m, n])?;
    let fast = Gemm {
        op_a: if transposed { Op::Transpose } else { Op::Plain },
        ..Gemm::default()
    };
    let reproducible = Gemm {
        mode: Mode::Reproducible,
        ..fast
    };
    let mut limit = Limit::new(shape, communicator.size());
    let mut times: [Samples; 4] = Default::default();
    let mut peaks = Samples::default();
    for round in 0..=samples {
        let seconds = [
            slowest(communicator, || fast.apply(&mut c, &a, &b).map(drop))?,
            limit.seconds(communicator)?,
            slowest(communicator, || {
                reproducible.apply(&mut c, &a, &b).map(drop)
            })?,
            scalapack(communicator, shape)?,
        ];
        let peak = communicator.all_reduce_value(fma::peak(), Operation::Min)?;
        if round == 1 {
            // The round before was to warm up.
            times
                .iter_mut()
                .chain([&mut peaks])
                .for_each(Samples::clear);
        }
        let taken = times.iter_mut().zip(seconds);
        taken.for_each(|(samples, time)| samples.push(time));
        peaks.push(peak * communicator.size() as f64);
    }
    let [ours, limits, reproducible_times, theirs] = &times;
    let plan = fast.plan(&a, &b, c.layout())?;
    let bound = plan
        .problem()
        .lower_bound(communicator.size(), plan.memory() as f64);
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
        ratio(theirs),
        format!("{:.2e}", plan.words().total() as f64),
        format!("{bound:.2e}"),
        format!("{:.0} %", 100.0 * ours.spread()),
    ])
}

/// The best of ScaLAPACK's block sizes; not a number where it is absent.
fn scalapack(communicator: &Communicator, shape: Shape) -> Result<f64> {
    let product = partita_peers::Product {
        m: shape.m,
        n: shape.n,
        k: shape.k,
        transposed: shape.transposed,
    };
    let grid = ProcessGrid::balanced(communicator, 2)?;
    let grid = [grid.shape().parts()[0], grid.shape().parts()[1]];
    let mut best = f64::NAN;
    for block in [64, 256] {
        let Some(seconds) = partita_peers::pdgemm(communicator, product, block, grid)? else {
            continue;
        };
        let seconds = communicator.all_reduce_value(seconds, Operation::Max)?;
        best = best.min(seconds);
    }
    Ok(best)
}
