//! What a dataset's properties and links hold, as bytes and texts.

use std::ffi::{CString, c_uint};
use std::fmt;

use hdf5::{Dataset, Group};
use hdf5_sys::h5a::H5Awrite;
use hdf5_sys::h5l::H5Lget_val;
use hdf5_sys::h5p::{H5P_DEFAULT, H5Pget_fill_value};

use super::{Cause, Outcome, check, locked};
use crate::hdf5::dtype::is_plain;

/// What elements are that nobody wrote, as it is stored. *Local.*
pub(crate) fn fill_value(dataset: &Dataset) -> Outcome<Vec<u8>> {
    let datatype = dataset.dtype()?;
    if !is_plain(&datatype.to_descriptor()?) {
        return Err("only numbers are filled in".into());
    }
    let properties = dataset.dcpl()?;
    let mut bytes = vec![0u8; datatype.size()];
    locked(|| {
        // SAFETY: both ids are open; `bytes` holds one number of the type.
        check("H5Pget_fill_value", unsafe {
            H5Pget_fill_value(properties.id(), datatype.id(), bytes.as_mut_ptr().cast())
        })
    })?;
    Ok(bytes)
}

/// Writes one number, given as its bytes, as a new attribute of the dataset's own type. *Local.*
pub(crate) fn write_number(dataset: &Dataset, name: &str, bytes: &[u8]) -> Outcome<()> {
    let datatype = dataset.dtype()?;
    let descriptor = datatype.to_descriptor()?;
    if !is_plain(&descriptor) || bytes.len() != datatype.size() {
        return Err("no number of the dataset's".into());
    }
    let attribute = dataset.new_attr_builder().empty_as(&descriptor);
    let attribute = attribute.shape([1]).create(name)?;
    locked(|| {
        // SAFETY: both ids are open; `bytes` holds one number of the type.
        check("H5Awrite", unsafe {
            H5Awrite(attribute.id(), datatype.id(), bytes.as_ptr().cast())
        })
    })?;
    Ok(())
}

/// Where a link by name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkTarget {
    /// In its own file.
    Soft(String),
    /// In another one.
    External { file: String, name: String },
}

impl fmt::Display for LinkTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkTarget::Soft(name) => formatter.write_str(name),
            LinkTarget::External { file, name } => write!(formatter, "{file}:{name}"),
        }
    }
}

/// Where a soft or an external link leads. *Local.*
pub(crate) fn link_target(group: &Group, name: &str) -> Outcome<LinkTarget> {
    let name = CString::new(name).map_err(|_| Cause::from("the name has a NUL in it"))?;
    // As much as a path of the system can be, twice; zeros end the texts.
    let mut value = vec![0u8; 8192];
    locked(|| {
        // SAFETY: the id is an open group, the name a C string, and `value` has the length that is given.
        check("H5Lget_val", unsafe {
            let (memory, length) = (value.as_mut_ptr().cast(), value.len());
            H5Lget_val(group.id(), name.as_ptr(), memory, length, H5P_DEFAULT)
        })
    })?;
    Ok(target_of(&value))
}

/// A link's value: one text of a soft link; of an external one a byte of flags, then two.
fn target_of(value: &[u8]) -> LinkTarget {
    let is_external = value.first() == Some(&0);
    let mut texts = value[usize::from(is_external)..].split(|&byte| byte == 0);
    let mut next = || String::from_utf8_lossy(texts.next().unwrap_or_default()).to_string();
    match is_external {
        true => LinkTarget::External {
            file: next(),
            name: next(),
        },
        false => LinkTarget::Soft(next()),
    }
}

/// The version of the HDF5 library that runs. *Local.*
pub(crate) fn library_version() -> String {
    let (mut major, mut minor, mut release): (c_uint, c_uint, c_uint) = (0, 0, 0);
    // SAFETY: three live locals are filled in.
    locked(|| unsafe {
        hdf5_sys::h5::H5get_libversion(&mut major, &mut minor, &mut release);
    });
    format!("{major}.{minor}.{release}")
}
