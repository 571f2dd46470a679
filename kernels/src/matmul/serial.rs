//! The product on one process: the reference, to be read rather than to be fast.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2};
use num_traits::MulAdd;

use super::rank_k::{are_real, real_part};
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

/// α op(A)·x + β y. *Local.*
///
/// # Panics
/// When the shapes do not fit, as indexing does.
///
/// # Source
/// The second level of the BLAS: J. Dongarra et al., ACM TOMS 14 (1988).
pub fn gemv<A: Scalar>(
    (alpha, beta): (A, A),
    (a, op): (ArrayView2<'_, A>, Op),
    x: ArrayView1<'_, A>,
    y: ArrayView1<'_, A>,
) -> Array1<A> {
    let a = op.of(a);
    Array1::from_shape_fn(a.nrows(), |i| {
        let product = (0..a.ncols()).fold(A::zero(), |sum, l| sum + a[[i, l]] * x[l]);
        scaled(beta, y[i]) + scaled(alpha, product)
    })
}

/// C ← α A·Aᵀ + β C for a symmetric C, or with [`Op::Adjoint`] α A·Aᴴ + β C for a Hermitian one: on and below
/// the diagonal by the definition, above it the mirror image. *Local.*
///
/// # Panics
/// When the shapes do not fit, as indexing does.
///
/// # Source
/// `SYRK` and `HERK` of the BLAS: J. Dongarra et al., ACM TOMS 16 (1990).
pub fn rank_k<A: Scalar>(
    (alpha, beta): (A, A),
    a: ArrayView2<'_, A>,
    other: Op,
    mut c: ArrayViewMut2<'_, A>,
) {
    let is_hermitian = other == Op::Adjoint;
    let mirrored = |value: A| if is_hermitian { value.conj() } else { value };
    for i in 0..c.nrows() {
        for j in 0..=i {
            let terms = (0..a.ncols()).map(|l| a[[i, l]] * mirrored(a[[j, l]]));
            let sum = terms.fold(A::zero(), |sum, term| sum + term);
            c[[i, j]] = scaled(beta, c[[i, j]]) + scaled(alpha, sum);
            if i != j {
                c[[j, i]] = mirrored(c[[i, j]]);
            } else if is_hermitian && are_real(alpha, beta) {
                c[[i, i]] = real_part(c[[i, i]]);
            }
        }
    }
}

/// The reproducible product of real matrices, operation for operation: the bits that
/// [`Mode::Reproducible`](super::Mode::Reproducible) promises on any grid. *Local.*
///
/// Along k in panels of [`PANEL`](super::PANEL): within one a chain of fused multiply-adds of α·A and B from
/// zero, which is then added to C.
///
/// # Panics
/// When the shapes do not fit, as indexing does.
pub fn gemm_in_panels<A: Scalar>(
    (alpha, beta): (A, A),
    a: ArrayView2<'_, A>,
    b: ArrayView2<'_, A>,
    mut c: ArrayViewMut2<'_, A>,
) {
    for ((i, j), c) in c.indexed_iter_mut() {
        *c = scaled(beta, *c);
        for first in (0..a.ncols()).step_by(super::PANEL) {
            let panel = first..a.ncols().min(first + super::PANEL);
            let chain = |sum, l| MulAdd::mul_add(alpha * a[[i, l]], b[[l, j]], sum);
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
