//! What elements are, in words where the `hdf5` crate has no description of them.

use hdf5::Datatype;
use hdf5::types::TypeDescriptor;
use hdf5_sys::h5t::{H5T_class_t, H5Tget_class};

use super::locked;
use super::members::with_native_members;

/// The description of a type, or what it is in words. *Local.*
pub(crate) fn descriptor(datatype: &Datatype) -> Result<TypeDescriptor, String> {
    let description = datatype.to_descriptor().map_err(|_| in_words(datatype))?;
    with_native_members(datatype, description).map_err(|_| in_words(datatype))
}

fn in_words(datatype: &Datatype) -> String {
    use H5T_class_t::*;
    let (bytes, bits) = (datatype.size(), 8 * datatype.size());
    // SAFETY: the id is an open type; on failure the class is one that says so.
    match locked(|| unsafe { H5Tget_class(datatype.id()) }) {
        H5T_INTEGER => format!("integer of {bits} bits"),
        H5T_FLOAT => format!("float of {bits} bits"),
        H5T_BITFIELD => format!("bitfield of {bits} bits"),
        H5T_OPAQUE => format!("opaque ({bytes} bytes)"),
        H5T_ENUM => format!("enumeration ({bytes} bytes, members of which have no name here)"),
        H5T_TIME => "time".to_string(),
        H5T_ARRAY => "array of several axes".to_string(),
        H5T_COMPOUND => format!("compound ({bytes} bytes, parts of which have no name here)"),
        _ => format!("unknown ({bytes} bytes)"),
    }
}
