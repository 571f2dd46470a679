//! Arrays into datasets: all ranks together.

use std::borrow::Cow;

use hdf5::types::OwnedDynValue;
use ndarray::{IntoDimension, SliceInfoElem};
use partita::layout::Axes;
use partita::{DistArray, Error, Result};

use super::checksum;
use super::dataset::Source;
use super::dtype::{self, Hdf5Element};
use super::ffi::as_bytes;
use super::file::{Access, File};
use super::fill::Old;
use super::plan::Plan;
use super::read::share;
use super::slab::Slab;
use super::storage::{Chunks, Storage, by_chunks, largest_part};
use super::writing::{Fresh, Writing};
use crate::agreed::{for_all_to_hear, on_root};
use crate::save;

/// A dataset that is to be made.
struct Wanted<'a, A> {
    operation: &'a str,
    name: &'a str,
    shape: &'a [usize],
    storage: &'a Storage,
    chunk: Option<Vec<usize>>,
    /// What every element is at first, unless all are written at once.
    fill: Option<A>,
}

impl File<Writing> {
    /// Writes a whole array as a contiguous dataset in C order. *Collective.*
    ///
    /// Groups in the name (`"fields/u"`) are made. Room is taken on the disk before any data is
    /// written. The dataset carries a checksum ([`verify`](Self::verify)).
    ///
    /// # Cost
    /// Every byte once, straight from the array (which is copied only if it has a halo), summed up on the way. Where a
    /// rank's runs in the file are short, as of columns, they are first put together by all ranks, 3 MiB a rank at a
    /// time. Three broadcasts and some all-reduces of one integer, one more for each
    /// [`TRANSFER_LIMIT`](super::TRANSFER_LIMIT) a rank.
    ///
    /// # Errors
    /// [`Error::Io`] when there is something of this name, or not enough space (with how much was needed);
    /// [`Error::Usage`] when ranks want different things, or the name is none. Then nothing has changed, and the save
    /// goes on without this array.
    ///
    /// [`Error::Io`] when a rank cannot write. The file can then no longer be closed into place; when only some ranks
    /// failed, it cannot even be closed in order, and the program should end.
    pub fn write<A: Hdf5Element, D: Axes>(
        &mut self,
        name: &str,
        array: &DistArray<A, D>,
    ) -> Result<()> {
        self.write_with(name, array, &Storage::contiguous())
    }

    /// Writes a whole array as a dataset that lies in the file as `storage` says. *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator, u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita_io::hdf5::{File, Storage};
    /// let mut file = File::create(world, "out.h5")?;
    /// file.write_with("u", u, &Storage::chunked().shuffle().gzip(4))?;
    /// file.close()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// As [`write`](Self::write). What is compressed is first redistributed, so that each rank has whole chunks
    /// (memory for the array once more), and needs as much room on the disk while it is written as it would
    /// uncompressed, because nobody knows better before.
    ///
    /// # Errors
    /// As [`write`](Self::write). Before anything has changed: [`Error::Shape`] when the chunks do not fit the array;
    /// [`Error::Unsupported`] for compressed chunks
    /// [`with_independent_transfers`](Self::with_independent_transfers), and for elements with padding.
    pub fn write_with<A: Hdf5Element, D: Axes>(
        &mut self,
        name: &str,
        array: &DistArray<A, D>,
        storage: &Storage,
    ) -> Result<()> {
        let operation = format!("write {name:?} to");
        self.whole_so_far(&operation)?;
        let block = match storage.chunks {
            Chunks::OfLayout => largest_part(array.layout()),
            _ => Vec::new(),
        };
        let same_ranks = self.same_ranks(&operation, array.communicator());
        let chunk = self.chunk::<A>(&operation, array.shape(), storage, &block);
        let (chunk, found_here) = for_all_to_hear(chunk);
        let wanted = Wanted {
            operation: &operation,
            name,
            shape: array.shape(),
            storage,
            chunk,
            fill: None::<A>,
        };
        self.look_at(&wanted, found_here.and(same_ranks))?;
        let arranged = self.arranged(array, storage, wanted.chunk.as_deref())?;
        self.changing(|file| {
            file.make(wanted)?;
            let slab = Slab::whole(array.shape());
            let sum = file.fill(&operation, name, &slab, &arranged, None)?;
            file.note_sum(name, sum);
            Ok(())
        })
    }

    /// Makes a dataset of this `shape` whose every element is `fill`, to be written in parts. *Collective.*
    ///
    /// A number other than zero is the dataset's attribute `_FillValue` too, by which netCDF and xarray know that it
    /// stands for a missing value.
    ///
    /// # Cost
    /// The root makes it, and writes the fill values unless they are zeros of a contiguous dataset; two
    /// broadcasts and an all-reduce; each rank computes its share of the checksum.
    ///
    /// # Errors
    /// As [`write_with`](Self::write_with).
    pub fn create_dataset<A: Hdf5Element, D: Axes>(
        &mut self,
        name: &str,
        shape: impl IntoDimension<Dim = D>,
        fill: A,
        storage: &Storage,
    ) -> Result<()> {
        let operation = format!("create {name:?} in");
        let shape = shape.into_dimension();
        let shape = shape.slice();
        self.whole_so_far(&operation)?;
        let chunk = self.chunk::<A>(&operation, shape, storage, shape);
        let (chunk, found_here) = for_all_to_hear(chunk);
        let wanted = Wanted {
            operation: &operation,
            name,
            shape,
            storage,
            chunk,
            fill: Some(fill),
        };
        self.look_at(&wanted, found_here)?;
        self.changing(|file| {
            file.make(wanted)?;
            let own = share(shape, file.communicator.rank(), file.communicator.size());
            let fill = file.bytes(&operation, &[fill])?.to_vec();
            let sum = file.add_up(checksum::of_copies(&own, &fill))?;
            file.note_sum(name, sum);
            let parts = Vec::new();
            let key = name.trim_matches('/').to_string();
            file.access.fresh.insert(key, Fresh { fill, parts });
            Ok(())
        })
    }

    /// Writes an array into the part of a dataset that a slice names, by [`ndarray::s!`] with global
    /// indices. *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator, u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use ndarray::s;
    /// use partita_io::hdf5::{File, Storage};
    /// let mut file = File::create(world, "run.h5")?;
    /// file.create_dataset("u", [10, 64, 64], f64::NAN, &Storage::chunks(&[1, 64, 64]))?;
    /// file.write_slice("u", s![3, .., ..], u)?; // u is 64 × 64
    /// file.close()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// The slice has as many axes as the dataset, and leaves the array's shape.
    ///
    /// # Cost
    /// As [`write`](Self::write). Where the part may hold data already, they are read first, for the checksum.
    ///
    /// Compressed chunks are unpacked and packed again, and unpacked once more before to see that they are what they are
    /// said to be, unless this program has just made them. Their data do not depend on the ranks; where they lie in the
    /// file may, because HDF5 moves a chunk whose length changes.
    ///
    /// # Errors
    /// As [`write`](Self::write). Before anything has changed: [`Error::Shape`] when the slice reaches beyond the
    /// dataset, goes backwards or has another shape than the array; [`Error::Format`] when the dataset's elements are of
    /// another type than the array's, or a chunk of it is damaged; [`Error::Unsupported`] when chunks of it are not there yet, as in files of other
    /// programs (HDF5 cannot make them collectively), and for compressed chunks
    /// [`with_independent_transfers`](Self::with_independent_transfers).
    pub fn write_slice<A: Hdf5Element, D: Axes>(
        &mut self,
        name: &str,
        slice: impl AsRef<[SliceInfoElem]>,
        array: &DistArray<A, D>,
    ) -> Result<()> {
        let operation = format!("write a slice of {name:?} to");
        self.whole_so_far(&operation)?;
        let element = dtype::name(&A::type_descriptor());
        let arguments = (slice.as_ref(), element, array.shape(), self.collective);
        let same_ranks = self.same_ranks(&operation, array.communicator());
        let shape = self.called_alike(&operation, &arguments, same_ranks, || {
            self.answer(&operation, |source| self.examine::<A>(source, name))
        })?;
        // Replicated from here on.
        let slab = Slab::new(slice.as_ref(), &shape)
            .map_err(|detail| Error::shape(self.on_path(&operation), detail))?;
        if slab.shape() != array.shape() {
            let (slice, array) = (slab.shape(), array.shape());
            let detail = format!("the slice has shape {slice:?}, the array {array:?}");
            return Err(Error::shape(self.on_path(&operation), detail));
        }
        self.changing(|file| {
            let sum = file.known_sum(&operation, name)?;
            let old = match (file.take_part(name, &slab), sum) {
                (Old::Unknown, None) => Old::Unsummed,
                (old, _) => old,
            };
            let added = file.fill(&operation, name, &slab, array, Some(old))?;
            if let Some(sum) = sum {
                file.note_sum(name, sum.wrapping_add(added));
            }
            Ok(())
        })
    }

    /// On the root: whether elements can be written into a dataset as they are, and its shape.
    fn examine<A: Hdf5Element>(&self, source: &Source, name: &str) -> Result<Vec<usize>> {
        let dataset = source.dataset(name)?;
        let (stored, own) = (source.element(&dataset)?, A::type_descriptor());
        if stored != own {
            let (stored, own) = (dtype::name(&stored), dtype::name(&own));
            return Err(source.format(format!("its elements are {stored}, the array's are {own}")));
        }
        source.check_storage(&dataset)?;
        let properties = dataset.dcpl();
        let properties = properties.map_err(|error| source.damaged(&error.into()))?;
        self.check_transfers(source, properties.has_filters())?;
        if !source.is_complete(&dataset) {
            return Err(source.unsupported("a dataset of which not every chunk is there".into()));
        }
        source.shape(&dataset)
    }

    /// HDF5 itself refuses only when all ranks are about to write.
    pub(super) fn check_transfers(&self, source: &Source, compressed: bool) -> Result<()> {
        match compressed && !self.collective {
            true => Err(source.unsupported(
                "independent writing of compressed chunks, which parallel HDF5 writes collectively only,".into(),
            )),
            false => Ok(()),
        }
    }

    /// The checksum that a dataset has, if it has one; lets the root's handle go.
    pub(super) fn known_sum(&self, operation: &str, name: &str) -> Result<Option<u64>> {
        on_root(&self.communicator, || {
            let sum = self.answer(operation, |source| self.access.sum_of(source, name))?;
            self.access.release(operation, &self.path)?;
            Ok(sum)
        })
    }

    /// What is known of a part's elements before it is written; from then on it may hold any.
    fn take_part(&mut self, name: &str, slab: &Slab) -> Old {
        let Some(fresh) = self.access.fresh.get_mut(name.trim_matches('/')) else {
            // It may be one of these, by another name.
            self.access.fresh.clear();
            return Old::Unknown;
        };
        let is_fresh = fresh.parts.iter().all(|part| part.is_apart_from(slab));
        fresh.parts.push(slab.clone());
        match is_fresh {
            true => Old::Fill(fresh.fill.clone()),
            false => Old::Unknown,
        }
    }

    /// The shape of the chunks, where there are to be some; local, as are the arguments until they are compared.
    pub(super) fn chunk<A: Hdf5Element>(
        &self,
        operation: &str,
        shape: &[usize],
        storage: &Storage,
        block: &[usize],
    ) -> Result<Option<Vec<usize>>> {
        self.bytes::<A>(operation, &[])?;
        let element = A::type_descriptor();
        let suits = storage.suits(&element);
        let chunk = suits.and_then(|()| storage.chunk(shape, element.size(), block));
        chunk.map_err(|detail| Error::shape(self.on_path(operation), detail))
    }

    /// The bytes of elements; replicated, as it is the type that may have none.
    pub(super) fn bytes<'a, A: Hdf5Element>(
        &self,
        operation: &str,
        elements: &'a [A],
    ) -> Result<&'a [u8]> {
        as_bytes(elements).map_err(|cause| Error::Unsupported {
            operation: operation.to_string(),
            path: self.path.display().to_string(),
            feature: cause.to_string(),
        })
    }

    /// The array as it is written: what is compressed in whole chunks a rank, so that the file does not
    /// depend on the ranks, and no chunk is put together from several.
    pub(super) fn arranged<'a, A: Hdf5Element, D: Axes>(
        &self,
        array: &'a DistArray<A, D>,
        storage: &Storage,
        chunk: Option<&[usize]>,
    ) -> Result<Cow<'a, DistArray<A, D>>> {
        let ranks = array.communicator().size();
        match chunk {
            Some(chunk) if storage.is_compressed() && ranks > 1 && !array.is_empty() => {
                let layout = by_chunks(array.layout().raw_dim(), chunk, ranks)?;
                Ok(Cow::Owned(array.redistribute(&layout)?))
            }
            _ => Ok(Cow::Borrowed(array)),
        }
    }

    /// Whether there can be such a dataset, and all ranks want it; nothing is changed.
    fn look_at<A: Hdf5Element>(&self, wanted: &Wanted<A>, found_here: Result<()>) -> Result<()> {
        let operation = wanted.operation;
        let element = dtype::name(&A::type_descriptor());
        let fill = wanted.fill.as_ref().map(std::slice::from_ref);
        let fill = fill.map(|fill| self.bytes(operation, fill)).transpose()?;
        let (storage, chunk) = (wanted.storage, &wanted.chunk);
        let arguments = (element, wanted.shape, storage, chunk, fill, self.collective);
        self.called_alike(operation, &arguments, found_here, || {
            self.answer(operation, |source| {
                source.check_free(wanted.name)?;
                self.check_transfers(source, chunk.is_some() && storage.is_compressed())
            })?;
            let room = wanted.bytes().max(wanted.room());
            save::check_room(self.session(operation)?.file, &self.path, room)
        })
    }

    /// The dataset's place in the file, and room for it on the disk.
    fn make<A: Hdf5Element>(&self, wanted: Wanted<A>) -> Result<()> {
        let (operation, room) = (wanted.operation, wanted.room());
        on_root(&self.communicator, || {
            let file = self.access.structure(operation, &self.path)?;
            let plan = Plan {
                name: wanted.name,
                element: &A::type_descriptor(),
                shape: wanted.shape,
                storage: wanted.storage,
                chunk: wanted.chunk,
                fill: wanted.fill.map(OwnedDynValue::new),
            };
            let made = plan.create(&file);
            made.map_err(|cause| Error::io(operation, &self.path, cause))?;
            drop(file);
            self.make_room(operation, room)
        })
    }

    /// On the root: lets go of the file, so that the ranks can open it together, and takes room for all
    /// that it says it has, and for so many bytes more.
    pub(super) fn make_room(&self, operation: &str, more: u64) -> Result<()> {
        self.access.release(operation, &self.path)?;
        let place = self.session(operation)?.file;
        let length = std::fs::metadata(place)
            .map_err(|cause| Error::io(operation, &self.path, cause))?
            .len();
        save::reserve(place, &self.path, length.saturating_add(more))
    }
}

impl<A: Hdf5Element> Wanted<'_, A> {
    fn bytes(&self) -> u64 {
        bytes_of(self.shape, A::type_descriptor().size())
    }

    /// Beyond what the file says it has once the dataset is made.
    fn room(&self) -> u64 {
        let size = A::type_descriptor().size();
        self.storage.room(self.shape, self.chunk.as_deref(), size)
    }
}

/// Of so many elements, as many as there can be at most.
pub(super) fn bytes_of(shape: &[usize], size: usize) -> u64 {
    let lengths = shape.iter().map(|&length| length as u64);
    match shape.contains(&0) {
        true => 0,
        false => lengths.fold(size as u64, u64::saturating_mul),
    }
}
