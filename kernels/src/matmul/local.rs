//! The multiplication on one rank: one interface, two libraries behind it.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, ShapeBuilder, Zip, s};

use super::{PANEL, Scalar, ffi};

/// Multiplies matrices of one rank.
pub trait LocalMultiply<A: Scalar> {
    /// The library, for people.
    fn name(&self) -> &'static str;

    /// C ← α A·B + C, for shapes that fit. *Local.*
    fn accumulate(
        &self,
        alpha: A,
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        c: ArrayViewMut2<'_, A>,
    );
}

/// The BLAS that `ndarray` is linked with (OpenBLAS), on one thread a rank.
#[derive(Debug, Clone, Copy)]
pub struct Blas;

/// The `gemm` crate: pure Rust, with kernels for AVX-512, AVX2 and others chosen at run time.
#[derive(Debug, Clone, Copy)]
pub struct PureRust;

/// The `gemm` crate in panels of [`PANEL`] along k, one after the other: each element of C gets the chain of
/// fused multiply-adds that [`serial::gemm_in_panels`](super::serial::gemm_in_panels) has, whatever rows and
/// columns are computed with it.
///
/// The crate has other orders for single rows and columns, very short sums, and small products of a row-major
/// by a column-major matrix. So A is packed by columns, and what is that small is padded with zeros.
#[derive(Debug, Clone, Copy)]
pub struct FixedBits;

impl<A: Scalar> LocalMultiply<A> for Blas {
    fn name(&self) -> &'static str {
        "BLAS"
    }

    fn accumulate(
        &self,
        alpha: A,
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        mut c: ArrayViewMut2<'_, A>,
    ) {
        general_mat_mul(alpha, &a, &b, A::one(), &mut c);
    }
}

impl<A: Scalar> LocalMultiply<A> for PureRust {
    fn name(&self) -> &'static str {
        "gemm crate"
    }

    fn accumulate(
        &self,
        alpha: A,
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        c: ArrayViewMut2<'_, A>,
    ) {
        ffi::accumulate(alpha, a, b, c);
    }
}

/// Fewer rows or columns than these have an order of their own in the `gemm` crate, and so have shorter sums.
const FEWEST: (usize, usize) = (2, 3);

impl<A: Scalar> LocalMultiply<A> for FixedBits {
    fn name(&self) -> &'static str {
        "gemm crate, fixed bits"
    }

    fn accumulate(
        &self,
        alpha: A,
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        mut c: ArrayViewMut2<'_, A>,
    ) {
        let (m, n, k) = (a.nrows(), b.ncols(), a.ncols());
        let is_small = m < FEWEST.0 || n < FEWEST.0;
        for first in (0..k).step_by(PANEL) {
            let panel = first..k.min(first + PANEL);
            let a = a.slice(s![.., panel.clone()]);
            let b = b.slice(s![panel.clone(), ..]);
            let (rows, length) = (m.max(FEWEST.0), panel.len().max(FEWEST.1));
            let mut packed = Array2::zeros([rows, length].f());
            Zip::from(packed.slice_mut(s![..m, ..panel.len()]))
                .and(&a)
                .for_each(|packed, &a| *packed = alpha * a);
            if is_small || panel.len() < FEWEST.1 {
                let shape = [rows, n.max(FEWEST.0)];
                let b = padded(b, [length, shape[1]]);
                let mut sums = padded(c.view(), shape);
                ffi::accumulate(A::one(), packed.view(), b.view(), sums.view_mut());
                c.assign(&sums.slice(s![..m, ..n]));
            } else {
                ffi::accumulate(A::one(), packed.view(), b, c.view_mut());
            }
        }
    }
}

/// The matrix with zeros below and to its right.
fn padded<A: Scalar>(matrix: ArrayView2<'_, A>, shape: [usize; 2]) -> Array2<A> {
    let mut padded = Array2::zeros(shape);
    padded
        .slice_mut(s![..matrix.nrows(), ..matrix.ncols()])
        .assign(&matrix);
    padded
}

/// Which library multiplies on each rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Library {
    /// The faster one, as measured for the type of element.
    #[default]
    Automatic,
    /// The BLAS.
    Blas,
    /// The `gemm` crate.
    PureRust,
}

impl Library {
    /// The library to use.
    pub fn for_mode<A: Scalar>(self, mode: super::Mode) -> &'static dyn LocalMultiply<A> {
        match (self, mode) {
            (_, super::Mode::Reproducible) => &FixedBits,
            (Library::Blas, super::Mode::Fast) => &Blas,
            (Library::Automatic | Library::PureRust, super::Mode::Fast) => &PureRust,
        }
    }
}
