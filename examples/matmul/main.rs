//! The product of two matrices, C = A·B, on any number of ranks: how fast, how much travels, and is it right?
//!
//!     cargo xtask run matmul -- --m 4000 --k 2000 --n 4000 --check
//!     cargo xtask run matmul -- --a in.h5:/A --b in.mtx --output c.h5:/C
//!     cargo xtask run matmul -- --m 4096 --k 4096 --n 4096 --explain 4096
//!
//! Without files A and B are random numbers between −1 and 1 that depend on the seed alone. The check is
//! Freivalds': C·x against A·(B·x) for a random x, which costs three matrix-vector products.

#[path = "../common/distinct_files.rs"]
mod distinct_files;
mod matrix;
mod report;

use std::process::ExitCode;
use std::time::Instant;

use matrix::Place;
use ndarray::{Ix1, Ix2};
use partita::layout::GridShape;
use partita::prelude::*;
use partita::random::Uniform;
use partita_kernels::matmul::local::Library;
use partita_kernels::matmul::{Algorithm, Gemm, MatMul, Mode, Operands, Plan};
use report::Report;

/// The product of two matrices, C = A·B
#[derive(Debug, clap::Parser)]
#[command(name = "matmul", version)]
struct Arguments {
    /// Rows of A
    #[arg(long, default_value_t = 2000, conflicts_with = "a")]
    m: usize,
    /// Columns of A, rows of B
    #[arg(long, default_value_t = 2000, conflicts_with = "a")]
    k: usize,
    /// Columns of B
    #[arg(long, default_value_t = 2000, conflicts_with = "b")]
    n: usize,
    /// A from FILE.h5:/dataset or FILE.mtx
    #[arg(long, requires = "b")]
    a: Option<Place>,
    /// B from FILE.h5:/dataset or FILE.mtx
    #[arg(long, requires = "a")]
    b: Option<Place>,
    /// Write C to FILE.h5:/dataset or FILE.mtx
    #[arg(long)]
    output: Option<Place>,
    /// Of the random matrices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Which grids of ranks may multiply: automatic, summa, stationary-a, stationary-b, stationary-c, inner-product,
    /// 2.5d, or a grid of rows × columns × k such as 2x2x1
    #[arg(long, default_value = "automatic")]
    algorithm: Algorithm,
    /// The same bits on any number of ranks
    #[arg(long)]
    reproducible: bool,
    /// What multiplies on each rank
    #[arg(long, value_enum, default_value = "automatic")]
    library: LocalLibrary,
    /// MiB that a rank may use beyond its parts of the matrices
    #[arg(long)]
    memory_limit: Option<usize>,
    /// Compare C·x with A·(B·x) for a random x
    #[arg(long)]
    check: bool,
    /// Only say how it would be computed on so many ranks
    #[arg(long, value_name = "RANKS", conflicts_with_all = ["a", "output", "check"], value_parser = clap::value_parser!(u32).range(1..=65_536))]
    explain: Option<u32>,
    /// Print the summary as one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum LocalLibrary {
    Automatic,
    Blas,
    Gemm,
}

impl Arguments {
    fn gemm(&self) -> Gemm<f64> {
        Gemm {
            algorithm: self.algorithm,
            mode: match self.reproducible {
                true => Mode::Reproducible,
                false => Mode::Fast,
            },
            library: match self.library {
                LocalLibrary::Automatic => Library::Automatic,
                LocalLibrary::Blas => Library::Blas,
                LocalLibrary::Gemm => Library::PureRust,
            },
            memory_limit: self.memory_limit.map(|mebibytes| mebibytes << 20),
            ..Gemm::default()
        }
    }

    /// What would be lost if it were both read and replaced.
    fn check(&self) -> Result<()> {
        let file = |place: &Option<Place>| place.as_ref().map(|place| place.file().to_path_buf());
        for (flag, input) in [("--a", &self.a), ("--b", &self.b)] {
            distinct_files::check([(flag, file(input)), ("--output", file(&self.output))])?;
        }
        Ok(())
    }

    /// A and B, from files or at random.
    fn factors(&self, world: &Communicator) -> Result<[DistArray<f64, Ix2>; 2]> {
        let grid = ProcessGrid::balanced(world, 2)?;
        if let (Some(a), Some(b)) = (&self.a, &self.b) {
            return Ok([a.read(&grid)?, b.read(&grid)?]);
        }
        let numbers = Uniform::new(-1.0..1.0)?;
        Ok([
            DistArray::random(&grid, [self.m, self.k], self.seed, numbers.clone())?,
            DistArray::random(&grid, [self.k, self.n], self.seed + 1, numbers)?,
        ])
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        if let Some(ranks) = arguments.explain {
            let plan = imagined(&arguments, ranks as usize)?;
            root_println!(world, "{}", plan.explain());
            return Ok(());
        }
        arguments.check()?;
        let gemm = arguments.gemm();
        let [a, b] = arguments.factors(world)?;
        let mut c = DistArray::zeros(a.grid(), [a.shape()[0], b.shape()[1]])?;
        let plan = gemm.plan(&a, &b, c.layout())?;
        for _ in 0..warm_ups(&plan) {
            gemm.apply(&mut c, &a, &b)?;
        }
        world.barrier()?;
        let clock = Instant::now();
        let profile = gemm.apply(&mut c, &a, &b)?;
        let seconds = world.all_reduce_value(clock.elapsed().as_secs_f64(), Operation::Max)?;
        let error = match arguments.check {
            true => Some(freivalds_error(&a, &b, &c, arguments.seed)?),
            false => None,
        };
        if let Some(output) = &arguments.output {
            output.write(&c)?;
        }
        let report = Report::new(world, &plan, seconds, profile)?;
        if arguments.json {
            root_println!(world, "{}", report.json(error));
        } else {
            root_println!(world, "{}", report.text(&plan, error));
        }
        match error {
            Some(error) if error.is_nan() || error > 3.0 => {
                let detail = format!("C·x differs from A·(B·x) by {error:.1} units of rounding");
                Err(Error::numerical("matmul", detail))
            }
            _ => Ok(()),
        }
    })
}

/// Products before the one that is timed: as many as the choice of a library takes, unless they take minutes.
fn warm_ups(plan: &Plan) -> usize {
    if plan.problem().flops() < 1e12 { 4 } else { 1 }
}

/// What would be done on so many ranks, with everything in blocks over a grid that is as square as can be.
fn imagined(arguments: &Arguments, ranks: usize) -> Result<Plan> {
    let Arguments { m, k, n, .. } = *arguments;
    let gemm = arguments.gemm();
    let block = |shape: [usize; 2]| Layout::block(shape, GridShape::balanced(ranks, 2));
    let operands = Operands {
        a: block([m, k])?,
        b: block([k, n])?,
        c: block([m, n])?,
    };
    let limit = gemm.memory_limit.map(|bytes| bytes / size_of::<f64>());
    Plan::new(&operands, gemm.algorithm, gemm.mode, limit)
}

/// ‖C·x − A·(B·x)‖ in units of √(k + n)·ε·‖A‖·‖B‖·‖x‖ for a random x.
///
/// Source: R. Freivalds, *Probabilistic machines can use less running time*, IFIP (1977).
fn freivalds_error(
    a: &DistArray<f64, Ix2>,
    b: &DistArray<f64, Ix2>,
    c: &DistArray<f64, Ix2>,
    seed: u64,
) -> Result<f64> {
    let [k, n] = [b.shape()[0], b.shape()[1]];
    let line = ProcessGrid::balanced(c.communicator(), 1)?;
    let x: DistArray<f64, Ix1> = DistArray::random(&line, [n], seed + 2, Uniform::new(-1.0..1.0)?)?;
    let left = c.matvec(&x)?;
    let right = a.matvec(&b.matvec(&x)?)?;
    let difference = left.zip_with(&right, |left, right| left - right)?;
    let scale = ((k + n) as f64).sqrt() * f64::EPSILON * a.norm2()? * b.norm2()? * x.norm2()?;
    Ok(match scale == 0.0 {
        true => difference.norm2()?,
        false => difference.norm2()? / scale,
    })
}
