//! Local products whose bits depend on nothing but the numbers.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Scalar;
use super::local::{LocalMultiply, scale};

/// Products in panels of [`PANEL`](super::PANEL) along k, one after the other: each element of C gets the chain
/// of fused multiply-adds that [`serial::gemm_in_panels`](super::serial::gemm_in_panels) has, whatever rows and
/// columns are computed with it.
///
/// With the `gemm` crate. It has other orders for single rows and columns, very short sums, and small products
/// of a row-major by a column-major matrix; so A is packed by columns, and what is that small is padded with
/// zeros. Without the feature `gemm` it is the serial loop itself; complex products then have other bits.
#[derive(Debug, Clone, Copy)]
pub struct FixedBits;

impl<A: Scalar> LocalMultiply<A> for FixedBits {
    fn name(&self) -> &'static str {
        match cfg!(feature = "gemm") {
            true => "gemm crate, fixed bits",
            false => "serial loop, fixed bits",
        }
    }

    fn multiply(
        &self,
        (alpha, beta): (A, A),
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        mut c: ArrayViewMut2<'_, A>,
    ) {
        scale(beta, c.view_mut());
        accumulate(alpha, a, b, c);
    }
}

#[cfg(not(feature = "gemm"))]
fn accumulate<A: Scalar>(
    alpha: A,
    a: ArrayView2<'_, A>,
    b: ArrayView2<'_, A>,
    c: ArrayViewMut2<'_, A>,
) {
    super::serial::gemm_in_panels((alpha, A::one()), a, b, c);
}

#[cfg(feature = "gemm")]
use packed::accumulate;

#[cfg(feature = "gemm")]
mod packed {
    use ndarray::{Array2, ArrayView2, ArrayViewMut2, ShapeBuilder, Zip, s};

    use crate::matmul::{PANEL, Scalar, ffi};

    /// Fewer rows or columns than these have an order of their own in the `gemm` crate, and so have shorter
    /// sums.
    const FEWEST: (usize, usize) = (2, 3);

    pub(super) fn accumulate<A: Scalar>(
        alpha: A,
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        mut c: ArrayViewMut2<'_, A>,
    ) {
        let one = (A::one(), A::one());
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
                ffi::multiply(one, packed.view(), b.view(), sums.view_mut());
                c.assign(&sums.slice(s![..m, ..n]));
            } else {
                ffi::multiply(one, packed.view(), b, c.view_mut());
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
}
