//! ScaLAPACK's product, where it is installed.

use partita::{Communicator, Result};

/// What ScaLAPACK multiplies: m×k by k×n, the first factor stored as its transpose or not.
#[derive(Debug, Clone, Copy)]
pub struct Product {
    /// Rows of the result.
    pub m: usize,
    /// Columns of the result.
    pub n: usize,
    /// The length of the sums.
    pub k: usize,
    /// Whether the first factor is stored as k×m.
    pub transposed: bool,
}

/// Seconds of ScaLAPACK's `pdgemm` on this rank, in square blocks of `block`, over a grid of ranks of these
/// extents; `None` where it was not installed when this was built, or a rank has no memory. *Collective.*
///
/// # Errors
/// [`Error::Usage`](partita::Error::Usage) when a length is more than a C `int`.
#[cfg(scalapack)]
pub fn pdgemm(
    communicator: &Communicator,
    product: Product,
    block: usize,
    grid: [usize; 2],
) -> Result<Option<f64>> {
    use super::count;
    let [m, n, k] = [count(product.m)?, count(product.n)?, count(product.k)?];
    let (block, rows, columns) = (count(block)?, count(grid[0])?, count(grid[1])?);
    let raw = communicator.as_raw_library();
    let transposed = product.transposed.into();
    // SAFETY: a live communicator of rows × columns ranks; the driver owns its matrices.
    let seconds = unsafe { driver::peer_pdgemm(raw, m, n, k, transposed, block, rows, columns) };
    Ok((seconds >= 0.0).then_some(seconds))
}

/// `None`: ScaLAPACK was not installed when this was built.
///
/// # Errors
/// None.
#[cfg(not(scalapack))]
pub fn pdgemm(
    _communicator: &Communicator,
    _product: Product,
    _block: usize,
    _grid: [usize; 2],
) -> Result<Option<f64>> {
    Ok(None)
}

#[cfg(scalapack)]
mod driver {
    use std::ffi::c_int;

    use mpi::ffi::MPI_Comm;

    unsafe extern "C" {
        pub fn peer_pdgemm(
            communicator: MPI_Comm,
            m: c_int,
            n: c_int,
            k: c_int,
            transposed: c_int,
            block: c_int,
            grid_rows: c_int,
            grid_columns: c_int,
        ) -> f64;
    }
}
