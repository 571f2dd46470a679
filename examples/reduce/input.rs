//! What is read: a dataset of an HDF5 file, or a file of numbers.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ndarray::Array;
use partita::layout::{Axes, Layout};
use partita::{Communicator, DistArray, Error, ProcessGrid, RawFile, Result};
use partita_io::hdf5::{File, Location, Reading};

/// A place to read from, as it is written on the command line.
#[derive(Debug, Clone)]
pub enum Input {
    Hdf5(Location),
    /// Little-endian f64.
    Numbers(PathBuf),
}

impl FromStr for Input {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = Path::new(text)
            .extension()
            .is_some_and(|ending| ending == "f64le");
        if numbers {
            Ok(Input::Numbers(text.into()))
        } else {
            text.parse().map(Input::Hdf5)
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Hdf5(location) => write!(formatter, "{location}"),
            Input::Numbers(path) => write!(formatter, "{}", path.display()),
        }
    }
}

/// An input that is there, and its shape.
pub struct Opened {
    pub shape: Vec<usize>,
    source: Source,
}

enum Source {
    Hdf5(File<Reading>, String),
    Numbers(RawFile),
}

impl Input {
    pub fn open(&self, world: &Communicator) -> Result<Opened> {
        match self {
            Input::Hdf5(location) => {
                let file = File::open(world, location.file())?;
                let dataset = file.dataset_at(location)?;
                let shape = file.shape(&dataset)?;
                let source = Source::Hdf5(file, dataset);
                Ok(Opened { shape, source })
            }
            Input::Numbers(path) => {
                let file = RawFile::open(world, path)?;
                let bytes = file.size()?;
                // Replicated: every rank was told the same size.
                if bytes % 8 != 0 {
                    let detail = format!("its {bytes} bytes are no whole number of f64");
                    return Err(Error::format("read", path, detail));
                }
                let shape = vec![(bytes / 8) as usize];
                let source = Source::Numbers(file);
                Ok(Opened { shape, source })
            }
        }
    }
}

impl Opened {
    pub fn read<D: Axes>(&self, grid: &ProcessGrid) -> Result<DistArray<f64, D>> {
        match &self.source {
            Source::Hdf5(file, dataset) => file.read(dataset, grid),
            Source::Numbers(file) => {
                let layout = Layout::block(D::from_slice(&self.shape)?, grid.shape().clone())?;
                let rank = grid.communicator().rank();
                let start = layout.local_runs(rank, 0).get(0).unwrap_or(0);
                let mut words = vec![0u64; layout.local_shape(rank).size()];
                file.read_at_all(start as u64, &mut words)?;
                let values = words
                    .into_iter()
                    .map(|word| f64::from_bits(u64::from_le(word)));
                let local = Array::from_shape_vec(layout.local_shape(rank), values.collect())?;
                DistArray::from_local(grid, layout, local)
            }
        }
    }
}
