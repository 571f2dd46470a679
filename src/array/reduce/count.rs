//! How many elements are such and such.

use super::Reducer;
use crate::array::DistArray;
use crate::comm::Element;
use crate::error::Result;
use crate::layout::Axes;

/// How many elements a predicate holds for, as a [`Reducer`].
#[derive(Debug, Clone, Copy)]
pub struct Count<F>(pub F);

impl<A: Copy, F: Fn(A) -> bool> Reducer<A> for Count<F> {
    type State = u64;
    type Output = u64;
    const NAME: &'static str = "count";

    fn start(&self) -> u64 {
        0
    }

    fn add(&self, state: &mut u64, _position: usize, values: &[A]) {
        *state += values.iter().filter(|&&value| (self.0)(value)).count() as u64;
    }

    fn merge(&self, state: &mut u64, other: u64) {
        *state += other;
    }

    fn finish(&self, state: u64) -> Result<u64> {
        Ok(state)
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// How many elements `holds` is true of. *Collective.*
    ///
    /// # Cost
    /// `holds` of every element; one all-reduce of a number.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// let negative = u.count(|value| value < 0.0)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn count(&self, holds: impl Fn(A) -> bool) -> Result<u64> {
        self.reduce_by(&Count(holds))
    }

    /// Whether `holds` is true of at least one element. *Collective.*
    ///
    /// # Cost
    /// As [`count`](Self::count).
    #[track_caller]
    pub fn any(&self, holds: impl Fn(A) -> bool) -> Result<bool> {
        Ok(self.count(holds)? > 0)
    }

    /// Whether `holds` is true of every element, as of none. *Collective.*
    ///
    /// # Cost
    /// As [`count`](Self::count).
    #[track_caller]
    pub fn all(&self, holds: impl Fn(A) -> bool) -> Result<bool> {
        Ok(self.count(|value| !holds(value))? == 0)
    }
}
