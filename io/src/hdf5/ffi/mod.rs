//! The only `unsafe` of this crate: what the `hdf5` crate does not wrap, or wraps independently.
//!
//! Everything here runs under that crate's lock, checks every return code, and turns a failure into
//! text at once: an `hdf5::Error` is a handle that cannot be read any more once MPI has ended.

mod alike;
mod attributes;
mod buffer;
mod chunks;
mod class;
mod convert;
mod group;
mod members;
mod open;
mod plugins;
mod scale;
mod stored;
mod text;
mod transfer;

use std::fmt;
use std::sync::Once;

use super::printable;

pub(crate) use alike::{create_dataset_alike, create_group_alike, has_references};
pub(crate) use attributes::{copy_attributes, copy_object};
pub(crate) use buffer::{Memory, as_bytes, as_bytes_mut};
pub(crate) use chunks::{StoredChunk, StoredFilter, read_chunk, stored_filters};
pub(crate) use class::descriptor;
pub(crate) use convert::convert;
pub(crate) use group::{create_group, exists};
pub(crate) use open::{DatasetRefusal, ParallelFile, name_of_file, open_dataset, open_object};
pub(crate) use plugins::load_filters_from;
pub(crate) use scale::{
    attach_scale, is_scale, label_axis, make_scale, number_of_scales, scales_of,
};
pub(crate) use stored::{LinkTarget, fill_value, library_version, link_target, write_number};
pub(crate) use text::{
    bytes_behind, is_padded_with_blanks, read_attribute, read_fixed_text, read_fixed_texts,
    write_fixed_texts,
};
pub(crate) use transfer::{Exchange, Performed};

/// What HDF5 said of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause(String);

pub(crate) type Outcome<T> = std::result::Result<T, Cause>;

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<hdf5::Error> for Cause {
    fn from(error: hdf5::Error) -> Self {
        // It may have names from a file in it.
        Cause(printable(&locked(|| error.to_string()), usize::MAX))
    }
}

impl From<&str> for Cause {
    fn from(text: &str) -> Self {
        Cause(text.to_string())
    }
}

/// Runs `work` as the only user of HDF5 in this process.
///
/// The first call prepares the library: the `hdf5` crate calls `H5dont_atexit` and silences the
/// printing of error stacks, and no file can make HDF5 load plugin code unless [`load_filters_from`] lets it.
pub(crate) fn locked<T>(work: impl FnOnce() -> T) -> T {
    static PREPARED: Once = Once::new();
    hdf5::sync::sync(|| {
        PREPARED.call_once(plugins::load_nothing);
        work()
    })
}

/// An id or a status that is negative on failure, as every HDF5 call returns it.
trait Code: Copy {
    fn failed(self) -> bool;
}

impl Code for i32 {
    fn failed(self) -> bool {
        self < 0
    }
}

impl Code for i64 {
    fn failed(self) -> bool {
        self < 0
    }
}

/// The one check of a return code; to be called before the lock is given up.
fn check<C: Code>(call: &str, code: C) -> Outcome<C> {
    if !code.failed() {
        return Ok(code);
    }
    let stack = hdf5::Error::query()
        .unwrap_or_else(|error| error)
        .to_string();
    // The stack begins with the function that was called, under the name it has inside the library.
    let reason = stack
        .split_once("(): ")
        .map_or(stack.as_str(), |(_, reason)| reason);
    Err(Cause(format!("{call} failed: {reason}")))
}
