//! Attributes of text with a fixed length, which the `hdf5` crate reads only where it is known at
//! compile time.

use hdf5::types::TypeDescriptor;
use hdf5::{Attribute, Datatype};
use hdf5_sys::h5a::H5Aread;

use super::{Outcome, check, locked};

/// The texts of an attribute of fixed-length strings, as their bytes in the file: padded, not decoded.
/// *Local.*
pub(crate) fn read_fixed_text(attribute: &Attribute, datatype: &Datatype) -> Outcome<Vec<Vec<u8>>> {
    if !matches!(
        datatype.to_descriptor()?,
        TypeDescriptor::FixedAscii(_) | TypeDescriptor::FixedUnicode(_)
    ) {
        return Err("not a text of fixed length".into());
    }
    let (length, width) = (attribute.size(), datatype.size());
    let mut bytes = vec![0u8; length * width];
    locked(|| {
        // SAFETY: the type is of fixed length (checked above), and `bytes` holds as many elements of it as
        // the attribute has.
        check("H5Aread", unsafe {
            H5Aread(attribute.id(), datatype.id(), bytes.as_mut_ptr().cast())
        })
    })?;
    Ok(bytes.chunks(width.max(1)).map(<[u8]>::to_vec).collect())
}
