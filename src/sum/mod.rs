//! Sums of floating-point numbers: exact, reproducible, fast. Pure arithmetic, on one rank.
//!
//! [`sum`](crate::Reductions::sum) and everything built on it (norms, moments, sums along axes)
//! end here. The accumulators can be filled in any order and merged in any grouping, and hold the same.

mod bins;
mod exact;
mod fast;
mod products;
mod reproducible;
mod slice;
mod special;
mod squares;
#[cfg(test)]
mod tests;
mod wide;

pub use exact::Exact;
pub use fast::fast;
pub use reproducible::Reproducible;
pub use squares::Squares;
pub use wide::{Wide, scale};
