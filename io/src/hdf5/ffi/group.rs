//! Making groups, and looking for what has a name.

use std::ffi::CString;

use hdf5::Location;
use hdf5::plist::FileCreate;
use hdf5_sys::h5g::{H5Gclose, H5Gcreate2};
use hdf5_sys::h5l::H5Lexists;
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

/// Whether there is a link of this name. The `hdf5` crate's own says no where it could not read that, and another
/// link of the same name would be made.
pub(crate) fn exists(file: &hdf5::File, name: &str) -> Outcome<bool> {
    let ends = name.match_indices('/').map(|(end, _)| end);
    // HDF5 looks for the last part only, and fails where an earlier one is missing.
    for path in ends.chain([name.len()]).map(|end| &name[..end]) {
        if path.is_empty() || path.ends_with('/') {
            continue;
        }
        let path = CString::new(path).map_err(|_| Cause::from("the name has a NUL in it"))?;
        // SAFETY: the id is open, the name is a C string.
        let found = locked(|| unsafe {
            check(
                "H5Lexists",
                H5Lexists(file.id(), path.as_ptr(), H5P_DEFAULT),
            )
        })?;
        if found == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
