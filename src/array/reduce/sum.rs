//! Sums: reproducible, exact, fast.

use super::{Accumulator, Reducer, Summable};
use crate::error::Result;

/// [`sum`](super::Reductions::sum) as a [`Reducer`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum;

/// [`sum_exact`](super::Reductions::sum_exact) as a [`Reducer`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SumExact;

/// [`sum_fast`](super::Reductions::sum_fast) as a [`Reducer`]: the one whose result depends on the ranks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SumFast;

macro_rules! sum_reducer {
    ($reducer:ident, $sum:ident, $name:literal) => {
        impl<A: Summable> Reducer<A> for $reducer {
            type State = A::$sum;
            type Output = A;
            const NAME: &'static str = $name;

            fn start(&self) -> Self::State {
                Self::State::default()
            }

            fn add(&self, state: &mut Self::State, _position: usize, values: &[A]) {
                state.add(values);
            }

            fn merge(&self, state: &mut Self::State, other: Self::State) {
                state.merge(&other);
            }

            fn finish(&self, state: Self::State) -> Result<A> {
                state.finish()
            }
        }
    };
}

sum_reducer!(Sum, Reproducible, "sum");
sum_reducer!(SumExact, Exact, "sum_exact");
sum_reducer!(SumFast, Fast, "sum_fast");
