//! Reductions of distributed arrays on several ranks, against what one rank computes alone.
// Not `forbid`: `ndarray::s!` allows itself some.
#![deny(unsafe_code)]

mod array_reductions;
mod ill_conditioned;
mod sums;
