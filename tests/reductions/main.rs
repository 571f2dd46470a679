//! Reductions of distributed arrays on several ranks, against what one rank computes alone.
// Not `forbid`: `ndarray::s!` allows itself some.
#![deny(unsafe_code)]

mod array_reductions;
mod cases;
mod ill_conditioned;
mod sums;
mod trees_and_digests;
