//! Who has what of a slice of a layout.

use std::fmt;

use super::axes::Axes;
use super::axis_slice::AxisSlice;
use super::distribution::{AxisLayout, Distribution};
use super::overlap::greatest_common_divisor;
use super::runs::Runs;
use super::{Layout, check_size};
use crate::error::{Error, Result};

/// What a slice of an axis leaves of its parts, each index where it was.
///
/// Made by [`Layout::slice`] only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sliced {
    of: Box<Distribution>,
    of_length: usize,
    slice: AxisSlice,
    parts: Vec<Runs>,
}

impl Sliced {
    pub(super) fn len(&self) -> usize {
        self.slice.length
    }

    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    pub(super) fn runs(&self, part: usize) -> Runs {
        self.parts[part]
    }

    pub(super) fn owner(&self, position: usize) -> Option<usize> {
        let index = self.slice.get(position)?;
        self.of.owner(index, self.of_length, self.parts())
    }
}

/// `cyclic[2..8;3]`
impl fmt::Display for Sliced {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}[{}]", self.of, self.slice)
    }
}

impl AxisLayout {
    /// The layout of a slice of this axis, of which each part has what it has of the axis.
    ///
    /// # Errors
    /// In words, when what a part has is not equally long runs at one distance: of a block-cyclic axis
    /// there are slices with a step that divides the block, or of which no part has two indices in turn.
    pub fn slice(&self, slice: &AxisSlice) -> Result<AxisLayout, String> {
        if let Distribution::Sliced(sliced) = self.distribution() {
            let of = AxisLayout::new(sliced.of_length, (*sliced.of).clone(), sliced.parts())?;
            return of.slice(&sliced.slice.then(slice));
        }
        let distribution = match self.distribution() {
            Distribution::Replicated => Distribution::Replicated,
            _ if *slice == AxisSlice::whole(self.len()) => return Ok(self.clone()),
            _ if self.parts() == 1 => Distribution::Block,
            of => {
                let parts = self.sliced_parts(slice).ok_or_else(|| {
                    format!(
                        "{of} over {} parts has no slice [{slice}]: what a part has of it lies at several \
                         distances, and is no view of the part",
                        self.parts()
                    )
                })?;
                self.named(slice, parts)
            }
        };
        AxisLayout::new(slice.length, distribution, self.parts())
    }

    /// Explicit parts where that is what they are; else as a slice of this axis.
    fn named(&self, slice: &AxisSlice, parts: Vec<Runs>) -> Distribution {
        let ranges: Option<Vec<_>> = parts.iter().map(Runs::as_range).collect();
        let mut next = 0;
        let in_order = ranges.filter(|ranges| {
            ranges
                .iter()
                .filter(|range| !range.is_empty())
                .all(|range| {
                    let follows = range.start == next;
                    next = range.end;
                    follows
                })
        });
        match in_order {
            Some(ranges) => {
                Distribution::Parts(ranges.iter().map(ExactSizeIterator::len).collect())
            }
            None => Distribution::Sliced(Sliced {
                of: Box::new(self.distribution().clone()),
                of_length: self.len(),
                slice: *slice,
                parts,
            }),
        }
    }

    /// The places of the slice that each part has, where they are runs at one distance and lie at one
    /// distance among the part's own.
    fn sliced_parts(&self, slice: &AxisSlice) -> Option<Vec<Runs>> {
        let parts = self.parts();
        let Some(block) = self
            .distribution()
            .dealt_block()
            .filter(|_| !self.is_contiguous())
        else {
            let range = |part| self.runs(part).as_range().unwrap_or_default();
            return Some(
                (0..parts)
                    .map(|part| slice.positions_within(range(part)))
                    .collect(),
            );
        };
        let (step, around) = (slice.step.unsigned_abs(), block.checked_mul(parts)?);
        if block.is_multiple_of(step) {
            return Some(blocks_of(slice, block / step, parts));
        }
        // After so many places of the slice it meets the parts in the same order again.
        let common = greatest_common_divisor(step, around);
        let period = around / common;
        (common >= block).then(|| {
            let mut found = vec![Runs::from(0..0); parts];
            for position in 0..period.min(slice.length) {
                let owner = slice.at(position) / block % parts;
                found[owner] = Runs::new(position, 1, period, slice.length);
            }
            found
        })
    }
}

/// The slice has `block` indices of each block in turn, but for the first: blocks again.
fn blocks_of(slice: &AxisSlice, block: usize, parts: usize) -> Vec<Runs> {
    let around = block * parts;
    // The place of the slice's first index in its round, in steps; descending, in the round turned about.
    let offset = slice.first / slice.step.unsigned_abs() % around;
    let ascends = slice.step > 0;
    (0..parts)
        .map(|part| {
            let begins = match ascends {
                true => part * block + around - offset,
                false => offset + around - (part * block + block - 1),
            };
            match begins % around {
                begins if begins + block > around => {
                    Runs::begun(around - begins, block, around, slice.length)
                }
                begins => Runs::new(begins.min(slice.length), block, around, slice.length),
            }
        })
        .collect()
}

impl<D: Axes> Layout<D> {
    /// The layout of a slice of the array, one [`AxisSlice`] an axis, of which each rank has what it has
    /// of the array.
    ///
    /// ```
    /// use partita::layout::{AxisSlice, Distribution::*, GridShape, Layout};
    /// let layout = Layout::new([9, 4], GridShape::new(&[3]), &[Cyclic, Replicated])?;
    /// let every_other = AxisSlice::new(9, 1, None, 2).map_err(partita::Error::usage)?;
    /// let slice = layout.slice(&[every_other, AxisSlice::whole(4)])?;
    /// assert_eq!(slice.to_string(), "4×4 [cyclic[1..8;2]/3, replicated] on 3");
    /// assert_eq!(slice.local_runs(1, 0).indices().collect::<Vec<_>>(), [0, 3]); // 1 and 7
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when there is not one slice an axis, or as [`AxisLayout::slice`].
    pub fn slice(&self, slices: &[AxisSlice]) -> Result<Self> {
        let error = |detail: String| Error::shape("slice", format!("{self}: {detail}"));
        if slices.len() != self.axes.len() {
            return Err(error(format!("{} slices", slices.len())));
        }
        let mut layout = self.clone();
        let axes = layout.axes.iter_mut().zip(layout.shape.slice_mut());
        for (axis, ((of, length), slice)) in axes.zip(slices).enumerate() {
            *of = of.slice(slice).map_err(|cause| {
                error(format!(
                    "axis {axis}, {cause}; `redistribute` it first, to blocks, or let `slice_to_owned` do it"
                ))
            })?;
            *length = slice.length;
        }
        Ok(layout)
    }

    /// The layout with those axes in blocks that have no such slices; all axes have them then.
    ///
    /// ```
    /// use partita::layout::{AxisSlice, Distribution::*, GridShape, Layout};
    /// let layout = Layout::new([90], GridShape::new(&[3]), &[BlockCyclic(4)])?;
    /// let every_third = AxisSlice::new(90, 0, None, 3).map_err(partita::Error::usage)?;
    /// assert!(layout.slice(&[every_third]).is_err());
    /// let sliceable = layout.in_blocks_to_slice(&[every_third])?;
    /// assert_eq!(sliceable.to_string(), "90 [block/3] on 3");
    /// assert_eq!(sliceable.slice(&[every_third])?.shape(), [30]);
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when an axis cannot be cut into blocks.
    pub fn in_blocks_to_slice(&self, slices: &[AxisSlice]) -> Result<Self> {
        let mut layout = self.clone();
        for (axis, slice) in layout.axes.iter_mut().zip(slices) {
            if axis.slice(slice).is_err() {
                *axis = AxisLayout::new(axis.len(), Distribution::Block, axis.parts())
                    .map_err(|cause| Error::shape("layout", cause))?;
            }
        }
        Ok(layout)
    }

    /// The layout with one axis whole on every rank, and the others as they are.
    ///
    /// ```
    /// use partita::layout::{Distribution::*, GridShape, Layout};
    /// let layout = Layout::new([9, 4], GridShape::new(&[3, 2]), &[Cyclic, Block])?;
    /// let whole_rows = layout.with_replicated(1)?;
    /// assert_eq!(whole_rows.to_string(), "9×4 [cyclic/3, replicated] on 3×2");
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when there is no such axis.
    pub fn with_replicated(&self, axis: usize) -> Result<Self> {
        let mut layout = self.clone();
        let Some(of) = layout.axes.get_mut(axis) else {
            return Err(Error::shape("layout", format!("{self} has no axis {axis}")));
        };
        *of = AxisLayout::new(of.len(), Distribution::Replicated, 1)
            .map_err(|cause| Error::shape("layout", cause))?;
        layout.over[axis] = None;
        Ok(layout)
    }

    /// The layout with another length of one axis: in blocks, where the axis is cut and was of another length.
    ///
    /// ```
    /// use partita::layout::{Distribution::*, GridShape, Layout};
    /// let layout = Layout::new([9, 4], GridShape::new(&[3, 2]), &[Cyclic, Block])?;
    /// assert_eq!(layout.with_length(0, 2)?.to_string(), "2×4 [block/3, block/2] on 3×2");
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when there is no such axis, or there would be more elements than can be counted.
    pub fn with_length(&self, axis: usize, length: usize) -> Result<Self> {
        let mut layout = self.clone();
        let error = |detail: String| Error::shape("layout", format!("{self}: {detail}"));
        let Some(of) = layout.axes.get_mut(axis) else {
            return Err(error(format!("there is no axis {axis}")));
        };
        if of.len() == length {
            return Ok(layout);
        }
        let distribution = match of.distribution() {
            Distribution::Replicated => Distribution::Replicated,
            _ => Distribution::Block,
        };
        *of = AxisLayout::new(length, distribution, of.parts()).map_err(error)?;
        layout.shape[axis] = length;
        check_size(layout.shape()).map_err(error)?;
        Ok(layout)
    }

    /// The layout with these axes of the array, and axes of one index that are not cut where there is none.
    ///
    /// ```
    /// use partita::layout::{Distribution::*, GridShape, Layout};
    /// let layout = Layout::new([9, 4], GridShape::new(&[3]), &[Cyclic, Replicated])?;
    /// let column: Layout<ndarray::Ix2> = layout.select_axes(&[Some(0), None])?;
    /// assert_eq!(column.to_string(), "9×1 [cyclic/3, replicated] on 3");
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when an axis does not exist or comes twice, or one that is cut is left out: what is
    /// left of it is not on every rank.
    pub fn select_axes<Other: Axes>(&self, chosen: &[Option<usize>]) -> Result<Layout<Other>> {
        let error = |detail: String| Error::shape("axes", format!("{self}: {detail}"));
        let one = AxisLayout::new(1, Distribution::Replicated, 1).map_err(error)?;
        let (mut axes, mut over) = (vec![], vec![]);
        for (place, axis) in chosen.iter().enumerate() {
            let of = axis.map_or(Some(&one), |axis| self.axes.get(axis));
            match of {
                Some(of) if axis.is_none() || !chosen[..place].contains(axis) => {
                    axes.push(of.clone())
                }
                _ => return Err(error(format!("{chosen:?} are not some of its axes"))),
            }
            over.push(axis.and_then(|axis| self.over[axis]));
        }
        let left_out =
            |axis: &usize| !chosen.contains(&Some(*axis)) && self.axes[*axis].parts() > 1;
        if let Some(axis) = (0..self.axes.len()).find(left_out) {
            return Err(error(format!(
                "axis {axis} is cut, and cannot be left out: keep it as a range of one index, or have \
                 `index_axis` copy it to all ranks"
            )));
        }
        let lengths: Vec<usize> = axes.iter().map(AxisLayout::len).collect();
        Ok(Layout {
            shape: Other::from_slice(&lengths)?,
            grid: self.grid.clone(),
            axes,
            over,
        })
    }
}

#[cfg(test)]
mod tests;
