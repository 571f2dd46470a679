//! A file being written: beside its target until it is whole.

use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::path::Path;

use hdf5::file::{FileCloseDegree, LibraryVersion};
use partita::{Communicator, Error, Result};

use super::attribute::{AttributeValue, Problem, Texts};
use super::dataset::{CHECKSUM, Source};
use super::ffi::{Cause, open_object};
use super::file::{Access, File};
use super::reading::examine;
use super::slab::Slab;
use super::text::in_words;
use crate::agreed::on_root;
use crate::save::{self, Replacement};

/// A [`File`] being written.
pub struct Writing {
    replacement: Option<Replacement>,
    /// The root's own handle, by the serial driver, while nothing is transferred.
    structure: RefCell<Option<hdf5::File>>,
    standing: Cell<Standing>,
    /// Whether what is written is added up.
    pub(super) with_checksums: bool,
    /// The checksums of what was written since the root last had the file to itself.
    sums: RefCell<BTreeMap<String, u64>>,
    /// The datasets that were made without data since this file was opened.
    pub(super) fresh: BTreeMap<String, Fresh>,
}

/// How a file being written stands; the same on every rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// All that was asked for is in it.
    Whole,
    /// The last call was refused, or looks at what it is asked for: the others are in it.
    Refused,
    /// It may hold anything, and must not replace the target.
    Spoiled,
}

/// A dataset that was made without data.
pub(super) struct Fresh {
    /// What its elements are at first.
    pub fill: Vec<u8>,
    /// Where they may be something else by now.
    pub parts: Vec<Slab>,
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
        File::begin(communicator, path.as_ref(), |new| {
            create_structure(new).map_err(|cause| Error::io("create", path.as_ref(), cause))
        })
    }

    /// Begins a copy of the file at `path`, to be added to: the file is what it was until
    /// [`close`](Self::close). *Collective.*
    ///
    /// # Cost
    /// The root copies the file, in no time where the file system shares blocks between files; two
    /// broadcasts and one all-reduce.
    ///
    /// # Errors
    /// As [`create`](Self::create) and [`open`](File::open); when there is not enough space for the copy.
    pub fn append(communicator: &Communicator, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        File::begin(communicator, path, |new| {
            examine(path)?;
            let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
            save::reserve(new, path, length)?;
            let copied = std::fs::copy(path, new);
            copied.map_err(|cause| Error::io("copy", path, cause))?;
            open_structure(new).map_err(|cause| {
                let detail = format!("truncated, damaged, or being written: {cause}");
                Error::format("append to", path, detail)
            })
        })
    }

    /// Begins a file; the root makes what it is at first.
    fn begin(
        communicator: &Communicator,
        path: &Path,
        make: impl FnOnce(&Path) -> Result<hdf5::File>,
    ) -> Result<Self> {
        let replacement = Replacement::begin(communicator, path)?;
        let mut structure = None;
        on_root(communicator, || {
            structure = Some(make(replacement.path())?);
            Ok(())
        })?;
        let access = Writing {
            replacement: Some(replacement),
            structure: RefCell::new(structure),
            standing: Cell::new(Standing::Whole),
            with_checksums: true,
            sums: RefCell::default(),
            fresh: BTreeMap::new(),
        };
        Ok(File::new(communicator, path, access))
    }

    /// From now on datasets get no checksums: for the benchmark that tells what they cost. *Local*, and the same on
    /// every rank.
    #[doc(hidden)]
    pub fn leave_out_checksums(&mut self) {
        self.access.with_checksums = false;
    }

    /// Writes an attribute of the file, replacing one of the same name. *Collective*; the root's value
    /// counts.
    ///
    /// # Cost
    /// The root writes; one broadcast.
    ///
    /// # Errors
    /// [`Error::Usage`] when the name is none, [`Error::Io`] when a text has a NUL in it: then nothing has changed.
    /// [`Error::Io`], as [`write`](Self::write).
    pub fn attribute(&mut self, name: &str, value: impl AttributeValue) -> Result<()> {
        let operation = format!("write attribute {name:?} to");
        self.write_attributes(&operation, "/", &[(name, &value)], Texts::Apart)
    }

    /// The same, with texts filled up to one length: HDF5 has a checksum over them then, and neither crashes nor waits
    /// for ever when one of their bytes is another.
    pub(crate) fn firm_attribute(&mut self, name: &str, value: impl AttributeValue) -> Result<()> {
        let operation = format!("write attribute {name:?} to");
        self.write_attributes(&operation, "/", &[(name, &value)], Texts::Within)
    }

    /// Writes an attribute of a dataset (or a group), replacing one of the same name. *Collective*; the
    /// root's value counts.
    ///
    /// # Errors
    /// As [`attribute`](Self::attribute); [`Error::Io`] when there is no such dataset, before anything has changed.
    pub fn dataset_attribute(
        &mut self,
        dataset: &str,
        name: &str,
        value: impl AttributeValue,
    ) -> Result<()> {
        let operation = format!("write attribute {name:?} of {dataset:?} to");
        self.write_attributes(&operation, dataset, &[(name, &value)], Texts::Apart)
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
        self.access.standing.set(Standing::Spoiled);
        on_root(&self.communicator, || {
            self.access.write_sums("close", &self.path)?;
            self.access.release("close", &self.path)
        })?;
        match self.access.replacement.take() {
            Some(replacement) => replacement.commit(),
            None => Ok(()),
        }
    }

    /// Writes attributes of what is called `owner`: all of them, or none where one is refused.
    pub(super) fn write_attributes(
        &mut self,
        operation: &str,
        owner: &str,
        values: &[(&str, &dyn AttributeValue)],
        kept: Texts,
    ) -> Result<()> {
        self.change(
            operation,
            |source| {
                let missing = |_| source.refused(format!("there is no {owner:?} in it"));
                let location = open_object(source.file, owner, false).map_err(missing)?;
                let prepared = values.iter().map(|(name, value)| {
                    source.check_attribute_name(name)?;
                    let value = value.prepared().map_err(in_words);
                    let value = value.map_err(|cause| source.refused(cause))?;
                    value.check(kept).map_err(|cause| source.refused(cause))?;
                    Ok((*name, value))
                });
                Ok((location, prepared.collect::<Result<Vec<_>>>()?))
            },
            |_, (location, prepared)| {
                for (name, value) in prepared {
                    value.write(&location, name, kept)?;
                }
                Ok(())
            },
        )
    }

    /// Lets a file go that is not to be written. *Local.*
    pub(crate) fn abandon(self) {
        self.access.standing.set(Standing::Refused);
    }

    /// Changes the structure, on the root, as far as it can be looked at before: what `look` refuses leaves the file
    /// as it is, where `change` fails it is spoiled.
    pub(super) fn change<Plan>(
        &self,
        operation: &str,
        look: impl FnOnce(&Source) -> Result<Plan>,
        change: impl FnOnce(&hdf5::File, Plan) -> std::result::Result<(), Cause>,
    ) -> Result<()> {
        self.whole_so_far(operation)?;
        self.access.standing.set(Standing::Spoiled);
        let refusal = on_root(&self.communicator, || {
            let plan = match self.answer(operation, look) {
                Ok(plan) => plan,
                Err(refusal) => return Ok(Some(refusal.on_rank(0))),
            };
            let file = self.access.structure(operation, &self.path)?;
            let changed = change(&file, plan);
            changed.map_err(|cause| Error::io(operation, &self.path, cause))?;
            Ok(None)
        })?;
        let (standing, outcome) = match refusal {
            None => (Standing::Whole, Ok(())),
            Some(refusal) => (Standing::Refused, Err(refusal)),
        };
        self.access.standing.set(standing);
        outcome
    }

    /// Lets `work` change the file. Where that fails nobody knows what is in it, and it is spoiled: what can be
    /// refused has been before.
    pub(super) fn changing<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.access.standing.set(Standing::Spoiled);
        let done = work(self)?;
        self.access.standing.set(Standing::Whole);
        Ok(done)
    }

    /// Begins a call. Replicated: every rank saw the earlier failure.
    pub(super) fn whole_so_far(&self, operation: &str) -> Result<()> {
        if self.access.standing.get() == Standing::Spoiled {
            let cause = "an earlier write to it failed";
            return Err(Error::io(operation, &self.path, cause));
        }
        self.access.standing.set(Standing::Refused);
        Ok(())
    }

    /// A dataset's checksum after what was just written.
    pub(super) fn note_sum(&self, name: &str, sum: u64) {
        if !self.access.with_checksums {
            return;
        }
        let name = name.trim_matches('/').to_string();
        self.access.sums.borrow_mut().insert(name, sum);
    }
}

impl Writing {
    /// Closes the root's handle. After a failure HDF5 keeps a file that it can neither write nor forget, and
    /// ending MPI in order, which ends HDF5 too, would crash in it.
    fn close_structure(&self) -> std::result::Result<(), Cause> {
        let Some(file) = self.structure.take() else {
            return Ok(());
        };
        Ok(file.close().inspect_err(|_| {
            let path = self.replacement.as_ref().map(Replacement::target);
            partita::abandon(path.unwrap_or(Path::new("a file")).display());
        })?)
    }

    /// Puts the checksums into the file, as attributes of their datasets.
    fn write_sums(&self, operation: &str, path: &Path) -> Result<()> {
        let sums = self.sums.borrow().clone();
        if sums.is_empty() {
            return Ok(());
        }
        let file = self.structure(operation, path)?;
        for (name, sum) in sums {
            let dataset = file.dataset(&name).map_err(Problem::from);
            let written = dataset.and_then(|dataset| sum.write(&dataset, CHECKSUM));
            written.map_err(|problem| Error::io(operation, path, in_words(problem)))?;
        }
        self.sums.borrow_mut().clear();
        Ok(())
    }
}

impl Access for Writing {
    fn structure(&self, operation: &str, path: &Path) -> Result<Ref<'_, hdf5::File>> {
        let closed = || Error::io(operation, path, "it is closed");
        if self.structure.borrow().is_none() {
            let place = self.place().ok_or_else(closed)?;
            let file = open_structure(place).map_err(|cause| Error::io(operation, path, cause))?;
            self.structure.replace(Some(file));
        }
        Ref::filter_map(self.structure.borrow(), Option::as_ref).map_err(|_| closed())
    }

    fn release(&self, operation: &str, path: &Path) -> Result<()> {
        self.close_structure()
            .map_err(|cause| Error::io(operation, path, cause))
    }

    fn sum_of(&self, source: &Source, name: &str) -> Result<Option<u64>> {
        let noted = self.sums.borrow().get(name.trim_matches('/')).copied();
        match noted {
            Some(sum) => Ok(Some(sum)),
            None => {
                // It may have been noted by another name: a link, or one with a slash more.
                self.write_sums(source.operation, source.path)?;
                source.checksum(&source.dataset(name)?)
            }
        }
    }

    fn place(&self) -> Option<&Path> {
        self.replacement.as_ref().map(Replacement::path)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // Local, and only local: other ranks may be elsewhere. The temporary goes with `replacement`.
        let _ = self.close_structure();
        if let Some(replacement) = &self.replacement
            // Otherwise there is an error that tells already.
            && self.standing.get() == Standing::Whole
            && !std::thread::panicking()
        {
            let path = replacement.target().display();
            partita::unfinished(format!("{path} was never closed, so it is not written"));
        }
    }
}

/// Data of so many bytes and more begin at multiples of [`ALIGNMENT`].
const ALIGNED_FROM: u64 = 64 << 10;

/// A page, and a block of most disks.
const ALIGNMENT: u64 = 4 << 10;

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
            // Elements lie in memory and in the file alike within a line of the processor's: the system copies
            // them a fifth slower otherwise.
            .alignment(ALIGNED_FROM, ALIGNMENT)
            // Metadata with checksums, and attributes beyond 64 KiB; read by everything of this decade.
            .libver_bounds(LibraryVersion::V18, LibraryVersion::V110)
    });
    options
}
