//! Chunks that were compressed, read and unpacked by the ranks themselves.
//!
//! HDF5's deflate filter makes room for all that a chunk's stream unpacks to, whatever the chunk should hold: a few
//! megabytes of a file from elsewhere can fill any memory. Here each rank reads the chunks that it takes something
//! of as they are stored, and unpacks each once, into no more than what it is said to hold.

use std::path::Path;

use hdf5::Dataset;
use hdf5::dataset::{ChunkOpts, FillTime, FillValue};
use hdf5::file::FileCloseDegree;
use hdf5::types::TypeDescriptor;
use serde::{Deserialize, Serialize};

use super::chunk_parts::{ChunkPart, for_each_chunk};
use super::dtype::is_plain;
use super::ffi::{Cause, StoredChunk, fill_value, read_chunk, stored_filters};
use super::hyperslab::Selection;
use super::pipeline::{Broken, Pipeline, Workspace};

/// More chunks than so many are nothing for one rank.
const MOST_CHUNKS: u128 = 1 << 24;

/// A dataset in chunks that went through filters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packed {
    shape: Vec<usize>,
    pub chunk: Vec<usize>,
    /// The bytes of an element in the file.
    pub size: usize,
    pub pipeline: Pipeline,
    /// An element that nobody wrote; none where elements are not their bytes.
    fill: Vec<u8>,
    /// Whether the filters did not see chunks that reach beyond the dataset.
    edges_are_raw: bool,
}

/// Why a chunk was not read.
pub(super) enum Failure {
    /// It is none of this dataset, in words.
    Damaged(String),
    /// HDF5's reason, or the system's.
    Failed(Cause),
    Memory(usize),
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Failure::Failed(cause)
    }
}

impl From<hdf5::Error> for Failure {
    fn from(error: hdf5::Error) -> Self {
        Failure::Failed(error.into())
    }
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Damaged(words) => Failure::Damaged(words),
            Broken::Memory(bytes) => Failure::Memory(bytes),
        }
    }
}

impl Packed {
    /// What there is to know of a dataset, if its chunks went through filters. *Local.*
    pub fn of(dataset: &Dataset) -> Result<Option<Self>, Cause> {
        let filters = stored_filters(dataset)?;
        let (Some(chunk), false) = (dataset.chunk(), filters.is_empty()) else {
            return Ok(None);
        };
        let (element, properties) = (dataset.dtype()?.to_descriptor()?, dataset.dcpl()?);
        let sizes = dataset.file()?.fcpl()?.sizes();
        let options = properties.get_chunk_opts()?.unwrap_or(ChunkOpts::empty());
        Ok(Some(Packed {
            shape: dataset.shape(),
            chunk,
            size: size_in_file(&element, sizes.sizeof_addr.into()),
            pipeline: Pipeline::of(&filters),
            fill: match is_plain(&element) {
                true => fill(dataset, element.size())?,
                false => Vec::new(),
            },
            edges_are_raw: options.contains(ChunkOpts::DONT_FILTER_PARTIAL_CHUNKS),
        }))
    }

    /// The bytes of a chunk's elements, before the filters.
    pub fn bytes(&self) -> usize {
        self.bytes_of(&self.chunk)
    }

    /// The bytes of all elements of the dataset.
    pub fn all_bytes(&self) -> usize {
        self.bytes_of(&self.shape)
    }

    fn bytes_of(&self, lengths: &[usize]) -> usize {
        let mut lengths = lengths.iter();
        let bytes = lengths.try_fold(self.size, |bytes, &length| bytes.checked_mul(length));
        bytes.unwrap_or(usize::MAX)
    }

    /// Whether the filters did not see a chunk, whatever is said of it.
    fn is_raw(&self, origin: &[usize]) -> bool {
        let mut axes = origin.iter().zip(&self.chunk).zip(&self.shape);
        self.edges_are_raw && axes.any(|((start, chunk), &length)| start + chunk > length)
    }

    /// Brings the elements of a chunk to the beginning of the workspace.
    fn load(
        &self,
        dataset: &Dataset,
        origin: &[usize],
        workspace: &mut Workspace,
    ) -> Result<(), Failure> {
        let bytes = self.bytes();
        let most = self.pipeline.most_stored(bytes);
        match read_chunk(dataset, origin, most as u64, &mut workspace.bytes)? {
            StoredChunk::TooLong(stored) => Err(Failure::Damaged(format!(
                "its {bytes} bytes take {stored} in the file: it holds something else"
            ))),
            StoredChunk::Read { length, mask } => {
                let mask = if self.is_raw(origin) { u32::MAX } else { mask };
                Ok(self.pipeline.undo(mask, length, bytes, workspace)?)
            }
            StoredChunk::Missing => {
                workspace.reserve(bytes)?;
                if !self.fill.is_empty() {
                    for element in workspace.bytes[..bytes].chunks_exact_mut(self.size) {
                        element.copy_from_slice(&self.fill);
                    }
                }
                Ok(())
            }
        }
    }

    /// Puts a part of the chunk in the workspace together in memory with room for as many elements of `room` bytes; how
    /// many there are.
    pub fn gather(
        &self,
        part: &ChunkPart,
        workspace: &Workspace,
        gathered: &mut Vec<u8>,
        room: usize,
    ) -> Result<usize, Failure> {
        let length = part.volume();
        let bytes = length.saturating_mul(self.size.max(room));
        gathered.clear();
        let reserved = gathered.try_reserve(bytes);
        reserved.map_err(|_| Failure::Memory(bytes))?;
        part.alone()
            .for_each_run(&self.chunk, &part.lengths(), |run| {
                let from = &workspace.bytes[run.from * self.size..];
                gathered.extend_from_slice(&from[..run.length * self.size]);
            });
        gathered.resize(bytes, 0);
        Ok(length)
    }

    /// Shows what a selection takes of each chunk, and the chunk's elements as they are stored. *Local.*
    pub fn for_each_chunk(
        &self,
        dataset: &Dataset,
        selection: &Selection,
        mut visit: impl FnMut(&ChunkPart, &mut Workspace) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut workspace = Workspace::new();
        for_each_chunk(selection, &self.chunk, |part| {
            let loaded = self.load(dataset, &part.origin, &mut workspace);
            loaded.map_err(|failure| failure.of_chunk(&part.origin))?;
            visit(part, &mut workspace)
        })
    }
}

impl Failure {
    fn of_chunk(self, origin: &[usize]) -> Self {
        self.prefixed(&format!("the chunk at {origin:?}"))
    }

    pub fn of_dataset(self, name: &str) -> Self {
        self.prefixed(&format!("{name:?}"))
    }

    fn prefixed(self, prefix: &str) -> Self {
        match self {
            Failure::Damaged(words) => Failure::Damaged(format!("{prefix}: {words}")),
            Failure::Failed(cause) => {
                Failure::Failed(Cause::from(format!("{prefix}: {cause}").as_str()))
            }
            Failure::Memory(bytes) => Failure::Memory(bytes),
        }
    }
}

/// Whether all chunks of a dataset hold what they should, before HDF5 unpacks them; in words what is wrong. *Local.*
pub(super) fn check_chunks(dataset: &Dataset) -> Result<(), Cause> {
    let Some(packed) = Packed::of(dataset)? else {
        return Ok(());
    };
    let axes = packed.shape.iter().zip(&packed.chunk);
    let chunks = axes.map(|(&length, &chunk)| length.div_ceil(chunk.max(1)) as u128);
    if chunks.product::<u128>() > MOST_CHUNKS {
        return Err("it has more chunks than one rank looks through".into());
    }
    let whole = Selection::of_ranges(packed.shape.iter().map(|&length| 0..length));
    let checked = packed.for_each_chunk(dataset, &whole, |_, _| Ok(()));
    checked.map_err(|failure| match failure {
        Failure::Damaged(words) => Cause::from(words.as_str()),
        Failure::Failed(cause) => cause,
        Failure::Memory(bytes) => Cause::from(format!("no memory for {bytes} bytes").as_str()),
    })
}

/// Opens a file for reading, by this rank alone.
pub(super) fn open(path: &Path) -> Result<hdf5::File, Cause> {
    Ok(hdf5::File::with_options()
        .with_fapl(|access| access.fclose_degree(FileCloseDegree::Strong))
        .open(path)?)
}

/// An element that nobody wrote; zeros where HDF5 would leave memory as it is.
fn fill(dataset: &Dataset, size: usize) -> Result<Vec<u8>, Cause> {
    let properties = dataset.dcpl()?;
    let is_never = properties.get_fill_time()? == FillTime::Never;
    match is_never || properties.get_fill_value_defined()? == FillValue::Undefined {
        true => Ok(vec![0; size]),
        false => fill_value(dataset),
    }
}

/// The bytes that an element takes in a file, where what is of any length lies elsewhere: its length, and the place
/// of its heap and within it.
fn size_in_file(element: &TypeDescriptor, address: usize) -> usize {
    use TypeDescriptor::{Compound, FixedArray, VarLenArray, VarLenAscii, VarLenUnicode};
    match element {
        VarLenAscii | VarLenUnicode | VarLenArray(_) => 4 + address + 4,
        FixedArray(element, length) => size_in_file(element, address) * length,
        Compound(compound) => {
            let fields = compound.fields.iter();
            fields.fold(compound.size, |size, field| {
                size + size_in_file(&field.ty, address) - field.ty.size()
            })
        }
        _ => element.size(),
    }
}
