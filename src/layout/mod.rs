//! Who owns which global index: pure arithmetic, no MPI, no data.

mod axes;
mod grid;
mod halo;
mod region;
mod split;

use std::ops::Range;

use crate::error::{Error, Result};

pub use axes::Axes;
pub use grid::GridShape;
pub use halo::{HaloPlan, HaloWidths, Message, SelfCopy};
pub use region::Region;
pub use split::{block_owner, block_range};

/// How an array of a global shape is cut over a grid of ranks: each axis into blocks of consecutive
/// indices whose lengths differ by at most one, the longer ones first.
///
/// A description: it holds no data and no communicator, and never communicates.
///
/// ```
/// use partita::layout::{GridShape, Layout};
/// let layout = Layout::block([5, 4], GridShape::new(&[2, 2]))?;
/// assert_eq!(layout.local_region(0).to_string(), "[0..3, 0..2]");
/// assert_eq!(layout.local_region(3).to_string(), "[3..5, 2..4]");
/// assert_eq!(layout.owner_of([4, 1]), Some(2));
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Layout<D: Axes> {
    shape: D,
    grid: GridShape,
}

impl<D: Axes> Layout<D> {
    /// Blocks of the array of this `shape`, one a rank of `grid`.
    ///
    /// # Errors
    /// [`Error::Shape`] when the grid has not one axis for each of the array's or has no ranks, or the array has
    /// more elements than a `usize` counts.
    pub fn block(shape: impl ndarray::IntoDimension<Dim = D>, grid: GridShape) -> Result<Self> {
        let shape = shape.into_dimension();
        if shape.ndim() != grid.ndim() {
            let detail = format!(
                "an array of shape {:?} has {} axes, the process grid {grid} has {}",
                shape.slice(),
                shape.ndim(),
                grid.ndim()
            );
            return Err(Error::shape("layout", detail));
        }
        if grid.parts().contains(&0) {
            let detail = format!("the process grid {grid} has an axis without ranks");
            return Err(Error::shape("layout", detail));
        }
        // Of an array without elements the other axes still count: `ndarray` has strides for them.
        let lengths = shape.slice().iter().filter(|&&length| length > 0);
        if lengths
            .copied()
            .try_fold(1, usize::checked_mul)
            .is_none_or(|size| size > isize::MAX as usize)
        {
            let detail = format!("{:?} is more elements than can be counted", shape.slice());
            return Err(Error::shape("layout", detail));
        }
        Ok(Layout { shape, grid })
    }

    /// The global shape.
    pub fn shape(&self) -> &[usize] {
        self.shape.slice()
    }

    /// The global shape as `ndarray` has it.
    pub fn raw_dim(&self) -> D {
        self.shape.clone()
    }

    /// The grid of ranks, one axis for each of the array's.
    pub fn grid(&self) -> &GridShape {
        &self.grid
    }

    /// The global indices that `rank` owns along `axis`.
    pub fn local_range(&self, rank: usize, axis: usize) -> Range<usize> {
        let part = self.grid.coordinates(rank)[axis];
        block_range(self.shape()[axis], self.grid.parts()[axis], part)
    }

    /// The global indices that `rank` owns.
    pub fn local_region(&self, rank: usize) -> Region {
        self.shape()
            .iter()
            .zip(self.grid.parts())
            .zip(self.grid.coordinates(rank))
            .map(|((&length, &parts), part)| block_range(length, parts, part))
            .collect()
    }

    /// The shape of what `rank` owns.
    pub fn local_shape(&self, rank: usize) -> D {
        let mut shape = self.shape.clone();
        for (length, range) in shape
            .slice_mut()
            .iter_mut()
            .zip(self.local_region(rank).axes())
        {
            *length = range.len();
        }
        shape
    }

    /// The rank that owns a global index; `None` outside the array.
    pub fn owner_of(&self, index: D::Index) -> Option<usize> {
        let coordinates: Option<Vec<usize>> = index
            .as_ref()
            .iter()
            .zip(self.shape())
            .zip(self.grid.parts())
            .map(|((&index, &length), &parts)| block_owner(length, parts, index))
            .collect();
        coordinates.map(|coordinates| self.grid.rank(&coordinates))
    }

    /// Where a global index is: its owner, and the index there; `None` outside the array.
    pub fn to_local(&self, index: D::Index) -> Option<(usize, D::Index)> {
        let owner = self.owner_of(index)?;
        let region = self.local_region(owner);
        let mut local = index;
        for (index, range) in local.as_mut().iter_mut().zip(region.axes()) {
            *index -= range.start;
        }
        Some((owner, local))
    }

    /// The global index of a rank's local one; `None` outside what the rank owns.
    pub fn to_global(&self, rank: usize, local: D::Index) -> Option<D::Index> {
        let region = self.local_region(rank);
        let mut global = local;
        for (index, range) in global.as_mut().iter_mut().zip(region.axes()) {
            if *index >= range.len() {
                return None;
            }
            *index += range.start;
        }
        Some(global)
    }
}

#[cfg(test)]
mod tests;
