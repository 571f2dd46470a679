//! The elements in one line.

use ndarray::{Array, Ix1};

use super::reduce::for_each_run;
use super::{DistArray, Distributed, ProcessGrid};
use crate::comm::ffi::vector_of_defaults;
use crate::comm::{Call, Parts};
use crate::error::{Error, Result};
use crate::layout::{Layout, block_range};

#[track_caller]
pub(super) fn flatten<T: Distributed>(array: &T) -> Result<DistArray<T::Element, Ix1>> {
    let (communicator, shape) = (array.grid().communicator(), array.layout().shape());
    let call = Call::new("flatten").array::<T::Element>(shape);
    let _call = communicator.enter(call)?;
    let (size, length) = (communicator.size(), shape.iter().product());
    let lengths: Vec<usize> = (0..size)
        .map(|rank| block_range(length, size, rank).len())
        .collect();
    let block = in_order(array, &lengths)?;
    let grid = ProcessGrid::new(communicator, &[size])?;
    let layout = Layout::block([length], grid.shape().clone())?;
    Ok(DistArray::from_parts(&grid, layout, Array::from_vec(block)))
}

#[track_caller]
pub(super) fn in_order<T: Distributed>(array: &T, lengths: &[usize]) -> Result<Vec<T::Element>> {
    let (communicator, shape) = (array.grid().communicator(), array.layout().shape());
    let length: usize = shape.iter().product();
    let call = Call::new("in_order").array::<T::Element>(shape);
    let _call = communicator.enter(call)?;
    // Replicated: lengths and shape are the same on every rank.
    if lengths.len() != communicator.size() || lengths.iter().sum::<usize>() != length {
        let detail = format!("{} elements cannot be cut into {lengths:?}", length);
        return Err(Error::shape("in_order", detail));
    }
    let ends: Vec<usize> = lengths
        .iter()
        .scan(0, |end, length| {
            *end += length;
            Some(*end)
        })
        .collect();
    let mut values: Vec<Vec<T::Element>> = vec![vec![]; lengths.len()];
    let mut places: Vec<Vec<u64>> = vec![vec![]; lengths.len()];
    for_each_run(array, |position, run| {
        let (mut start, mut rest) = (position, run);
        while !rest.is_empty() {
            let owner = ends.partition_point(|&end| end <= start);
            let (here, after) = rest.split_at(rest.len().min(ends[owner] - start));
            values[owner].extend_from_slice(here);
            places[owner].extend([start as u64, here.len() as u64]);
            start += here.len();
            rest = after;
        }
    });
    let values = communicator.all_to_allv(&values.into_iter().collect::<Parts<T::Element>>())?;
    let places = communicator.all_to_allv(&places.into_iter().collect::<Parts<u64>>())?;
    let rank = communicator.rank();
    // Local: memory differs.
    let mut block = communicator.agree(vector_of_defaults(lengths[rank]))?;
    let begin = ends[rank] - lengths[rank];
    let mut rest = values.as_slice();
    for [start, length] in places.as_slice().as_chunks::<2>().0 {
        let (here, after) = rest.split_at(*length as usize);
        let place = *start as usize - begin;
        block[place..place + here.len()].copy_from_slice(here);
        rest = after;
    }
    Ok(block)
}
