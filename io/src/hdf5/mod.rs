//! HDF5 files that all ranks write and read together.
//!
//! In reading order: [`File`] is what users hold. `writing` and `reading` are its two kinds, `dataset`
//! and `attribute` what the root does to the structure of a file, `transfer` what all ranks do with its
//! data: `hyperslab` says which piece each rank takes, `dtype` how numbers become elements. `ffi` is
//! the only place with `unsafe`.
//!
//! # Who does what
//! The root alone makes, describes and lists what is in a file, through HDF5's serial driver, and tells
//! the others. The ranks open the file together for a transfer only, and close it before the call
//! returns. So no file is open on many ranks while the program does something else, nothing about the
//! structure of a file depends on the number of ranks, and dropping a file needs no communication.

mod attribute;
mod dataset;
mod dtype;
#[allow(unsafe_code)]
mod ffi;
mod file;
mod hyperslab;
mod location;
mod reading;
mod transfer;
mod writing;

pub use attribute::{AttributeValue, FromAttribute};
pub use dtype::Hdf5Element;
pub use file::File;
pub use location::Location;
pub use reading::Reading;
pub use transfer::{TRANSFER_LIMIT, Transfer, TransferMode};
pub use writing::Writing;
