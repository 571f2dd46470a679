//! Random numbers addressed by where they are used: pure arithmetic, no MPI.
//!
//! A parallel program whose ranks each draw from a generator of their own gives other numbers on other numbers of
//! ranks. Here a seed and a global position (of an array's element, of a sample) decide alone, and whichever rank
//! needs a number computes it:
//!
//! * [`Streams`]: a seed's sequence of xoshiro256++ in streams that do not overlap, the n-th of them reached at once;
//!   [`Lanes`]: sixteen of them side by side, for vectors.
//! * [`Sequence`]: numbers of a [`Distribution`] ([`Uniform`], [`Normal`], [`Integers`]) by position; what
//!   [`DistArray::uniform`](crate::DistArray) and its like are filled from.
//! * [`Permutation`]: a random permutation whose images are computed one by one.
//!
//! ```
//! use partita::random::{Normal, Sequence};
//! let mut noise = Sequence::new(42, Normal::new(0.0, 1.0)?);
//! let far_out = noise.at(1_000_000_000_000);
//! assert_eq!(far_out, Sequence::new(42, Normal::new(0.0, 1.0)?).at(1_000_000_000_000));
//! # Ok::<(), partita::Error>(())
//! ```

mod distribution;
mod fill;
mod jump;
mod lanes;
mod normal;
mod permutation;
mod streams;
#[cfg(test)]
mod tests;

pub use distribution::{Distribution, IntegerValue, Integers, Normal, Real, Uniform};
pub use fill::Sequence;
pub use lanes::{LANES, Lanes};
pub use normal::normal_quantile;
pub use permutation::{Permutation, mix};
pub use rand_xoshiro::Xoshiro256PlusPlus;
pub use rand_xoshiro::rand_core::{Rng, SeedableRng};
pub use streams::{Streams, Stride};
