//! Texts of a fixed length, which the `hdf5` crate reads only where it is known at compile time.

use std::ffi::c_void;

use hdf5::types::TypeDescriptor;
use hdf5::{Attribute, Dataset, Datatype, Extents, Location};
use hdf5_sys::h5::herr_t;
use hdf5_sys::h5a::{H5Aread, H5Awrite};
use hdf5_sys::h5d::{H5Dread, H5Dvlen_get_buf_size};
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::H5S_ALL;
use hdf5_sys::h5t::{H5T_STR_SPACEPAD, H5Tget_strpad};

use super::attributes::LARGEST as LARGEST_ATTRIBUTE;
use super::{Outcome, check, locked};
use crate::hdf5::dtype::is_plain;

/// The texts of an attribute of fixed-length strings, as their bytes in the file: padded, not decoded.
/// *Local.*
pub(crate) fn read_fixed_text(attribute: &Attribute, datatype: &Datatype) -> Outcome<Vec<Vec<u8>>> {
    // SAFETY: the ids are open, and `read_fixed` gives memory for all elements of the type.
    read_fixed(attribute.size(), datatype, "H5Aread", |memory| unsafe {
        H5Aread(attribute.id(), datatype.id(), memory)
    })
}

/// The same of a dataset. *Local.*
pub(crate) fn read_fixed_texts(dataset: &Dataset, datatype: &Datatype) -> Outcome<Vec<Vec<u8>>> {
    let (id, element) = (dataset.id(), datatype.id());
    // SAFETY: as above.
    read_fixed(dataset.size(), datatype, "H5Dread", |memory| unsafe {
        H5Dread(id, element, H5S_ALL, H5S_ALL, H5P_DEFAULT, memory)
    })
}

/// Writes texts of one length, given as their bytes, as a new attribute. *Local.*
pub(crate) fn write_fixed_texts(
    location: &Location,
    name: &str,
    extents: Extents,
    length: usize,
    bytes: &[u8],
) -> Outcome<()> {
    let element = TypeDescriptor::FixedUnicode(length);
    let attribute = location.new_attr_builder().empty_as(&element);
    let attribute = attribute.shape(extents).create(name)?;
    if bytes.len() != attribute.size() * length {
        return Err("not as many texts as the attribute has".into());
    }
    let datatype = attribute.dtype()?;
    if !bytes.is_empty() {
        // SAFETY: the ids are open, and there are bytes for all texts.
        locked(|| unsafe {
            let memory = bytes.as_ptr().cast();
            check("H5Awrite", H5Awrite(attribute.id(), datatype.id(), memory))
        })?;
    }
    Ok(())
}

/// Whether texts of a fixed length are filled up with blanks. *Local.*
pub(crate) fn is_padded_with_blanks(datatype: &Datatype) -> bool {
    // SAFETY: the id is open.
    locked(|| unsafe { H5Tget_strpad(datatype.id()) == H5T_STR_SPACEPAD })
}

/// The elements of an attribute as they are stored, in memory with room for as many of `room` bytes each. *Local.*
pub(crate) fn read_attribute(
    attribute: &Attribute,
    datatype: &Datatype,
    room: usize,
) -> Outcome<Vec<u8>> {
    if !is_plain(&datatype.to_descriptor()?) {
        return Err("its elements are not their bytes".into());
    }
    let bytes = attribute.size().checked_mul(room.max(datatype.size()));
    let bytes = bytes.filter(|&bytes| bytes <= LARGEST_ATTRIBUTE);
    let mut bytes = vec![0u8; bytes.ok_or("an attribute is absurdly large")?];
    if !bytes.is_empty() {
        // SAFETY: the ids are open, and there is memory for all elements of the type, which holds no pointers.
        locked(|| unsafe {
            let memory = bytes.as_mut_ptr().cast();
            check("H5Aread", H5Aread(attribute.id(), datatype.id(), memory))
        })?;
    }
    Ok(bytes)
}

/// How many bytes the elements of a dataset take that lie elsewhere than in it, read one by one. *Local.*
pub(crate) fn bytes_behind(dataset: &Dataset) -> Outcome<u64> {
    let (datatype, space) = (dataset.dtype()?, dataset.space()?);
    let mut bytes = 0;
    // HDF5 (1.10.8) crashes when it is asked of a single element, which has no more bytes than the file.
    if space.ndim() == 0 {
        return Ok(bytes);
    }
    locked(|| {
        // SAFETY: the ids are open, and `bytes` is a live local.
        check("H5Dvlen_get_buf_size", unsafe {
            H5Dvlen_get_buf_size(dataset.id(), datatype.id(), space.id(), &mut bytes)
        })
    })?;
    Ok(bytes)
}

/// Reads `length` texts of a fixed length into memory that has room for them.
fn read_fixed(
    length: usize,
    datatype: &Datatype,
    call: &str,
    read: impl FnOnce(*mut c_void) -> herr_t,
) -> Outcome<Vec<Vec<u8>>> {
    if !matches!(
        datatype.to_descriptor()?,
        TypeDescriptor::FixedAscii(_) | TypeDescriptor::FixedUnicode(_)
    ) {
        return Err("not a text of fixed length".into());
    }
    let width = datatype.size();
    let mut bytes = vec![0u8; length * width];
    locked(|| check(call, read(bytes.as_mut_ptr().cast())))?;
    Ok(bytes.chunks(width.max(1)).map(<[u8]>::to_vec).collect())
}
