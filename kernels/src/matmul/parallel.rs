//! The product of distributed matrices.

use ndarray::{Ix1, Ix2};
use partita::layout::Layout;
use partita::{DistArray, Error, ProcessGrid, Result};

use super::algorithm::Algorithm;
use super::local::{Library, scale};
use super::plan::{Operands, Plan};
use super::steps::{Part, Work};
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

    /// A·x, in blocks over all ranks. *Collective.*
    ///
    /// # Cost
    /// As [`Gemm::apply_to_vector`].
    ///
    /// # Errors
    /// As there.
    fn matvec(&self, x: &DistArray<A, Ix1>) -> Result<DistArray<A, Ix1>>;

    /// A·Aᵀ, in blocks over the grid of A, each pair of elements computed once. *Collective.*
    ///
    /// # Cost
    /// As [`Gemm::rank_k`].
    ///
    /// # Errors
    /// As there.
    fn syrk(&self) -> Result<DistArray<A, Ix2>>;
}

impl<A: Scalar> MatMul<A> for DistArray<A, Ix2> {
    #[track_caller]
    fn matmul(&self, b: &DistArray<A, Ix2>) -> Result<DistArray<A, Ix2>> {
        Gemm::default().product(self, b)
    }

    #[track_caller]
    fn matvec(&self, x: &DistArray<A, Ix1>) -> Result<DistArray<A, Ix1>> {
        let grid = ProcessGrid::balanced(self.communicator(), 1)?;
        let mut y = DistArray::zeros(&grid, [self.shape()[0]])?;
        Gemm::default().apply_to_vector(&mut y, self, x)?;
        Ok(y)
    }

    #[track_caller]
    fn syrk(&self) -> Result<DistArray<A, Ix2>> {
        let n = self.shape()[0];
        let mut c = DistArray::zeros(&grid_of(self)?, [n, n])?;
        let gemm = Gemm {
            op_b: Op::Transpose,
            ..Gemm::default()
        };
        gemm.rank_k(&mut c, self)?;
        Ok(c)
    }
}

/// The grid of A, or one of all ranks where that has not two axes.
fn grid_of<A: Scalar>(a: &DistArray<A, Ix2>) -> Result<ProcessGrid> {
    match a.grid().shape().ndim() {
        2 => Ok(a.grid().clone()),
        _ => ProcessGrid::balanced(a.communicator(), 2),
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
    /// In laying out and receiving panels, and in sums of other ranks' parts, waiting included.
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
    /// What [`plan`](Self::plan) says: for each range of k the [panels](DistArray::panels) of A and of B that a rank
    /// does not have are multiplied where another rank of its machine laid them for all, or come as messages, in
    /// either way while the panels before are multiplied (`PARTITA_SHARED=0`: always as messages); where k is cut over ranks the partial sums of C are
    /// reduced and scattered; where C lies otherwise it is redistributed.
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
        self.follow((&plan, Part::All), c, (a, b))
    }

    /// Does what the plan says.
    pub(super) fn follow(
        &self,
        (plan, part): (&Plan, Part),
        c: &mut DistArray<A, Ix2>,
        (a, b): (&DistArray<A, Ix2>, &DistArray<A, Ix2>),
    ) -> Result<Profile> {
        // Replicated: nothing is added.
        if self.alpha.is_zero() || plan.problem().k == 0 {
            scale(self.beta, c.local_mut());
            return Ok(Profile::default());
        }
        let mut work = Work::new((self, plan, part), (a, b), c)?;
        plan.run(&mut work)?;
        Ok(work.profile)
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
        let mut c = DistArray::zeros(&grid_of(a)?, shape)?;
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
        self.library.for_mode::<A>(self.mode)?;
        let operands = Operands {
            a: a.layout().permuted(&self.op_a.order())?,
            b: b.layout().permuted(&self.op_b.order())?,
            c: c.clone(),
        };
        let limit = self.memory_limit.map(|bytes| bytes / size_of::<A>());
        Plan::new(&operands, self.algorithm, self.mode, limit)
    }
}

pub(super) fn lengths<A: Scalar>(a: &DistArray<A, Ix2>) -> [usize; 2] {
    [a.shape()[0], a.shape()[1]]
}
