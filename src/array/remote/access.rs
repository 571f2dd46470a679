//! What a rank does with elements anywhere. All of this is local: their owners take no part.

use std::ops::Range;

use ndarray::{Array, ArrayView};

use super::piece::{Piece, offset};
use crate::array::construct::try_default;
use crate::comm::{Number, Operation, Passive};
use crate::error::{Error, Result};
use crate::layout::{Axes, Layout};

/// The inside of [`RemoteArray::access`](super::RemoteArray::access).
pub struct RemoteAccess<'access, 'window, A: Number, D: Axes> {
    pub(super) layout: &'access Layout<D>,
    pub(super) open: &'access mut Passive<'window, A>,
}

impl<A: Number, D: Axes> RemoteAccess<'_, '_, A, D> {
    /// The element at a global index. *Local*, done when it returns.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is no such index.
    pub fn get(&mut self, index: D::Index) -> Result<A> {
        let (owner, offset) = self.place("get", index)?;
        let mut value = [A::default()];
        self.open
            .lock(owner, |target| target.get(&mut value, offset))?;
        Ok(value[0])
    }

    /// Sets the element at a global index. *Local*, done when it returns.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn put(&mut self, index: D::Index, value: A) -> Result<()> {
        let (owner, offset) = self.place("put", index)?;
        let value = [value];
        self.open.lock(owner, |target| target.put(&value, offset))
    }

    /// Combines `value` with the element at a global index, atomically, and returns what was there before.
    /// *Local*, done when it returns.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::Mpi`] when MPI does not define `operation` on the element type.
    pub fn fetch_and_op(&mut self, index: D::Index, value: A, operation: Operation) -> Result<A> {
        let (owner, offset) = self.place("fetch_and_op", index)?;
        self.open.lock(owner, |target| {
            target.fetch_and_op(offset, value, operation)
        })
    }

    /// The elements of a box of global indices, a range an axis. *Local*, done when it returns.
    ///
    /// # Cost
    /// A lock of each owner, one after the other, and a transfer for each row of what it has.
    ///
    /// # Errors
    /// [`Error::Shape`] when the box does not lie within the array.
    pub fn get_block(
        &mut self,
        ranges: impl IntoIterator<Item = Range<usize>>,
    ) -> Result<Array<A, D>> {
        let ranges = self.ranges("get_block", ranges)?;
        let lengths: Vec<usize> = ranges.iter().map(ExactSizeIterator::len).collect();
        let mut block = try_default(D::from_slice(&lengths)?, "get_block")?;
        for piece in self.pieces(&ranges) {
            let mut values = vec![A::default(); piece.offsets.len() * piece.row];
            self.open.lock(piece.owner, |target| {
                let rows = values.chunks_mut(piece.row).zip(&piece.offsets);
                rows.into_iter()
                    .try_for_each(|(row, &offset)| target.get(row, offset))
            })?;
            let mut values = values.into_iter();
            piece.for_each_place(|place| {
                if let (Some(element), Some(value)) = (block.get_mut(place), values.next()) {
                    *element = value;
                }
            });
        }
        Ok(block)
    }

    /// Sets the elements of a box of global indices that begins at `first`. *Local*, done when it returns.
    ///
    /// # Cost
    /// As [`get_block`](Self::get_block).
    ///
    /// # Errors
    /// As [`get_block`](Self::get_block).
    pub fn put_block(&mut self, first: D::Index, block: &ArrayView<'_, A, D>) -> Result<()> {
        let lengths = first.as_ref().iter().zip(block.shape());
        let ranges = lengths.map(|(&first, &length)| first..first.saturating_add(length));
        let ranges = self.ranges("put_block", ranges)?;
        for piece in self.pieces(&ranges) {
            let mut values = vec![];
            piece.for_each_place(|place| values.extend(block.get(place).copied()));
            self.open.lock(piece.owner, |target| {
                let rows = values.chunks(piece.row).zip(&piece.offsets);
                rows.into_iter()
                    .try_for_each(|(row, &offset)| target.put(row, offset))
            })?;
        }
        Ok(())
    }

    /// Who has an element, and where in its memory.
    fn place(&self, operation: &str, index: D::Index) -> Result<(usize, usize)> {
        let Some((owner, local)) = self.layout.to_local(index) else {
            let detail = format!("{index:?} is not within an array of {}", self.layout);
            return Err(Error::shape(operation, detail));
        };
        Ok((
            owner,
            offset(self.layout.local_shape(owner).slice(), local.as_ref()),
        ))
    }

    fn ranges(
        &self,
        operation: &str,
        ranges: impl IntoIterator<Item = Range<usize>>,
    ) -> Result<Vec<Range<usize>>> {
        let ranges: Vec<_> = ranges.into_iter().collect();
        let mut axes = ranges.iter().zip(self.layout.shape());
        let within = axes.all(|(range, &length)| range.start <= range.end && range.end <= length);
        if within && ranges.len() == self.layout.shape().len() {
            return Ok(ranges);
        }
        let detail = format!("{ranges:?} is not within an array of {}", self.layout);
        Err(Error::shape(operation, detail))
    }

    /// What each owner has of a box.
    fn pieces(&self, ranges: &[Range<usize>]) -> Vec<Piece<D>> {
        let owners = 0..self.layout.grid().size();
        owners
            .filter_map(|owner| Piece::of(self.layout, owner, ranges))
            .collect()
    }
}
