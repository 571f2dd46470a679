//! How a dataset lies in its file.

use hdf5::types::TypeDescriptor;
use partita::Result;
use partita::layout::{Axes, Distribution, GridShape, Layout, block_range};

use super::dtype;
use super::write::bytes_of;

/// No default chunk is larger than so many bytes: HDF5's chunk cache holds one of these.
const LARGEST_CHUNK: usize = 1 << 20;

/// No chunk of a layout is: HDF5's own limit is 4 GiB.
const LARGEST_LAYOUT_CHUNK: usize = 1 << 30;

/// HDF5 takes room in blocks for small pieces, and for the first nodes of a tree: no more than this altogether.
const BLOCKS: u64 = 32 << 10;

/// How a dataset lies in its file: in one run, or in chunks that may be compressed and can grow.
///
/// ```
/// use partita_io::hdf5::Storage;
/// let storage = Storage::chunked().shuffle().gzip(4).unlimited(0);
/// assert!(storage.is_compressed());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Storage {
    pub(super) chunks: Chunks,
    pub(super) unlimited: Vec<usize>,
    pub(super) scale_offset: bool,
    pub(super) shuffle: bool,
    pub(super) gzip: Option<u8>,
    pub(super) fletcher32: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) enum Chunks {
    #[default]
    None,
    OfShape,
    OfLayout,
    Of(Vec<usize>),
}

impl Storage {
    /// In one run, in C order: the fastest for whole rows, and the default.
    pub fn contiguous() -> Self {
        Storage::default()
    }

    /// In chunks whose shape follows from the array's alone, of at most 1 MiB: the file does not depend on
    /// the number of ranks.
    pub fn chunked() -> Self {
        Storage {
            chunks: Chunks::OfShape,
            ..Storage::default()
        }
    }

    /// In chunks as large as the layout's blocks: the fastest for blocks that are not whole rows. The
    /// data in the file are the same on any number of ranks, their arrangement is not.
    pub fn chunked_as_laid_out() -> Self {
        Storage {
            chunks: Chunks::OfLayout,
            ..Storage::default()
        }
    }

    /// In chunks of this shape.
    pub fn chunks(shape: &[usize]) -> Self {
        Storage {
            chunks: Chunks::Of(shape.to_vec()),
            ..Storage::default()
        }
    }

    /// Can grow along this axis; in chunks, as HDF5 requires.
    pub fn unlimited(mut self, axis: usize) -> Self {
        self.unlimited.push(axis);
        self.in_chunks()
    }

    /// Compressed by gzip's method, at a level from 0 to 9; in chunks.
    pub fn gzip(mut self, level: u8) -> Self {
        self.gzip = Some(level);
        self.in_chunks()
    }

    /// Integers as their distance from the least of their chunk, in as many bits as the largest needs; in chunks. Not
    /// together with [`fletcher32`](Self::fletcher32).
    pub fn scale_offset(mut self) -> Self {
        self.scale_offset = true;
        self.in_chunks()
    }

    /// Bytes of like weight beside each other before they are compressed; in chunks.
    pub fn shuffle(mut self) -> Self {
        self.shuffle = true;
        self.in_chunks()
    }

    /// Each chunk with HDF5's own checksum, which every reader verifies; in chunks.
    pub fn fletcher32(mut self) -> Self {
        self.fletcher32 = true;
        self.in_chunks()
    }

    /// Whether what is stored has to be computed from the elements.
    pub fn is_compressed(&self) -> bool {
        self.gzip.is_some() || self.scale_offset || self.shuffle || self.fletcher32
    }

    /// Whether the dataset can change its shape.
    pub(super) fn can_grow(&self) -> bool {
        !self.unlimited.is_empty()
    }

    /// The bytes that what is compressed takes in its file at most, with HDF5's own for finding its chunks. The file has
    /// to be longer by them before ranks write together: gaps between what it writes Open MPI 4.1 fills with what it
    /// finds there, and behind the file's end that is what lies in memory.
    pub(super) fn room(&self, shape: &[usize], chunk: Option<&[usize]>, size: usize) -> u64 {
        let Some(chunk) = chunk.filter(|_| self.is_compressed()) else {
            return 0;
        };
        let chunks = shape.iter().zip(chunk);
        let chunks: Vec<usize> = chunks
            .map(|(length, chunk)| length.div_ceil(*chunk))
            .collect();
        let bytes = bytes_of(chunk, size);
        // What cannot be compressed grows: by 1 in 1000 and 12 bytes in HDF5's deflate, 4 in fletcher32.
        let packed = bytes.saturating_add(bytes / 512 + 64);
        // Nodes of the tree that finds chunks are half full at least, and an entry has a place along each axis.
        let entry = 3 * (32 + 8 * shape.len() as u64);
        let all = bytes_of(&chunks, 1).saturating_mul(packed.saturating_add(entry));
        all.saturating_add(BLOCKS)
    }

    /// Whether such elements can be stored so; if not, why.
    pub(super) fn suits(&self, element: &TypeDescriptor) -> Result<(), String> {
        use TypeDescriptor::{Integer, Unsigned};
        let is_integer = matches!(element, Integer(_) | Unsigned(_));
        if self.scale_offset && !is_integer {
            let name = dtype::name(element);
            return Err(format!("scale_offset is for integers, and not for {name}"));
        }
        if self.scale_offset && self.fletcher32 {
            return Err("HDF5 has no fletcher32 of what scale_offset made".into());
        }
        Ok(())
    }

    fn in_chunks(mut self) -> Self {
        if self.chunks == Chunks::None {
            self.chunks = Chunks::OfShape;
        }
        self
    }

    /// The chunk's shape for a dataset of this shape whose elements have `size` bytes; `None` where it
    /// is contiguous. What is wrong is said in words.
    pub(super) fn chunk(
        &self,
        shape: &[usize],
        size: usize,
        block: &[usize],
    ) -> Result<Option<Vec<usize>>, String> {
        if let Some(axis) = self.unlimited.iter().find(|&&axis| axis >= shape.len()) {
            return Err(format!(
                "there is no axis {axis} in {shape:?} to be unlimited"
            ));
        }
        if self.gzip.is_some_and(|level| level > 9) {
            return Err("gzip's levels end at 9".into());
        }
        if shape.is_empty() {
            return match self.chunks {
                Chunks::Of(_) => Err("a single number has no chunks".into()),
                _ => Ok(None),
            };
        }
        match &self.chunks {
            Chunks::None => Ok(None),
            Chunks::Of(chunk) => checked(chunk, shape, size, &self.unlimited).map(Some),
            Chunks::OfShape => Ok(Some(bounded(shape, size, LARGEST_CHUNK))),
            Chunks::OfLayout => Ok(Some(bounded(block, size, LARGEST_LAYOUT_CHUNK))),
        }
    }
}

/// The largest part that a rank has: what a chunk of the layout is.
pub(super) fn largest_part<D: Axes>(layout: &Layout<D>) -> Vec<usize> {
    let ranks = 0..layout.grid().size();
    let shapes = ranks.map(|rank| layout.local_shape(rank));
    shapes.fold(vec![0; layout.shape().len()], |largest, shape| {
        let pairs = largest.iter().zip(shape.slice());
        pairs.map(|(&one, &other)| one.max(other)).collect()
    })
}

/// The layout in which each rank has whole chunks, those of a rank after those of the ranks before it: in
/// this order HDF5 gives compressed chunks their places, whatever the number of ranks.
pub(super) fn by_chunks<D: Axes>(shape: D, chunk: &[usize], ranks: usize) -> Result<Layout<D>> {
    let lengths = shape.slice().to_vec();
    // Before the first axis with several chunks there is nothing to cut.
    let cut = (0..lengths.len()).find(|&axis| lengths[axis] > chunk[axis]);
    let distributions = lengths.iter().enumerate().map(|(axis, &length)| {
        if axis != cut.unwrap_or(0) {
            return Distribution::Replicated;
        }
        let chunk = chunk[axis].max(1);
        let parts = (0..ranks).map(|rank| {
            let own = block_range(length.div_ceil(chunk), ranks, rank);
            (own.end * chunk).min(length) - (own.start * chunk).min(length)
        });
        Distribution::Parts(parts.collect())
    });
    let distributions: Vec<_> = distributions.collect();
    Layout::new(shape, GridShape::new(&[ranks]), &distributions)
}

fn checked(
    chunk: &[usize],
    shape: &[usize],
    size: usize,
    unlimited: &[usize],
) -> Result<Vec<usize>, String> {
    let fits = |(axis, (&chunk, &length)): (usize, (&usize, &usize))| {
        chunk > 0 && (chunk <= length.max(1) || unlimited.contains(&axis))
    };
    if chunk.len() != shape.len() || !chunk.iter().zip(shape).enumerate().all(fits) {
        return Err(format!(
            "chunks of {chunk:?} do not fit a shape of {shape:?}"
        ));
    }
    let bytes = chunk
        .iter()
        .try_fold(size, |bytes, &length| bytes.checked_mul(length));
    match bytes {
        Some(bytes) if bytes < 1 << 32 => Ok(chunk.to_vec()),
        _ => Err(format!(
            "chunks of {chunk:?} have 4 GiB or more, which HDF5 does not do"
        )),
    }
}

/// The shape, its first axes halved until it has at most `limit` bytes.
fn bounded(shape: &[usize], size: usize, limit: usize) -> Vec<usize> {
    let mut chunk: Vec<usize> = shape.iter().map(|&length| length.max(1)).collect();
    for axis in 0..chunk.len() {
        let behind = chunk[axis + 1..]
            .iter()
            .fold(size.max(1), |bytes, &length| bytes.saturating_mul(length));
        // As many equal parts as are needed, so that the last one is not a sliver.
        let most = (limit / behind).max(1);
        let parts = chunk[axis].div_ceil(most);
        chunk[axis] = chunk[axis].div_ceil(parts);
        if behind <= limit {
            break;
        }
    }
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_chunks_are_of_whole_rows_and_bounded() {
        let chunk = |shape: &[usize]| Storage::chunked().chunk(shape, 8, shape).unwrap().unwrap();
        assert_eq!(chunk(&[10, 20]), [10, 20]);
        assert_eq!(chunk(&[1000, 1000]), [125, 1000]);
        assert_eq!(chunk(&[3, 1 << 20]), [1, 1 << 17]);
        assert_eq!(chunk(&[0, 5]), [1, 5]);
        assert_eq!(Storage::chunked().gzip(1).chunk(&[], 8, &[]), Ok(None));
        assert_eq!(Storage::contiguous().chunk(&[7], 8, &[7]), Ok(None));
    }

    #[test]
    fn chunks_of_a_layout_are_its_largest_part() {
        let layout = Layout::block([7, 4], GridShape::new(&[2, 2])).unwrap();
        let storage = Storage::chunked_as_laid_out();
        let chunk = storage.chunk(&[7, 4], 8, &largest_part(&layout));
        assert_eq!(chunk, Ok(Some(vec![4, 2])));
    }

    #[test]
    fn by_chunks_every_rank_has_whole_ones_in_their_order() {
        let runs = |shape: [usize; 2], chunk: [usize; 2], axis: usize| -> Vec<_> {
            let layout = by_chunks(ndarray::Ix2(shape[0], shape[1]), &chunk, 3).unwrap();
            (0..3)
                .map(|rank| layout.local_runs(rank, axis).as_range().unwrap())
                .collect()
        };
        assert_eq!(runs([9, 8], [2, 8], 0), [0..4, 4..8, 8..9]);
        assert_eq!(runs([9, 8], [2, 8], 1), [0..8, 0..8, 0..8]);
        assert_eq!(runs([9, 8], [9, 4], 1), [0..4, 4..8, 8..8]);
        assert_eq!(runs([9, 8], [9, 8], 0), [0..9, 9..9, 9..9]);
    }

    #[test]
    fn what_hdf5_cannot_do_is_refused_in_words() {
        let refused = |storage: Storage| storage.chunk(&[5, 4], 8, &[5, 4]).unwrap_err();
        assert!(refused(Storage::chunks(&[6, 4])).contains("do not fit"));
        assert!(refused(Storage::chunks(&[5])).contains("do not fit"));
        assert!(refused(Storage::chunks(&[0, 4])).contains("do not fit"));
        assert!(refused(Storage::chunked().unlimited(2)).contains("no axis 2"));
        assert!(refused(Storage::chunked().gzip(10)).contains("levels end at 9"));
        let huge = Storage::chunks(&[1 << 30, 4]).unlimited(0);
        assert!(refused(huge).contains("4 GiB"));
    }
}
