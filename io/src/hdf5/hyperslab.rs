//! The region of a rank, and the pieces in which it travels.

use std::ops::Range;

use partita::layout::Region;

/// A region of a dataset, cut into pieces of at most so many elements, each of which is one run of
/// the rank's elements in C order.
///
/// Pure: it knows neither files nor ranks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pieces {
    region: Region,
    /// Along this axis the pieces are `block` thick; before it 1, behind it whole.
    axis: usize,
    block: usize,
}

/// A piece: where it lies in the dataset, and where its elements lie among the rank's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub start: Vec<u64>,
    pub count: Vec<u64>,
    pub elements: Range<usize>,
}

impl Pieces {
    /// Cuts `region` into pieces of at most `limit` elements (at least one).
    pub fn new(region: Region, limit: usize) -> Self {
        let lengths = lengths(&region);
        // The first axis behind which a whole slab is small enough.
        let axis = (0..lengths.len())
            .find(|&axis| inner(&lengths, axis) <= limit)
            .unwrap_or(0);
        let block = (limit / inner(&lengths, axis).max(1)).max(1);
        Pieces {
            region,
            axis,
            block,
        }
    }

    /// How many pieces there are: none of an empty region, one without axes.
    pub fn count(&self) -> usize {
        if self.region.is_empty() {
            return 0;
        }
        let lengths = lengths(&self.region);
        match lengths.get(self.axis) {
            None => 1,
            Some(length) => {
                let slabs: usize = lengths[..self.axis].iter().product();
                slabs * length.div_ceil(self.block)
            }
        }
    }

    /// The piece of this number, or `None` beyond the last.
    pub fn get(&self, number: usize) -> Option<Piece> {
        if number >= self.count() {
            return None;
        }
        let mut axes: Vec<Range<usize>> = self.region.axes().to_vec();
        if let Some(along) = axes.get(self.axis).cloned() {
            let blocks = along.len().div_ceil(self.block);
            let start = along.start + number % blocks * self.block;
            axes[self.axis] = start..along.end.min(start + self.block);
            let mut slab = number / blocks;
            for range in axes[..self.axis].iter_mut().rev() {
                let index = range.start + slab % range.len();
                slab /= range.len();
                *range = index..index + 1;
            }
        }
        Some(self.piece(&axes))
    }

    fn piece(&self, axes: &[Range<usize>]) -> Piece {
        let lengths = lengths(&self.region);
        let own = self.region.axes().iter().zip(axes).enumerate();
        let first: usize = own
            .map(|(axis, (all, range))| (range.start - all.start) * inner(&lengths, axis))
            .sum();
        let volume: usize = axes.iter().map(ExactSizeIterator::len).product();
        Piece {
            start: axes.iter().map(|range| range.start as u64).collect(),
            count: axes.iter().map(|range| range.len() as u64).collect(),
            elements: first..first + volume,
        }
    }
}

fn lengths(region: &Region) -> Vec<usize> {
    region.axes().iter().map(ExactSizeIterator::len).collect()
}

/// The elements behind one index of `axis`.
fn inner(lengths: &[usize], axis: usize) -> usize {
    lengths.iter().skip(axis + 1).product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_region_without_axes_is_one_element_and_an_empty_one_has_no_piece() {
        let scalar = Pieces::new(Region::from_iter([]), 1);
        assert_eq!(scalar.get(0).unwrap().elements, 0..1);
        assert_eq!(scalar.get(1), None);
        assert_eq!(Pieces::new(Region::from_iter([0..3, 2..2]), 5).get(0), None);
    }

    #[test]
    fn whole_rows_travel_together_as_far_as_the_limit_allows() {
        let pieces = Pieces::new(Region::from_iter([10..15, 0..4]), 9);
        assert_eq!(pieces.count(), 3);
        let last = pieces.get(2).unwrap();
        assert_eq!(
            (last.start, last.count, last.elements),
            (vec![14, 0], vec![1, 4], 16..20)
        );
    }

    proptest! {
        #[test]
        fn pieces_are_small_and_follow_each_other_without_gap(
            axes in prop::collection::vec((0usize..4, 0usize..6), 0..4),
            limit in 1usize..40,
        ) {
            let region = Region::from_iter(axes.iter().map(|&(start, length)| start..start + length));
            let pieces = Pieces::new(region.clone(), limit);
            let mut next = 0;
            for number in 0..pieces.count() {
                let piece = pieces.get(number).unwrap();
                prop_assert_eq!(piece.elements.start, next);
                prop_assert!(piece.elements.len() <= limit);
                prop_assert_eq!(piece.elements.len() as u64, piece.count.iter().product::<u64>());
                // Its first element is where C order has it.
                let mut offset = 0;
                for (range, start) in region.axes().iter().zip(&piece.start) {
                    offset = offset * range.len() + (*start as usize - range.start);
                }
                prop_assert_eq!(offset, piece.elements.start);
                next = piece.elements.end;
            }
            prop_assert_eq!(next, region.volume());
        }
    }
}
