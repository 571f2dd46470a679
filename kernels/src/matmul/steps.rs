//! The steps of a product on arrays.

use std::ops::Range;
use std::time::Instant;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, CowArray, Ix2, s};
use num_complex::ComplexFloat;
use partita::layout::{Layout, block_range};
use partita::{DistArray, Operation, Panels, ProcessGrid, Result};

use super::count::Steps;
use super::local::{LocalMultiply, scale};
use super::parallel::{Gemm, Profile};
use super::plan::Plan;
use super::{Op, Scalar};

/// Which elements of C are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    All,
    /// Those on and below the diagonal; others may be computed too.
    Lower,
}

/// Columns that are multiplied at once where only a triangle is wanted.
const STRIP: usize = 256;

/// A product under way.
pub(super) struct Work<'product, A: Scalar> {
    pub(super) gemm: &'product Gemm<A>,
    pub(super) plan: &'product Plan,
    pub(super) part: Part,
    a: Panels<'product, A, Ix2>,
    b: Panels<'product, A, Ix2>,
    pub(super) c: &'product mut DistArray<A, Ix2>,
    /// α op(A)·op(B), where that is not added to C in place.
    pub(super) sums: Option<DistArray<A, Ix2>>,
    library: &'static dyn LocalMultiply<A>,
    /// What C is multiplied with when the next product is added to it.
    beta: A,
    pub(super) profile: Profile,
}

impl<'product, A: Scalar> Work<'product, A> {
    /// *Collective.*
    pub(super) fn new(
        (gemm, plan, part): (&'product Gemm<A>, &'product Plan, Part),
        (a, b): (&'product DistArray<A, Ix2>, &'product DistArray<A, Ix2>),
        c: &'product mut DistArray<A, Ix2>,
    ) -> Result<Self> {
        let sums = match plan.in_place() {
            true => None,
            false => {
                let layout = plan.layout_of_c()?;
                let grid = ProcessGrid::new(c.communicator(), layout.grid().parts())?;
                Some(DistArray::zeros(&grid, layout)?)
            }
        };
        Ok(Work {
            library: gemm.library.for_mode::<A>(gemm.mode)?,
            beta: if sums.is_some() { A::zero() } else { gemm.beta },
            profile: Profile::default(),
            a: panels(a, gemm.op_a, 1, |k| plan.layout_of_a(k), plan)?, // A[r, s]
            b: panels(b, gemm.op_b, 0, |k| plan.layout_of_b(k), plan)?, // B[s, c]
            sums,
            gemm,
            plan,
            part,
            c,
        })
    }
}

impl<A: Scalar> Steps for Work<'_, A> {
    /// C\[r, c\] += α A\[r, s\]·B\[s, c\], while the next panels of A and B travel
    ///
    /// In one piece: with a look at the messages after each strip of rows, so that they move on, two ranks of one
    /// machine multiplied 2000³ at 93, 89, 87 and 87 GFLOP/s (strips of 500, 250, 125 and 64) instead of at 97,
    /// because B is packed for each strip and copying takes the same cores (Open MPI 4.1, no shared memory).
    fn multiply(&mut self, _: Range<usize>) -> Result<()> {
        let target = self.sums.as_mut().unwrap_or(self.c);
        let first = [0, 1].map(|axis| target.local_range(axis).map_or(0, |range| range.start));
        let product = Product {
            library: self.library,
            factors: (self.gemm.alpha, self.beta),
            part: self.part,
        };
        let clock = Instant::now();
        let mut multiplying = 0.0;
        let (b, ops) = (&mut self.b, (self.gemm.op_a, self.gemm.op_b));
        let seen = self.a.with_next(|a1| {
            b.with_next(|b1| {
                let (a1, b1) = (conjugated(a1, ops.0), conjugated(b1, ops.1));
                let clock = Instant::now();
                product.add(a1.view(), b1.view(), first, target.local_mut());
                multiplying = clock.elapsed().as_secs_f64();
            })
        })?;
        seen.transpose()?;
        self.profile.multiplying += multiplying;
        self.profile.moving += clock.elapsed().as_secs_f64() - multiplying;
        self.beta = A::one();
        Ok(())
    }

    /// Each of the pk ranks that hold C\[r, c\] gets the sums of some of its rows.
    fn add_up(&mut self) -> Result<()> {
        let clock = Instant::now();
        if let Some(partial) = self.sums.take() {
            self.sums = Some(sums_of(&partial, self.plan)?);
        }
        self.profile.moving += clock.elapsed().as_secs_f64();
        Ok(())
    }

    /// C ← β C + sums
    fn deliver(&mut self) -> Result<()> {
        let Some(sums) = self.sums.take() else {
            return Ok(());
        };
        let clock = Instant::now();
        let mut scratch = vec![];
        let rows = 0..sums.shape()[0];
        let sums = sums.panel((0, rows), [0, 1], self.c.layout(), &mut scratch)?;
        self.profile.moving += clock.elapsed().as_secs_f64();
        let mut c = self.c.local_mut();
        if self.gemm.beta.is_zero() {
            c.assign(&sums);
        } else {
            scale(self.gemm.beta, c.view_mut());
            c.zip_mut_with(&sums, |c, &sum| *c = *c + sum);
        }
        Ok(())
    }
}

/// The panels of an operand, in the plan's ranges along this axis of op(A) or op(B).
fn panels<'array, A: Scalar>(
    array: &'array DistArray<A, Ix2>,
    op: Op,
    axis: usize,
    layout: impl Fn(usize) -> Result<Layout<Ix2>>,
    plan: &Plan,
) -> Result<Panels<'array, A, Ix2>> {
    let targets = plan.ranges().map(|k| Ok((k.clone(), layout(k.len())?)));
    let order = op.order();
    array.panels(order[axis], order, targets.collect::<Result<Vec<_>>>()?)
}

/// A local product, or the part of it that is wanted.
struct Product<A: Scalar> {
    library: &'static dyn LocalMultiply<A>,
    factors: (A, A),
    part: Part,
}

impl<A: Scalar> Product<A> {
    /// Into a block of C whose first element has the global index `first`.
    fn add(
        &self,
        a: ArrayView2<'_, A>,
        b: ArrayView2<'_, A>,
        first: [usize; 2],
        mut c: ArrayViewMut2<'_, A>,
    ) {
        if a.ncols() == 0 {
            return scale(self.factors.1, c);
        }
        if self.part == Part::All {
            return self.library.multiply(self.factors, a, b, c);
        }
        let (rows, columns) = c.dim();
        for begin in (0..columns).step_by(STRIP) {
            let strip = begin..columns.min(begin + STRIP);
            let top = (first[1] + begin).saturating_sub(first[0]).min(rows);
            let (a, b) = (a.slice(s![top.., ..]), b.slice(s![.., strip.clone()]));
            let c = c.slice_mut(s![top.., strip]);
            self.library.multiply(self.factors, a, b, c);
        }
    }
}

fn conjugated<A: Scalar>(a: ArrayView2<'_, A>, op: Op) -> CowArray<'_, A, Ix2> {
    match op {
        Op::Adjoint => a.mapv(ComplexFloat::conj).into(),
        Op::Plain | Op::Transpose => a.into(),
    }
}

/// The sums of the pk partial sums, in rows over the ranks that hold them. Collective.
fn sums_of<A: Scalar>(partial: &DistArray<A, Ix2>, plan: &Plan) -> Result<DistArray<A, Ix2>> {
    let [pm, pn, pk] = plan.grid();
    let everyone = partial.communicator();
    let along_k = match (pm, pn) {
        (1, 1) => everyone.clone(),
        _ => partial.grid().along(1)?,
    };
    let (rows, columns) = partial.local().dim();
    let lengths: Vec<usize> = (0..pk)
        .map(|rank| block_range(rows, pk, rank).len() * columns)
        .collect();
    let own = along_k.reduce_scatterv(&partial.local(), &lengths, Operation::Sum)?;
    let own_rows = block_range(rows, pk, along_k.rank()).len();
    let own = Array2::from_shape_vec([own_rows, columns], own)?;
    let layout = plan.layout_of_sums()?;
    let grid = ProcessGrid::new(everyone, layout.grid().parts())?;
    DistArray::from_local(&grid, layout, own)
}
