//! Any reduction of those elements that are numbers.

use super::Reducer;
use crate::error::Result;

/// Another [`Reducer`] that does not get to see NaNs: they count as not there.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// use partita::Reductions;
/// use partita::reduce::{Norm2, SkipNan, Sum};
/// let (total, length) = u.reduce_by(&SkipNan((Sum, Norm2)))?;
/// let of_rows = u.reduce_axis_by(1, &SkipNan(Sum))?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SkipNan<R>(pub R);

impl<A: Copy + PartialEq, R: Reducer<A>> Reducer<A> for SkipNan<R> {
    type State = R::State;
    type Output = R::Output;
    const NAME: &'static str = R::NAME;
    const POSITIONED: bool = R::POSITIONED;

    fn start(&self) -> R::State {
        self.0.start()
    }

    fn add(&self, state: &mut R::State, position: usize, values: &[A]) {
        // Without a branch an element, so that it takes vectors.
        let any = values.iter().fold(false, |any, value| any | is_nan(value));
        if !any {
            return self.0.add(state, position, values);
        }
        if !R::POSITIONED {
            let numbers = values.iter().copied().filter(|value| !is_nan(value));
            return self.0.add(state, position, &numbers.collect::<Vec<A>>());
        }
        let mut start = position;
        for run in values.split(is_nan) {
            self.0.add(state, start, run);
            start += run.len() + 1;
        }
    }

    fn merge(&self, state: &mut R::State, other: R::State) {
        self.0.merge(state, other);
    }

    fn finish(&self, state: R::State) -> Result<R::Output> {
        self.0.finish(state)
    }
}

/// What does not equal itself, alone or as a part of a complex number.
#[allow(clippy::eq_op)]
#[inline(always)]
fn is_nan<A: PartialEq>(value: &A) -> bool {
    value != value
}
