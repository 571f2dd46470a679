//! Sorting.

use ndarray::{Array1, Ix1};
use partita::layout::Distribution;
use partita::reduce::{Along, Ordered};
use partita::{Communicator, DistArray, Distributed, Element, Lines, Parts, Result};

use super::serial;

/// Samples that each rank takes of its elements for each rank there is.
const SAMPLES: usize = 32;

/// All elements in ascending order (of floating-point numbers IEEE 754's total order: −0 before +0, NaNs at the ends by
/// their sign), as an array of one axis in blocks. *Collective.*
///
/// # Cost, errors
/// As [`sort_by_key`].
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// let in_order = partita_kernels::statistics::sort(u)?;
/// # Ok(()) }
/// ```
#[track_caller]
pub fn sort<T>(array: &T) -> Result<DistArray<T::Element, Ix1>>
where
    T: Distributed<Element: Ordered>,
{
    sort_by_key(array, T::Element::key)
}

/// Each line along an axis in ascending order, as [`sort`] has it, in the array's layout. *Collective.*
///
/// # Cost, errors
/// As [`Lines::map_lines`].
#[track_caller]
pub fn sort_axis<T>(array: &T, axis: usize) -> Result<DistArray<T::Element, T::Dim>>
where
    T: Distributed<Element: Ordered, Dim: Along>,
{
    let length = array.layout().shape().get(axis).copied();
    // Replicated: an axis that does not exist is refused below.
    array.map_lines(axis, length.unwrap_or(0), |line| Ok(serial::sort(line)))
}

/// All elements in ascending order of `key`, those of equal keys in C order (the sort is stable), as an array of one axis in
/// blocks. *Collective.*
///
/// # Cost
/// The elements are brought in order, sorted on each rank, exchanged once by splitters that are chosen from 32 samples a
/// rank for each rank, merged, and exchanged between neighbours: six all-to-alls, and two all-gathers of the samples.
///
/// # Errors
/// [`Error::Memory`](partita::Error::Memory), on every rank, when a rank cannot hold its block.
///
/// # Source
/// Sorting by regular sampling: H. Shi and J. Schaeffer, *Parallel sorting by regular sampling*, J. Parallel Distrib.
/// Comput. 14 (1992) 361–372. Positions make all keys different, so that no rank gets more than its share of equal ones.
#[track_caller]
pub fn sort_by_key<T, Key>(
    array: &T,
    key: impl Fn(T::Element) -> Key,
) -> Result<DistArray<T::Element, Ix1>>
where
    T: Distributed,
    Key: Element + Ord,
{
    let line = array.flatten()?;
    let communicator = line.communicator();
    let start = line.local_range(0).map_or(0, |range| range.start as u64);
    let local = line.local();
    let mut own: Vec<(T::Element, u64)> = local.iter().copied().zip(start..).collect();
    own.sort_by_key(|&(value, _)| key(value));
    let keys = |&(value, position): &(T::Element, u64)| (key(value), position);
    let splitters = splitters(communicator, own.iter().map(keys), own.len())?;
    let mut rest = own.as_slice();
    let mut parts: Vec<Vec<T::Element>> = Vec::new();
    for splitter in &splitters {
        let (below, above) = rest.split_at(rest.partition_point(|pair| keys(pair) < *splitter));
        parts.push(below.iter().map(|&(value, _)| value).collect());
        rest = above;
    }
    parts.push(rest.iter().map(|&(value, _)| value).collect());
    parts.resize(communicator.size(), vec![]);
    let received = communicator.all_to_allv(&parts.into_iter().collect::<Parts<T::Element>>())?;
    let mut sorted = received.into_vec();
    // From lower ranks came what was before: a stable sort keeps it so, and finds the runs.
    sorted.sort_by_key(|&value| key(value));
    in_blocks(&line, sorted)
}

/// Between which keys each rank begins, but the first.
fn splitters<Key: Element + Ord>(
    communicator: &Communicator,
    own: impl Iterator<Item = (Key, u64)>,
    length: usize,
) -> Result<Vec<(Key, u64)>> {
    let size = communicator.size();
    let step = length.div_ceil(SAMPLES * size).max(1);
    let (keys, positions): (Vec<Key>, Vec<u64>) = own.step_by(step).unzip();
    let keys = communicator.all_gatherv(&keys)?.into_vec();
    let positions = communicator.all_gatherv(&positions)?.into_vec();
    let mut samples: Vec<(Key, u64)> = keys.into_iter().zip(positions).collect();
    samples.sort_unstable();
    let splitter = |rank: usize| samples.get(rank * samples.len() / size).copied();
    Ok((1..size).filter_map(splitter).collect())
}

/// What the ranks have, one after the other, as an array in blocks on the line's grid.
pub(super) fn in_blocks<A: Element, B: Element>(
    line: &DistArray<B, Ix1>,
    own: Vec<A>,
) -> Result<DistArray<A, Ix1>> {
    let lengths = line.communicator().all_gather(&[own.len()])?;
    let total: usize = lengths.iter().sum();
    let layout = line
        .grid()
        .layout([total], &[Distribution::Parts(lengths)])?;
    DistArray::from_local(line.grid(), layout, Array1::from_vec(own))?.flatten()
}
