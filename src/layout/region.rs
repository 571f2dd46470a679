//! A box of indices.

use std::fmt;
use std::ops::Range;

/// A range of indices along each axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Region(Vec<Range<usize>>);

impl Region {
    /// The range of each axis.
    pub fn axes(&self) -> &[Range<usize>] {
        &self.0
    }

    /// The number of indices; 1 without axes.
    pub fn volume(&self) -> usize {
        self.0.iter().map(ExactSizeIterator::len).product()
    }

    /// The cells of a block of this `shape` that are at least `lower` from its beginning and `upper` from
    /// its end along every axis: whatever reaches so far from them stays within the block.
    ///
    /// ```
    /// use partita::layout::Region;
    /// assert_eq!(Region::interior(&[5, 4], &[1, 0], &[1, 1]).to_string(), "[1..4, 0..3]");
    /// ```
    pub fn interior(shape: &[usize], lower: &[usize], upper: &[usize]) -> Self {
        (0..shape.len())
            .map(|axis| inner(shape[axis], lower[axis], upper[axis]))
            .collect()
    }

    /// The other cells of the block, as boxes of which no two overlap.
    ///
    /// ```
    /// use partita::layout::Region;
    /// let border = Region::border(&[5, 4], &[1, 0], &[1, 1]);
    /// let border: Vec<String> = border.iter().map(Region::to_string).collect();
    /// assert_eq!(border, ["[0..1, 0..4]", "[4..5, 0..4]", "[1..4, 3..4]"]);
    /// ```
    pub fn border(shape: &[usize], lower: &[usize], upper: &[usize]) -> Vec<Self> {
        let mut rest: Vec<_> = shape.iter().map(|&length| 0..length).collect();
        let mut border = vec![];
        for axis in 0..shape.len() {
            let inner = inner(shape[axis], lower[axis], upper[axis]);
            for outer in [0..inner.start, inner.end..shape[axis]] {
                rest[axis] = outer;
                border.push(Region(rest.clone()));
            }
            rest[axis] = inner;
        }
        border.retain(|region| !region.is_empty());
        border
    }

    /// Whether there is no index in it.
    pub fn is_empty(&self) -> bool {
        self.volume() == 0
    }
}

/// What is left of `length` cells when so many are taken away at both ends, as far as there are any.
fn inner(length: usize, lower: usize, upper: usize) -> Range<usize> {
    let start = lower.min(length);
    start..length.saturating_sub(upper).max(start)
}

impl FromIterator<Range<usize>> for Region {
    fn from_iter<Axes: IntoIterator<Item = Range<usize>>>(axes: Axes) -> Self {
        Region(axes.into_iter().collect())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[")?;
        for (axis, range) in self.0.iter().enumerate() {
            let separator = if axis == 0 { "" } else { ", " };
            write!(formatter, "{separator}{}..{}", range.start, range.end)?;
        }
        formatter.write_str("]")
    }
}
