//! Products of distributed matrices: C ← α op(A)·op(B) + β C.
//!
//! ```no_run
//! # fn example(world: &partita::Communicator) -> partita::Result<()> {
//! use partita::prelude::*;
//! use partita_kernels::matmul::MatMul;
//! let grid = ProcessGrid::balanced(world, 2)?;
//! let a = DistArray::from_fn(&grid, [4000, 2000], |[i, j]| (i + j) as f64)?;
//! let b = DistArray::from_fn(&grid, [2000, 3000], |[i, j]| (i * j) as f64)?;
//! let c = a.matmul(&b)?; // 4000×3000, over the grid of `a`
//! # Ok(()) }
//! ```
//!
//! # Method
//!
//! The ranks stand in a grid of pm × pn × pk that cuts the three loops of the product, i over pm, j over
//! pn and l over pk. Rank (r, c, s) gets the blocks A\[r, s\] and B\[s, c\], multiplies them, and the pk
//! partial products of C\[r, c\] are added up. Every classical algorithm is such a grid: SUMMA has
//! pk = 1 (C stays where it is), pn = 1 leaves A in place and pm = 1 leaves B, an inner product has
//! pm = pn = 1, and what is between is 2.5-dimensional. [`Plan`] chooses the one that moves the fewest
//! words, and says so.
//!
//! A and B come in panels, ranges of k. The next ones travel while these are multiplied: ranks of one machine
//! lay theirs into memory that all of them see, two panels large, and multiply what lies there; ranks of several
//! machines send them ahead into a second buffer. Which way it is changes no bit.
//!
//! Source: R. A. van de Geijn and J. Watts, *SUMMA: scalable universal matrix multiplication algorithm*
//! (1997); E. Solomonik and J. Demmel, *Communication-optimal parallel 2.5D matrix multiplication and
//! LU factorization algorithms* (2011); G. Kwasniewski et al., *Red-blue pebbling revisited: near
//! optimal parallel matrix-matrix multiplication* (COSMA, 2019).

pub mod algorithm;
mod choice;
mod count;
#[cfg(feature = "gemm")]
#[allow(unsafe_code)]
mod ffi;
mod fixed;
pub mod local;
pub mod parallel;
pub mod plan;
mod problem;
mod rank_k;
pub mod serial;
mod steps;
mod vector;

use std::fmt;

use ndarray::{ArrayView2, CowArray, Ix2, LinalgScalar};
use num_complex::{Complex, ComplexFloat};
use num_traits::{MulAdd, One, Zero};
use partita::Element;

pub use algorithm::Algorithm;
pub use count::Traffic;
pub use parallel::{Gemm, MatMul, Profile};
pub use plan::{Operands, Plan, Words};
pub use problem::Problem;

/// How many products along k are added up before C is touched, where bits are promised.
///
/// 256: the panels of A and B that the local multiplication keeps in its caches are not longer, on
/// machines of today.
pub const PANEL: usize = 256;

/// A type of matrix elements: `f32`, `f64` and their [`Complex`].
pub trait Scalar:
    Element + LinalgScalar + Zero + One + ComplexFloat + MulAdd<Output = Self> + private::Sealed
{
}

mod private {
    pub trait Sealed {}
}

macro_rules! scalars {
    ($($scalar:ty),*) => {
        $(impl private::Sealed for $scalar {}
        impl Scalar for $scalar {})*
    };
}

scalars!(f32, f64, Complex<f32>, Complex<f64>);

/// What is done to an operand before it is multiplied: the BLAS's N, T and C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Op {
    /// The matrix.
    #[default]
    Plain,
    /// Its transpose.
    Transpose,
    /// Its conjugate transpose.
    Adjoint,
}

impl Op {
    /// The shape of op(A) for a matrix of this shape.
    pub fn shape(self, [rows, columns]: [usize; 2]) -> [usize; 2] {
        match self {
            Op::Plain => [rows, columns],
            Op::Transpose | Op::Adjoint => [columns, rows],
        }
    }

    /// The order of the axes of op(A) among those of A.
    pub(crate) fn order(self) -> [usize; 2] {
        self.shape([0, 1])
    }

    /// op(A) of a matrix of one rank: a view, but for the conjugate.
    pub(crate) fn of<A: Scalar>(self, a: ArrayView2<'_, A>) -> CowArray<'_, A, Ix2> {
        match self {
            Op::Plain => a.into(),
            Op::Transpose => a.reversed_axes().into(),
            Op::Adjoint => a.reversed_axes().mapv(ComplexFloat::conj).into(),
        }
    }
}

/// Whether a product has the same bits on any number of ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// As fast as can be: the order of additions follows the grid, and the library on each rank, which the clock
    /// chooses unless [`Gemm::library`] names one. So the same product may have other last bits the next time.
    #[default]
    Fast,
    /// The same bits on any number of ranks, any grid and any layout: k is not cut over ranks, and
    /// added up in panels of [`PANEL`] in order. See [`serial::gemm_in_panels`].
    ///
    /// Costs 4 to 10 % of the speed of squares from 1000 on, 19 % of 8000×64·64×8000, and 74 % where k alone is
    /// long, as in (1000000×64)ᵀ·1000000×64: there a chain of additions in one order cannot be cut over ranks, and
    /// A or B travels whole (`cargo xtask bench matmul`, 2 ranks, 2026).
    Reproducible,
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Mode::Fast => "fast",
            Mode::Reproducible => "reproducible",
        })
    }
}
