//! Code for filters that the HDF5 library does not have itself.

use std::path::Path;

use partita::{Communicator, Error, Result};

use super::ffi::load_filters_from;
use crate::save::irregular_kind;

/// Lets HDF5 load code from this folder, for filters that it lacks (blosc, lzf, zstd), in this program from here on.
/// *Collective.*
///
/// Without it no file makes HDF5 load code, whatever `HDF5_PLUGIN_PATH` says, and what needs it is
/// [`Error::Unsupported`]. Name a folder that nobody else can write to: what lies in it runs with this
/// program's rights.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita_io::hdf5::{self, File};
/// hdf5::allow_filters_from(world, "/usr/local/hdf5/lib/plugin")?;
/// let file = File::open(world, "compressed with zstd.h5")?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`Error::Io`] when it is no folder on one of the ranks.
pub fn allow_filters_from(communicator: &Communicator, folder: impl AsRef<Path>) -> Result<()> {
    let folder = folder.as_ref();
    let refused = |cause: &dyn std::fmt::Display| Error::io("load filters from", folder, cause);
    // Local: each rank looks at its own machine, and loads for itself.
    let allowed = std::fs::metadata(folder)
        .map_err(|cause| refused(&cause))
        .and_then(|metadata| match irregular_kind(&metadata) {
            Some("a directory") => load_filters_from(folder).map_err(|cause| refused(&cause)),
            _ => Err(refused(&"it is no directory")),
        });
    communicator.agree(allowed)
}
