//! Communicators on several ranks, against what one rank computes alone.
// Not `forbid`: `ndarray::s!` allows itself some.
#![deny(unsafe_code)]

mod agreement;
mod buffers;
mod collectives;
mod every_collective;
mod farms;
mod groups;
mod invalid_bits;
mod large_messages;
mod messages;
mod mismatches;
mod object_errors;
mod objects;
mod process_grids;
mod raw_files;
mod reductions;
mod requests;
mod scans;
mod shared_arrays;
mod started_collectives;
mod started_mismatches;
mod tags;
mod user_operations;
mod variable_parts;
mod windows;
