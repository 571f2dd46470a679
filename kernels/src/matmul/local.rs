//! The multiplication on one rank: one interface, two libraries behind it.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut, ArrayViewMut2, Dimension};
use partita::{Error, Result};

pub use super::choice::Quickest;
pub use super::fixed::FixedBits;
use super::{Mode, Scalar};

/// Multiplies matrices of one rank.
pub trait LocalMultiply<A: Scalar> {
    /// The library, for people.
    fn name(&self) -> &'static str;

    /// C ← α A·B + β C, for shapes that fit; where β is zero C is not looked at. *Local.*
    fn multiply(
        &self,
        factors: (A, A),
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        c: ArrayViewMut2<'_, A>,
    );
}

/// What `ndarray` multiplies with: the BLAS that it is linked with (OpenBLAS), on one thread a rank, and its
/// own loops without the feature `blas`.
#[derive(Debug, Clone, Copy)]
pub struct Blas;

/// The `gemm` crate: pure Rust, with kernels for AVX-512, AVX2 and others chosen at run time.
#[cfg(feature = "gemm")]
#[derive(Debug, Clone, Copy)]
pub struct PureRust;

impl<A: Scalar> LocalMultiply<A> for Blas {
    fn name(&self) -> &'static str {
        match cfg!(feature = "blas") {
            true => "BLAS",
            false => "ndarray",
        }
    }

    fn multiply(
        &self,
        (alpha, beta): (A, A),
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        mut c: ArrayViewMut2<'_, A>,
    ) {
        general_mat_mul(alpha, &a, &b, beta, &mut c);
    }
}

#[cfg(feature = "gemm")]
impl<A: Scalar> LocalMultiply<A> for PureRust {
    fn name(&self) -> &'static str {
        "gemm crate"
    }

    fn multiply(
        &self,
        (alpha, beta): (A, A),
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        c: ArrayViewMut2<'_, A>,
    ) {
        super::ffi::multiply((alpha, beta), a, b, c);
    }
}

/// C ← β C on this rank, without looking at C where β is zero.
pub(super) fn scale<A: Scalar, D: Dimension>(beta: A, mut c: ArrayViewMut<'_, A, D>) {
    if beta.is_zero() {
        c.fill(A::zero());
    } else if !beta.is_one() {
        c.mapv_inplace(|value| beta * value);
    }
}

/// Which library multiplies on each rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Library {
    /// The faster one for matrices of the shape, as each process measures it with the first ones.
    #[default]
    Automatic,
    /// The BLAS.
    Blas,
    /// The `gemm` crate.
    PureRust,
}

impl Library {
    /// The library to use.
    ///
    /// # Errors
    /// [`Error::Usage`] when it was left out when this program was built.
    pub fn for_mode<A: Scalar>(self, mode: Mode) -> Result<&'static dyn LocalMultiply<A>> {
        match (self, mode) {
            (Library::PureRust, _) if cfg!(not(feature = "gemm")) => Err(left_out("gemm")),
            (Library::Blas, _) if cfg!(not(feature = "blas")) => Err(left_out("blas")),
            (_, Mode::Reproducible) => Ok(&FixedBits),
            (Library::Blas, Mode::Fast) => Ok(&Blas),
            (Library::Automatic, Mode::Fast) => Ok(&Quickest),
            #[cfg(feature = "gemm")]
            (Library::PureRust, Mode::Fast) => Ok(&PureRust),
            #[cfg(not(feature = "gemm"))]
            (Library::PureRust, Mode::Fast) => Err(left_out("gemm")),
        }
    }
}

fn left_out(feature: &str) -> Error {
    Error::usage(format!(
        "matmul: this program was built without the feature `{feature}`"
    ))
}
