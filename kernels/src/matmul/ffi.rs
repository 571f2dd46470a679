//! The `gemm` crate behind safe views: the only room of this crate that is `unsafe`, because the crate has no
//! safe form.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Scalar;

/// C ← α A·B + β C; where β is zero C is not looked at.
pub(super) fn multiply<A: Scalar>(
    (alpha, beta): (A, A),
    a: ArrayView2<'_, A>,
    b: ArrayView2<'_, A>,
    mut c: ArrayViewMut2<'_, A>,
) {
    let (m, k) = a.dim();
    let n = b.ncols();
    assert!(
        b.nrows() == k && c.dim() == (m, n),
        "the caller checked the shapes"
    );
    let (row, column) = (0, 1);
    let (c_strides, a_strides, b_strides) = (
        c.strides().to_vec(),
        a.strides().to_vec(),
        b.strides().to_vec(),
    );
    // SAFETY: pointers and strides are those of views of m×n, m×k and k×n elements, C's mutable and
    // so apart from the others; `A` is one of the four types that the crate computes with (`Scalar` is
    // sealed).
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            c_strides[column],
            c_strides[row],
            !beta.is_zero(),
            a.as_ptr(),
            a_strides[column],
            a_strides[row],
            b.as_ptr(),
            b_strides[column],
            b_strides[row],
            beta,
            alpha,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
