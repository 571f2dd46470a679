//! Sums up to each element.

use ndarray::{Array1, Ix1};
use partita::reduce::{Accumulator, Along, Summable};
use partita::{DistArray, Distributed, Lines, Result};

/// The sum of each element and all before it in C order, as an array of one axis. *Collective.*
///
/// Each is what [`sum`](partita::Reductions::sum) of these elements is: no error is carried from one to the next.
///
/// # Cost
/// The elements are brought in order (two all-to-alls), an all-gather of the ranks' sums, and some hundred nanoseconds
/// an element.
///
/// # Errors
/// The same on every rank: [`Error::Numerical`](partita::Error::Numerical) when a sum of integers does not fit the
/// type, [`Error::Memory`](partita::Error::Memory).
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix1>) -> partita::Result<()> {
/// let so_far = partita_kernels::statistics::cumulative_sum(u)?;
/// # Ok(()) }
/// ```
#[track_caller]
pub fn cumulative_sum<T>(array: &T) -> Result<DistArray<T::Element, Ix1>>
where
    T: Distributed<Element: Summable>,
{
    type Sum<T> = <<T as Distributed>::Element as Summable>::Reproducible;
    let line = array.flatten()?;
    let communicator = line.communicator();
    let local = line.local();
    let local = local.as_slice().unwrap_or_default();
    let mut own = Sum::<T>::default();
    own.add(local);
    let all = communicator.all_gather_objects(&own)?;
    let mut so_far = Sum::<T>::default();
    all[..communicator.rank()]
        .iter()
        .for_each(|before| so_far.merge(before));
    // Local: each rank has sums of its own.
    let sums = communicator.agree(sums_after(so_far, local))?;
    DistArray::from_local(line.grid(), line.layout(), Array1::from_vec(sums))
}

/// The sum of each element and all before it along an axis, as [`cumulative_sum`] has it, in the array's layout.
/// *Collective.*
///
/// # Cost, errors
/// As [`Lines::map_lines`]; as [`cumulative_sum`].
#[track_caller]
pub fn cumulative_sum_axis<T>(array: &T, axis: usize) -> Result<DistArray<T::Element, T::Dim>>
where
    T: Distributed<Element: Summable, Dim: Along>,
{
    let length = array.layout().shape().get(axis).copied();
    // Replicated: an axis that does not exist is refused below.
    array.map_lines(axis, length.unwrap_or(0), |line| {
        sums_after(Default::default(), line)
    })
}

/// The sums up to each value, of all before them and the values.
fn sums_after<A: Summable>(mut so_far: A::Reproducible, values: &[A]) -> Result<Vec<A>> {
    let add = |&value: &A| {
        so_far.add(&[value]);
        so_far.finish()
    };
    values.iter().map(add).collect()
}
