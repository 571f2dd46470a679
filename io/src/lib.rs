//! Distributed arrays to and from files, collectively, all or nothing.
#![deny(unsafe_code)]

mod agreed;
pub mod save;
