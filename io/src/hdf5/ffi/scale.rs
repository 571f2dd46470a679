//! Dimension scales, by HDF5's own high-level library: the coordinates of a dataset's axes.

use std::ffi::{CString, c_char, c_int, c_uint, c_void};

use hdf5::{Dataset, from_id};
use hdf5_sys::h5::{herr_t, htri_t};
use hdf5_sys::h5i::{H5Iinc_ref, hid_t};

use super::{Cause, Outcome, check, locked};

#[link(name = "hdf5_hl")]
unsafe extern "C" {
    fn H5DSset_scale(dataset: hid_t, name: *const c_char) -> herr_t;
    fn H5DSis_scale(dataset: hid_t) -> htri_t;
    fn H5DSattach_scale(dataset: hid_t, scale: hid_t, axis: c_uint) -> herr_t;
    fn H5DSis_attached(dataset: hid_t, scale: hid_t, axis: c_uint) -> htri_t;
    fn H5DSset_label(dataset: hid_t, axis: c_uint, label: *const c_char) -> herr_t;
    fn H5DSget_num_scales(dataset: hid_t, axis: c_uint) -> c_int;
    fn H5DSiterate_scales(
        dataset: hid_t,
        axis: c_uint,
        first: *mut c_int,
        visit: extern "C" fn(hid_t, c_uint, hid_t, *mut c_void) -> herr_t,
        data: *mut c_void,
    ) -> herr_t;
}

/// Makes a dataset a scale of that name if it is none yet. *Local.*
pub(crate) fn make_scale(scale: &Dataset, name: &str) -> Outcome<()> {
    let name = CString::new(name).map_err(|_| Cause::from("the name has a NUL in it"))?;
    locked(|| {
        // SAFETY: the id is an open dataset, the name a C string.
        unsafe {
            if check("H5DSis_scale", H5DSis_scale(scale.id()))? == 0 {
                check("H5DSset_scale", H5DSset_scale(scale.id(), name.as_ptr()))?;
            }
        }
        Ok(())
    })
}

/// Makes `scale` the coordinates of an axis, a scale of that name if it is none yet. *Local.*
pub(crate) fn attach_scale(
    dataset: &Dataset,
    scale: &Dataset,
    axis: usize,
    name: &str,
) -> Outcome<()> {
    let axis = axis_number(dataset, axis)?;
    make_scale(scale, name)?;
    locked(|| {
        // SAFETY: both ids are open datasets, the axis is one of the dataset's.
        unsafe {
            let attached = H5DSis_attached(dataset.id(), scale.id(), axis);
            if check("H5DSis_attached", attached)? == 0 {
                let attached = H5DSattach_scale(dataset.id(), scale.id(), axis);
                check("H5DSattach_scale", attached)?;
            }
        }
        Ok(())
    })
}

/// Gives an axis a name. *Local.*
pub(crate) fn label_axis(dataset: &Dataset, axis: usize, label: &str) -> Outcome<()> {
    let label = CString::new(label).map_err(|_| Cause::from("the label has a NUL in it"))?;
    let axis = axis_number(dataset, axis)?;
    locked(|| {
        // SAFETY: the id is an open dataset, the label a C string, the axis one of the dataset's.
        check("H5DSset_label", unsafe {
            H5DSset_label(dataset.id(), axis, label.as_ptr())
        })
    })?;
    Ok(())
}

/// How many scales an axis has. *Local.*
pub(crate) fn number_of_scales(dataset: &Dataset, axis: usize) -> Outcome<usize> {
    let axis = axis_number(dataset, axis)?;
    let number = locked(|| {
        // SAFETY: the id is an open dataset, the axis one of the dataset's.
        check("H5DSget_num_scales", unsafe {
            H5DSget_num_scales(dataset.id(), axis)
        })
    })?;
    Ok(number as usize)
}

/// Whether a dataset is a scale. *Local.*
pub(crate) fn is_scale(dataset: &Dataset) -> Outcome<bool> {
    // SAFETY: the id is an open dataset.
    locked(|| Ok(check("H5DSis_scale", unsafe { H5DSis_scale(dataset.id()) })? > 0))
}

/// The scales of an axis. *Local.*
pub(crate) fn scales_of(dataset: &Dataset, axis: usize) -> Outcome<Vec<Dataset>> {
    let (axis, mut ids) = (axis_number(dataset, axis)?, Vec::<hid_t>::new());
    locked(|| {
        // SAFETY: the id is an open dataset, the axis one of the dataset's; `ids` outlives the call.
        let visited = check("H5DSiterate_scales", unsafe {
            let (first, ids) = (std::ptr::null_mut(), (&raw mut ids).cast());
            H5DSiterate_scales(dataset.id(), axis, first, keep_scale, ids)
        });
        // SAFETY: of each id `keep_scale` has taken a share, which belongs to nothing else.
        let scales = ids.iter().map(|&id| unsafe { from_id(id) });
        let scales: Vec<Dataset> = scales.collect::<hdf5::Result<_>>()?;
        visited.map(|_| scales)
    })
}

extern "C" fn keep_scale(_: hid_t, _: c_uint, scale: hid_t, ids: *mut c_void) -> herr_t {
    // SAFETY: HDF5 hands over an open id, and what `scales_of` gave it.
    unsafe {
        if H5Iinc_ref(scale) < 0 {
            return -1;
        }
        (*ids.cast::<Vec<hid_t>>()).push(scale);
    }
    0
}

fn axis_number(dataset: &Dataset, axis: usize) -> Outcome<c_uint> {
    match axis < dataset.ndim() {
        true => Ok(axis as c_uint),
        false => Err("there is no such axis".into()),
    }
}
