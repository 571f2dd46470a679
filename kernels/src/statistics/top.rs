//! The largest elements.

use std::cmp::Reverse;

use partita::reduce::{Along, Ordered, Reducer};
use partita::{DistArray, Distributed, Lines, Reductions, Result};

use super::serial;

/// The largest elements with their positions in C order, as a [`Reducer`]; so many at most.
#[derive(Debug, Clone, Copy)]
pub struct Top(pub usize);

impl Top {
    /// Keeps the best of some: the largest, of equal ones the first.
    fn keep_best<Key: Ord + Copy>(self, some: &mut Vec<(Key, usize)>) {
        if some.len() > self.0 {
            some.sort_unstable_by_key(|&(key, position)| (Reverse(key), position));
            some.truncate(self.0);
        }
    }
}

impl<A: Ordered> Reducer<A> for Top {
    type State = Vec<(A::Key, usize)>;
    type Output = Vec<(A, usize)>;
    const NAME: &'static str = "top";
    const POSITIONED: bool = true;

    fn start(&self) -> Self::State {
        vec![]
    }

    fn add(&self, state: &mut Self::State, position: usize, values: &[A]) {
        // More than are wanted gather, so that they need not be sorted for every new one.
        let most = self.0.saturating_mul(2).saturating_add(1024);
        let mut least = None;
        for (offset, value) in values.iter().enumerate() {
            let key = value.key();
            if value.is_nan() || least.is_some_and(|least| key < least) {
                continue;
            }
            state.push((key, position + offset));
            if state.len() > most {
                self.keep_best(state);
                least = state.last().map(|&(key, _)| key);
            }
        }
        self.keep_best(state);
    }

    fn merge(&self, state: &mut Self::State, other: Self::State) {
        state.extend(other);
        self.keep_best(state);
    }

    fn finish(&self, mut state: Self::State) -> Result<Self::Output> {
        state.sort_unstable_by_key(|&(key, position)| (Reverse(key), position));
        Ok(state
            .into_iter()
            .map(|(key, position)| (A::from_key(key), position))
            .collect())
    }
}

/// The `count` largest elements, descending, with their positions in C order; of equal ones the first. *Collective.*
///
/// NaNs are passed over; −0 is below +0. There are fewer where the array has not so many.
///
/// # Cost
/// One pass over the part; one all-reduce of `count` elements and positions.
///
/// # Errors
/// [`Error::Mpi`](partita::Error::Mpi) when a message is lost.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// let (largest, position) = partita_kernels::statistics::top(u, 10)?[0];
/// # Ok(()) }
/// ```
#[track_caller]
pub fn top<T>(array: &T, count: usize) -> Result<Vec<(T::Element, usize)>>
where
    T: Distributed<Element: Ordered>,
{
    array.reduce_by(&Top(count))
}

/// The `count` largest elements of each line along an axis, descending, and their indices along it: two arrays whose axis
/// has `count` indices, or as many as it had. *Collective.*
///
/// Lines must be of one length: where one has fewer numbers, its NaNs follow, the first one first.
///
/// # Cost
/// Twice as [`Lines::map_lines`], and a sort of each line.
///
/// # Errors
/// As there.
#[track_caller]
#[allow(clippy::type_complexity)]
pub fn top_axis<T>(
    array: &T,
    axis: usize,
    count: usize,
) -> Result<(DistArray<T::Element, T::Dim>, DistArray<usize, T::Dim>)>
where
    T: Distributed<Element: Ordered, Dim: Along>,
{
    let length = array.layout().shape().get(axis).copied();
    // Replicated: an axis that does not exist is refused below.
    let count = count.min(length.unwrap_or(0));
    let best = |line: &[T::Element]| {
        let nan = line
            .iter()
            .copied()
            .zip(0..)
            .filter(|(value, _)| value.is_nan());
        let best = serial::top(line, count).into_iter().chain(nan);
        best.take(count).unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let values = array.map_lines(axis, count, |line| Ok(best(line).0))?;
    Ok((
        values,
        array.map_lines(axis, count, |line| Ok(best(line).1))?,
    ))
}
