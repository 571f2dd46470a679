//! Sums up to each element.

use ndarray::{Array1, Ix1};
use partita::layout::Axes;
use partita::reduce::{Accumulator, Summable};
use partita::{DistArray, Result};

/// The sum of each element and all before it in C order, as an array of one axis. *Collective.*
///
/// Each is what [`DistArray::sum`] of these elements is: no error is carried from one to the next.
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
pub fn cumulative_sum<A: Summable, D: Axes>(array: &DistArray<A, D>) -> Result<DistArray<A, Ix1>> {
    let line = array.flatten()?;
    let communicator = line.communicator();
    let local = line.local();
    let mut own = A::Reproducible::default();
    own.add(local.as_slice().unwrap_or_default());
    let all = communicator.all_gather_objects(&own)?;
    let mut so_far = A::Reproducible::default();
    all[..communicator.rank()]
        .iter()
        .for_each(|before| so_far.merge(before));
    let sums: Result<Array1<A>> = local
        .iter()
        .map(|&value| {
            so_far.add(&[value]);
            so_far.finish()
        })
        .collect();
    // Local: each rank has sums of its own.
    let sums = communicator.agree(sums)?;
    DistArray::from_local(line.grid(), line.layout(), sums)
}
