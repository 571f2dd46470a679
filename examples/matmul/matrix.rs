//! Matrices on the command line: FILE.h5:/dataset or FILE.mtx.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use ndarray::Ix2;
use partita::prelude::*;
use partita_io::hdf5::{File, Location};
use partita_io::matrix_market;

/// Where a matrix is read from or written to.
#[derive(Debug, Clone)]
pub enum Place {
    /// A dataset of an HDF5 file.
    Hdf5(Location),
    /// A text file in Matrix Market's format.
    MatrixMarket(PathBuf),
}

impl FromStr for Place {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let path = Path::new(text);
        if path.extension().is_some_and(|extension| extension == "mtx") {
            return Ok(Place::MatrixMarket(path.to_path_buf()));
        }
        text.parse().map(Place::Hdf5)
    }
}

impl Place {
    /// The file that it is in.
    pub fn file(&self) -> &Path {
        match self {
            Place::MatrixMarket(path) => path,
            Place::Hdf5(location) => location.file(),
        }
    }

    /// Reads the matrix in blocks over `grid`. *Collective.*
    pub fn read(&self, grid: &ProcessGrid) -> Result<DistArray<f64, Ix2>> {
        match self {
            Place::MatrixMarket(path) => matrix_market::read(grid, path),
            Place::Hdf5(location) => {
                let file = File::open(grid.communicator(), location.file())?;
                let dataset = file.dataset_at(location)?;
                file.read(&dataset, grid)
            }
        }
    }

    /// Writes the matrix; in HDF5 without a dataset's name as /C. *Collective.*
    pub fn write(&self, matrix: &DistArray<f64, Ix2>) -> Result<()> {
        match self {
            Place::MatrixMarket(path) => matrix_market::write(matrix, path),
            Place::Hdf5(location) => {
                let mut file = File::create(matrix.communicator(), location.file())?;
                file.write(location.dataset().unwrap_or("C"), matrix)?;
                file.close()
            }
        }
    }
}
