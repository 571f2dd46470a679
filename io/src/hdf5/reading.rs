//! A file being read.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use hdf5::file::FileCloseDegree;
use ndarray::Array;
use partita::layout::{Axes, Layout};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};

use super::attribute::{FromAttribute, Problem};
use super::dataset::{self, Source};
use super::dtype::{Conversion, Hdf5Element, Mismatch};
use super::ffi::{Cause, as_bytes_mut, zeroed};
use super::file::File;
use super::location::Location;
use super::transfer::Session;
use crate::agreed::{on_root, same_as_root};
use crate::save::irregular_kind;

/// A [`File`] being read.
pub struct Reading {
    /// Where the root found the file.
    absolute: PathBuf,
    /// The root's own handle, by the serial driver.
    structure: Option<hdf5::File>,
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
        let mut structure = None;
        let (given, absolute): (PathBuf, PathBuf) = on_root(communicator, || {
            examine(path)?;
            structure = Some(open_structure(path)?);
            let absolute =
                std::path::absolute(path).map_err(|cause| Error::io("open", path, cause))?;
            Ok((path.to_path_buf(), absolute))
        })?;
        communicator.agree(same_as_root("open", given.as_path(), path))?;
        let access = Reading {
            absolute,
            structure,
        };
        Ok(File::new(communicator, path, access))
    }

    /// The shape of a dataset. *Collective.*
    ///
    /// # Cost
    /// The root looks; one broadcast.
    ///
    /// # Errors
    /// [`Error::Format`] when there is no such dataset, with those there are.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        self.ask(&format!("read the shape of {name:?} from"), |source| {
            source.shape(&source.dataset(name)?)
        })
    }

    /// The full names of all datasets, in alphabetic order. *Collective.*
    ///
    /// # Cost
    /// The root looks through all groups; one broadcast.
    ///
    /// # Errors
    /// [`Error::Format`] when the file is damaged.
    pub fn datasets(&self) -> Result<Vec<String>> {
        self.ask("list the datasets of", |source| {
            dataset::list(source.file).map_err(|cause| source.damaged(&cause))
        })
    }

    /// The dataset that `location` names, or the only one there is. *Collective.*
    ///
    /// # Errors
    /// [`Error::Format`] when it names none, and there is not exactly one: with those there are.
    pub fn dataset_at(&self, location: &Location) -> Result<String> {
        if let Some(name) = location.dataset() {
            return Ok(name.to_string());
        }
        let mut there = self.datasets()?;
        if there.len() == 1 {
            return Ok(there.remove(0));
        }
        let path = self.path.display();
        let there = dataset::enumeration(&there);
        let detail = format!("which dataset? Write {path}:/dataset; {there}");
        Err(Error::format("choose from", &self.path, detail))
    }

    /// Reads a dataset into an array over `grid`, whatever wrote it: any byte order, contiguous,
    /// chunked or compressed with gzip. *Collective.*
    ///
    /// # Shapes
    /// The dataset has as many axes as the array.
    ///
    /// # Cost
    /// Every byte of the file once, straight into the array, where each rank converts it in place. One
    /// broadcast and some all-reduces of one integer, one more for each
    /// [`TRANSFER_LIMIT`](super::TRANSFER_LIMIT) a rank.
    ///
    /// # Errors
    /// [`Error::Format`] when there is no such dataset (with those there are), when its elements may
    /// not fit without loss ([`Hdf5Element`]) or its data are truncated; [`Error::Shape`] when it has
    /// another number of axes; [`Error::Unsupported`] for text, compounds, references, data in other
    /// files and unknown filters; [`Error::Memory`]; [`Error::Io`] when a rank cannot read.
    pub fn read<A: Hdf5Element, D: Axes>(
        &self,
        name: &str,
        grid: &ProcessGrid,
    ) -> Result<DistArray<A, D>> {
        let operation = format!("read {name:?} from");
        let memory = A::type_descriptor();
        let described = self.ask(&operation, |source| source.describe(name, &memory))?;
        let shape = dimension::<D>(&described.shape).ok_or_else(|| {
            let detail = format!(
                "the dataset has {} axes ({:?}), the array {}",
                described.shape.len(),
                described.shape,
                D::NDIM.unwrap_or_default()
            );
            Error::shape(format!("{operation} {}", self.path.display()), detail)
        })?;
        let layout = Layout::block(shape.clone(), grid.shape().clone())?;
        let region = layout
            .local_region(grid.communicator().rank())
            .ok_or_else(|| Error::shape(&operation, "blocks are boxes"))?;
        let volume = region.volume();
        let mut plain = self
            .communicator
            .agree(zeroed::<A::Plain>(volume).ok_or_else(|| {
                let bytes = (volume as u64).saturating_mul(size_of::<A>() as u64);
                let operation = format!("{operation} {}", self.path.display());
                Error::Memory { operation, bytes }
            }))?;
        if !described.shape.contains(&0) {
            let session = Session {
                communicator: &self.communicator,
                file: &self.access.absolute,
                path: &self.path,
                operation: &operation,
                limit: self.transfer_limit,
            };
            let bytes = as_bytes_mut(&mut plain);
            let transfer = session.read(name, &memory, described.conversion, region, bytes)?;
            self.last_transfer.set(Some(transfer));
        }
        if let Conversion::ByValue { signed } = described.conversion {
            // Local: each rank sees its own values only.
            self.communicator
                .agree(
                    A::from_wide_integers(&mut plain, signed).map_err(|integer| {
                        let detail = format!(
                            "{integer} is one of its elements, and has no equal among the floats"
                        );
                        Error::format(&operation, &self.path, detail)
                    }),
                )?;
        }
        let local = layout.local_shape(grid.communicator().rank());
        let local = Array::from_shape_vec(local, A::from_plain(plain))?;
        DistArray::from_local(grid, shape, local)
    }

    /// Reads an attribute of the file. *Collective.*
    ///
    /// # Cost
    /// The root reads; one broadcast.
    ///
    /// # Errors
    /// [`Error::Format`] when there is none of this name (with those there are) or of another kind.
    pub fn read_attribute<Value: FromAttribute>(&self, name: &str) -> Result<Value> {
        let operation = format!("read attribute {name:?} from");
        self.read_attribute_of(&operation, name, |source| Ok(owned(source.file)))
    }

    /// Reads an attribute of a dataset (or a group). *Collective.*
    ///
    /// # Errors
    /// As [`read_attribute`](Self::read_attribute), and when there is no such dataset.
    pub fn read_dataset_attribute<Value: FromAttribute>(
        &self,
        dataset: &str,
        name: &str,
    ) -> Result<Value> {
        let operation = format!("read attribute {name:?} of {dataset:?} from");
        self.read_attribute_of(&operation, name, |source| match source.dataset(dataset) {
            Ok(dataset) => Ok(owned(&dataset)),
            Err(missing) => source
                .file
                .group(dataset)
                .map(|group| owned(&group))
                .map_err(|_| missing),
        })
    }

    /// Ends reading. *Local.* Dropping the file does the same.
    pub fn close(self) -> Result<()> {
        Ok(())
    }

    fn read_attribute_of<Value: FromAttribute>(
        &self,
        operation: &str,
        name: &str,
        owner: impl FnOnce(&Source) -> Result<hdf5::Location>,
    ) -> Result<Value> {
        let content = self.ask(operation, |source| {
            let owner = owner(source)?;
            let there = owner
                .attr_names()
                .map_err(|error| source.damaged(&error.into()))?;
            if !there.iter().any(|other| other == name) {
                return Err(source.format(format!(
                    "no such attribute; {}",
                    dataset::enumeration(&there)
                )));
            }
            let attribute = owner
                .attr(name)
                .map_err(|error| source.damaged(&error.into()))?;
            Value::read(&attribute).map_err(|Problem(mismatch)| match mismatch {
                Mismatch::Unsupported(feature) => source.unsupported(feature),
                Mismatch::Loses(detail) => source.format(detail),
            })
        })?;
        let broken = || Error::format(operation, &self.path, "its value does not fit into memory");
        Value::decode(content).ok_or_else(broken)
    }

    /// Asks the root's handle, for all ranks.
    fn ask<Answer>(
        &self,
        operation: &str,
        question: impl FnOnce(&Source) -> Result<Answer>,
    ) -> Result<Answer>
    where
        Answer: serde::Serialize + serde::de::DeserializeOwned,
    {
        on_root(&self.communicator, || match &self.access.structure {
            Some(file) => question(&Source {
                file,
                path: &self.path,
                operation,
            }),
            None => Err(Error::io(operation, &self.path, "it is closed")),
        })
    }
}

/// What attributes hang on, whatever it is besides.
fn owned(location: &hdf5::Location) -> hdf5::Location {
    location.clone()
}

/// A shape of a static number of axes, if it has that many.
fn dimension<D: Axes>(shape: &[usize]) -> Option<D> {
    if D::NDIM.is_some_and(|ndim| ndim != shape.len()) {
        return None;
    }
    let mut dimension = D::zeros(shape.len());
    dimension.slice_mut().copy_from_slice(shape);
    Some(dimension)
}

/// Whether this can be an HDF5 file, without HDF5: it would wait for a FIFO and trip over a device.
fn examine(path: &Path) -> Result<()> {
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
