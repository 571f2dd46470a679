//! Sums: reproducible, exact, fast.

use ndarray::RemoveAxis;

use super::{Accumulator, Reducer, Summable};
use crate::array::DistArray;
use crate::error::Result;
use crate::layout::Axes;

/// [`DistArray::sum`] as a [`Reducer`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum;

/// [`DistArray::sum_exact`] as a [`Reducer`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SumExact;

/// [`DistArray::sum_fast`] as a [`Reducer`]: the one whose result depends on the ranks.
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

impl<A: Summable, D: Axes> DistArray<A, D> {
    /// The sum of all elements: the same bits on every rank, for any number of ranks and any layout, at
    /// the speed of memory. *Collective.*
    ///
    /// Of n floating-point numbers of magnitude at most m (and of the parts of complex ones) the sum is off by at
    /// most n·2⁻⁸⁸·m and half a unit in its last place; f32 is added as f64. NaN and infinities give what IEEE
    /// addition in any order would. Integers are added in 128 bits. No elements: zero.
    ///
    /// # Cost
    /// One pass over the part, and one all-reduce of some 60 bytes.
    ///
    /// # Errors
    /// [`Error::Numerical`](crate::Error::Numerical), on every rank, when an integer sum does not fit
    /// the element type.
    ///
    /// # Source
    /// Indexed summation after J. Demmel and H. D. Nguyen; see [`sum::Reproducible`](crate::sum::Reproducible).
    #[track_caller]
    pub fn sum(&self) -> Result<A> {
        self.reduce_by(&Sum)
    }

    /// The sum of all elements, rounded once, to nearest: 1e100 + 1 − 1e100 is 1. The same bits on any number of
    /// ranks. *Collective.*
    ///
    /// Complex numbers by their parts; everything else as in [`sum`](Self::sum).
    ///
    /// # Cost
    /// One pass over the part where exponents are not far apart, a pass for each 2⁹⁰ between them where they
    /// are; one all-reduce of at most half a kilobyte.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    ///
    /// # Source
    /// The long accumulator of U. Kulisch and R. Neal; see [`sum::Exact`](crate::sum::Exact).
    #[track_caller]
    pub fn sum_exact(&self) -> Result<A> {
        self.reduce_by(&SumExact)
    }

    /// The plain sum, in vectors: its last bits depend on the number of ranks and the layout. *Collective.*
    ///
    /// f32 is added as f64, integers as in [`sum`](Self::sum).
    ///
    /// # Cost
    /// One pass over the part, and one all-reduce.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    #[track_caller]
    pub fn sum_fast(&self) -> Result<A> {
        self.reduce_by(&SumFast)
    }

    /// [`sum`](Self::sum) along an axis, as [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn sum_axis(&self, axis: usize) -> Result<DistArray<A, D::Smaller>>
    where
        D: RemoveAxis,
        D::Smaller: Axes,
    {
        self.reduce_axis_by(axis, &Sum)
    }
}
