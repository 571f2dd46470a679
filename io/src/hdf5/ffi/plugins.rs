//! Whether HDF5 may load code, and from where.

use std::ffi::{CString, c_uint};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use hdf5_sys::h5pl::{H5PL_FILTER_PLUGIN, H5PLappend, H5PLremove, H5PLsize};

use super::{Cause, Outcome, check, locked};

unsafe extern "C" {
    // The `-sys` crate declares the argument as a pointer; it is `unsigned int`.
    fn H5PLset_loading_state(plugin_control_mask: c_uint) -> hdf5_sys::h5::herr_t;
}

/// From here on no file can make HDF5 load code. *Local*, under the lock.
pub(super) fn load_nothing() {
    // SAFETY: takes a bit mask by value; the lock is held and the library initialised.
    unsafe { H5PLset_loading_state(0) };
}

/// From here on HDF5 loads code of filters, from this folder alone. *Local.*
pub(crate) fn load_filters_from(folder: &Path) -> Outcome<()> {
    let folder = CString::new(folder.as_os_str().as_bytes())
        .map_err(|_| Cause::from("the path has a NUL in it"))?;
    locked(|| {
        // SAFETY: a live local is filled in, the others take values and a C string, which they copy.
        unsafe {
            let mut places = 0;
            check("H5PLsize", H5PLsize(&mut places))?;
            for place in (0..places).rev() {
                check("H5PLremove", H5PLremove(place))?;
            }
            check("H5PLappend", H5PLappend(folder.as_ptr()))?;
            check(
                "H5PLset_loading_state",
                H5PLset_loading_state(H5PL_FILTER_PLUGIN),
            )?;
        }
        Ok(())
    })
}
