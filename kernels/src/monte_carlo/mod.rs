//! Monte Carlo: averages over random points, with one answer whatever the ranks.
//!
//! Points belong to their global number: a run is cut into blocks of samples, each with streams of its own
//! ([`partita::random`]), so that any rank can compute any block, and what is added up does not depend on who did.
//!
//! * [`pi`]: π from darts, at the speed of the generator.
//! * [`integrate`](mod@integrate): any integral, with error bars; until an error or a time is reached; by random,
//!   antithetic, stratified or quasi-random points; by importance.
//! * [`statistics`]: means and their errors, added up.

pub mod integrate;
pub mod pi;
pub mod statistics;

mod rounds;

pub use integrate::{Axis, Balance, Domain, Integration, Points, Sampling, integrate};
pub use rounds::round_end;
pub use statistics::{Estimate, Moments};

/// The families of streams ([`Streams::family`](partita::random::Streams::family)) that the kernels take, so that they
/// share no numbers with each other or with random arrays of the same seed.
pub(crate) mod family {
    pub const PI: u64 = 1;
    pub const INTEGRATE: u64 = 2;
    pub const SCRAMBLING: u64 = 3;
}
