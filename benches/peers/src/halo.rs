//! Halo exchange and a 7-point step of a block of n³ cells a rank, ranks along the first axis, periodic.

use std::ffi::c_int;

use mpi::ffi::MPI_Comm;
use partita::{Communicator, Error, Result};

use crate::count;

mod driver {
    use super::{MPI_Comm, c_int};

    unsafe extern "C" {
        pub fn peer_halo(comm: MPI_Comm, cells: *mut f64, n: c_int, times: c_int) -> f64;
        pub fn peer_step(
            comm: MPI_Comm,
            cells: *mut f64,
            next: *mut f64,
            n: c_int,
            ratio: f64,
            steps: c_int,
        ) -> f64;
    }
}

/// Seconds of an exchange in C, on this rank: the mean of `repetitions`. *Collective.*
///
/// # Errors
/// [`Error::Usage`] when `cells` is not a block of n³ with a margin of one.
pub fn exchange(
    communicator: &Communicator,
    cells: &mut [f64],
    n: usize,
    repetitions: usize,
) -> Result<f64> {
    check(cells, n)?;
    let (side, times) = (count(n)?, count(repetitions)?);
    let raw = communicator.as_raw_library();
    // SAFETY: a live communicator, and (n + 2)³ cells.
    Ok(unsafe { driver::peer_halo(raw, cells.as_mut_ptr(), side, times) })
}

/// Seconds of a step in C, on this rank: the mean of `steps`. Afterwards the last values are in `cells`.
/// *Collective.*
///
/// # Errors
/// As [`exchange`], for both blocks.
pub fn step(
    communicator: &Communicator,
    cells: &mut Vec<f64>,
    next: &mut Vec<f64>,
    n: usize,
    (ratio, steps): (f64, usize),
) -> Result<f64> {
    check(cells, n)?;
    check(next, n)?;
    let (side, times) = (count(n)?, count(steps)?);
    let (from, to) = (cells.as_mut_ptr(), next.as_mut_ptr());
    let raw = communicator.as_raw_library();
    // SAFETY: a live communicator, and (n + 2)³ cells in each of two blocks.
    let seconds = unsafe { driver::peer_step(raw, from, to, side, ratio, times) };
    if steps % 2 == 1 {
        std::mem::swap(cells, next);
    }
    Ok(seconds)
}

fn check(cells: &[f64], n: usize) -> Result<()> {
    if cells.len() == (n + 2).pow(3) {
        return Ok(());
    }
    let detail = format!("{} cells are no padded block of {n}³", cells.len());
    Err(Error::usage(detail))
}
