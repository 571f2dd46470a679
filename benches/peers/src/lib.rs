//! What others do at the same work: small drivers of our own, in C, called beside partita's in one
//! process and one run. Only the benchmarks use them.

// Nothing of it is called in Rust: it links HDF5 for the drivers in C.
use hdf5_sys as _;

pub mod halo;
pub mod hdf5;
pub mod petsc;

use std::ffi::c_int;

use mpi::ffi::MPI_Comm;
use partita::{Communicator, Error, Result};

mod matmul;

pub use matmul::{Product, pdgemm};

mod driver {
    use super::{MPI_Comm, c_int};

    unsafe extern "C" {
        pub fn peer_ping_pong(comm: MPI_Comm, buffer: *mut u8, bytes: c_int, times: c_int) -> f64;
        pub fn peer_broadcast(comm: MPI_Comm, buffer: *mut f64, count: c_int, times: c_int) -> f64;
        pub fn peer_barrier(comm: MPI_Comm, times: c_int) -> f64;
        pub fn peer_all_reduce(comm: MPI_Comm, buffer: *mut f64, count: c_int, times: c_int)
        -> f64;
        pub fn peer_redistribute(
            comm: MPI_Comm,
            from: *const f64,
            to: *mut f64,
            side: c_int,
            transpose: c_int,
        ) -> f64;
    }
}

/// Seconds of one way of a message of `buffer` between ranks 0 and 1 in C: the mean of `repetitions`.
/// *Collective.*
///
/// # Errors
/// [`Error::Usage`] when a length is more than an MPI count.
pub fn ping_pong(
    communicator: &Communicator,
    buffer: &mut [u8],
    repetitions: usize,
) -> Result<f64> {
    let (bytes, times) = (count(buffer.len())?, count(repetitions)?);
    let raw = communicator.as_raw_library();
    // SAFETY: a live communicator, and a buffer of the length that is said.
    Ok(unsafe { driver::peer_ping_pong(raw, buffer.as_mut_ptr(), bytes, times) })
}

/// Seconds of a broadcast of `buffer` from rank 0 in C, on this rank: the mean of `repetitions`.
/// *Collective.*
///
/// # Errors
/// [`Error::Usage`] when a length is more than an MPI count.
pub fn broadcast(
    communicator: &Communicator,
    buffer: &mut [f64],
    repetitions: usize,
) -> Result<f64> {
    let (length, times) = (count(buffer.len())?, count(repetitions)?);
    let raw = communicator.as_raw_library();
    // SAFETY: a live communicator, and a buffer of the length that is said.
    Ok(unsafe { driver::peer_broadcast(raw, buffer.as_mut_ptr(), length, times) })
}

/// Seconds of a barrier in C, on this rank: the mean of `repetitions`. *Collective.*
///
/// # Errors
/// [`Error::Usage`] when a length is more than an MPI count.
pub fn barrier(communicator: &Communicator, repetitions: usize) -> Result<f64> {
    let times = count(repetitions)?;
    // SAFETY: a live communicator.
    Ok(unsafe { driver::peer_barrier(communicator.as_raw_library(), times) })
}

/// Seconds of a sum of `buffer` over the ranks in C, on this rank: the mean of `repetitions`.
/// *Collective.*
///
/// # Errors
/// [`Error::Usage`] when a length is more than an MPI count.
pub fn all_reduce(
    communicator: &Communicator,
    buffer: &mut [f64],
    repetitions: usize,
) -> Result<f64> {
    let (length, times) = (count(buffer.len())?, count(repetitions)?);
    let raw = communicator.as_raw_library();
    // SAFETY: a live communicator, and a buffer of the length that is said.
    Ok(unsafe { driver::peer_all_reduce(raw, buffer.as_mut_ptr(), length, times) })
}

/// Seconds of one `MPI_Alltoallw` in C, on this rank: row blocks of a square matrix of `side` rows to its
/// column blocks, or to the row blocks of its transpose. *Collective.*
///
/// # Errors
/// [`Error::Usage`] when the blocks are not of the lengths that follow from `side`.
pub fn redistribute(
    communicator: &Communicator,
    from: &[f64],
    to: &mut [f64],
    side: usize,
    transpose: bool,
) -> Result<f64> {
    let size = communicator.size();
    if !side.is_multiple_of(size) || [from.len(), to.len()] != [side / size * side; 2] {
        return Err(Error::usage("blocks that do not follow from the side"));
    }
    let raw = communicator.as_raw_library();
    // SAFETY: a live communicator, and blocks of the lengths that the side says.
    Ok(unsafe {
        driver::peer_redistribute(
            raw,
            from.as_ptr(),
            to.as_mut_ptr(),
            count(side)?,
            transpose.into(),
        )
    })
}

fn count(length: usize) -> Result<c_int> {
    c_int::try_from(length).map_err(Error::usage)
}
