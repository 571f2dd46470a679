//! Datasets that change their shape.

use std::ops::Range;

use ndarray::IntoDimension;
use partita::layout::Axes;
use partita::{Error, Result};

use super::checksum;
use super::dataset::Source;
use super::ffi::{Cause, fill_value};
use super::file::{Access, File};
use super::plan::extend;
use super::read::share;
use super::slab::Slab;
use super::transfer::Part;
use super::write::bytes_of;
use super::writing::Writing;
use crate::agreed::on_root;
use crate::save;

impl File<Writing> {
    /// Gives a dataset another shape: what is added is its fill value, what is cut off is gone. *Collective.*
    ///
    /// # Cost
    /// The root writes the fill values; what is cut off is read once, for the checksum.
    ///
    /// # Errors
    /// Before anything has changed: [`Error::Shape`] when the dataset has another number of axes, or one of them cannot
    /// change ([`Storage::unlimited`](super::Storage::unlimited)). [`Error::Io`], as [`write`](Self::write).
    pub fn resize<D: Axes>(
        &mut self,
        name: &str,
        shape: impl IntoDimension<Dim = D>,
    ) -> Result<()> {
        let operation = format!("resize {name:?} in");
        let shape = shape.into_dimension();
        let shape = shape.slice();
        self.whole_so_far(&operation)?;
        let before: Before = self.called_alike(&operation, shape, Ok(()), || {
            let before = self.answer(&operation, |source| Before::look(source, name))?;
            let (new, old) = (shape, &before.shape);
            if let Some(hint) = before.hinders(new) {
                let detail = format!("{hint}its shape {old:?} cannot become {new:?}");
                return Err(Error::shape(self.on_path(&operation), detail));
            }
            let bytes = |shape: &[usize]| bytes_of(shape, before.fill.len());
            let added = bytes(new).saturating_sub(bytes(old));
            if !before.compressed {
                save::check_room(self.session(&operation)?.file, &self.path, added)?;
            }
            Ok(before)
        })?;
        self.changing(|file| file.resize_from(&operation, name, &before, shape))
    }

    fn resize_from(
        &mut self,
        operation: &str,
        name: &str,
        before: &Before,
        shape: &[usize],
    ) -> Result<()> {
        let mut sum = self.known_sum(operation, name)?;
        // What is cut off is known while it is there.
        for gone in parts(&before.shape, shape) {
            if let Some(sum) = &mut sum {
                *sum = sum.wrapping_sub(self.sum_of(self.session(operation)?, name, &gone)?);
            } else if before.compressed {
                self.check_cut(operation, name, &gone)?;
            }
        }
        on_root(&self.communicator, || {
            let file = self.access.structure(operation, &self.path)?;
            let dataset = file.dataset(name).map_err(Cause::from);
            let resized = dataset.and_then(|dataset| extend(&dataset, shape));
            resized.map_err(|cause| Error::io(operation, &self.path, cause))?;
            drop(file);
            self.make_room(operation, 0)
        })?;
        if let Some(sum) = sum {
            let mut added = 0u64;
            for new in parts(shape, &before.shape) {
                let (rank, ranks) = (self.communicator.rank(), self.communicator.size());
                let own = new.selection(&share(&new.shape(), rank, ranks));
                added = added.wrapping_add(checksum::of_copies(&own, &before.fill));
            }
            self.note_sum(name, sum.wrapping_add(self.add_up(added)?));
        }
        // Where the new parts are written, they are no longer known to be apart from the old ones.
        self.access.fresh.clear();
        Ok(())
    }
}

impl File<Writing> {
    /// Whether HDF5 can unpack the chunks of which a part is cut off.
    fn check_cut(&self, operation: &str, name: &str, gone: &Slab) -> Result<()> {
        let (rank, ranks) = (self.communicator.rank(), self.communicator.size());
        let part = Part {
            dataset: name,
            selection: &gone.selection(&share(&gone.shape(), rank, ranks)),
        };
        self.session(operation)?.check_part(part)
    }
}

/// A dataset before it changes.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Before {
    shape: Vec<usize>,
    most: Vec<Option<usize>>,
    fill: Vec<u8>,
    compressed: bool,
    chunked: bool,
}

impl Before {
    fn look(source: &Source, name: &str) -> Result<Self> {
        let dataset = source.dataset(name)?;
        let damaged = |error: hdf5::Error| source.damaged(&error.into());
        let extents = dataset.space().and_then(|space| space.extents());
        Ok(Before {
            shape: source.shape(&dataset)?,
            most: extents.map_err(damaged)?.maxdims(),
            fill: fill_value(&dataset).map_err(|cause| source.damaged(&cause))?,
            compressed: dataset.dcpl().map_err(damaged)?.has_filters(),
            chunked: dataset.is_chunked(),
        })
    }

    /// Why it cannot have this shape, as far as there is anything to say; `None` where it can.
    fn hinders(&self, shape: &[usize]) -> Option<String> {
        let mut axes = shape.iter().zip(&self.most);
        if shape.len() != self.shape.len() || shape.is_empty() {
            return Some(String::new());
        }
        let grows = axes.position(|(length, most)| most.is_some_and(|most| *length > most));
        match (grows, self.chunked) {
            (None, true) => None,
            (axis, _) => Some(format!(
                "only what was stored with Storage::chunked().unlimited({}) can change so: ",
                axis.unwrap_or(0)
            )),
        }
    }
}

/// What a shape has beyond another, in parts that do not meet: one an axis.
fn parts(shape: &[usize], other: &[usize]) -> Vec<Slab> {
    let beyond = (0..shape.len()).filter(|&axis| shape[axis] > other[axis]);
    let part = |axis: usize| {
        let ranges = shape.iter().zip(other).enumerate();
        ranges.map(move |(place, (&length, &other))| -> Range<usize> {
            match place.cmp(&axis) {
                std::cmp::Ordering::Less => 0..length.min(other),
                std::cmp::Ordering::Equal => other..length,
                std::cmp::Ordering::Greater => 0..length,
            }
        })
    };
    beyond.map(|axis| Slab::of_ranges(part(axis))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_falls_into_parts_that_do_not_meet() {
        let parts = parts(&[5, 7, 2], &[3, 4, 2]);
        let expected = [
            Slab::of_ranges([3..5, 0..7, 0..2]),
            Slab::of_ranges([0..3, 4..7, 0..2]),
        ];
        assert_eq!(parts, expected);
        assert!(super::parts(&[3, 4], &[3, 9]).is_empty());
    }
}
