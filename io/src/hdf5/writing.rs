//! A file being written: beside its target until it is whole.

use std::path::Path;

use hdf5::file::{FileCloseDegree, LibraryVersion};
use ndarray::CowArray;
use partita::layout::{Axes, Region};
use partita::{Communicator, DistArray, Error, Result};

use super::attribute::{AttributeValue, Problem};
use super::dataset;
use super::dtype::{self, Hdf5Element, Mismatch};
use super::ffi::Cause;
use super::file::File;
use super::transfer::Session;
use crate::agreed::{on_root, same_as_root};
use crate::save::{self, Replacement};

/// A [`File`] being written.
pub struct Writing {
    replacement: Option<Replacement>,
    /// The root's own handle, by the serial driver, while nothing is transferred.
    structure: Option<hdf5::File>,
    /// Something went wrong: what is there so far must not replace the target.
    failed: bool,
}

impl File<Writing> {
    /// Begins a new file at `path`, which is what it was until [`close`](Self::close). *Collective.*
    ///
    /// The data go to a temporary file in the same folder. Dropped without `close`, the file is not
    /// written, and the program ends with an error that says so.
    ///
    /// # Cost
    /// The root makes the file; two broadcasts and one all-reduce.
    ///
    /// # Errors
    /// [`Error::Io`] when `path` is a directory, a FIFO or a device, or cannot be written.
    ///
    /// # Source
    /// HDF5's file format of version 1.8 (superblock 2, checksummed metadata), as far as it suffices.
    pub fn create(communicator: &Communicator, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let replacement = Replacement::begin(communicator, path)?;
        let mut structure = None;
        on_root(communicator, || {
            let file = create_structure(replacement.path())
                .map_err(|cause| Error::io("create", path, cause))?;
            structure = Some(file);
            Ok(())
        })?;
        let access = Writing {
            replacement: Some(replacement),
            structure,
            failed: false,
        };
        Ok(File::new(communicator, path, access))
    }

    /// Writes a whole array as a contiguous dataset in C order. *Collective.*
    ///
    /// Groups in the name (`"fields/u"`) are made. Room is taken on the disk before any data is
    /// written.
    ///
    /// # Cost
    /// Every byte once, straight from the array (which is copied only if it has a halo). Three
    /// broadcasts and some all-reduces of one integer, one more for each
    /// [`TRANSFER_LIMIT`](super::TRANSFER_LIMIT) a rank.
    ///
    /// # Errors
    /// [`Error::Io`] when there is not enough space (with how much was needed), when a rank cannot
    /// write, or when there is a dataset of this name. The file can then no longer be closed into
    /// place. When only some ranks failed to write, it cannot even be closed in order, and the program
    /// should end.
    pub fn write<A: Hdf5Element, D: Axes>(
        &mut self,
        name: &str,
        array: &DistArray<A, D>,
    ) -> Result<()> {
        let operation = format!("write {name:?} to");
        let element = A::type_descriptor();
        // Replicated: every rank has the same layout.
        let region = own_box(&operation, array)?;
        let shape = array.shape();
        self.whole_so_far(&operation)?;
        self.access.failed = true;
        let called = (name.to_string(), dtype::name(&element), shape.to_vec());
        let of_root = on_root(&self.communicator.clone(), || {
            self.make_room(&operation, name, &element, shape)?;
            Ok(called.clone())
        })?;
        let local = contiguous(array, &format!("{operation} {}", self.path.display()));
        let local = self.communicator.agree(
            same_as_root(&operation, &of_root, &called)
                .and_then(|()| self.same_ranks(&operation, array.communicator()))
                .and(local),
        )?;
        // Of an array without axes every rank has the one element: the root's is written.
        let region = match array.ndim() {
            0 if !self.communicator.is_root() => std::iter::once(0..0).collect(),
            _ => region,
        };
        if !array.is_empty() {
            let session = Session {
                communicator: &self.communicator,
                file: self.replacement(&operation)?.path(),
                path: &self.path,
                operation: &operation,
                limit: self.transfer_limit,
            };
            let elements = local.as_slice().unwrap_or_default();
            let transfer = session.write(name, &element, region, A::bytes(elements))?;
            self.last_transfer.set(Some(transfer));
        }
        self.access.failed = false;
        Ok(())
    }

    /// Writes an attribute of the file, replacing one of the same name. *Collective*; the root's value
    /// counts.
    ///
    /// # Cost
    /// The root writes; one broadcast.
    ///
    /// # Errors
    /// [`Error::Io`], as [`write`](Self::write).
    pub fn attribute(&mut self, name: &str, value: impl AttributeValue) -> Result<()> {
        self.write_attribute(&format!("write attribute {name:?} to"), |file| {
            value.write(file, name)
        })
    }

    /// Writes an attribute of a dataset (or a group), replacing one of the same name. *Collective*; the
    /// root's value counts.
    ///
    /// # Errors
    /// As [`attribute`](Self::attribute).
    pub fn dataset_attribute(
        &mut self,
        dataset: &str,
        name: &str,
        value: impl AttributeValue,
    ) -> Result<()> {
        let operation = format!("write attribute {name:?} of {dataset:?} to");
        self.write_attribute(&operation, |file| match file.dataset(dataset) {
            Ok(dataset) => value.write(&dataset, name),
            Err(_) => value.write(&*file.group(dataset)?, name),
        })
    }

    /// Puts the file in its place: flushed, synced, renamed. *Collective.*
    ///
    /// # Cost
    /// The time the disk needs for what it does not have yet; two broadcasts and an all-reduce.
    ///
    /// # Errors
    /// [`Error::Io`]: an earlier call failed, or the system refuses. The old file is then still there.
    pub fn close(mut self) -> Result<()> {
        self.whole_so_far("close")?;
        self.access.failed = true;
        on_root(&self.communicator.clone(), || self.close_structure("close"))?;
        match self.access.replacement.take() {
            Some(replacement) => replacement.commit(),
            None => Ok(()),
        }
    }

    /// On the root: the dataset's place in the file, and room for it on the disk.
    fn make_room(
        &mut self,
        operation: &str,
        name: &str,
        element: &hdf5::types::TypeDescriptor,
        shape: &[usize],
    ) -> Result<()> {
        let path = self.path.clone();
        let failure = |cause: Cause| Error::io(operation, &path, cause);
        let file = self.structure().map_err(failure)?;
        let end = dataset::create(file, name, element, shape).map_err(failure)?;
        // Closed, so that the ranks can open it together.
        self.close_structure(operation)?;
        match end {
            Some(end) => save::reserve(self.replacement(operation)?.path(), &path, end),
            None => Ok(()),
        }
    }

    fn write_attribute(
        &mut self,
        operation: &str,
        write: impl FnOnce(&hdf5::File) -> std::result::Result<(), Problem>,
    ) -> Result<()> {
        self.whole_so_far(operation)?;
        let path = self.path.clone();
        on_root(&self.communicator.clone(), || {
            let file = self
                .structure()
                .map_err(|cause| Error::io(operation, &path, cause))?;
            write(file).map_err(
                |Problem(Mismatch::Loses(detail) | Mismatch::Unsupported(detail))| {
                    Error::io(operation, &path, detail)
                },
            )
        })
    }

    /// The root's handle, opened again after a transfer.
    fn structure(&mut self) -> std::result::Result<&hdf5::File, Cause> {
        let file = match (self.access.structure.take(), &self.access.replacement) {
            (Some(file), _) => file,
            (None, Some(replacement)) => open_structure(replacement.path())?,
            (None, None) => return Err("it is closed".into()),
        };
        Ok(self.access.structure.insert(file))
    }

    fn close_structure(&mut self, operation: &str) -> Result<()> {
        let closed = self
            .access
            .structure
            .take()
            .map_or(Ok(()), hdf5::File::close);
        closed.map_err(|error| Error::io(operation, &self.path, Cause::from(error)))
    }

    fn replacement(&self, operation: &str) -> Result<&Replacement> {
        let closed = || Error::io(operation, &self.path, "it is closed");
        self.access.replacement.as_ref().ok_or_else(closed)
    }

    /// Replicated: every rank saw the earlier failure.
    fn whole_so_far(&self, operation: &str) -> Result<()> {
        match self.access.failed {
            false => Ok(()),
            true => Err(Error::io(
                operation,
                &self.path,
                "an earlier write to it failed",
            )),
        }
    }

    fn same_ranks(&self, operation: &str, other: &Communicator) -> Result<()> {
        if other.size() == self.communicator.size() {
            return Ok(());
        }
        let (own, other) = (self.communicator.size(), other.size());
        let detail = format!("the array is on {other} ranks, the file on {own}");
        Err(Error::shape(
            format!("{operation} {}", self.path.display()),
            detail,
        ))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // Local, and only local: other ranks may be elsewhere. The temporary goes with `replacement`.
        if let Some(replacement) = &self.replacement
            && !self.failed
            && !std::thread::panicking()
        {
            let path = replacement.target().display();
            partita::unfinished(format!("{path} was never closed, so it is not written"));
        }
    }
}

/// The box that this rank writes: its part, or nothing of a part that another rank has too.
fn own_box<A: Hdf5Element, D: Axes>(operation: &str, array: &DistArray<A, D>) -> Result<Region> {
    let (layout, rank) = (array.layout(), array.communicator().rank());
    if !layout.is_contiguous() {
        let detail = format!("{layout}: only parts that are boxes are written; redistribute first");
        return Err(Error::shape(operation, detail));
    }
    let nothing = || (0..array.ndim().max(1)).map(|_| 0..0).collect();
    let region = layout
        .local_region(rank)
        .filter(|_| layout.is_primary(rank));
    Ok(region.unwrap_or_else(nothing))
}

/// The local part in C order: as it is, or copied out of its halo.
fn contiguous<'a, A: Hdf5Element, D: Axes>(
    array: &'a DistArray<A, D>,
    operation: &str,
) -> Result<CowArray<'a, A, D>> {
    let local = array.local();
    if local.is_standard_layout() {
        return Ok(local.into());
    }
    let mut copy = Vec::new();
    copy.try_reserve_exact(local.len())
        .map_err(|_| Error::Memory {
            operation: operation.to_string(),
            bytes: (local.len() * size_of::<A>()) as u64,
        })?;
    copy.extend(local.iter());
    Ok(ndarray::Array::from_shape_vec(local.raw_dim(), copy)?.into())
}

fn create_structure(path: &Path) -> std::result::Result<hdf5::File, Cause> {
    Ok(options()
        .with_fcpl(|create| create.obj_track_times(false))
        .create(path)?)
}

fn open_structure(path: &Path) -> std::result::Result<hdf5::File, Cause> {
    Ok(options().open_rw(path)?)
}

fn options() -> hdf5::FileBuilder {
    let mut options = hdf5::File::with_options();
    options.with_fapl(|access| {
        access
            .fclose_degree(FileCloseDegree::Strong)
            // Metadata with checksums, and attributes beyond 64 KiB; read by everything of this decade.
            .libver_bounds(LibraryVersion::V18, LibraryVersion::V110)
    });
    options
}
