//! HDF5 files that all ranks write and read together.
//!
//! In reading order: [`File`] is what users hold. `writing` and `reading` are its two kinds: `write` puts
//! arrays into datasets, `read` takes them out, `query` asks what there is. `dataset` and `attribute` are
//! what the root does to the structure of a file, `storage` how a dataset lies in it, `transfer` what all
//! ranks do with its data: `slab` is the part that a slice names, `hyperslab` and `stripes` the piece that
//! each rank takes, `fill` and `long_runs` how an array comes to its part of a dataset, `way` which way its data go:
//! `placed`, `direct` and `whole_pages` are what a rank writes and reads without HDF5, `packed`, `unpacking`, `chunk_parts`, `pipeline`
//! and `codecs` what it unpacks itself. `dtype` is how numbers become elements, `form` and `tolerance` how two elements are
//! compared, `checksum` how they are known again. `ffi` is the only place with `unsafe`.
//!
//! # Who does what
//! The root alone makes, describes and lists what is in a file, through HDF5's serial driver, and tells
//! the others. The ranks open the file together for a transfer only, and close it before the call
//! returns. So no file is open on many ranks while the program does something else, nothing about the
//! structure of a file depends on the number of ranks, and dropping a file needs no communication.

mod attribute;
mod attribute_read;
mod attribute_sum;
mod checksum;
mod chunk_parts;
mod codecs;
mod compare;
mod copy;
mod copy_plan;
mod copy_survey;
mod dataset;
mod direct;
mod dtype;
#[allow(unsafe_code)]
mod ffi;
mod file;
mod fill;
mod filters;
mod form;
mod grow;
mod hyperslab;
mod in_time;
mod listing;
mod location;
mod long_runs;
mod names;
mod observers;
mod own_part;
mod packed;
mod pipeline;
mod placed;
mod plan;
mod printable;
mod query;
mod read;
mod read_into;
mod reading;
mod report;
mod series;
mod slab;
mod storage;
mod stripes;
mod structure;
mod text;
mod tolerance;
mod transfer;
mod tree;
mod unpacking;
mod way;
mod whole_pages;
mod write;
mod writing;

pub use attribute::{AttributeElement, AttributeItem, AttributeValue};
pub use attribute_read::FromAttribute;
pub use compare::Comparison;
pub use copy::Copied;
pub use dtype::Hdf5Element;
pub use file::File;
pub use filters::allow_filters_from;
pub use location::Location;
pub use own_part::local_checksum;
pub use printable::printable;
pub use read::{Placement, Verdict};
pub use reading::Reading;
pub use report::{ChunkMode, Transfer, TransferMode};
pub use series::Series;
pub use storage::Storage;
pub use tolerance::Tolerance;
pub use transfer::TRANSFER_LIMIT;
pub use tree::{DatasetEntry, Destination, Entry, EntryKind};
pub use writing::Writing;
