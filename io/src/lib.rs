//! Distributed arrays to and from files, collectively, all or nothing.
//!
//! ```no_run
//! # fn example(world: &partita::Communicator) -> partita::Result<()> {
//! use ndarray::Ix2;
//! use partita::{DistArray, ProcessGrid};
//! use partita_io::hdf5::File;
//!
//! let grid = ProcessGrid::balanced(world, 2)?;
//! let u = DistArray::from_fn(&grid, [512, 512], |[i, j]| (i * j) as f64)?;
//!
//! let mut file = File::create(world, "out.h5")?; // written beside out.h5 until it is whole
//! file.write("u", &u)?; // one collective write
//! file.dataset_attribute("u", "units", "K")?;
//! file.close()?; // now out.h5 is new
//!
//! let file = File::open(world, "out.h5")?; // on any number of ranks
//! let u: DistArray<f64, Ix2> = file.read("u", &grid)?; // into any grid
//! # Ok(()) }
//! ```
//!
//! * [`hdf5`]: files of datasets and attributes, that h5py, `h5dump` and the rest of the world read.
//! * [`checkpoint`]: the state of a run, saved now and then, from which it goes on.
//! * [`xdmf`]: what lies in an HDF5 file, told to ParaView.
//! * [`matrix_market`]: matrices as text.
//! * [`save`]: all or nothing for a file of any kind; what `hdf5` stands on.
#![deny(unsafe_code)]

mod agreed;
pub mod checkpoint;
pub mod hdf5;
pub mod matrix_market;
pub mod save;
pub mod xdmf;
