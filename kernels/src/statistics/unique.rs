//! Different elements, each once.

use ndarray::Ix1;
use partita::reduce::{Along, Ordered, Reduced};
use partita::{DistArray, Distributed, Lines, Result};
use serde::{Deserialize, Serialize};

use super::serial;
use super::sort::{in_blocks, sort};

/// How a rank's runs of equal elements meet its neighbours'.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Ends {
    first: u64,
    first_count: u64,
    last: u64,
    runs: usize,
}

/// The different elements in ascending order, and how often each is there, as arrays of one axis in blocks. *Collective.*
///
/// Floating-point numbers are the same if their bits are: −0 and +0 are two.
///
/// # Cost
/// As [`sort`], and an all-gather of 32 bytes a rank.
///
/// # Errors
/// As [`sort`].
///
/// ```no_run
/// # fn example(u: &partita::DistArray<i32, ndarray::Ix2>) -> partita::Result<()> {
/// let (labels, counts) = partita_kernels::statistics::unique(u)?;
/// # Ok(()) }
/// ```
#[track_caller]
#[allow(clippy::type_complexity)]
pub fn unique<T>(array: &T) -> Result<(DistArray<T::Element, Ix1>, DistArray<u64, Ix1>)>
where
    T: Distributed<Element: Ordered>,
{
    let sorted = sort(array)?;
    let mut runs: Vec<(T::Element, u64)> = Vec::new();
    for &value in sorted.local() {
        match runs.last_mut() {
            Some((last, count)) if last.place() == value.place() => *count += 1,
            _ => runs.push((value, 1)),
        }
    }
    let ends = runs.first().zip(runs.last()).map(|(first, last)| Ends {
        first: first.0.place(),
        first_count: first.1,
        last: last.0.place(),
        runs: runs.len(),
    });
    let communicator = sorted.communicator();
    let all = communicator.all_gather_objects(&ends)?;
    let (before, after) = all.split_at(communicator.rank());
    if let Some(last) = runs.last_mut() {
        last.1 += continued(last.0.place(), &after[1..]);
    }
    // A run belongs to the rank where it begins.
    let previous = before.iter().rev().flatten().next();
    if let (Some(previous), Some(own)) = (previous, ends)
        && previous.last == own.first
    {
        runs.remove(0);
    }
    let (values, counts) = runs.into_iter().unzip();
    Ok((in_blocks(&sorted, values)?, in_blocks(&sorted, counts)?))
}

/// The different elements of each line along an axis, ascending, and how many there are of them. *Collective.*
///
/// Lines have not all as many, and an array has no lines of different lengths: so the first array has the whole
/// axis, in the array's layout, and behind the different elements of a line the last one is repeated.
///
/// # Cost, errors
/// Of twice [`Lines::map_lines`].
#[track_caller]
#[allow(clippy::type_complexity)]
pub fn unique_axis<T>(
    array: &T,
    axis: usize,
) -> Result<(DistArray<T::Element, T::Dim>, Reduced<T, u64>)>
where
    T: Distributed<Element: Ordered, Dim: Along>,
{
    let length = array.layout().shape().get(axis).copied();
    // Replicated: an axis that does not exist is refused below.
    let length = length.unwrap_or(0);
    let values = array.map_lines(axis, length, |line| {
        let different = serial::unique(line).into_iter();
        let mut values: Vec<T::Element> = different.map(|(value, _)| value).collect();
        let last = values.last().copied().unwrap_or_default();
        values.resize(length, last);
        Ok(values)
    })?;
    let numbers = array.reduce_lines(axis, |line| Ok(serial::unique(line).len() as u64))?;
    Ok((values, numbers))
}

/// How many elements equal to the `last` one follow on later ranks.
fn continued(last: u64, after: &[Option<Ends>]) -> u64 {
    let mut count = 0;
    for ends in after.iter().flatten() {
        if ends.first != last {
            break;
        }
        count += ends.first_count;
        if ends.runs > 1 {
            break;
        }
    }
    count
}
