//! A file being read.

use std::cell::{Ref, RefCell};
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hdf5::file::FileCloseDegree;
use partita::{Communicator, Error, Result};

use super::dataset::Source;
use super::ffi::Cause;
use super::file::{Access, File};
use crate::agreed::{on_root, same_as_root};
use crate::save::irregular_kind;

/// A [`File`] being read.
pub struct Reading {
    /// Where the root found the file.
    absolute: PathBuf,
    /// The root's own handle, by the serial driver.
    structure: RefCell<Option<hdf5::File>>,
    /// Which file the root has open: its device and its number there.
    opened: Option<(u64, u64)>,
    may_leave: bool,
}

impl File<Reading> {
    /// Opens a file for reading. *Collective.*
    ///
    /// The root looks first: nothing but a regular file with HDF5's signature is opened.
    ///
    /// # Cost
    /// The root opens the file; one broadcast and one all-reduce.
    ///
    /// # Errors
    /// [`Error::Io`] when there is no such file, or it is a directory, a FIFO or a device, or may not be
    /// read; [`Error::Format`] when it is empty, no HDF5 file, truncated or damaged.
    pub fn open(communicator: &Communicator, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let (mut structure, mut opened) = (None, None);
        let (given, absolute): (PathBuf, PathBuf) = on_root(communicator, || {
            examine(path)?;
            opened = number_of(path);
            structure = Some(open_structure(path)?);
            let absolute =
                std::path::absolute(path).map_err(|cause| Error::io("open", path, cause))?;
            Ok((path.to_path_buf(), absolute))
        })?;
        communicator.agree(same_as_root("open", given.as_path(), path))?;
        let access = Reading {
            absolute,
            structure: RefCell::new(structure),
            opened,
            may_leave: false,
        };
        Ok(File::new(communicator, path, access))
    }

    /// Follows external links into other files, and reads data that lie in other files, from here on. *Local.*
    ///
    /// Without it both are refused, because a file from elsewhere could name any file of this machine. Where
    /// they are, HDF5 decides: beside this file or, for data, in the working directory. Links do not lead into files
    /// that this program has open.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator, grid: &partita::ProcessGrid) -> partita::Result<()> {
    /// use ndarray::Ix1;
    /// use partita_io::hdf5::File;
    /// let file = File::open(world, "parts.h5")?.with_other_files();
    /// let part = file.read::<f64, Ix1>("link/to/part", grid)?;
    /// # Ok(()) }
    /// ```
    pub fn with_other_files(mut self) -> Self {
        self.access.may_leave = true;
        self
    }

    /// Ends reading. *Local.* Dropping the file does the same.
    pub fn close(self) -> Result<()> {
        Ok(())
    }
}

impl Access for Reading {
    fn structure(&self, operation: &str, path: &Path) -> Result<Ref<'_, hdf5::File>> {
        // The other ranks open it by its name, for each array.
        if number_of(&self.absolute).is_some_and(|now| Some(now) != self.opened) {
            let detail = "it was replaced while it was open for reading: open it again";
            return Err(Error::io(operation, path, detail));
        }
        Ref::filter_map(self.structure.borrow(), Option::as_ref)
            .map_err(|_| Error::io(operation, path, "it is closed"))
    }

    fn release(&self, _operation: &str, _path: &Path) -> Result<()> {
        Ok(())
    }

    fn sum_of(&self, source: &Source, name: &str) -> Result<Option<u64>> {
        source.checksum(&source.dataset(name)?)
    }

    fn place(&self) -> Option<&Path> {
        Some(&self.absolute)
    }

    fn may_leave(&self) -> bool {
        self.may_leave
    }
}

fn number_of(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Whether this can be an HDF5 file, without HDF5: it would wait for a FIFO and trip over a device.
pub(super) fn examine(path: &Path) -> Result<()> {
    let refused = |cause: &dyn std::fmt::Display| Error::io("open", path, cause);
    let metadata = fs::metadata(path).map_err(|cause| refused(&cause))?;
    if let Some(kind) = irregular_kind(&metadata) {
        return Err(refused(&format!("it is {kind}")));
    }
    let mut file = fs::File::open(path).map_err(|cause| refused(&cause))?;
    if metadata.len() == 0 {
        return Err(Error::format("open", path, "it is empty"));
    }
    match has_signature(&mut file, metadata.len()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::format("open", path, "it is not an HDF5 file")),
        Err(cause) => Err(refused(&cause)),
    }
}

/// HDF5's signature is at the beginning, or at 512 bytes or a doubling of that, behind what a user put there.
fn has_signature(file: &mut fs::File, length: u64) -> std::io::Result<bool> {
    const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";
    let doublings = std::iter::successors(Some(512u64), |at| at.checked_mul(2));
    for at in std::iter::once(0).chain(doublings) {
        if at.saturating_add(8) > length {
            return Ok(false);
        }
        let mut found = [0; 8];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut found)?;
        if found == SIGNATURE {
            return Ok(true);
        }
    }
    Ok(false)
}

fn open_structure(path: &Path) -> Result<hdf5::File> {
    let mut options = hdf5::File::with_options();
    options.with_fapl(|access| access.fclose_degree(FileCloseDegree::Strong));
    options.open(path).map_err(|error| {
        let detail = format!(
            "truncated, damaged, or being written: {}",
            Cause::from(error)
        );
        Error::format("open", path, detail)
    })
}
