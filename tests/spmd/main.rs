//! The core crate on several ranks, against what one rank computes alone.
#![forbid(unsafe_code)]

mod agreement;
mod collectives;
mod groups;
mod messages;
mod reductions;
mod sample;
mod shared;
mod variable_parts;

mod large_messages;
