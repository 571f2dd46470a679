//! Making groups.

use std::ffi::CString;

use hdf5::Location;
use hdf5::plist::FileCreate;
use hdf5_sys::h5g::{H5Gclose, H5Gcreate2};
use hdf5_sys::h5p::H5P_DEFAULT;

use super::{Cause, Outcome, check, locked};

/// Makes a group that does not carry the times it was made and changed at: the `hdf5` crate's own
/// would, and no two files with groups in them would be the same.
pub(crate) fn create_group(location: &Location, name: &str) -> Outcome<()> {
    let name = CString::new(name).map_err(|_| Cause::from("the name has a NUL in it"))?;
    locked(|| {
        // To HDF5, a list of how a file is made is one of how a group is made.
        let how = FileCreate::build().obj_track_times(false).finish()?;
        // SAFETY: the ids are open, the name is a C string, the new id is closed and belongs to nothing else.
        unsafe {
            let group = H5Gcreate2(
                location.id(),
                name.as_ptr(),
                H5P_DEFAULT,
                how.id(),
                H5P_DEFAULT,
            );
            check("H5Gclose", H5Gclose(check("H5Gcreate", group)?))?;
        }
        Ok(())
    })
}
