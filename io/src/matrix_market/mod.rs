//! Matrix Market files: matrices as text, that NIST's collection and every linear algebra system read.
//!
//! Source: R. F. Boisvert, R. Pozo, K. A. Remington, *The Matrix Market exchange formats: initial
//! design*, NISTIR 5935 (1996).

mod parse;

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use ndarray::{Array2, Ix2};
use partita::{DistArray, Error, ProcessGrid, Result};

use crate::agreed::on_root;
use crate::save::{Replacement, irregular_kind};

/// Reads a real matrix into blocks over `grid`. *Collective.*
///
/// Dense (`array`) and sparse (`coordinate`) files of real or integer numbers, or a pattern of ones;
/// general, symmetric or skew-symmetric. What a sparse file does not name is zero.
///
/// # Cost
/// The root reads the file and holds the whole matrix for a while; one message to each other rank.
///
/// # Errors
/// The same on every rank: [`Error::Io`] when it cannot be read, [`Error::Format`] when it is not such a
/// file (with the line), [`Error::Unsupported`] for complex numbers, [`Error::Memory`].
pub fn read(grid: &ProcessGrid, path: &Path) -> Result<DistArray<f64, Ix2>> {
    let mut whole = None;
    on_root(grid.communicator(), || {
        whole = Some(read_whole(path)?);
        Ok(())
    })?;
    DistArray::scatter(grid, 0, whole.as_ref())
}

fn read_whole(path: &Path) -> Result<Array2<f64>> {
    let refused = |cause| Error::io("read", path, cause);
    let metadata = fs::metadata(path).map_err(refused)?;
    if let Some(kind) = irregular_kind(&metadata) {
        return Err(Error::io("read", path, format!("it is {kind}")));
    }
    let text = fs::read_to_string(path).map_err(refused)?;
    parse::matrix(&text).map_err(|problem| problem.at(path))
}

/// Writes a real matrix, dense, with as many digits as it takes to read the same bits again.
/// *Collective.*
///
/// The file is the old one or the new one whole, as everything that is [saved](crate::save).
///
/// # Cost
/// The root gathers the whole matrix and writes it.
///
/// # Errors
/// The same on every rank, as [`Replacement`]'s.
pub fn write(array: &DistArray<f64, Ix2>, path: &Path) -> Result<()> {
    let communicator = array.communicator();
    let new = Replacement::begin(communicator, path)?;
    let whole = array.gather(0)?;
    let written = whole.map_or(Ok(()), |whole| write_whole(new.path(), &whole));
    // Local: the root alone writes.
    communicator.agree(written.map_err(|cause| Error::io("write", new.target(), cause)))?;
    new.commit()
}

fn write_whole(path: &Path, matrix: &Array2<f64>) -> std::io::Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    writeln!(file, "%%MatrixMarket matrix array real general")?;
    writeln!(file, "{} {}", matrix.nrows(), matrix.ncols())?;
    // Column after column, as the format has it.
    for value in matrix.t().iter() {
        writeln!(file, "{value:e}")?;
    }
    file.flush()
}
