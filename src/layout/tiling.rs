//! A message cut into pieces of a limited size, the same ones on both sides.

use std::ops::Range;

/// A box cut into tiles of at most so many elements, of which only those at its end are smaller.
///
/// The outer axes are cut first, so that what lies together in memory stays together. Where two axes are
/// inner (the one is the last of the source, the other the last of the target), a tile is about as long as
/// it is wide: its rows are long on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiling {
    lengths: Vec<usize>,
    tile: Vec<usize>,
    /// Tiles along each axis.
    counts: Vec<usize>,
}

impl Tiling {
    /// Tiles of at most `limit` elements (at least one).
    pub fn new(lengths: &[usize], inner: &[usize], limit: usize) -> Self {
        let limit = limit.max(1);
        let mut tile = lengths.to_vec();
        for axis in (0..lengths.len()).filter(|axis| !inner.contains(axis)) {
            shorten(&mut tile, axis, limit);
        }
        // Halved in turn, the longer one first; powers of two stay that, and what is long begins at a line of
        // memory if its axis does.
        while let Some(axis) = longest(&tile, inner).filter(|_| volume(&tile) > limit) {
            if inner.len() == 1 {
                shorten(&mut tile, axis, limit);
            } else {
                tile[axis] = half(tile[axis]);
            }
        }
        let axes = lengths.iter().zip(&tile);
        Tiling {
            lengths: lengths.to_vec(),
            counts: axes
                .map(|(length, tile)| length.div_ceil((*tile).max(1)))
                .collect(),
            tile,
        }
    }

    /// The number of tiles; none of an empty box.
    pub fn count(&self) -> usize {
        self.counts.iter().product()
    }

    /// The largest tile's elements.
    pub fn largest(&self) -> usize {
        volume(&self.tile)
    }

    /// Where tile `number` lies along each axis.
    pub fn ranges(&self, number: usize) -> Vec<Range<usize>> {
        let mut rest = number;
        let mut ranges = vec![0..0; self.lengths.len()];
        for (axis, range) in ranges.iter_mut().enumerate().rev() {
            let start = rest % self.counts[axis] * self.tile[axis];
            rest /= self.counts[axis];
            *range = start..(start + self.tile[axis]).min(self.lengths[axis]);
        }
        ranges
    }
}

/// Cuts an axis as far as it has to be.
fn shorten(tile: &mut [usize], axis: usize, limit: usize) {
    let others: usize = volume(tile) / tile[axis].max(1);
    if volume(tile) > limit {
        tile[axis] = (limit / others.max(1)).max(1);
    }
}

/// About half of a length: a multiple of sixteen elements, if it is more than a few times that.
fn half(length: usize) -> usize {
    let half = length.div_ceil(2);
    match half > 4 * 16 {
        true => half.next_multiple_of(16),
        false => half,
    }
}

fn longest(tile: &[usize], among: &[usize]) -> Option<usize> {
    let long = among.iter().copied().filter(|&axis| tile[axis] > 1);
    long.max_by_key(|&axis| tile[axis])
}

fn volume(tile: &[usize]) -> usize {
    tile.iter().product()
}
