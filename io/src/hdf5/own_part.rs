//! What a rank has of an array, to be written or summed up.

use ndarray::{Array, ArrayView, CowArray};
use partita::layout::Axes;
use partita::{DistArray, Error, Result};

use super::checksum;
use super::dtype::Hdf5Element;
use super::ffi::as_bytes;
use super::hyperslab::Selection;

/// What this rank writes of an array: what it has, unless an earlier rank has the same.
pub(super) fn primary<A: Hdf5Element, D: Axes>(array: &DistArray<A, D>) -> Selection {
    let (layout, rank) = (array.layout(), array.communicator().rank());
    match layout.is_primary(rank) {
        true => Selection::of_layout(layout, rank),
        false => Selection::none(array.ndim()),
    }
}

/// This rank's share of the checksum that a dataset of the array carries: the shares of all ranks add up to it,
/// modulo 2⁶⁴. *Local.*
///
/// # Errors
/// [`Error::Memory`] when the part lies in a halo and there is no room to copy it out.
pub fn local_checksum<A: Hdf5Element, D: Axes>(array: &DistArray<A, D>) -> Result<u64> {
    let selection = primary(array);
    let local = contiguous(array, "checksum")?;
    let elements = match selection.volume() {
        0 => &[],
        _ => local.as_slice().unwrap_or_default(),
    };
    let size = A::type_descriptor().size();
    let bytes = as_bytes(elements).map_err(|cause| Error::usage(format!("checksum: {cause}")))?;
    Ok(checksum::of_elements(&selection, size, bytes))
}

/// The local part in C order: as it is, or copied out of its halo.
pub(super) fn contiguous<'a, A: Hdf5Element, D: Axes>(
    array: &'a DistArray<A, D>,
    operation: &str,
) -> Result<CowArray<'a, A, D>> {
    let local = array.local();
    if local.is_standard_layout() {
        return Ok(local.into());
    }
    Ok(copied_out(&local, operation)?.into())
}

/// A copy in C order.
pub(super) fn copied_out<A: Hdf5Element, D: Axes>(
    elements: &ArrayView<A, D>,
    operation: &str,
) -> Result<Array<A, D>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(elements.len())
        .map_err(|_| Error::Memory {
            operation: operation.to_string(),
            bytes: (elements.len() * size_of::<A>()) as u64,
        })?;
    for row in elements.rows() {
        match row.as_slice() {
            Some(row) => copy.extend_from_slice(row),
            None => copy.extend(row),
        }
    }
    Ok(Array::from_shape_vec(elements.raw_dim(), copy)?)
}
