//! A whole array to one value.

use super::Reducer;
use crate::array::DistArray;
use crate::comm::{Call, Element};
use crate::error::Result;
use crate::layout::Axes;

impl<A: Element, D: Axes> DistArray<A, D> {
    /// Reduces all elements; the same result on every rank, for any number of ranks and any layout.
    /// *Collective.*
    ///
    /// # Cost
    /// One pass over the rank's part, and one all-reduce of the reducer's state.
    ///
    /// # Errors
    /// As the reducer's [`finish`](Reducer::finish), on every rank.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::reduce::{Max, Min, Sum};
    /// let (total, least, most) = u.reduce_by(&(Sum, Min, Max))?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn reduce_by<R: Reducer<A>>(&self, reducer: &R) -> Result<R::Output> {
        let call = Call::new(R::NAME).array::<A>(self.shape());
        let _call = self.communicator().enter(call)?;
        self.merged(reducer, self.local_state(reducer))
    }

    /// What this rank's elements come to.
    fn local_state<R: Reducer<A>>(&self, reducer: &R) -> R::State {
        let mut state = reducer.start();
        match R::POSITIONED {
            true => self.for_each_run(|position, run| reducer.add(&mut state, position, run)),
            false => self.for_each_piece(|piece| reducer.add(&mut state, 0, piece)),
        }
        state
    }

    /// The result of all ranks' states.
    pub(super) fn merged<B, R: Reducer<B>>(
        &self,
        reducer: &R,
        state: R::State,
    ) -> Result<R::Output> {
        let merged = match self.communicator().size() {
            1 => state,
            _ => self
                .communicator()
                .all_reduce_objects(state, |mut left, right| {
                    reducer.merge(&mut left, right);
                    left
                })?,
        };
        // Replicated: every rank has the same state.
        reducer.finish(merged)
    }
}
