//! Products of a matrix and a vector.

use ndarray::linalg::general_mat_vec_mul;
use ndarray::{Array1, Ix1, Ix2};
use partita::layout::{Distribution, Layout};
use partita::{DistArray, Error, Operation, ProcessGrid, Result};

use super::local::scale;
use super::parallel::{Gemm, lengths};
use super::{Mode, Op, Scalar};

impl<A: Scalar> Gemm<A> {
    /// y ← α op(A)·x + β y, the BLAS's `GEMV`; op is `op_a`. *Collective.*
    ///
    /// ```no_run
    /// # fn example(
    /// #     a: &partita::DistArray<f64, ndarray::Ix2>,
    /// #     x: &partita::DistArray<f64, ndarray::Ix1>,
    /// #     y: &mut partita::DistArray<f64, ndarray::Ix1>,
    /// # ) -> partita::Result<()> {
    /// use partita_kernels::matmul::Gemm;
    /// // y ← y − A·x
    /// Gemm { alpha: -1.0, beta: 1.0, ..Gemm::default() }.apply_to_vector(y, a, x)
    /// # }
    /// ```
    ///
    /// # Shapes
    /// op(A) is m×k, x of k elements, y of m; any layouts.
    ///
    /// # Cost
    /// A stays where it is. x goes to where A's columns are, the partial sums of y are added up along A's rows
    /// and brought to y's layout: some k + 2m elements a rank at most, and one pass over A. With
    /// [`Mode::Reproducible`] as [`apply`](Self::apply) of a matrix of one column.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when shapes do not fit, [`Error::Usage`] when the arrays are of
    /// different communicators, [`Error::Memory`], [`Error::Mpi`].
    #[track_caller]
    pub fn apply_to_vector(
        &self,
        y: &mut DistArray<A, Ix1>,
        a: &DistArray<A, Ix2>,
        x: &DistArray<A, Ix1>,
    ) -> Result<()> {
        let [m, k] = self.op_a.shape(lengths(a));
        // Replicated: all ranks know the global shapes.
        if [m, k] != [y.shape()[0], x.shape()[0]] {
            let (x, y) = (x.shape()[0], y.shape()[0]);
            let detail = format!("[{m}, {k}] times a vector of {x} into one of {y}");
            return Err(Error::shape("matmul", detail));
        }
        if self.alpha.is_zero() {
            // As the BLAS and the product of matrices have it: A and x are not looked at.
            scale(self.beta, y.local_mut());
            return Ok(());
        }
        let product = match self.mode {
            Mode::Fast => self.along_rows(a, x)?.redistribute(y.layout())?,
            Mode::Reproducible => self.as_column(a, x)?.redistribute(y.layout())?,
        };
        let beta = self.beta;
        y.local_mut().zip_mut_with(&product.local(), |y, &sum| {
            *y = if beta.is_zero() { sum } else { beta * *y + sum };
        });
        Ok(())
    }

    /// α op(A)·x, each rank with what it has of A.
    fn along_rows(
        &self,
        a: &DistArray<A, Ix2>,
        x: &DistArray<A, Ix1>,
    ) -> Result<DistArray<A, Ix1>> {
        let [rows, columns] = self.op_a.order();
        let x = x.redistribute(&axis_of(a, columns)?)?;
        let part = a.local();
        let part = match self.op_a {
            Op::Plain => part,
            Op::Transpose | Op::Adjoint => part.reversed_axes(),
        };
        let mut sums = Array1::zeros(part.nrows());
        // α conj(A)·x = conj(conj(α) A·conj(x))
        let is_adjoint = self.op_a == Op::Adjoint;
        let conjugated = |value: A| if is_adjoint { value.conj() } else { value };
        let x = x.local().mapv(conjugated);
        general_mat_vec_mul(conjugated(self.alpha), &part, &x, A::zero(), &mut sums);
        sums.mapv_inplace(conjugated);
        if let Some(place) = a.layout().over()[columns] {
            let line = a.grid().along(place)?;
            sums = Array1::from(line.all_reduce(&sums, Operation::Sum)?);
        }
        DistArray::from_local(a.grid(), axis_of(a, rows)?, sums)
    }

    /// α op(A)·x as a matrix of one column, in rows over all ranks.
    fn as_column(&self, a: &DistArray<A, Ix2>, x: &DistArray<A, Ix1>) -> Result<DistArray<A, Ix1>> {
        let grid = ProcessGrid::new(a.communicator(), &[a.communicator().size()])?;
        let whole = x.all_gather()?;
        let everywhere = grid.layout(
            [whole.len(), 1],
            &[Distribution::Replicated, Distribution::Replicated],
        )?;
        let column = DistArray::from_fn(&grid, everywhere, |[i, _]| whole[i])?;
        let m = self.op_a.shape(lengths(a))[0];
        let rows = grid.layout([m, 1], &[Distribution::Block, Distribution::Replicated])?;
        let mut product = DistArray::zeros(&grid, rows)?;
        let gemm = Gemm {
            op_b: Op::Plain,
            beta: A::zero(),
            ..*self
        };
        gemm.apply(&mut product, a, &column)?;
        let local = product.local().column(0).to_owned();
        DistArray::from_local(&grid, grid.layout([m], &[Distribution::Block])?, local)
    }
}

/// A vector that lies along one axis of a matrix, with copies along the other.
fn axis_of<A: Scalar>(a: &DistArray<A, Ix2>, axis: usize) -> Result<Layout<Ix1>> {
    let of = &a.layout().axes()[axis];
    let distribution = of.distribution().clone();
    let (grid, over) = (a.grid().shape().clone(), a.layout().over()[axis]);
    Layout::mapped([of.len()], grid, &[distribution], &[over])
}
