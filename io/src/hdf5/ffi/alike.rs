//! Objects made like others, without what is in them.

use std::ffi::CString;

use hdf5::plist::{DatasetCreate, GroupCreate};
use hdf5::{Dataset, Datatype, Group, Location, from_id};
use hdf5_sys::h5d::{H5D_alloc_time_t, H5D_fill_time_t, H5D_fill_value_t, H5Dclose, H5Dcreate2};
use hdf5_sys::h5g::{H5Gclose, H5Gcreate2};
use hdf5_sys::h5p::{
    H5P_DEFAULT, H5Pfill_value_defined, H5Pget_fill_value, H5Pset_alloc_time, H5Pset_fill_time,
    H5Pset_fill_value, H5Pset_obj_track_times,
};
use hdf5_sys::h5t::{H5T_class_t, H5Tcopy, H5Tdetect_class};

use super::{Cause, Outcome, check, locked};

/// Makes a dataset of the shape, elements and storage of another, whose data lie in its own file. *Local.*
///
/// Its room is taken at once. Where every element will be written, none is filled in.
pub(crate) fn create_dataset_alike(
    dataset: &Dataset,
    location: &Location,
    name: &str,
) -> Outcome<()> {
    let name = CString::new(name).map_err(|_| Cause::from("the name has a NUL in it"))?;
    let (space, datatype) = (dataset.space()?, independent(&dataset.dtype()?)?);
    let grows = dataset.is_resizable();
    let stored = dataset.dcpl()?;
    let list = match stored.get_external()?.is_empty() {
        true => stored,
        false => filled_alike(&stored, &datatype)?,
    };
    locked(|| {
        let list = list.id();
        // SAFETY: the ids are open, the name is a C string, the new id is closed and belongs to nothing else.
        unsafe {
            let early = H5Pset_alloc_time(list, H5D_alloc_time_t::H5D_ALLOC_TIME_EARLY);
            check("H5Pset_alloc_time", early)?;
            if !grows {
                let never = H5Pset_fill_time(list, H5D_fill_time_t::H5D_FILL_TIME_NEVER);
                check("H5Pset_fill_time", never)?;
            }
            check("H5Pset_obj_track_times", H5Pset_obj_track_times(list, 0))?;
            let made = H5Dcreate2(
                location.id(),
                name.as_ptr(),
                datatype.id(),
                space.id(),
                H5P_DEFAULT,
                list,
                H5P_DEFAULT,
            );
            check("H5Dclose", H5Dclose(check("H5Dcreate", made)?))?;
        }
        Ok(())
    })
}

/// The properties of a dataset in one run, of which the fill value alone is another's.
fn filled_alike(stored: &DatasetCreate, datatype: &Datatype) -> Outcome<DatasetCreate> {
    let list = DatasetCreate::try_new()?;
    let mut defined = H5D_fill_value_t::H5D_FILL_VALUE_DEFAULT;
    let mut fill = vec![0u8; datatype.size()];
    locked(|| {
        // SAFETY: the ids are open, `defined` is a live local, and `fill` holds one element of the type.
        unsafe {
            let asked = H5Pfill_value_defined(stored.id(), &mut defined);
            check("H5Pfill_value_defined", asked)?;
            if defined == H5D_fill_value_t::H5D_FILL_VALUE_USER_DEFINED {
                let (element, memory) = (datatype.id(), fill.as_mut_ptr());
                let got = H5Pget_fill_value(stored.id(), element, memory.cast());
                check("H5Pget_fill_value", got)?;
                let set = H5Pset_fill_value(list.id(), element, memory.cast());
                check("H5Pset_fill_value", set)?;
            }
        }
        Ok(list)
    })
}

/// Makes a group that keeps its order as another does, without the times it was made and changed at. *Local.*
pub(crate) fn create_group_alike(group: &Group, location: &Location, name: &str) -> Outcome<()> {
    let name = CString::new(name).map_err(|_| Cause::from("the name has a NUL in it"))?;
    let made = group.gcpl()?;
    // Of a large group HDF5's own list says also where its links lie in its file.
    let mut how = GroupCreate::build();
    how.link_creation_order(made.get_link_creation_order()?);
    how.attr_creation_order(made.get_attr_creation_order()?);
    let how = how.obj_track_times(false).finish()?;
    locked(|| {
        // SAFETY: the ids are open, the name is a C string, the new id is closed and belongs to nothing else.
        unsafe {
            let (list, default) = (how.id(), H5P_DEFAULT);
            let made = H5Gcreate2(location.id(), name.as_ptr(), default, list, default);
            check("H5Gclose", H5Gclose(check("H5Gcreate", made)?))?;
        }
        Ok(())
    })
}

/// Whether elements name objects or parts of their own file. *Local.*
pub(crate) fn has_references(datatype: &Datatype) -> Outcome<bool> {
    locked(|| {
        // SAFETY: the id is an open type.
        let refers = unsafe { H5Tdetect_class(datatype.id(), H5T_class_t::H5T_REFERENCE) };
        Ok(check("H5Tdetect_class", refers)? > 0)
    })
}

/// A type that belongs to no file, as the one that it was read from may. *Local.*
pub(super) fn independent(datatype: &Datatype) -> Outcome<Datatype> {
    locked(|| {
        // SAFETY: the id is an open type; the new one belongs to nothing else.
        Ok(unsafe { from_id(check("H5Tcopy", H5Tcopy(datatype.id()))?) }?)
    })
}
