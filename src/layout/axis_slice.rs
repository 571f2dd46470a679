//! Every so-many-th index of an axis.

use std::fmt;

use ndarray::Slice;

use super::runs::Runs;

/// The indices `first`, `first + step`, … of an axis, so many of them; they may descend.
///
/// ```
/// use partita::layout::AxisSlice;
/// let slice = AxisSlice::new(10, 2, None, -3)?; // as `s![2..;-3]`: from the end
/// assert_eq!(slice.indices().collect::<Vec<_>>(), [9, 6, 3]);
/// assert_eq!(slice.position(6), Some(1));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AxisSlice {
    pub(super) first: usize,
    pub(super) step: isize,
    pub(super) length: usize,
}

impl AxisSlice {
    /// The slice `start..end;step` of an axis of `length`, as `ndarray` means it: what is negative counts
    /// from the end of the axis, and a negative step goes from the end of the range to its start.
    ///
    /// # Errors
    /// In words, when the range does not lie within the axis, or the step is zero.
    pub fn new(
        length: usize,
        start: isize,
        end: Option<isize>,
        step: isize,
    ) -> Result<Self, String> {
        let from = absolute(start, length);
        let to = absolute(end.unwrap_or(length as isize), length);
        let (Some(from), Some(to)) = (from, to) else {
            let end = end.map_or(String::new(), |end| end.to_string());
            return Err(format!("{start}..{end} is not within {length} indices"));
        };
        if step == 0 {
            return Err("a step of zero".to_string());
        }
        let count = to.saturating_sub(from).div_ceil(step.unsigned_abs());
        Ok(AxisSlice {
            first: match (count, step > 0) {
                (0, _) => 0,
                (_, true) => from,
                (_, false) => to - 1,
            },
            step: if count > 1 { step } else { 1 },
            length: count,
        })
    }

    /// The whole of an axis.
    pub fn whole(length: usize) -> Self {
        AxisSlice {
            first: 0,
            step: 1,
            length,
        }
    }

    /// The number of indices.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The index at a place of the slice; `None` beyond it.
    pub fn get(&self, position: usize) -> Option<usize> {
        (position < self.length).then(|| self.at(position))
    }

    pub(super) fn at(&self, position: usize) -> usize {
        let distance = self.step.unsigned_abs() * position;
        match self.step > 0 {
            true => self.first + distance,
            false => self.first - distance,
        }
    }

    /// The place of an index in the slice; `None` where it is left out.
    pub fn position(&self, index: usize) -> Option<usize> {
        let distance = match self.step > 0 {
            true => index.checked_sub(self.first)?,
            false => self.first.checked_sub(index)?,
        };
        let step = self.step.unsigned_abs();
        let position = distance / step;
        (distance.is_multiple_of(step) && position < self.length).then_some(position)
    }

    /// Every index, in the slice's order.
    pub fn indices(&self) -> impl ExactSizeIterator<Item = usize> + use<> {
        let slice = *self;
        (0..slice.length).map(move |position| slice.at(position))
    }

    /// The slice `inner` of this slice, as one of the axis.
    pub(super) fn then(&self, inner: &AxisSlice) -> AxisSlice {
        AxisSlice {
            first: inner.get(0).map_or(0, |position| self.at(position)),
            step: if inner.length > 1 {
                self.step * inner.step
            } else {
                1
            },
            length: inner.length,
        }
    }

    /// The places in the slice of the indices in a range: they are a range too.
    pub(super) fn positions_within(&self, range: std::ops::Range<usize>) -> Runs {
        // The first place whose index is at least so far along the slice.
        let reached =
            |distance: usize| distance.div_ceil(self.step.unsigned_abs()).min(self.length);
        let (from, to) = match self.step > 0 {
            true => (
                range.start.saturating_sub(self.first),
                range.end.saturating_sub(self.first),
            ),
            false => (
                (self.first + 1).saturating_sub(range.end),
                (self.first + 1).saturating_sub(range.start),
            ),
        };
        Runs::from(reached(from)..reached(to).max(reached(from)))
    }

    /// Where the part of a slice lies among a part's own indices, as `ndarray` slices it.
    pub(crate) fn local(&self, whole: &Runs, sliced: &Runs) -> Slice {
        let place = |number: usize| {
            let index = sliced.get(number).and_then(|position| self.get(position));
            index.and_then(|index| whole.position(index)).unwrap_or(0) as isize
        };
        match sliced.len() {
            0 => Slice::from(0..0),
            1 => Slice::from(place(0)..place(0) + 1),
            count => {
                let (first, last) = (place(0), place(count - 1));
                let step = place(1) - first;
                Slice::new(first.min(last), Some(first.max(last) + 1), step)
            }
        }
    }
}

/// `2..8;3` as of an axis, from the first to beyond the last.
impl fmt::Display for AxisSlice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.length.checked_sub(1).map(|last| self.at(last));
        let (low, high) = match last {
            None => (0, 0),
            Some(last) => (self.first.min(last), self.first.max(last) + 1),
        };
        write!(formatter, "{low}..{high};{}", self.step)
    }
}

fn absolute(index: isize, length: usize) -> Option<usize> {
    let index = match index < 0 {
        true => length.checked_sub(index.unsigned_abs())?,
        false => index as usize,
    };
    (index <= length).then_some(index)
}
