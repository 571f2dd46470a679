//! Arithmetic means.

use partita::reduce::{Along, Reduced, Reducer, SkipNan};
use partita::sum::{Exact, Reproducible, Wide};
use partita::{Distributed, Reductions, Result};

/// The mean as a [`Reducer`]: the [`Reproducible`] sum before it is rounded, over the number of elements, rounded once.
///
/// Of n elements of magnitude at most m it is off by at most n·2⁻⁸⁸·m/n and half a unit in its last place, whether their
/// sum is a double or beyond the range of doubles. NaN of no elements.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mean;

/// The mean as a [`Reducer`]: the [`Exact`] sum over the number of elements, rounded once. So it is the double next to the
/// true mean of the elements (ties to even). NaN of no elements.
#[derive(Debug, Clone, Copy, Default)]
pub struct MeanExact;

macro_rules! mean_reducer {
    ($($reducer:ident $sum:ident $name:literal;)*) => {
        $(impl<A: Copy + Into<f64>> Reducer<A> for $reducer {
            type State = (u64, $sum);
            type Output = f64;
            const NAME: &'static str = $name;

            fn start(&self) -> Self::State {
                Self::State::default()
            }

            fn add(&self, (count, sum): &mut Self::State, _position: usize, values: &[A]) {
                *count += values.len() as u64;
                sum.add(values);
            }

            fn merge(&self, (count, sum): &mut Self::State, other: Self::State) {
                *count += other.0;
                sum.merge(&other.1);
            }

            fn finish(&self, (count, sum): Self::State) -> Result<f64> {
                Ok(over(count, sum.to_wide()).unwrap_or(sum.to_f64()))
            }
        })*
    };
}

mean_reducer! {
    Mean Reproducible "mean";
    MeanExact Exact "mean_exact";
}

/// A sum over a number of elements, rounded once; `None` if the sum is not finite.
pub(super) fn over(count: u64, sum: Option<Wide>) -> Option<f64> {
    match count {
        0 => Some(f64::NAN),
        _ => sum.map(|sum| sum.quotient(count)),
    }
}

macro_rules! means {
    ($($name:ident $axis_name:ident $reducer:expr, $what:literal;)*) => {
        $(
            #[doc = concat!("The mean of ", $what, ". *Collective.*")]
            ///
            /// # Cost
            /// One pass over the part, and one all-reduce of the sum.
            ///
            /// # Errors
            /// [`Error::Mpi`](partita::Error::Mpi) when a message is lost.
            #[track_caller]
            pub fn $name<T: Distributed<Element: Into<f64> + PartialEq>>(array: &T) -> Result<f64> {
                array.reduce_by(&$reducer)
            }

            #[doc = concat!("[`", stringify!($name), "`] along an axis, as [`Reductions::reduce_axis_by`] has it. \
                *Collective.*")]
            ///
            /// # Errors
            /// As there.
            #[track_caller]
            pub fn $axis_name<T>(array: &T, axis: usize) -> Result<Reduced<T, f64>>
            where
                T: Distributed<Element: Into<f64> + PartialEq, Dim: Along>,
            {
                array.reduce_axis_by(axis, &$reducer)
            }
        )*
    };
}

means! {
    mean mean_axis Mean, "all elements, as [`Mean`]; NaN of none";
    mean_exact mean_exact_axis MeanExact, "all elements, correctly rounded: [`MeanExact`]; NaN of none";
    nan_mean nan_mean_axis SkipNan(Mean), "the elements that are numbers, as [`Mean`]; NaN of none";
}
