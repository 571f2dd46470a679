//! Darts on all ranks, sixteen at once on each.

use std::ops::Range;

use partita::{Communicator, Operation, Result};

use super::darts::Darts;
use super::{BLOCK, Tally};

/// The hits among the darts of these global numbers. *Collective.*
///
/// Blocks go to the ranks in turn. A run is continued by counting further numbers and adding the tallies.
///
/// # Cost
/// Some 0.5 ns a dart with AVX-512, shared by the ranks, and one all-reduce of a number.
///
/// # Errors
/// [`Error::Mpi`](partita::Error::Mpi).
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita_kernels::monte_carlo::pi::parallel;
/// let tally = parallel::count(world, 42, 0..1_000_000_000)?;
/// println!("{}", tally.estimate().mean);
/// # Ok(()) }
/// ```
#[track_caller]
pub fn count(communicator: &Communicator, seed: u64, darts: Range<u64>) -> Result<Tally> {
    let (rank, size) = (communicator.rank() as u64, communicator.size() as u64);
    let mut thrower = Darts::new(seed);
    // Replicated: every rank has the same numbers.
    let darts = if darts.is_empty() { 0..0 } else { darts };
    let (first, end) = (darts.start / BLOCK, darts.end.div_ceil(BLOCK));
    let own_first = first + (rank + size - first % size) % size;
    let own = (own_first..end).step_by(size as usize).map(|block| {
        let start = darts.start.max(block * BLOCK);
        let end = darts.end.min((block + 1).saturating_mul(BLOCK));
        thrower.hits(start..end)
    });
    let hits = communicator.all_reduce_value(own.sum::<u64>(), Operation::Sum)?;
    Ok(Tally {
        samples: darts.end - darts.start,
        hits,
    })
}
