use std::cmp::Ordering;

use crate::comm::{Call, Communicator, Element, Operation, SendBuffer};
use crate::error::Result;

impl Communicator {
    /// Of each element the smallest value of all ranks, and the lowest rank that has it. *Collective.*
    ///
    /// A NaN on any rank is the result, with the lowest rank that has one, whichever rank that is: it is
    /// never lost, as it may be in [`Operation::Min`]. Negative and positive zero are equal.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let error = [0.25 * world.rank() as f64];
    /// let (smallest, rank) = world.all_reduce_min_location(&error)?[0];
    /// assert_eq!((smallest, rank), (0.0, 0));
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// An [`all_reduce_with`](Self::all_reduce_with) of the values and an all-reduce of the ranks.
    ///
    /// # Errors
    /// As [`all_reduce_with`](Self::all_reduce_with).
    #[track_caller]
    pub fn all_reduce_min_location<T: Element + PartialOrd>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
    ) -> Result<Vec<(T, usize)>> {
        let values = values.packed()?;
        let _call = self.enter(Call::new("all_reduce_min_location").slice(&values))?;
        self.location(&values, Ordering::Less)
    }

    /// Of each element the largest value of all ranks, and the lowest rank that has it; a NaN as in
    /// [`all_reduce_min_location`](Self::all_reduce_min_location). *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// As [`all_reduce_min_location`](Self::all_reduce_min_location).
    ///
    /// # Errors
    /// As [`all_reduce_with`](Self::all_reduce_with).
    #[track_caller]
    pub fn all_reduce_max_location<T: Element + PartialOrd>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
    ) -> Result<Vec<(T, usize)>> {
        let values = values.packed()?;
        let _call = self.enter(Call::new("all_reduce_max_location").slice(&values))?;
        self.location(&values, Ordering::Greater)
    }

    fn location<T: Element + PartialOrd>(
        &self,
        values: &[T],
        wanted: Ordering,
    ) -> Result<Vec<(T, usize)>> {
        let chosen = self.all_reduce_with(values, |lower: T, higher: T| {
            match replaces(&lower, &higher, wanted) {
                true => higher,
                false => lower,
            }
        })?;
        let candidates: Vec<usize> = values
            .iter()
            .zip(&chosen)
            .map(|(own, chosen)| {
                let is_it = own == chosen || is_nan(own) && is_nan(chosen);
                if is_it { self.rank() } else { self.size() }
            })
            .collect();
        let ranks = self.all_reduce(&candidates, Operation::Min)?;
        Ok(chosen.into_iter().zip(ranks).collect())
    }
}

/// Whether a higher rank's value is to stand for both: the first NaN, otherwise what is `wanted`.
pub(super) fn replaces<T: PartialOrd>(lower: &T, higher: &T, wanted: Ordering) -> bool {
    !is_nan(lower) && (is_nan(higher) || higher.partial_cmp(lower) == Some(wanted))
}

/// Whether the value is not even equal to itself.
#[allow(clippy::eq_op)]
fn is_nan<T: PartialOrd>(value: &T) -> bool {
    value != value
}
