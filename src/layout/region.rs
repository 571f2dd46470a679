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

    /// Whether there is no index in it.
    pub fn is_empty(&self) -> bool {
        self.volume() == 0
    }
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
