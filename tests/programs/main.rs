//! The example programs, run as a reader would run them.
#![forbid(unsafe_code)]

mod farm;
mod hello;
mod messages;
