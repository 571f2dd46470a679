//! Attributes and objects as they are stored, whatever they hold.

use std::ffi::CString;

use hdf5::{Location, from_id};
use hdf5_sys::h5a::{H5Acreate2, H5Aread, H5Awrite};
use hdf5_sys::h5d::H5Dvlen_reclaim;
use hdf5_sys::h5o::{H5O_COPY_WITHOUT_ATTR_FLAG, H5Ocopy};
use hdf5_sys::h5p::{H5P_CLS_OBJECT_COPY, H5P_DEFAULT, H5Pclose, H5Pcreate, H5Pset_copy_object};

use super::alike::{has_references, independent};
use super::{Cause, Outcome, check, locked};

/// No attribute is larger: HDF5 keeps them in an object's header, or in a heap of its own.
pub(super) const LARGEST: usize = 64 << 20;

/// Copies all attributes but those that refer to objects of their own file. *Local.*
pub(crate) fn copy_attributes(from: &Location, to: &Location) -> Outcome<()> {
    for name in from.attr_names()? {
        copy_attribute(from, to, &name)?;
    }
    Ok(())
}

/// Copies a dataset or a type into another file as it is stored, without its attributes. *Local.*
pub(crate) fn copy_object(from: &Location, to: &Location, name: &str) -> Outcome<()> {
    let name = CString::new(name).map_err(|_| Cause::from("the name has a NUL in it"))?;
    locked(|| {
        // SAFETY: the ids are open, the names C strings; the list is this function's, and closed by it.
        unsafe {
            let list = check("H5Pcreate", H5Pcreate(*H5P_CLS_OBJECT_COPY))?;
            let set = H5Pset_copy_object(list, H5O_COPY_WITHOUT_ATTR_FLAG);
            let copied = check("H5Pset_copy_object", set).and_then(|_| {
                let (from, itself) = (from.id(), c".".as_ptr());
                let copied = H5Ocopy(from, itself, to.id(), name.as_ptr(), list, H5P_DEFAULT);
                check("H5Ocopy", copied)
            });
            check("H5Pclose", H5Pclose(list))?;
            copied.map(drop)
        }
    })
}

fn copy_attribute(from: &Location, to: &Location, name: &str) -> Outcome<()> {
    let attribute = from.attr(name)?;
    let (datatype, space) = (independent(&attribute.dtype()?)?, attribute.space()?);
    if has_references(&datatype)? {
        return Ok(());
    }
    let size = attribute.size().checked_mul(datatype.size());
    let size = size.filter(|&size| size <= LARGEST);
    let mut bytes = vec![0u8; size.ok_or(Cause::from("an attribute is absurdly large"))?];
    let name = CString::new(name).map_err(|_| Cause::from("a name has a NUL in it"))?;
    locked(|| {
        // SAFETY: the ids are open, the name is a C string, and the new id belongs to nothing else.
        let copy: hdf5::Attribute = unsafe {
            let id = H5Acreate2(
                to.id(),
                name.as_ptr(),
                datatype.id(),
                space.id(),
                H5P_DEFAULT,
                H5P_DEFAULT,
            );
            from_id(check("H5Acreate", id)?)?
        };
        if bytes.is_empty() {
            return Ok(());
        }
        // SAFETY: `bytes` holds as many elements of the type as both attributes have. What the reading
        // allocated behind pointers in it is freed once, by the library that did.
        unsafe {
            let memory = bytes.as_mut_ptr().cast();
            check("H5Aread", H5Aread(attribute.id(), datatype.id(), memory))?;
            let written = check("H5Awrite", H5Awrite(copy.id(), datatype.id(), memory));
            let freed = H5Dvlen_reclaim(datatype.id(), space.id(), H5P_DEFAULT, memory);
            written?;
            check("H5Dvlen_reclaim", freed)?;
        }
        Ok(())
    })
}
