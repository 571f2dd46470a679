//! Reductions: the same bits on any number of ranks, grid and layout.
//!
//! [`Reductions`] are the methods of arrays and views. Below them a [`Reducer`] is a way to reduce. What it holds in
//! between does not depend on the order and the grouping of what it was given, so that
//! [`reduce_by`](Reductions::reduce_by) and [`reduce_axis_by`](Reductions::reduce_axis_by) hand it whatever
//! lies together in memory, and merge the ranks' states in any order. A tuple of reducers is one that does
//! all of them in one pass and one message:
//!
//! ```no_run
//! # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
//! use partita::Reductions;
//! use partita::reduce::{Max, Min, Sum};
//! let (total, least, most) = u.reduce_by(&(Sum, Min, Max))?;
//! let of_rows = u.reduce_axis_by(1, &Max)?; // one maximum a row, distributed as the rows are
//! # Ok(()) }
//! ```
//!
//! Copies of an element (on a grid's axis that cuts no axis of the array) count once.
//!
//! # NaN
//! One rule: *a NaN among the elements is the result*, wherever it is and on whichever rank. So it is with sums, products,
//! norms and moments, with the smallest and the largest, with medians and quantiles, and with the sums up to each element
//! from there on; argmin and argmax are where the first NaN is.
//!
//! The forms `nan_…`, and any reducer in [`SkipNan`], have another: *a NaN is not there*. Where nothing else is there
//! either, they do what they do of no elements.
//!
//! What gives elements back, and what looks at them one by one, has no result that could be NaN. Sorting puts
//! NaNs at the ends by their signs, as IEEE 754's `totalOrder` has them; different elements and digests go by bits; the largest
//! few pass over NaNs; histograms count them apart; a predicate says what it likes of them.

mod along;
mod count;
mod digest;
mod dot;
mod extreme;
mod fold;
mod lines;
mod methods;
mod norm;
mod ordered;
mod reductions;
mod runs;
mod skip_nan;
mod sum;
mod summable;
mod tuple;
mod whole;

use ndarray::{Dimension, RemoveAxis};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DistArray, Distributed};
use crate::error::Result;
use crate::layout::Axes;

pub use count::Count;
pub use digest::{Digest, Digestible};
pub use dot::Dot;
pub use extreme::{
    ArgExtreme, ArgMax, ArgMin, Extreme, Max, Min, NanArgMax, NanArgMin, NanMax, NanMin,
};
pub use lines::Lines;
pub use norm::{Norm1, Norm2, NormInf, Normed};
pub use ordered::Ordered;
pub use reductions::Reductions;
pub(super) use runs::for_each_run;
pub use skip_nan::SkipNan;
pub use sum::{Sum, SumExact, SumFast};
pub use summable::{Accumulator, Summable};

/// A way to reduce many elements of type `A` to one value.
///
/// `merge` is associative and commutative *in bits*, and so is the sequence of `add`s: whoever
/// implements it answers for that, and gets results that depend neither on ranks nor on layout.
pub trait Reducer<A> {
    /// What is known of some of the elements; it travels between ranks.
    type State: Serialize + DeserializeOwned + Clone;
    /// The result.
    type Output;
    /// The reduction as the messages of errors name it.
    const NAME: &'static str;
    /// Whether `add` is to know where its elements are; they come in longer pieces if not.
    const POSITIONED: bool = false;

    /// The state of no elements.
    fn start(&self) -> Self::State;

    /// Takes in elements. If `POSITIONED`, they follow each other in the global array in C order (of a
    /// reduction along an axis: along that axis), and `position` is where the first of them is.
    fn add(&self, state: &mut Self::State, position: usize, values: &[A]);

    /// Takes in all elements of another state.
    fn merge(&self, state: &mut Self::State, other: Self::State);

    /// The result.
    ///
    /// # Errors
    /// When there is none, such as the smallest of no elements.
    fn finish(&self, state: Self::State) -> Result<Self::Output>;

    /// What it makes of a slice, on this rank alone. *Local.*
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    fn of_slice(&self, values: &[A]) -> Result<Self::Output> {
        let mut state = self.start();
        self.add(&mut state, 0, values);
        self.finish(state)
    }
}

/// A number of axes of which one can be reduced.
pub trait Along: Axes + RemoveAxis<Smaller: Axes> {}

impl<D: Axes + RemoveAxis<Smaller: Axes>> Along for D {}

/// What reducing along an axis leaves of `T`: an array with an axis less, of `B`s.
pub type Reduced<T, B> = DistArray<B, <<T as Distributed>::Dim as Dimension>::Smaller>;

/// What is borrowed reduces as well.
impl<A, R: Reducer<A>> Reducer<A> for &R {
    type State = R::State;
    type Output = R::Output;
    const NAME: &'static str = R::NAME;
    const POSITIONED: bool = R::POSITIONED;

    fn start(&self) -> R::State {
        R::start(self)
    }

    fn add(&self, state: &mut R::State, position: usize, values: &[A]) {
        R::add(self, state, position, values);
    }

    fn merge(&self, state: &mut R::State, other: R::State) {
        R::merge(self, state, other);
    }

    fn finish(&self, state: R::State) -> Result<R::Output> {
        R::finish(self, state)
    }
}
