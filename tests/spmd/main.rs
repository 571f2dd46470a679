//! The core crate on several ranks, against what one rank computes alone.
// Not `forbid`: `ndarray::s!` allows itself some.
#![deny(unsafe_code)]

mod agreement;
mod array_errors;
mod array_reductions;
mod arrays;
mod buffers;
mod collectives;
mod displays;
mod elementwise;
mod every_collective;
mod farms;
mod grids;
mod groups;
mod halo_cases;
mod halos;
mod ill_conditioned;
mod invalid_bits;
mod large_messages;
mod layouts;
mod making;
mod messages;
mod mismatches;
mod object_errors;
mod objects;
mod process_grids;
mod random_arrays;
mod raw_files;
mod redistributions;
mod reductions;
mod remote_arrays;
mod requests;
mod sample;
mod scans;
mod shared;
mod shared_arrays;
mod slices;
mod started_collectives;
mod stencils;
mod sums;
mod tags;
mod user_operations;
mod variable_parts;
mod windows;
