//! How many elements are such and such.

use super::Reducer;
use crate::error::Result;

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
