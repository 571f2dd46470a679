//! Products of a matrix with itself: half of the result is the mirror image of the other.

use ndarray::Ix2;
use num_traits::{NumCast, Zero};
use partita::{DistArray, Error, Result};

use super::parallel::{Gemm, Profile};
use super::steps::Part;
use super::{Op, Scalar};

impl<A: Scalar> Gemm<A> {
    /// C ← α op(A)·op(A)ᵀ + β C for a symmetric C, the BLAS's `SYRK`; or α op(A)·op(A)ᴴ + β C for a Hermitian
    /// one, `HERK`. *Collective.*
    ///
    /// Both operations are given as for [`apply`](Self::apply) with B = A, and must be one of:
    ///
    /// | `op_a` | `op_b` | |
    /// |---|---|---|
    /// | `Plain` | `Transpose` | A·Aᵀ |
    /// | `Transpose` | `Plain` | Aᵀ·A |
    /// | `Plain` | `Adjoint` | A·Aᴴ |
    /// | `Adjoint` | `Plain` | Aᴴ·A |
    ///
    /// Of C what lies on and below the diagonal is read; what lies above it becomes the mirror image, bit for
    /// bit. With real α and β the diagonal of a Hermitian C is real: what rounding leaves of its imaginary parts
    /// is set to zero, as the BLAS does.
    ///
    /// ```no_run
    /// # fn example(a: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::prelude::*;
    /// use partita_kernels::matmul::{Gemm, Op};
    /// let columns = a.shape()[1];
    /// let mut gram = DistArray::zeros(a.grid(), [columns, columns])?;
    /// Gemm { op_a: Op::Transpose, ..Gemm::default() }.rank_k(&mut gram, a)?; // AᵀA
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// op(A) is n×k, C n×n.
    ///
    /// # Cost
    /// What [`plan`](Self::plan) says moves for A and A, and once more C, to be mirrored. A rank multiplies what
    /// it has of C on and below the diagonal, in strips of 256 columns: half of the operations where k is cut
    /// over ranks and n is not; where n is cut, ranks on the diagonal do half, those below it all, and the
    /// product takes as long as theirs.
    ///
    /// # Errors
    /// As [`apply`](Self::apply), and [`Error::Usage`] when the operations are others.
    #[track_caller]
    pub fn rank_k(&self, c: &mut DistArray<A, Ix2>, a: &DistArray<A, Ix2>) -> Result<Profile> {
        // Replicated: options.
        let is_hermitian = match (self.op_a, self.op_b) {
            (Op::Plain, Op::Transpose) | (Op::Transpose, Op::Plain) => false,
            (Op::Plain, Op::Adjoint) | (Op::Adjoint, Op::Plain) => true,
            (one, other) => {
                let text =
                    format!("rank_k: {one:?} and {other:?} of one matrix are no mirror images");
                return Err(Error::usage(text));
            }
        };
        let plan = self.plan(a, a, c.layout())?;
        let profile = self.follow((&plan, Part::Lower), c, (a, a))?;
        mirror(c, is_hermitian)?;
        if is_hermitian && are_real(self.alpha, self.beta) {
            let diagonal = c.indexed_iter_mut().filter(|([i, j], _)| i == j);
            diagonal.for_each(|(_, value)| *value = real_part(*value));
        }
        Ok(profile)
    }
}

/// What lies below the diagonal to above it. Collective.
fn mirror<A: Scalar>(c: &mut DistArray<A, Ix2>, is_hermitian: bool) -> Result<()> {
    let mirrored = c.transpose_to(c.layout())?;
    let both = c.indexed_iter_mut().zip(mirrored.local());
    for (([_, _], value), &image) in both.filter(|(([i, j], _), _)| i < j) {
        *value = if is_hermitian { image.conj() } else { image };
    }
    Ok(())
}

pub(super) fn are_real<A: Scalar>(alpha: A, beta: A) -> bool {
    alpha.im().is_zero() && beta.im().is_zero()
}

/// A number without its imaginary part.
pub(super) fn real_part<A: Scalar>(value: A) -> A {
    NumCast::from(value.re()).unwrap_or(value)
}
