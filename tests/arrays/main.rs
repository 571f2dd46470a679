//! Distributed arrays on several ranks, against what one rank computes alone.
// Not `forbid`: `ndarray::s!` allows itself some.
#![deny(unsafe_code)]

mod array_errors;
mod arrays;
mod disagreements;
mod displays;
mod elementwise;
mod halo_cases;
mod halo_ways;
mod halos;
mod layouts;
mod making;
mod panels;
mod random_arrays;
mod redistribution_costs;
mod redistributions;
mod remote_arrays;
mod shared_parts;
mod slices;
mod stencils;
