//! The product of distributed matrices.

use std::ops::Range;
use std::time::Instant;

use ndarray::{ArrayView2, ArrayViewMut2, CowArray, Ix2, s};
use num_complex::ComplexFloat;
use partita::layout::Layout;
use partita::{DistArray, Error, Operation, ProcessGrid, Result};

use super::local::Library;
use super::plan::{Algorithm, Operands, Plan};
use super::{Mode, Op, Scalar};

/// The product of two distributed matrices, as a method of the first.
pub trait MatMul<A: Scalar> {
    /// A·B, in blocks over the grid of A. *Collective.*
    ///
    /// # Shapes
    /// m×k and k×n give m×n; any lengths, zero included.
    ///
    /// # Cost
    /// As [`Gemm::product`].
    ///
    /// # Errors
    /// As [`Gemm::product`].
    fn matmul(&self, b: &DistArray<A, Ix2>) -> Result<DistArray<A, Ix2>>;
}

impl<A: Scalar> MatMul<A> for DistArray<A, Ix2> {
    #[track_caller]
    fn matmul(&self, b: &DistArray<A, Ix2>) -> Result<DistArray<A, Ix2>> {
        Gemm::default().product(self, b)
    }
}

/// C ← α op(A)·op(B) + β C, and how it is to be computed.
///
/// ```no_run
/// # fn example(
/// #     a: &partita::DistArray<f64, ndarray::Ix2>,
/// #     c: &mut partita::DistArray<f64, ndarray::Ix2>,
/// # ) -> partita::Result<()> {
/// use partita_kernels::matmul::{Gemm, Mode, Op};
/// // C ← C − AᵀA, the same bits on any number of ranks.
/// let gemm = Gemm {
///     alpha: -1.0,
///     beta: 1.0,
///     op_a: Op::Transpose,
///     mode: Mode::Reproducible,
///     ..Gemm::default()
/// };
/// gemm.apply(c, a, a)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Gemm<A> {
    /// The factor of the product.
    pub alpha: A,
    /// What is done to A.
    pub op_a: Op,
    /// What is done to B.
    pub op_b: Op,
    /// The factor of what C was; where zero, C is not looked at.
    pub beta: A,
    /// Which grids are allowed.
    pub algorithm: Algorithm,
    /// Whether bits are promised.
    pub mode: Mode,
    /// What multiplies on each rank; where bits are promised, the `gemm` crate.
    pub library: Library,
    /// How many bytes a rank may hold beyond its parts of the operands.
    pub memory_limit: Option<usize>,
}

impl<A: Scalar> Default for Gemm<A> {
    fn default() -> Self {
        Gemm {
            alpha: A::one(),
            op_a: Op::Plain,
            op_b: Op::Plain,
            beta: A::zero(),
            algorithm: Algorithm::Automatic,
            mode: Mode::Fast,
            library: Library::Automatic,
            memory_limit: None,
        }
    }
}

/// Where the time of one product went, on this rank, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Profile {
    /// In redistributions and sums of other ranks' parts, waiting included.
    pub moving: f64,
    /// In the local multiplication.
    pub multiplying: f64,
}

impl<A: Scalar> Gemm<A> {
    /// C ← α op(A)·op(B) + β C, each in whatever layout it has. *Collective.*
    ///
    /// # Shapes
    /// op(A) is m×k, op(B) k×n, C m×n; any lengths, zero included.
    ///
    /// # Cost
    /// What [`plan`](Self::plan) says: for each chunk along k a redistribution of its part of A and of B,
    /// and one local product.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when shapes do not fit, [`Error::Usage`] when the arrays
    /// are of different communicators or no grid is allowed, [`Error::Memory`], [`Error::Mpi`].
    #[track_caller]
    pub fn apply(
        &self,
        c: &mut DistArray<A, Ix2>,
        a: &DistArray<A, Ix2>,
        b: &DistArray<A, Ix2>,
    ) -> Result<Profile> {
        let plan = self.plan(a, b, c.layout())?;
        let layout = plan.layout_of_c()?;
        let mut profile = Profile::default();
        if plan.grid()[2] == 1 && c.layout().has_same_parts(&layout) {
            scale(self.beta, c.local_mut());
            self.accumulate(&plan, c, (a, b), &mut profile)?;
            return Ok(profile);
        }
        let grid = ProcessGrid::new(c.communicator(), &plan.grid())?;
        let mut sums = DistArray::zeros(&grid, layout)?;
        self.accumulate(&plan, &mut sums, (a, b), &mut profile)?;
        let clock = Instant::now();
        let sums = add_partial(sums, &plan)?.redistribute(c.layout())?;
        profile.moving += clock.elapsed().as_secs_f64();
        scale(self.beta, c.local_mut());
        c.local_mut()
            .zip_mut_with(&sums.local(), |c, &sum| *c = *c + sum);
        Ok(profile)
    }

    /// α op(A)·op(B) in blocks over the grid of A, or of all ranks where that has not two axes. *Collective.*
    ///
    /// # Cost
    /// As [`apply`](Self::apply).
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    #[track_caller]
    pub fn product(
        &self,
        a: &DistArray<A, Ix2>,
        b: &DistArray<A, Ix2>,
    ) -> Result<DistArray<A, Ix2>> {
        let shape = [
            self.op_a.shape(lengths(a))[0],
            self.op_b.shape(lengths(b))[1],
        ];
        let grid = match a.grid().shape().ndim() {
            2 => a.grid().clone(),
            _ => ProcessGrid::balanced(a.communicator(), 2)?,
        };
        let mut c = DistArray::zeros(&grid, shape)?;
        self.apply(&mut c, a, b)?;
        Ok(c)
    }

    /// How a product of such operands into a C of this layout is going to be computed. *Local.*
    ///
    /// # Errors
    /// The same on every rank, as [`apply`](Self::apply).
    pub fn plan(
        &self,
        a: &DistArray<A, Ix2>,
        b: &DistArray<A, Ix2>,
        c: &Layout<Ix2>,
    ) -> Result<Plan> {
        let (shape_a, shape_b) = (self.op_a.shape(lengths(a)), self.op_b.shape(lengths(b)));
        let [m, k] = shape_a;
        // Replicated: all ranks know the global shapes.
        if shape_b != [k, c.shape()[1]] || c.shape()[0] != m {
            let detail = format!("{shape_a:?} times {shape_b:?} into {:?}", c.shape());
            return Err(Error::shape("matmul", detail));
        }
        let operands = Operands {
            a: layout_of(a, self.op_a)?,
            b: layout_of(b, self.op_b)?,
            c: c.clone(),
        };
        let limit = self.memory_limit.map(|bytes| bytes / size_of::<A>());
        Plan::new(&operands, self.algorithm, self.mode, limit)
    }

    /// C\[r, c\] += α A\[r, s\]·B\[s, c\], chunk by chunk along k.
    fn accumulate(
        &self,
        plan: &Plan,
        c: &mut DistArray<A, Ix2>,
        (a, b): (&DistArray<A, Ix2>, &DistArray<A, Ix2>),
        profile: &mut Profile,
    ) -> Result<()> {
        if self.alpha.is_zero() {
            return Ok(());
        }
        let library = self.library.for_mode::<A>(self.mode);
        for chunk in plan.chunks() {
            let clock = Instant::now();
            let a1 = chunk_of(
                a,
                self.op_a,
                (1, chunk.clone()),
                &plan.layout_of_a(chunk.len())?,
            )?; // A[r, s]
            let b1 = chunk_of(
                b,
                self.op_b,
                (0, chunk.clone()),
                &plan.layout_of_b(chunk.len())?,
            )?; // B[s, c]
            let (a1, b1) = (
                conjugated(a1.local(), self.op_a),
                conjugated(b1.local(), self.op_b),
            );
            profile.moving += clock.elapsed().as_secs_f64();
            let clock = Instant::now();
            library.accumulate(self.alpha, a1.view(), b1.view(), c.local_mut());
            profile.multiplying += clock.elapsed().as_secs_f64();
        }
        Ok(())
    }
}

/// C ← β C on this rank, without looking at C where β is zero.
fn scale<A: Scalar>(beta: A, mut c: ArrayViewMut2<'_, A>) {
    if beta.is_zero() {
        c.fill(A::zero());
    } else if !beta.is_one() {
        c.mapv_inplace(|value| beta * value);
    }
}

fn lengths<A: Scalar>(a: &DistArray<A, Ix2>) -> [usize; 2] {
    [a.shape()[0], a.shape()[1]]
}

/// The order of the axes of op(A) among those of A.
fn order(op: Op) -> [usize; 2] {
    op.shape([0, 1])
}

fn layout_of<A: Scalar>(a: &DistArray<A, Ix2>, op: Op) -> Result<Layout<Ix2>> {
    a.layout().permuted(&order(op))
}

/// op(A) without its conjugate, of a range along one axis of op(A), in this layout. Collective.
fn chunk_of<A: Scalar>(
    a: &DistArray<A, Ix2>,
    op: Op,
    (axis, chunk): (usize, Range<usize>),
    layout: &Layout<Ix2>,
) -> Result<DistArray<A, Ix2>> {
    let order = order(op);
    if chunk.len() == a.shape()[order[axis]] {
        return a.permute_axes_to(order, layout);
    }
    let mut ranges = [0..a.shape()[0], 0..a.shape()[1]];
    ranges[order[axis]] = chunk;
    let [rows, columns] = ranges;
    a.slice(s![rows, columns])?
        .to_owned()
        .permute_axes_to(order, layout)
}

fn conjugated<A: Scalar>(a: ArrayView2<'_, A>, op: Op) -> CowArray<'_, A, Ix2> {
    match op {
        Op::Adjoint => a.mapv(ComplexFloat::conj).into(),
        Op::Plain | Op::Transpose => a.into(),
    }
}

/// The sum of the pk partial sums, on each rank that holds one. Collective.
fn add_partial<A: Scalar>(
    mut partial: DistArray<A, Ix2>,
    plan: &Plan,
) -> Result<DistArray<A, Ix2>> {
    let [_, _, pk] = plan.grid();
    if pk == 1 {
        return Ok(partial);
    }
    let along_k = partial.grid().along(2)?;
    let sum = along_k.all_reduce(&partial.local(), Operation::Sum)?;
    let sum = ArrayView2::from_shape(partial.local_shape(), &sum)?;
    partial.local_mut().assign(&sum);
    Ok(partial)
}
