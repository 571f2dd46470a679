//! Slices as MPI buffers of any length: (count, datatype) pairs, and vectors filled by MPI.

use std::ffi::c_int;
use std::sync::atomic::{AtomicUsize, Ordering};

use mpi::ffi;
use mpi::traits::AsRaw;

use super::check::check;
use super::huge_pages;
use super::validity::validate;
use crate::comm::Element;
use crate::error::{Error, Result};

/// The largest count handed to MPI; only tests lower it, to reach the large-message path cheaply.
static COUNT_LIMIT: AtomicUsize = AtomicUsize::new(c_int::MAX as usize);

pub(crate) fn set_count_limit(limit: usize) {
    COUNT_LIMIT.store(limit.clamp(1, c_int::MAX as usize), Ordering::Relaxed);
}

pub(super) fn count_limit() -> usize {
    COUNT_LIMIT.load(Ordering::Relaxed)
}

/// The one cast from a length to an MPI count.
pub(super) fn count(length: usize, call: &str) -> Result<c_int> {
    c_int::try_from(length).map_err(|_| Error::Mpi {
        call: call.to_string(),
        class: "MPI_ERR_COUNT".to_string(),
        message: format!("{length} elements are more than an MPI count can hold"),
    })
}

/// `length` elements of `T` as one (count, datatype) pair; a derived datatype describes more of
/// them than a count can hold.
pub(super) struct Description<T: Element> {
    pub(super) count: c_int,
    pub(super) datatype: ffi::MPI_Datatype,
    derived: bool,
    _element: T::Out,
}

impl<T: Element> Description<T> {
    pub(super) fn of(length: usize) -> Result<Self> {
        let element = T::equivalent_datatype();
        let limit = count_limit();
        if length <= limit {
            return Ok(Description {
                count: count(length, "MPI count")?,
                datatype: element.as_raw(),
                derived: false,
                _element: element,
            });
        }
        let datatype = large_datatype(element.as_raw(), size_of::<T>(), length, limit)?;
        Ok(Description {
            count: 1,
            datatype,
            derived: true,
            _element: element,
        })
    }
}

impl<T: Element> Drop for Description<T> {
    fn drop(&mut self) {
        if self.derived {
            // SAFETY: `datatype` was created by `large_datatype` and is freed once; MPI keeps what
            // a pending request still uses.
            unsafe { ffi::MPI_Type_free(&mut self.datatype) };
        }
    }
}

/// `length` elements as blocks of `limit` and a remainder.
fn large_datatype(
    element: ffi::MPI_Datatype,
    element_size: usize,
    length: usize,
    limit: usize,
) -> Result<ffi::MPI_Datatype> {
    let blocks = count(length / limit, "MPI_Type_create_struct")?;
    let remainder = count(length % limit, "MPI_Type_create_struct")?;
    let offset = (length / limit * limit * element_size) as ffi::MPI_Aint;
    // SAFETY: all arrays have the two entries announced and outlive the calls; the intermediate
    // datatype is freed after the last use.
    unsafe {
        let mut block = ffi::RSMPI_DATATYPE_NULL;
        let code = ffi::MPI_Type_contiguous(limit as c_int, element, &mut block);
        check(code, "MPI_Type_contiguous")?;
        let mut whole = ffi::RSMPI_DATATYPE_NULL;
        let code = ffi::MPI_Type_create_struct(
            2,
            [blocks, remainder].as_ptr(),
            [0, offset].as_ptr(),
            [block, element].as_ptr(),
            &mut whole,
        );
        let created = check(code, "MPI_Type_create_struct");
        check(ffi::MPI_Type_free(&mut block), "MPI_Type_free")?;
        created?;
        check(ffi::MPI_Type_commit(&mut whole), "MPI_Type_commit")?;
        Ok(whole)
    }
}

/// Where MPI finds `length` elements. Of no bytes at all Rust says that they are at address 1 (the
/// alignment of a byte), which is how Open MPI spells `MPI_IN_PLACE`: they get a place of their own.
pub(super) fn address<T>(elements: *const T, length: usize) -> *const T {
    static NOTHING: u64 = 0;
    if length * size_of::<T>() == 0 {
        (&raw const NOTHING).cast()
    } else {
        elements
    }
}

/// A vector of `length` elements whose memory `fill` (an MPI call) writes completely.
///
/// # Safety
/// When `fill` returns `Ok`, all `length` elements behind the pointer must be written.
pub(super) unsafe fn vector_filled_by<T: Element>(
    length: usize,
    fill: impl FnOnce(*mut T) -> Result<()>,
) -> Result<Vec<T>> {
    let mut vector: Vec<T> = vector_with_capacity(length, "message buffer")?;
    fill(address(vector.as_mut_ptr(), length).cast_mut())?;
    // SAFETY: the capacity is at least `length`, and the caller vouches that all of it is written.
    unsafe {
        validate(vector.as_mut_ptr(), length)?;
        vector.set_len(length);
    }
    Ok(vector)
}

/// A vector of `length` elements which `overwrite` (an MPI call) may write: all of them when the ranks
/// agree on their parts' lengths, and fewer when another rank's part is shorter than it should be.
pub(super) fn vector_overwritten_by<T: Element>(
    length: usize,
    overwrite: impl FnOnce(*mut T) -> Result<()>,
) -> Result<Vec<T>> {
    let mut vector: Vec<T> = vector_of_defaults(length)?;
    overwrite(address(vector.as_mut_ptr(), length).cast_mut())?;
    // SAFETY: the vector was initialised before MPI wrote to it.
    unsafe { validate(vector.as_mut_ptr(), length)? };
    Ok(vector)
}

/// A vector of `length` default elements, or [`Error::Memory`].
pub(crate) fn vector_of_defaults<T: Element>(length: usize) -> Result<Vec<T>> {
    let mut vector = vector_with_capacity(length, "message buffer")?;
    vector.resize(length, T::default());
    Ok(vector)
}

/// An empty vector with room for `length` elements, as `Vec::with_capacity` gives it; a large one is on huge pages
/// where the system grants them.
pub(crate) fn vector_with_room<T>(length: usize) -> Vec<T> {
    let mut vector = Vec::with_capacity(length);
    huge_pages::prefer(&mut vector);
    vector
}

/// An empty vector with room for `length` elements, or [`Error::Memory`]; a large one is on huge pages
/// where the system grants them.
pub(crate) fn vector_with_capacity<T>(length: usize, operation: &str) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    more_room(&mut vector, length, operation)?;
    Ok(vector)
}

/// Room for `additional` elements behind those of `vector`, or [`Error::Memory`].
pub(crate) fn more_room<T>(vector: &mut Vec<T>, additional: usize, operation: &str) -> Result<()> {
    if vector.capacity() - vector.len() >= additional {
        return Ok(());
    }
    vector
        .try_reserve_exact(additional)
        .map_err(|_| Error::Memory {
            operation: operation.to_string(),
            bytes: (additional as u64).saturating_mul(size_of::<T>() as u64),
        })?;
    huge_pages::prefer(vector);
    Ok(())
}
