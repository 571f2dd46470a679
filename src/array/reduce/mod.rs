//! Reductions: the same bits on any number of ranks, grid and layout.
//!
//! A [`Reducer`] is a way to reduce. What it holds in between does not depend on the order and the grouping
//! of what it was given, so that [`DistArray::reduce_by`] and [`DistArray::reduce_axis_by`] hand it whatever
//! lies together in memory, and merge the ranks' states in any order. A tuple of reducers is one that does
//! all of them in one pass and one message:
//!
//! ```no_run
//! # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
//! use partita::reduce::{Max, Min, Sum};
//! let (total, least, most) = u.reduce_by(&(Sum, Min, Max))?;
//! let of_rows = u.reduce_axis_by(1, &Max)?; // one maximum a row, distributed as the rows are
//! # Ok(()) }
//! ```
//!
//! Copies of an element (on a grid's axis that cuts no axis of the array) count once.
//!
//! [`DistArray::reduce_by`]: crate::DistArray::reduce_by
//! [`DistArray::reduce_axis_by`]: crate::DistArray::reduce_axis_by

mod along;
mod count;
mod digest;
mod dot;
mod extreme;
mod fold;
mod norm;
mod ordered;
mod runs;
mod sum;
mod summable;
mod tuple;
mod whole;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Result;

pub use count::Count;
pub use digest::{Digest, Digestible};
pub use dot::Dot;
pub use extreme::{
    ArgExtreme, ArgMax, ArgMin, Extreme, Max, Min, NanArgMax, NanArgMin, NanMax, NanMin,
};
pub use norm::{Norm1, Norm2, NormInf, Normed};
pub use ordered::Ordered;
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
}
