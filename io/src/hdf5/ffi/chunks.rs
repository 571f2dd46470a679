//! Chunks of a dataset as they are stored.

use std::ffi::c_uint;

use hdf5::Dataset;
use hdf5_sys::h5::{herr_t, hsize_t};
use hdf5_sys::h5d::H5Dread_chunk1;
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5p::{H5P_DEFAULT, H5Pget_filter2, H5Pget_nfilters};

use super::{Outcome, check, locked};

unsafe extern "C" {
    // Missing from the `-sys` crate.
    fn H5Dget_chunk_storage_size(
        dataset: hid_t,
        offset: *const hsize_t,
        bytes: *mut hsize_t,
    ) -> herr_t;
}

/// How HDF5 1.10 ends its words about a chunk that nobody wrote.
const NOT_THERE: &str = "chunk storage is not allocated";

/// A filter as a dataset names it: its registered number, and what it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredFilter {
    pub id: i32,
    pub values: Vec<u32>,
}

/// A chunk as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredChunk {
    /// Nobody wrote it.
    Missing,
    /// It has more bytes than it may, so many, and was not read.
    TooLong(u64),
    /// It has so many bytes. Of the dataset's filters those did not see it whose bits are set.
    Read { length: usize, mask: u32 },
}

/// The filters that each chunk went through, in this order. *Local.*
pub(crate) fn stored_filters(dataset: &Dataset) -> Outcome<Vec<StoredFilter>> {
    let properties = dataset.dcpl()?;
    let list = properties.id();
    locked(|| {
        // SAFETY: the list is open.
        let number = check("H5Pget_nfilters", unsafe { H5Pget_nfilters(list) })?;
        (0..number as c_uint)
            .map(|place| stored_filter(list, place))
            .collect()
    })
}

fn stored_filter(list: hid_t, place: c_uint) -> Outcome<StoredFilter> {
    let (mut flags, mut length) = (0, 0);
    let mut values = Vec::new();
    let mut id = 0;
    // First how many values there are, then the values.
    for _ in 0..2 {
        values.resize(length, 0);
        // SAFETY: the list is open, `values` has the length that is given; no name is asked for.
        id = check("H5Pget_filter", unsafe {
            H5Pget_filter2(
                list,
                place,
                &mut flags,
                &mut length,
                values.as_mut_ptr(),
                0,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        })?;
    }
    values.truncate(length);
    Ok(StoredFilter { id, values })
}

/// Reads the chunk that begins at this element into the beginning of `bytes`, made longer where that takes it, unless
/// it has more than `most` bytes. *Local.*
pub(crate) fn read_chunk(
    dataset: &Dataset,
    origin: &[usize],
    most: u64,
    bytes: &mut Vec<u8>,
) -> Outcome<StoredChunk> {
    if origin.len() != dataset.ndim() {
        return Err("a chunk has another number of axes than its dataset".into());
    }
    let offset: Vec<hsize_t> = origin.iter().map(|&index| index as hsize_t).collect();
    locked(|| {
        let Some(stored) = stored_length(dataset, &offset)? else {
            return Ok(StoredChunk::Missing);
        };
        if stored > most {
            return Ok(StoredChunk::TooLong(stored));
        }
        let length = stored as usize;
        let missing = length.saturating_sub(bytes.len());
        if bytes.try_reserve_exact(missing).is_err() {
            return Err("no memory for a chunk".into());
        }
        if missing > 0 {
            bytes.resize(length, 0);
        }
        let mut mask = 0;
        let memory = bytes.as_mut_ptr().cast();
        // SAFETY: the id is open and `offset` has an entry for each axis; `bytes` has the length that HDF5 has just
        // looked up, and remembers of the chunk it met last: nobody else calls it under the lock.
        let read = check("H5Dread_chunk", unsafe {
            H5Dread_chunk1(
                dataset.id(),
                H5P_DEFAULT,
                offset.as_ptr(),
                &mut mask,
                memory,
            )
        });
        match (read, length) {
            // Newer versions have no other length for a chunk that is not there.
            (Err(_), 0) => Ok(StoredChunk::Missing),
            (Err(cause), _) => Err(cause),
            (Ok(_), length) => Ok(StoredChunk::Read { length, mask }),
        }
    })
}

/// The bytes of the chunk that begins at this element, of which there is one for each axis; under the lock.
fn stored_length(dataset: &Dataset, offset: &[hsize_t]) -> Outcome<Option<u64>> {
    let mut stored = 0;
    // SAFETY: the id is open, `offset` has an entry for each axis, and `stored` is a live local.
    let asked = check("H5Dget_chunk_storage_size", unsafe {
        H5Dget_chunk_storage_size(dataset.id(), offset.as_ptr(), &mut stored)
    });
    match asked {
        Ok(_) => Ok(Some(stored)),
        // That is a failure to 1.10.
        Err(cause) if cause.to_string().ends_with(NOT_THERE) => Ok(None),
        Err(cause) => Err(cause),
    }
}
