//! The SPMD tests of files.

mod attributes;
mod faults;
mod inputs;
mod old_or_new;
mod readers;
mod refusals;
mod round_trip;
mod tools;
