//! Who owns which global index: pure arithmetic, no MPI, no data.

mod axes;
mod axis_slice;
mod cost;
mod distribution;
mod grid;
mod halo;
mod odometer;
mod overlap;
mod permuted;
mod region;
mod runs;
mod slice;
mod split;
mod summary;
mod tiling;
mod transfer;

use std::fmt;
use std::ops::Range;

use crate::error::{Error, Result};

pub use axes::Axes;
pub use axis_slice::AxisSlice;
pub(crate) use cost::Window;
pub use cost::{Cost, Route};
pub use distribution::{AxisLayout, Distribution};
pub use grid::GridShape;
pub use halo::{Edge, HaloPlan, HaloWidths, Message, SelfCopy, Shown};
pub use odometer::GlobalIndices;
pub(crate) use odometer::for_each_index;
pub use overlap::{Overlap, Span};
pub use region::Region;
pub use runs::{Indices, Runs};
pub use slice::Sliced;
pub use split::{block_owner, block_range};
pub use summary::Summary;
pub use tiling::Tiling;
pub use transfer::{Shipment, Transfer};

/// How an array of a global shape is cut over a grid of ranks: each of its axes dealt out over one axis
/// of the grid ([`Distribution`]), or not cut.
///
/// A description: it holds no data and no communicator, and never communicates. Where an axis of the
/// grid cuts none of the array's, the ranks along it hold copies; of those the first, at coordinate 0, is
/// the *primary* one, whose elements count where elements are counted.
///
/// ```
/// use partita::layout::{Distribution::*, GridShape, Layout};
/// let layout = Layout::block([5, 4], GridShape::new(&[2, 2]))?;
/// assert_eq!(layout.to_string(), "5×4 [block/2, block/2] on 2×2");
/// assert_eq!(layout.owner_of([4, 1]), Some(2));
///
/// let layout = Layout::new([5, 4], GridShape::new(&[3]), &[Cyclic, Replicated])?; // rows in turn
/// assert_eq!(layout.owner_of([4, 1]), Some(1));
/// assert_eq!(layout.local_runs(1, 0).indices().collect::<Vec<_>>(), [1, 4]);
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Layout<D: Axes> {
    shape: D,
    grid: GridShape,
    axes: Vec<AxisLayout>,
    /// The grid's axis over which each axis is cut.
    over: Vec<Option<usize>>,
}

impl<D: Axes> Layout<D> {
    /// Blocks of the array of this `shape`, one a rank of `grid`: every axis is cut.
    ///
    /// # Errors
    /// [`Error::Shape`] when the grid has not one axis for each of the array's or has no ranks, or the
    /// array has more elements than can be counted.
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
        let over: Vec<_> = (0..shape.ndim()).map(Some).collect();
        let blocks = vec![Distribution::Block; over.len()];
        Layout::mapped(shape, grid, &blocks, &over)
    }

    /// Each axis dealt out as its distribution says.
    ///
    /// Where the grid has as many axes as the array, each axis of the array goes over the grid's of the
    /// same number. Otherwise those that are not [`Distribution::Replicated`] go over the grid's axes one
    /// after the other: on a grid of two axes, `[Replicated, Block, Block]` are pencils.
    ///
    /// # Errors
    /// As [`mapped`](Self::mapped).
    pub fn new(
        shape: impl ndarray::IntoDimension<Dim = D>,
        grid: GridShape,
        distributions: &[Distribution],
    ) -> Result<Self> {
        let shape = shape.into_dimension();
        let in_place = shape.ndim() == grid.ndim();
        let mut next = 0;
        let over: Vec<_> = distributions
            .iter()
            .enumerate()
            .map(|(axis, distribution)| {
                let cut = *distribution != Distribution::Replicated;
                let place = if in_place { axis } else { next };
                next += usize::from(cut);
                cut.then_some(place)
            })
            .collect();
        Layout::mapped(shape, grid, distributions, &over)
    }

    /// Each axis dealt out as its distribution says, over the axis of the grid that `over` names.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is not one distribution and one entry of `over` an axis, an axis of
    /// the grid is named twice or does not exist, [`Distribution::Replicated`] axes are to be cut or
    /// others not, a distribution does not fit its axis, or the array has more elements than can be
    /// counted.
    pub fn mapped(
        shape: impl ndarray::IntoDimension<Dim = D>,
        grid: GridShape,
        distributions: &[Distribution],
        over: &[Option<usize>],
    ) -> Result<Self> {
        let shape = shape.into_dimension();
        let error = |detail: String| {
            let whole = format!(
                "shape {:?} on a process grid {grid}: {detail}",
                shape.slice()
            );
            Error::shape("layout", whole)
        };
        check_mapping(shape.slice(), &grid, distributions, over).map_err(&error)?;
        let axes: Result<Vec<_>, String> = (0..shape.ndim())
            .map(|axis| {
                let parts = over[axis].map_or(1, |place| grid.parts()[place]);
                AxisLayout::new(shape[axis], distributions[axis].clone(), parts)
                    .map_err(|cause| format!("axis {axis}: {cause}"))
            })
            .collect();
        let axes = axes.map_err(&error)?;
        let over = over.to_vec();
        Ok(Layout {
            shape,
            grid,
            axes,
            over,
        })
    }

    /// The global shape.
    pub fn shape(&self) -> &[usize] {
        self.shape.slice()
    }

    /// The global shape as `ndarray` has it.
    pub fn raw_dim(&self) -> D {
        self.shape.clone()
    }

    /// The grid of ranks.
    pub fn grid(&self) -> &GridShape {
        &self.grid
    }

    /// How each axis is dealt out.
    pub fn axes(&self) -> &[AxisLayout] {
        &self.axes
    }

    /// The grid's axis over which each axis of the array is cut.
    pub fn over(&self) -> &[Option<usize>] {
        &self.over
    }

    /// Which part of `axis` the rank has.
    pub fn part(&self, rank: usize, axis: usize) -> usize {
        self.over[axis].map_or(0, |place| self.grid.coordinates(rank)[place])
    }

    /// Which part of each axis the rank has.
    pub fn parts(&self, rank: usize) -> Vec<usize> {
        let coordinates = self.grid.coordinates(rank);
        self.over
            .iter()
            .map(|place| place.map_or(0, |place| coordinates[place]))
            .collect()
    }

    /// The rank that has these parts and otherwise stands where `rank` does: among copies, its nearest.
    pub fn rank_with_parts(&self, rank: usize, parts: &[usize]) -> usize {
        let mut coordinates = self.grid.coordinates(rank);
        for (place, &part) in self.over.iter().zip(parts) {
            if let Some(place) = *place {
                coordinates[place] = part;
            }
        }
        self.grid.rank(&coordinates)
    }

    /// The global indices that `rank` has along `axis`.
    pub fn local_runs(&self, rank: usize, axis: usize) -> Runs {
        self.axes[axis].runs(self.part(rank, axis))
    }

    /// The global indices that `rank` has along each axis.
    pub fn all_local_runs(&self, rank: usize) -> Vec<Runs> {
        let parts = self.parts(rank);
        let runs = |(axis, part): (&AxisLayout, usize)| axis.runs(part);
        self.axes.iter().zip(parts).map(runs).collect()
    }

    /// The box of global indices that `rank` has; `None` when it is not one.
    ///
    /// ```
    /// use partita::layout::{GridShape, Layout};
    /// let layout = Layout::block([5, 4], GridShape::new(&[2, 2]))?;
    /// assert_eq!(layout.local_region(3).expect("a block").to_string(), "[3..5, 2..4]");
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn local_region(&self, rank: usize) -> Option<Region> {
        let runs = self.all_local_runs(rank);
        let ranges: Option<Vec<Range<usize>>> = runs.iter().map(Runs::as_range).collect();
        Some(ranges?.into_iter().collect())
    }

    /// Whether every rank's indices are a box, and the boxes in the order of the ranks.
    pub fn is_contiguous(&self) -> bool {
        self.axes.iter().all(AxisLayout::is_contiguous)
    }

    /// The shape of what `rank` has.
    pub fn local_shape(&self, rank: usize) -> D {
        let mut shape = self.shape.clone();
        let lengths = shape.slice_mut().iter_mut();
        for (length, runs) in lengths.zip(self.all_local_runs(rank)) {
            *length = runs.len();
        }
        shape
    }

    /// How many ranks hold each element: 1 unless there are copies.
    pub fn copies(&self) -> usize {
        let used = self.over.iter().flatten();
        self.grid.size()
            / used
                .map(|&place| self.grid.parts()[place])
                .product::<usize>()
    }

    /// Whether `rank` is the first of those that hold the same part.
    pub fn is_primary(&self, rank: usize) -> bool {
        self.rank_with_parts(0, &self.parts(rank)) == rank
    }

    /// The rank that owns a global index, the primary one of several; `None` outside the array.
    pub fn owner_of(&self, index: D::Index) -> Option<usize> {
        Some(self.to_local(index)?.0)
    }

    /// Where a global index is: its owner, and the index there; `None` outside the array.
    pub fn to_local(&self, index: D::Index) -> Option<(usize, D::Index)> {
        let mut local = index;
        let mut parts = vec![0; self.axes.len()];
        let places = local.as_mut().iter_mut().zip(&mut parts);
        for ((index, part), axis) in places.zip(&self.axes) {
            (*part, *index) = axis.to_local(*index)?;
        }
        Some((self.rank_with_parts(0, &parts), local))
    }

    /// The global index of a rank's local one; `None` outside what the rank has.
    pub fn to_global(&self, rank: usize, local: D::Index) -> Option<D::Index> {
        let mut global = local;
        let runs = self.all_local_runs(rank);
        for (index, runs) in global.as_mut().iter_mut().zip(runs) {
            *index = runs.get(*index)?;
        }
        Some(global)
    }

    /// Whether `rank` has the same indices in both layouts.
    pub(crate) fn has_same_part(&self, other: &Self, rank: usize) -> bool {
        self.shape() == other.shape() && same_runs(self, other, rank)
    }

    /// Whether every rank has the same indices in both layouts, by whatever name they are dealt out.
    pub fn has_same_parts(&self, other: &Self) -> bool {
        self == other
            || self.shape() == other.shape()
                && self.grid.size() == other.grid.size()
                && (0..self.grid.size()).all(|rank| same_runs(self, other, rank))
    }

    /// Whether there are grids of several ranks on which each has the same indices in layouts like these two.
    ///
    /// Axes that both cut are dealt out alike, and one of them is cut by both if any is. Slices, and explicit parts
    /// of another number, may be anything.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let cut = |layout: &Self, axis: usize| layout.over[axis].is_some();
        let axes = || 0..self.axes.len();
        let both: Vec<usize> = axes()
            .filter(|&axis| cut(self, axis) && cut(other, axis))
            .collect();
        let neither = !axes().any(|axis| cut(self, axis) || cut(other, axis));
        let alike = |&axis: &usize| self.axes[axis].is_dealt_like(&other.axes[axis]);
        self.shape.size() == 0 || neither || !both.is_empty() && both.iter().all(alike)
    }
}

fn same_runs<D: Axes>(one: &Layout<D>, other: &Layout<D>, rank: usize) -> bool {
    let (one, other) = (one.all_local_runs(rank), other.all_local_runs(rank));
    one.iter()
        .zip(&other)
        .all(|(one, other)| one == other || one.is_empty() && other.is_empty())
}

/// In words, why axes cannot be cut over the axes of the grid like this.
fn check_mapping(
    shape: &[usize],
    grid: &GridShape,
    distributions: &[Distribution],
    over: &[Option<usize>],
) -> Result<(), String> {
    if distributions.len() != shape.len() || over.len() != shape.len() {
        let (given, places) = (distributions.len(), over.len());
        return Err(format!(
            "{given} distributions over {places} axes of the grid"
        ));
    }
    if grid.parts().contains(&0) {
        return Err("the grid has an axis without ranks".to_string());
    }
    for (axis, (distribution, place)) in distributions.iter().zip(over).enumerate() {
        match *place {
            Some(place) if place >= grid.ndim() => {
                return Err(format!(
                    "axis {axis} has no axis of the grid to be cut over"
                ));
            }
            Some(place) if over[..axis].contains(&Some(place)) => {
                return Err(format!("axis {place} of the grid is to cut two axes"));
            }
            _ if place.is_none() != (*distribution == Distribution::Replicated) => {
                return Err(format!(
                    "axis {axis} is {distribution}, over {place:?} of the grid"
                ));
            }
            _ => {}
        }
    }
    check_size(shape)
}

/// Of an array without elements the other axes still count: `ndarray` has strides for them.
fn check_size(shape: &[usize]) -> Result<(), String> {
    let mut lengths = shape.iter().filter(|&&length| length > 0).copied();
    lengths
        .try_fold(1usize, usize::checked_mul)
        .filter(|&size| isize::try_from(size).is_ok())
        .map(|_| ())
        .ok_or_else(|| "more elements than can be counted".to_string())
}

impl<D: Axes> fmt::Display for Layout<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths: Vec<String> = self.shape().iter().map(usize::to_string).collect();
        let axes: Vec<String> = self
            .axes
            .iter()
            .map(|axis| match axis.distribution() {
                Distribution::Replicated => axis.distribution().to_string(),
                distribution => format!("{distribution}/{}", axis.parts()),
            })
            .collect();
        let (shape, axes) = (lengths.join("×"), axes.join(", "));
        write!(formatter, "{shape} [{axes}] on {}", self.grid)
    }
}

#[cfg(test)]
mod tests;
