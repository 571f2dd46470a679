//! Datasets as the root sees them, through HDF5's serial driver.
//!
//! Only one rank touches the structure of a file, so that it cannot depend on how many there are, and
//! a damaged file is met by one rank that can say so, not by all of them in the middle of a collective.

use std::path::{Path, PathBuf};

use hdf5::Dataset;
use hdf5::dataset::{ExternalFile, Layout};
use hdf5::filters::Filter;
use hdf5::types::TypeDescriptor;
use partita::{Error, Result};
use serde::{Deserialize, Serialize};

use super::dtype::{Conversion, Mismatch, conversion, lossy_conversion};
use super::ffi::{Cause, DatasetRefusal, descriptor, name_of_file, open_dataset, open_object};
use super::listing::{enumeration, list, walk};
use super::packed::{Packed, check_chunks};
use crate::save::irregular_kind;

/// The attribute that holds a dataset's checksum: see `checksum`.
pub(super) const CHECKSUM: &str = "partita_checksum";

/// A compressed chunk that has more bytes than its dataset may have so many.
const LARGEST_LONELY_CHUNK: usize = 64 << 20;

/// What all ranks must know of a dataset before they read it together.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Description {
    pub shape: Vec<usize>,
    pub conversion: Conversion,
    /// Whether every chunk is there, so that all ranks can read them together.
    pub is_complete: bool,
    /// Where it is, if that is another file.
    pub place: Option<Place>,
}

/// A dataset in another file, to which a link led.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub(super) file: PathBuf,
    pub(super) name: String,
}

/// A file being read, and how errors about it begin.
pub struct Source<'a> {
    pub(super) file: &'a hdf5::File,
    pub(super) path: &'a Path,
    pub(super) operation: &'a str,
    /// Whether links and datasets may lead into other files.
    pub(super) may_leave: bool,
}

impl Source<'_> {
    /// Opens a dataset, or tells which there are.
    pub(super) fn dataset(&self, name: &str) -> Result<Dataset> {
        match open_dataset(self.file, name, self.may_leave) {
            Ok(dataset) => Ok(dataset),
            Err(DatasetRefusal::ExternalLink) => Err(self.leads_elsewhere(name)),
            Err(DatasetRefusal::Failed(cause)) => {
                let there = list(self.file).map_err(|cause| self.damaged(&cause))?;
                if there
                    .iter()
                    .any(|other| other.trim_matches('/') == name.trim_matches('/'))
                {
                    return Err(self.damaged(&cause));
                }
                let there = enumeration(&there);
                Err(self.format(format!("no dataset {name:?} in it; {there}")))
            }
        }
    }

    /// Opens a group, a dataset or a type.
    pub(super) fn object(&self, name: &str) -> Result<hdf5::Location> {
        open_object(self.file, name, self.may_leave).map_err(|refusal| match refusal {
            DatasetRefusal::ExternalLink => self.leads_elsewhere(name),
            DatasetRefusal::Failed(_) => match list(self.file) {
                Ok(there) => {
                    let there = enumeration(&there);
                    self.format(format!("no {name:?} in it; of datasets {there}"))
                }
                Err(cause) => self.damaged(&cause),
            },
        })
    }

    fn leads_elsewhere(&self, name: &str) -> Error {
        match self.may_leave {
            true => self.format(format!("{name:?} is a link to what is no regular file")),
            false => self.unsupported(format!("{name:?}, a link into another file,")),
        }
    }

    /// Examines a dataset that is to be read as elements of type `memory`.
    /// Where `lossy`, values may be changed on the way.
    pub(super) fn describe(
        &self,
        name: &str,
        memory: &TypeDescriptor,
        lossy: bool,
    ) -> Result<Description> {
        let dataset = self.dataset(name)?;
        let shape = self.shape(&dataset)?;
        let element = self.element(&dataset)?;
        let converted = match lossy {
            true => lossy_conversion(&element, memory),
            false => conversion(&element, memory),
        };
        let conversion = converted.map_err(|mismatch| match mismatch {
            Mismatch::Unsupported(feature) => self.unsupported(feature),
            Mismatch::Loses(detail) => self.format(detail),
        })?;
        self.check_storage(&dataset)?;
        Ok(Description {
            is_complete: self.is_complete(&dataset),
            place: self.elsewhere(&dataset)?,
            shape,
            conversion,
        })
    }

    /// Where a dataset is, if a link led into another file.
    pub(super) fn elsewhere(&self, dataset: &Dataset) -> Result<Option<Place>> {
        if !self.may_leave {
            return Ok(None);
        }
        let damaged = |cause: Cause| self.damaged(&cause);
        let file = name_of_file(dataset).map_err(damaged)?;
        if file == name_of_file(self.file).map_err(damaged)? {
            return Ok(None);
        }
        let found = || -> std::result::Result<_, Cause> {
            let token = dataset.loc_info()?.token;
            let mut there = walk(&dataset.file()?)?.into_iter();
            Ok(there.find(|(_, other)| *other == token))
        };
        let Some((name, _)) = found().map_err(damaged)? else {
            return Err(self.format("it has no name in the file that a link leads to".into()));
        };
        let file =
            std::path::absolute(&file).map_err(|cause| Error::io(self.operation, &file, cause))?;
        Ok(Some(Place { file, name }))
    }

    /// The files that a dataset's data lie in, other than its own.
    pub(super) fn external(&self, dataset: &Dataset) -> Result<Vec<ExternalFile>> {
        let properties = dataset.dcpl();
        let files = properties.and_then(|properties| properties.get_external());
        files.map_err(|error| self.damaged(&error.into()))
    }

    /// Refuses data in other files unless they may be read: whole, and from regular files.
    fn check_external(&self, dataset: &Dataset) -> Result<()> {
        for external in self.external(dataset)? {
            if !self.may_leave {
                return Err(self.unsupported("data in external files".into()));
            }
            let name = &external.name;
            let refused = |cause: &dyn std::fmt::Display| {
                self.format(format!("its data in {name:?} cannot be read: {cause}"))
            };
            let metadata = std::fs::metadata(name).map_err(|cause| refused(&cause))?;
            if let Some(kind) = irregular_kind(&metadata) {
                return Err(refused(&format!("it is {kind}")));
            }
            let end = external.offset.saturating_add(external.size) as u64;
            if metadata.len() < end && external.size != usize::MAX {
                let length = metadata.len();
                return Err(refused(&format!("it has {length} bytes, not {end}")));
            }
        }
        Ok(())
    }

    /// The type of the elements.
    pub(super) fn element(&self, dataset: &Dataset) -> Result<TypeDescriptor> {
        let datatype = dataset
            .dtype()
            .map_err(|error| self.damaged(&error.into()))?;
        descriptor(&datatype).map_err(|words| self.unsupported(format!("the element type {words}")))
    }

    /// The checksum that a dataset carries, if it does.
    pub(super) fn checksum(&self, dataset: &Dataset) -> Result<Option<u64>> {
        let damaged = |error: hdf5::Error| self.damaged(&error.into());
        if !dataset
            .attr_names()
            .map_err(damaged)?
            .iter()
            .any(|name| name == CHECKSUM)
        {
            return Ok(None);
        }
        let attribute = dataset.attr(CHECKSUM).map_err(damaged)?;
        attribute.read_scalar().map(Some).map_err(damaged)
    }

    /// The shape, if it is one that a machine can address.
    pub(super) fn shape(&self, dataset: &Dataset) -> Result<Vec<usize>> {
        let space = dataset
            .space()
            .map_err(|error| self.damaged(&error.into()))?;
        if space.is_null() {
            return Err(self.unsupported("a dataset without a shape".into()));
        }
        let shape = space.shape();
        let bytes = shape
            .iter()
            .try_fold(16usize, |bytes, &length| bytes.checked_mul(length.max(1)));
        match bytes {
            Some(_) => Ok(shape),
            None => Err(self.format(format!("its shape {shape:?} is beyond any memory"))),
        }
    }

    /// Whether every chunk is there, and in this file. HDF5 fails to read those collectively that are not.
    pub(super) fn is_complete(&self, dataset: &Dataset) -> bool {
        if self.external(dataset).is_ok_and(|files| !files.is_empty()) {
            return false;
        }
        let (Some(chunk), Some(number)) = (dataset.chunk(), dataset.num_chunks()) else {
            // Nobody wrote to it, and ranks without a part would be waited for.
            return dataset.offset().is_some();
        };
        let axes = dataset.shape().into_iter().zip(chunk);
        let chunks = axes.map(|(length, chunk)| length.div_ceil(chunk.max(1)) as u128);
        chunks.product::<u128>() <= number as u128
    }

    /// Refuses data that lie in other files, need code that is not here, or are not all there.
    pub(super) fn check_storage(&self, dataset: &Dataset) -> Result<()> {
        self.check_place(dataset)?;
        let damaged = |error: hdf5::Error| self.damaged(&error.into());
        let filters = dataset
            .dcpl()
            .and_then(|properties| properties.get_filters());
        let filters = filters.map_err(damaged)?;
        // One by one: asked for all of them, HDF5 does not look for code to load.
        if !filters.iter().all(Filter::is_available) {
            return Err(
                self.unsupported(format!("a filter that HDF5 has no code for ({filters:?})"))
            );
        }
        match filters.is_empty() {
            true => Ok(()),
            false => self.check_chunks(dataset),
        }
    }

    /// Refuses chunks that hold something else than their elements, before the root lets HDF5 unpack all of them.
    pub(super) fn check_unpacking(&self, dataset: &Dataset) -> Result<()> {
        check_chunks(dataset).map_err(|cause| self.damaged(&cause))
    }

    /// Refuses data that lie in other files, or are not all there.
    pub(super) fn check_place(&self, dataset: &Dataset) -> Result<()> {
        let damaged = |error: hdf5::Error| self.damaged(&error.into());
        self.check_external(dataset)?;
        let properties = dataset.dcpl().map_err(damaged)?;
        let layout = properties.get_layout().map_err(damaged)?;
        if layout == Layout::Virtual {
            return Err(self.unsupported("a virtual dataset".into()));
        }
        if let (Layout::Contiguous, Some(offset)) = (layout, dataset.offset()) {
            let end = offset.saturating_add(dataset.storage_size());
            let file = match self.may_leave {
                true => name_of_file(dataset).map_err(|cause| self.damaged(&cause))?,
                false => self.path.to_path_buf(),
            };
            let length = std::fs::metadata(file).map_or(u64::MAX, |file| file.len());
            if end > length {
                let detail = format!("truncated: its data end at byte {end}, the file at {length}");
                return Err(self.format(detail));
            }
        }
        Ok(())
    }

    /// Refuses chunks by which few data take much memory: to read an element, room is made for its whole chunk. What
    /// each chunk unpacks to is seen when it is read.
    fn check_chunks(&self, dataset: &Dataset) -> Result<()> {
        let packed = Packed::of(dataset).map_err(|cause| self.damaged(&cause))?;
        let (Some(packed), Some(number)) = (packed, dataset.num_chunks()) else {
            return Ok(());
        };
        let (bytes, all) = (packed.bytes(), packed.all_bytes());
        if bytes > LARGEST_LONELY_CHUNK.max(all) {
            let detail = format!("chunks of {bytes} bytes are absurdly large for {all} bytes");
            return Err(self.format(detail));
        }
        // What cannot be compressed grows by less.
        let most = bytes.saturating_add(bytes / 512 + 4096);
        let stored = dataset.storage_size();
        if stored > (most as u64).saturating_mul(number as u64) {
            let detail = format!(
                "its {number} chunks of {bytes} bytes take {stored} in the file: they hold something else"
            );
            return Err(self.format(detail));
        }
        Ok(())
    }

    pub(super) fn format(&self, detail: String) -> Error {
        Error::format(self.operation, self.path, detail)
    }

    pub(super) fn damaged(&self, cause: &Cause) -> Error {
        self.format(format!("damaged, or not readable by this HDF5: {cause}"))
    }

    pub(super) fn unsupported(&self, feature: String) -> Error {
        Error::Unsupported {
            operation: self.operation.to_string(),
            path: self.path.display().to_string(),
            feature,
        }
    }
}
