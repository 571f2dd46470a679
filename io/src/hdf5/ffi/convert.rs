//! From the numbers of a file to those of this machine.

use hdf5::Datatype;
use hdf5_sys::h5t::H5Tconvert;

use super::members::keeping_values;
use super::{Outcome, locked};
use crate::hdf5::dtype::is_plain;

/// Converts `length` elements of type `from` at the beginning of `bytes` into as many of type `to`.
/// *Local.*
///
/// HDF5 would convert on its own while it reads, and give up the collective transfer for it.
pub(crate) fn convert(
    bytes: &mut [u8],
    length: usize,
    from: &Datatype,
    to: &Datatype,
) -> Outcome<()> {
    if from == to {
        return Ok(());
    }
    let needed = length.checked_mul(from.size().max(to.size()));
    if needed.is_none_or(|needed| needed > bytes.len()) {
        return Err("the buffer is too short to convert in".into());
    }
    if !is_plain(&from.to_descriptor()?) || !is_plain(&to.to_descriptor()?) {
        return Err("only numbers are converted".into());
    }
    // Only compounds are put together in the background.
    let mut background = match to.to_descriptor()? {
        hdf5::types::TypeDescriptor::Compound(_) => vec![0u8; length * to.size()],
        _ => Vec::new(),
    };
    locked(|| {
        // SAFETY: both ids are open types of numbers (checked above); `bytes` has room
        // for `length` elements of the larger, `background` for those of a compound target, which are
        // only numbers, so that zeros are fine.
        keeping_values(|properties| unsafe {
            H5Tconvert(
                from.id(),
                to.id(),
                length,
                bytes.as_mut_ptr().cast(),
                background.as_mut_ptr().cast(),
                properties,
            )
        })
    })
}
