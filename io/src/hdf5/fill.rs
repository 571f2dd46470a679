//! An array into a part of a dataset, and what that does to its checksum.

use std::ops::Range;

use ndarray::{Axis, Slice};
use partita::layout::{Axes, AxisSlice};
use partita::{DistArray, Error, Redistribution, Result};

use super::checksum;
use super::dtype::Hdf5Element;
use super::file::File;
use super::hyperslab::Piece;
use super::long_runs::LongRuns;
use super::observers::{Observers, Replaced};
use super::own_part::{contiguous, copied_out, primary};
use super::report::Transfer;
use super::slab::Slab;
use super::transfer::{Elements, Part};
use super::way::{Expected, Way};
use super::writing::Writing;

/// What lies where an array is about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Old {
    /// This, everywhere.
    Fill(Vec<u8>),
    /// Anything.
    Unknown,
    /// The same, and it is in no checksum.
    Unsummed,
}

/// Where an array goes.
struct Destination<'a> {
    operation: &'a str,
    dataset: &'a str,
    way: Way,
}

/// Some rows of an array, as they are laid out and in long runs.
struct Staged<A: Hdf5Element, D: Axes> {
    plan: Redistribution<D>,
    own: DistArray<A, D>,
    moved: DistArray<A, D>,
}

impl File<Writing> {
    /// Writes the array into a part of a dataset; by how much that changes the dataset's checksum.
    pub(super) fn fill<A: Hdf5Element, D: Axes>(
        &mut self,
        operation: &str,
        name: &str,
        slab: &Slab,
        array: &DistArray<A, D>,
        old: Option<Old>,
    ) -> Result<u64> {
        if array.is_empty() {
            return Ok(0);
        }
        let element = A::type_descriptor();
        let session = self.session(operation)?;
        let destination = Destination {
            operation,
            dataset: name,
            way: session.way(name, Expected::Of(&element))?,
        };
        // Replicated: where the dataset lies is, and so are layouts.
        let moved = match &destination.way {
            Way::Placed(placed) => LongRuns::of(array.layout(), slab, placed, session.limit),
            _ => None,
        };
        let Some(moved) = moved else {
            let (change, transfer) = self.fill_as_laid_out(&destination, slab, array, old)?;
            self.last_transfer.set(Some(transfer));
            return self.add_up(change);
        };
        let (mut change, mut bytes, mut staged) = (0u64, 0, None);
        for rows in moved.slabs() {
            let next = self.staged(operation, array, (&rows, &moved), staged.take())?;
            let part = slab.rows(&rows);
            let (own, transfer) =
                self.fill_as_laid_out(&destination, &part, &next.moved, old.clone())?;
            staged = Some(next);
            change = change.wrapping_add(own);
            bytes += transfer.bytes;
            self.last_transfer.set(Some(Transfer { bytes, ..transfer }));
        }
        self.add_up(change)
    }

    /// These rows of the array in long runs, in the memory of those before where that fits.
    fn staged<A: Hdf5Element, D: Axes>(
        &self,
        operation: &str,
        array: &DistArray<A, D>,
        (rows, runs): (&Range<usize>, &LongRuns),
        before: Option<Staged<A, D>>,
    ) -> Result<Staged<A, D>> {
        let whole = |&length| AxisSlice::whole(length);
        let mut slices: Vec<_> = array.shape().iter().map(whole).collect();
        let (start, end) = (rows.start as isize, Some(rows.end as isize));
        slices[0] = AxisSlice::new(array.shape()[0], start, end, 1).map_err(Error::usage)?;
        let layout = array.layout().slice(&slices)?;
        // Where what a rank has is not one range, all rows go at once.
        let places = array.local_range(0).map_or(Slice::from(..), |own| {
            let place = |row: usize| row.clamp(own.start, own.end) - own.start;
            Slice::from(place(rows.start)..place(rows.end))
        });
        let local = array.local();
        let local = local.slice_axis(Axis(0), places);
        // Replicated.
        let fits = |staged: &Staged<A, D>| *staged.own.layout() == layout;
        if let Some(mut staged) = before.filter(fits) {
            staged.own.local_mut().assign(&local);
            staged.plan.forward_into(&mut staged.moved, &staged.own)?;
            return Ok(staged);
        }
        // Local: there may be no memory here.
        let copied = self
            .communicator
            .agree(copied_out(&local, &self.on_path(operation)))?;
        let own = DistArray::from_local(array.grid(), layout, copied)?;
        let target = runs.layout(own.layout().raw_dim())?;
        let plan = Redistribution::plan(array.grid(), own.layout(), &target)?;
        let moved = plan.forward(&own)?;
        Ok(Staged { plan, own, moved })
    }

    /// The same, each rank what it has; this rank's share of the change.
    fn fill_as_laid_out<A: Hdf5Element, D: Axes>(
        &self,
        destination: &Destination,
        slab: &Slab,
        array: &DistArray<A, D>,
        old: Option<Old>,
    ) -> Result<(u64, Transfer)> {
        let operation = destination.operation;
        // Local: memory that lies in one piece here may not there.
        let local = contiguous(array, &self.on_path(operation));
        let local = self.communicator.agree(local)?;
        let element = A::type_descriptor();
        let selection = slab.selection(&primary(array));
        let elements = local.as_slice().unwrap_or_default();
        // A rank that writes nothing of what it has.
        let elements = if selection.volume() == 0 {
            &[]
        } else {
            elements
        };
        let bytes = self.bytes(operation, elements)?;
        let (mut sum, mut gone) = (0u64, 0u64);
        if let Some(Old::Fill(fill)) = &old {
            gone = checksum::of_copies(&selection, fill);
        }
        let summed = self.access.with_checksums;
        let of = |piece: &Piece, bytes: &[u8]| match summed {
            true => checksum::of_elements(&piece.selection, element.size(), bytes),
            false => 0,
        };
        // Piece by piece, where each is in a cache when it is written.
        let mut written = |piece: &Piece, own: &[u8]| sum = sum.wrapping_add(of(piece, own));
        let mut replaced = |piece: &Piece, old: &[u8]| {
            gone = gone.wrapping_add(of(piece, old));
        };
        let part = Part {
            dataset: destination.dataset,
            selection: &selection,
        };
        let replaced = match old {
            Some(Old::Unknown) => Replaced::Seen(&mut replaced),
            Some(Old::Unsummed) => Replaced::Unseen,
            Some(Old::Fill(_)) | None => Replaced::Nothing,
        };
        let observers = Observers {
            written: &mut written,
            replaced,
        };
        let (session, way) = (self.session(operation)?, &destination.way);
        let elements = Elements::Of(&element);
        let transfer = session.write_by(way, part, elements, bytes, observers)?;
        Ok((sum.wrapping_sub(gone), transfer))
    }
}
