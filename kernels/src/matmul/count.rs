//! The steps of a product in their order, and a rank that only counts what they would bring it.

use std::ops::Range;

use ndarray::Ix2;
use partita::Result;
use partita::layout::{AxisSlice, Layout, Transfer};

use super::plan::{Plan, Words};

/// What a rank does with each step of a plan.
pub(super) trait Steps {
    /// Brings a range of k to where it is multiplied, and multiplies it.
    fn multiply(&mut self, k: Range<usize>) -> Result<()>;

    /// Adds up the partial sums.
    fn add_up(&mut self) -> Result<()>;

    /// Brings the sums to C's layout.
    fn deliver(&mut self) -> Result<()>;
}

/// What comes to one rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Elements, of each matrix.
    pub words: Words,
    /// Messages, pieces of one not counted.
    pub messages: usize,
}

impl Plan {
    /// Runs through the product step by step: what really multiplies does the same.
    pub(super) fn run(&self, steps: &mut impl Steps) -> Result<()> {
        for k in self.ranges() {
            steps.multiply(k)?;
        }
        if self.grid()[2] > 1 {
            steps.add_up()?;
        }
        match self.in_place() {
            true => Ok(()),
            false => steps.deliver(),
        }
    }

    /// What comes to `rank`: the whole schedule run through without data, with as many ranks as the plan is
    /// for, none of which need be there. *Local.*
    ///
    /// ```
    /// use partita::layout::{GridShape, Layout};
    /// use partita_kernels::matmul::{Algorithm, Mode, Operands, Plan};
    /// let block = || Layout::block([1024, 1024], GridShape::new(&[32, 32]));
    /// let operands = Operands { a: block()?, b: block()?, c: block()? };
    /// let plan = Plan::new(&operands, Algorithm::Summa, Mode::Fast, None)?;
    /// // Of 32 rows of A and 32 columns of B all but the rank's own block.
    /// assert_eq!(plan.traffic(7)?.words.total(), 2 * 32 * (1024 - 32));
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// None that depend on the rank.
    pub fn traffic(&self, rank: usize) -> Result<Traffic> {
        let mut counting = Counting {
            plan: self,
            rank,
            traffic: Traffic::default(),
        };
        self.run(&mut counting)?;
        Ok(counting.traffic)
    }
}

/// A rank without data.
struct Counting<'plan> {
    plan: &'plan Plan,
    rank: usize,
    traffic: Traffic,
}

impl Counting<'_> {
    fn arriving(&mut self, from: &Layout<Ix2>, to: &Layout<Ix2>) -> Result<usize> {
        if from.has_same_parts(to) {
            return Ok(0);
        }
        let transfer = Transfer::new(from, to, &[0, 1], self.rank)?;
        self.traffic.messages += transfer.receives.len();
        Ok(transfer.receives.iter().map(|sent| sent.volume()).sum())
    }
}

impl Steps for Counting<'_> {
    fn multiply(&mut self, k: Range<usize>) -> Result<()> {
        let (plan, operands) = (self.plan, self.plan.operands());
        let a = panel_of(&operands.a, 1, &k)?;
        self.traffic.words.a += self.arriving(&a, &plan.layout_of_a(k.len())?)?;
        let b = panel_of(&operands.b, 0, &k)?;
        self.traffic.words.b += self.arriving(&b, &plan.layout_of_b(k.len())?)?;
        Ok(())
    }

    fn add_up(&mut self) -> Result<()> {
        let others = self.plan.grid()[2] - 1;
        let own = self.plan.layout_of_sums()?.local_shape(self.rank);
        self.traffic.words.c += others * own[0] * own[1];
        self.traffic.messages += others;
        Ok(())
    }

    fn deliver(&mut self) -> Result<()> {
        let sums = self.plan.layout_of_sums()?;
        self.traffic.words.c += self.arriving(&sums, &self.plan.operands().c)?;
        Ok(())
    }
}

/// A range of one axis.
fn panel_of(layout: &Layout<Ix2>, axis: usize, k: &Range<usize>) -> Result<Layout<Ix2>> {
    let mut slices = [layout.shape()[0], layout.shape()[1]].map(AxisSlice::whole);
    let (start, end) = (k.start as isize, k.end as isize);
    slices[axis] =
        AxisSlice::new(layout.shape()[axis], start, Some(end), 1).map_err(partita::Error::usage)?;
    layout.slice(&slices)
}
