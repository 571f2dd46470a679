//! What elements are, in words where the `hdf5` crate has no description of them.

use hdf5::Datatype;
use hdf5::types::TypeDescriptor;
use hdf5_sys::h5t::{H5T_class_t, H5Tget_class};

use super::locked;

/// The description of a type, or what it is in words. *Local.*
pub(crate) fn descriptor(datatype: &Datatype) -> Result<TypeDescriptor, String> {
    let description = datatype.to_descriptor();
    description.map(with_signs).map_err(|_| in_words(datatype))
}

/// The `hdf5` crate reads the members of an enumeration without their signs, and derives them with.
fn with_signs(description: TypeDescriptor) -> TypeDescriptor {
    match description {
        TypeDescriptor::Enum(mut members) if members.signed => {
            let unused = 64 - 8 * members.size as u32;
            for member in &mut members.members {
                member.value = ((member.value << unused) as i64 >> unused) as u64;
            }
            TypeDescriptor::Enum(members)
        }
        TypeDescriptor::Compound(mut compound) => {
            for field in &mut compound.fields {
                field.ty = with_signs(field.ty.clone());
            }
            TypeDescriptor::Compound(compound)
        }
        TypeDescriptor::FixedArray(element, length) => {
            TypeDescriptor::FixedArray(Box::new(with_signs(*element)), length)
        }
        other => other,
    }
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
        H5T_TIME => "time".to_string(),
        H5T_ARRAY => "array of several axes".to_string(),
        H5T_COMPOUND => format!("compound ({bytes} bytes, parts of which have no name here)"),
        _ => format!("unknown ({bytes} bytes)"),
    }
}
