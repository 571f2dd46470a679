//! A whole array to one value.

use super::Reducer;
use super::runs::{for_each_piece, for_each_run};
use crate::array::Distributed;
use crate::comm::{Call, Communicator};
use crate::error::Result;

#[track_caller]
pub(super) fn reduce_by<T, R>(array: &T, reducer: &R) -> Result<R::Output>
where
    T: Distributed,
    R: Reducer<T::Element>,
{
    let communicator = array.grid().communicator();
    let call = Call::new(R::NAME).array::<T::Element>(array.layout().shape());
    let _call = communicator.enter(call)?;
    merged::<T::Element, R>(communicator, reducer, local_state(array, reducer))
}

/// What this rank's elements come to.
fn local_state<T: Distributed, R: Reducer<T::Element>>(array: &T, reducer: &R) -> R::State {
    let mut state = reducer.start();
    match R::POSITIONED {
        true => for_each_run(array, |position, run| {
            reducer.add(&mut state, position, run)
        }),
        false => for_each_piece(array, |piece| reducer.add(&mut state, 0, piece)),
    }
    state
}

/// The result of all ranks' states.
pub(super) fn merged<B, R: Reducer<B>>(
    communicator: &Communicator,
    reducer: &R,
    state: R::State,
) -> Result<R::Output> {
    let merged = match communicator.size() {
        1 => state,
        _ => communicator.all_reduce_objects(state, |mut left, right| {
            reducer.merge(&mut left, right);
            left
        })?,
    };
    // Replicated: every rank has the same state.
    reducer.finish(merged)
}
