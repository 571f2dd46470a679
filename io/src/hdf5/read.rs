//! Data into arrays: all ranks together.

use ndarray::{Array, Dimension, SliceInfoElem};
use partita::layout::{Axes, Distribution, Layout, block_range};
use partita::{DistArray, Error, ProcessGrid, Result};
use serde::{Deserialize, Serialize};

use super::checksum;
use super::dataset::{CHECKSUM, Description, Place};
use super::dtype::{Conversion, Hdf5Element, exact_floats, is_any_bits};
use super::ffi::Memory;
use super::file::{Access, File};
use super::hyperslab::Selection;
use super::slab::Slab;
use super::transfer::{Part, Session, Target};

/// What a dataset's data are, measured by its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Verdict {
    /// What was written.
    Intact,
    /// Not known: the dataset carries no checksum, as those of other programs.
    Unknown,
}

/// A dataset that is to be verified.
#[derive(Serialize, Deserialize)]
struct Stored {
    shape: Vec<usize>,
    sum: u64,
    /// What was found by the root, where elements lie elsewhere than in the dataset.
    of_texts: Option<u64>,
    place: Option<Place>,
    is_complete: bool,
}

/// Where the elements that are read go: over a grid in blocks, or each axis as a distribution says.
#[derive(Debug, Clone, Copy)]
pub struct Placement<'a> {
    grid: &'a ProcessGrid,
    distributions: Option<&'a [Distribution]>,
}

impl<'a> From<&'a ProcessGrid> for Placement<'a> {
    fn from(grid: &'a ProcessGrid) -> Self {
        Placement {
            grid,
            distributions: None,
        }
    }
}

impl<'a> From<(&'a ProcessGrid, &'a [Distribution])> for Placement<'a> {
    fn from((grid, distributions): (&'a ProcessGrid, &'a [Distribution])) -> Self {
        Placement {
            grid,
            distributions: Some(distributions),
        }
    }
}

impl<'a, const N: usize> From<(&'a ProcessGrid, &'a [Distribution; N])> for Placement<'a> {
    fn from((grid, distributions): (&'a ProcessGrid, &'a [Distribution; N])) -> Self {
        Placement::from((grid, distributions.as_slice()))
    }
}

impl Placement<'_> {
    fn layout<D: Axes>(&self, shape: D) -> Result<Layout<D>> {
        match self.distributions {
            None => Layout::block(shape, self.grid.shape().clone()),
            Some(distributions) => self.grid.layout(shape, distributions),
        }
    }
}

impl<Mode: Access> File<Mode> {
    /// Reads a dataset into an array over a grid, in blocks, whatever wrote it: any byte order,
    /// contiguous, chunked or compressed with gzip. *Collective.*
    ///
    /// With `(&grid, &[Cyclic, Replicated])` each axis goes where its distribution says.
    ///
    /// # Shapes
    /// The dataset has as many axes as the array.
    ///
    /// # Cost
    /// Every byte of the file once, straight into the array, where each rank converts it in place. One
    /// broadcast and some all-reduces of one integer, one more for each
    /// [`TRANSFER_LIMIT`](super::TRANSFER_LIMIT) a rank.
    ///
    /// Of compressed datasets each rank reads and unpacks the chunks that it has something of, one at a time, and needs
    /// memory for one as it is stored and twice as it is unpacked.
    ///
    /// # Errors
    /// [`Error::Format`] when there is no such dataset (with those there are), when its elements may
    /// not fit without loss ([`Hdf5Element`]), its data are truncated, or a chunk is damaged or unpacks to more than its
    /// elements; [`Error::Shape`] when it has
    /// another number of axes; [`Error::Unsupported`] for what no array holds, data in other
    /// files and unknown filters; [`Error::Memory`]; [`Error::Io`] when a rank cannot read.
    pub fn read<'a, A: Hdf5Element, D: Axes>(
        &self,
        name: &str,
        placement: impl Into<Placement<'a>>,
    ) -> Result<DistArray<A, D>> {
        self.read_part(name, None, placement.into())
    }

    /// Reads the part of a dataset that a slice names, by [`ndarray::s!`] with global indices, into an
    /// array over a grid. *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use ndarray::{Ix2, s};
    /// use partita::{DistArray, ProcessGrid};
    /// use partita_io::hdf5::File;
    /// let file = File::open(world, "run.h5")?;
    /// let grid = ProcessGrid::balanced(world, 2)?;
    /// // The last of the time steps, every second row of it.
    /// let u: DistArray<f64, Ix2> = file.read_slice("u", s![-1, ..;2, ..], &grid)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// The slice has as many axes as the dataset, the array as many as the slice leaves.
    ///
    /// # Cost
    /// As [`read`](Self::read), of the part.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`Error::Shape`] when the slice reaches beyond the dataset or goes backwards.
    pub fn read_slice<'a, A: Hdf5Element, D: Axes>(
        &self,
        name: &str,
        slice: impl AsRef<[SliceInfoElem]>,
        placement: impl Into<Placement<'a>>,
    ) -> Result<DistArray<A, D>> {
        self.read_part(name, Some(slice.as_ref()), placement.into())
    }

    fn read_part<A: Hdf5Element, D: Axes>(
        &self,
        name: &str,
        slice: Option<&[SliceInfoElem]>,
        placement: Placement,
    ) -> Result<DistArray<A, D>> {
        let operation = format!("read {name:?} from");
        let memory = A::type_descriptor();
        let described = self.ask_and_release(&operation, &slice, |source| {
            source.describe(name, &memory, self.lossy)
        })?;
        let refused = |detail| Error::shape(self.on_path(&operation), detail);
        let slab = match slice {
            None => Slab::whole(&described.shape),
            Some(slice) => Slab::new(slice, &described.shape).map_err(refused)?,
        };
        let shape = dimension::<D>(&slab.shape()).ok_or_else(|| {
            let (shape, ndim) = (slab.shape(), D::NDIM.unwrap_or_default());
            let what = if slice.is_some() { "slice" } else { "dataset" };
            let axes = shape.len();
            refused(format!(
                "the {what} has {axes} axes ({shape:?}), the array {ndim}"
            ))
        })?;
        let grid = placement.grid;
        let layout = placement.layout(shape)?;
        let rank = grid.communicator().rank();
        let own = Selection::of_layout(&layout, rank);
        let selection = slab.selection(&own);
        let elements = self.read_elements::<A>(&operation, name, &described, &selection)?;
        let local = Array::from_shape_vec(layout.local_shape(rank), elements)?;
        DistArray::from_local(grid, layout, local)
    }

    /// This rank's elements of a dataset. *Collective.*
    pub(super) fn read_elements<A: Hdf5Element>(
        &self,
        operation: &str,
        name: &str,
        described: &Description,
        selection: &Selection,
    ) -> Result<Vec<A>> {
        let memory = self.memory::<A>(operation, selection.volume());
        let mut memory = self.communicator.agree(memory)?;
        let part = Part {
            dataset: name,
            selection,
        };
        self.read_bytes::<A>(operation, part, described, memory.bytes_mut())?;
        let elements = memory.into_elements().map_err(|place| {
            let detail = format!("its element {place} of this rank's is no value of its type");
            Error::format(operation, &self.path, detail)
        });
        match is_any_bits(&A::type_descriptor()) {
            true => elements,
            // Local: each rank sees its own elements only.
            false => self.communicator.agree(elements),
        }
    }

    /// Fills the memory of this rank's elements. *Collective.*
    pub(super) fn read_bytes<A: Hdf5Element>(
        &self,
        operation: &str,
        part: Part,
        described: &Description,
        bytes: &mut [u8],
    ) -> Result<()> {
        if !described.shape.contains(&0) {
            let target = Target {
                memory: &A::type_descriptor(),
                conversion: described.conversion,
            };
            let place = described.place.as_ref();
            let part = Part {
                dataset: place.map_or(part.dataset, |place| &place.name),
                ..part
            };
            let session = self.session_at(operation, place)?;
            let session = session.for_chunks(described.is_complete);
            let transfer = session.read(part, target, bytes)?;
            self.last_transfer.set(Some(transfer));
        }
        self.convert_wide(operation, described.conversion, bytes)
    }

    /// Room for so many elements; local.
    fn memory<A: Hdf5Element>(&self, operation: &str, length: usize) -> Result<Memory<A>> {
        Memory::zeroed(length).ok_or_else(|| {
            let bytes = (length as u64).saturating_mul(size_of::<A>() as u64);
            let operation = self.on_path(operation);
            Error::Memory { operation, bytes }
        })
    }

    fn convert_wide(
        &self,
        operation: &str,
        conversion: Conversion,
        memory: &mut [u8],
    ) -> Result<()> {
        let Conversion::ByValue { signed } = conversion else {
            return Ok(());
        };
        // Local: each rank sees its own values only.
        let converted = exact_floats(memory, signed).map_err(|integer| {
            let detail =
                format!("{integer} is one of its elements, and has no equal among the floats");
            Error::format(operation, &self.path, detail)
        });
        self.communicator.agree(converted)
    }

    /// Reads a whole dataset and compares it with the checksum it carries. *Collective.*
    ///
    /// It says nothing of attributes. HDF5 itself fails to read their names, types and numbers when they are damaged,
    /// but has no checksum of texts of any length and of arrays of 64 KiB and more among them.
    ///
    /// # Cost
    /// Every byte of the dataset once, in bounded memory.
    ///
    /// # Errors
    /// [`Error::Format`], naming the dataset, when its data are not what was written, or it cannot be
    /// read.
    pub fn verify(&self, name: &str) -> Result<Verdict> {
        let operation = format!("verify {name:?} in");
        let stored: Option<Stored> = self.ask_and_release(&operation, &(), |source| {
            let dataset = source.dataset(name)?;
            let Some(sum) = self.access.sum_of(source, name)? else {
                return Ok(None);
            };
            source.check_storage(&dataset)?;
            Ok(Some(Stored {
                sum,
                of_texts: source.sum_of_texts(&dataset)?,
                place: source.elsewhere(&dataset)?,
                is_complete: source.is_complete(&dataset),
                shape: source.shape(&dataset)?,
            }))
        })?;
        let Some(stored) = stored else {
            return Ok(Verdict::Unknown);
        };
        let (expected, whole) = (stored.sum, Slab::whole(&stored.shape));
        let found = match stored.of_texts {
            Some(sum) => sum,
            None => {
                let place = stored.place.as_ref();
                let session = self.session_at(&operation, place)?;
                let name = place.map_or(name, |place| &place.name);
                self.sum_of(session.for_chunks(stored.is_complete), name, &whole)?
            }
        };
        if found == expected {
            return Ok(Verdict::Intact);
        }
        let detail = format!(
            "its data are not what was written: their checksum is {found:016x}, \
             its attribute {CHECKSUM} says {expected:016x}"
        );
        Err(Error::format(operation, &self.path, detail))
    }

    /// Verifies every dataset of the file, and tells how many carry a checksum. *Collective.*
    ///
    /// # Errors
    /// As [`verify`](Self::verify), of the first dataset that is damaged.
    pub fn verify_all(&self) -> Result<usize> {
        let mut verified = 0;
        for name in self.datasets()? {
            verified += usize::from(self.verify(&name)? == Verdict::Intact);
        }
        Ok(verified)
    }

    /// The checksum of what is stored in a part of a dataset, each rank reading its share.
    pub(super) fn sum_of(&self, session: Session, dataset: &str, slab: &Slab) -> Result<u64> {
        let shape = slab.shape();
        let mut sum = 0u64;
        if !shape.contains(&0) {
            let own = share(&shape, self.communicator.rank(), self.communicator.size());
            let part = Part {
                dataset,
                selection: &slab.selection(&own),
            };
            session.scan(part, |piece, bytes| {
                let size = bytes.len() / piece.elements.len().max(1);
                let share = checksum::of_elements(&piece.selection, size, bytes);
                sum = sum.wrapping_add(share);
            })?;
        }
        self.add_up(sum)
    }

    /// The sum of all ranks' shares, modulo 2⁶⁴.
    pub(super) fn add_up(&self, share: u64) -> Result<u64> {
        let shares = self.communicator.all_gather(&[share])?;
        Ok(shares.into_iter().fold(0, u64::wrapping_add))
    }
}

/// What a rank takes of a shape when all that matters is that everyone takes about as much.
pub(super) fn share(shape: &[usize], rank: usize, ranks: usize) -> Selection {
    let longest = (0..shape.len()).rev().max_by_key(|&axis| shape[axis]);
    if longest.is_none() && rank > 0 {
        return Selection::none(0);
    }
    let ranges = shape
        .iter()
        .enumerate()
        .map(|(axis, &length)| match longest {
            Some(longest) if longest == axis => block_range(length, ranks, rank),
            _ => 0..length,
        });
    Selection::of_ranges(ranges)
}

/// A shape of a static number of axes, if it has that many.
pub(super) fn dimension<D: Dimension>(shape: &[usize]) -> Option<D> {
    if D::NDIM.is_some_and(|ndim| ndim != shape.len()) {
        return None;
    }
    let mut dimension = D::zeros(shape.len());
    dimension.slice_mut().copy_from_slice(shape);
    Some(dimension)
}
