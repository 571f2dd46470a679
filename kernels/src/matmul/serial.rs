//! The product on one process: the reference, to be read rather than to be fast.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::{Op, Scalar};

/// C ← α op(A)·op(B) + β C, by the definition. *Local.*
///
/// As in the BLAS, C is not looked at where β is zero, nor A and B where α is.
///
/// # Shapes
/// op(A) is m×k, op(B) k×n, C m×n.
///
/// # Panics
/// When the shapes do not fit, as indexing does.
///
/// # Cost
/// 2·m·n·k operations.
///
/// # Source
/// C. L. Lawson et al., *Basic Linear Algebra Subprograms for Fortran usage*, ACM TOMS 5 (1979); the
/// third level: J. Dongarra et al., ACM TOMS 16 (1990).
pub fn gemm<A: Scalar>(
    (alpha, beta): (A, A),
    (a, op_a): (ArrayView2<'_, A>, Op),
    (b, op_b): (ArrayView2<'_, A>, Op),
    mut c: ArrayViewMut2<'_, A>,
) {
    let (a, b) = (op_a.of(a), op_b.of(b));
    for i in 0..c.nrows() {
        for j in 0..c.ncols() {
            let mut sum = A::zero();
            for l in 0..a.ncols() {
                sum = sum + a[[i, l]] * b[[l, j]];
            }
            c[[i, j]] = scaled(beta, c[[i, j]]) + scaled(alpha, sum);
        }
    }
}

/// A·B. *Local.*
///
/// # Panics
/// When A has not as many columns as B has rows.
///
/// ```
/// use ndarray::array;
/// use partita_kernels::matmul::serial;
/// let a = array![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!(serial::matmul(a.view(), a.view()), array![[7.0, 10.0], [15.0, 22.0]]);
/// ```
pub fn matmul<A: Scalar>(a: ArrayView2<'_, A>, b: ArrayView2<'_, A>) -> Array2<A> {
    let mut c = Array2::zeros((a.nrows(), b.ncols()));
    gemm(
        (A::one(), A::zero()),
        (a, Op::Plain),
        (b, Op::Plain),
        c.view_mut(),
    );
    c
}

/// The reproducible product of real matrices, operation for operation: the bits that
/// [`Mode::Reproducible`](super::Mode::Reproducible) promises on any grid. *Local.*
///
/// Along k in panels of [`PANEL`](super::PANEL): within one a chain of fused multiply-adds of α·A and B from
/// zero, which is then added to C.
///
/// # Panics
/// When the shapes do not fit, as indexing does.
pub fn gemm_in_panels<A: Scalar + num_traits::MulAdd<Output = A>>(
    (alpha, beta): (A, A),
    a: ArrayView2<'_, A>,
    b: ArrayView2<'_, A>,
    mut c: ArrayViewMut2<'_, A>,
) {
    for ((i, j), c) in c.indexed_iter_mut() {
        *c = scaled(beta, *c);
        for first in (0..a.ncols()).step_by(super::PANEL) {
            let panel = first..a.ncols().min(first + super::PANEL);
            let chain = |sum, l| (alpha * a[[i, l]]).mul_add(b[[l, j]], sum);
            *c = *c + panel.fold(A::zero(), chain);
        }
    }
}

/// `factor`·`value`, and zero for a factor of zero whatever the value.
fn scaled<A: Scalar>(factor: A, value: A) -> A {
    if factor.is_zero() {
        A::zero()
    } else {
        factor * value
    }
}
