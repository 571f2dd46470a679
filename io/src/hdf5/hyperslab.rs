//! What a rank takes of a dataset, and the pieces in which it travels.

use std::ops::Range;

use partita::layout::{Axes, Layout};

use super::stripes::{AxisSelection, Stripes};

/// The elements of a dataset that a rank writes or reads: the product of what it takes along each axis.
/// Its own elements lie in the same (C) order in memory.
///
/// Pure: it knows neither files nor ranks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    axes: Vec<AxisSelection>,
}

/// A regular part of a dataset: stripes along each axis.
pub(crate) type Hyperslab = Vec<Stripes>;

impl Selection {
    pub fn new(axes: Vec<AxisSelection>) -> Self {
        Selection { axes }
    }

    /// Nothing of a dataset with this many axes.
    pub fn none(ndim: usize) -> Self {
        Selection::new(vec![AxisSelection::of_runs([]); ndim.max(1)])
    }

    /// One range along each axis.
    pub fn of_ranges(ranges: impl IntoIterator<Item = Range<usize>>) -> Self {
        let axes = ranges.into_iter();
        Selection::new(axes.map(|range| AxisSelection::of_runs([range])).collect())
    }

    /// What `rank` has of an array of this layout.
    pub fn of_layout<D: Axes>(layout: &Layout<D>, rank: usize) -> Self {
        let runs = layout.all_local_runs(rank).into_iter();
        Selection::new(
            runs.map(|runs| AxisSelection::of_runs(runs.iter()))
                .collect(),
        )
    }

    pub fn axes(&self) -> &[AxisSelection] {
        &self.axes
    }

    pub fn volume(&self) -> usize {
        let lengths = self.axes.iter().map(AxisSelection::len);
        match self.axes.iter().any(|axis| axis.len() == 0) {
            true => 0,
            false => lengths.fold(1, usize::saturating_mul),
        }
    }

    /// Shows the numbers of the elements in C order of a dataset of this `shape`, run by run.
    pub fn for_each_run(&self, shape: &[usize], mut visit: impl FnMut(Range<usize>)) {
        let Some((last, outer)) = self.axes.split_last() else {
            return visit(0..1);
        };
        let lengths: Vec<usize> = outer.iter().map(AxisSelection::len).collect();
        for place in 0..lengths.iter().product() {
            let (mut rest, mut start, mut stride) = (place, 0, shape[outer.len()]);
            for axis in (0..outer.len()).rev() {
                let index = outer[axis].get(rest % lengths[axis]);
                rest /= lengths[axis];
                start += index * stride;
                stride *= shape[axis];
            }
            for run in last.runs() {
                visit(start + run.start..start + run.end);
            }
        }
    }

    fn lengths(&self) -> Vec<usize> {
        self.axes.iter().map(AxisSelection::len).collect()
    }

    /// The hyperslabs that hold the elements at these places.
    fn hyperslabs(&self, places: &[Range<usize>]) -> Vec<Hyperslab> {
        let mut slabs = vec![Vec::new()];
        for (axis, places) in self.axes.iter().zip(places) {
            let part = axis.part(places);
            let longer = |slab: &Hyperslab| {
                let slab = slab.clone();
                let each = part.stripes().to_vec();
                each.into_iter()
                    .map(move |stripes| [slab.as_slice(), &[stripes]].concat())
            };
            slabs = slabs.iter().flat_map(longer).collect();
        }
        slabs
    }
}

/// A selection, cut into pieces of at most so many elements, each of which is one run of the rank's
/// elements in C order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pieces<'a> {
    selection: &'a Selection,
    lengths: Vec<usize>,
    /// Along this axis the pieces are `block` thick; before it 1, behind it whole.
    axis: usize,
    block: usize,
}

/// A piece: where it lies in the dataset, and where its elements lie among the rank's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub hyperslabs: Vec<Hyperslab>,
    pub selection: Selection,
    pub elements: Range<usize>,
}

impl<'a> Pieces<'a> {
    /// Cuts `selection` into pieces of at most `limit` elements (at least one).
    pub fn new(selection: &'a Selection, limit: usize) -> Self {
        let lengths = selection.lengths();
        // The first axis behind which a whole slab is small enough.
        let axis = (0..lengths.len())
            .find(|&axis| inner(&lengths, axis) <= limit)
            .unwrap_or(0);
        let block = (limit / inner(&lengths, axis).max(1)).max(1);
        Pieces {
            selection,
            lengths,
            axis,
            block,
        }
    }

    /// How many pieces there are: none of an empty selection, one without axes.
    pub fn count(&self) -> usize {
        if self.selection.volume() == 0 {
            return 0;
        }
        match self.lengths.get(self.axis) {
            None => 1,
            Some(length) => {
                let slabs: usize = self.lengths[..self.axis].iter().product();
                slabs * length.div_ceil(self.block)
            }
        }
    }

    /// The piece of this number, or `None` beyond the last.
    pub fn get(&self, number: usize) -> Option<Piece> {
        if number >= self.count() {
            return None;
        }
        let mut places: Vec<Range<usize>> = self.lengths.iter().map(|&length| 0..length).collect();
        if let Some(&length) = self.lengths.get(self.axis) {
            let blocks = length.div_ceil(self.block);
            let start = number % blocks * self.block;
            places[self.axis] = start..length.min(start + self.block);
            let mut slab = number / blocks;
            for range in places[..self.axis].iter_mut().rev() {
                let index = slab % range.len();
                slab /= range.len();
                *range = index..index + 1;
            }
        }
        Some(self.piece(&places))
    }

    fn piece(&self, places: &[Range<usize>]) -> Piece {
        let own = places.iter().enumerate();
        let first: usize = own
            .map(|(axis, range)| range.start * inner(&self.lengths, axis))
            .sum();
        let axes = self.selection.axes.iter().zip(places);
        let selection = Selection::new(axes.map(|(axis, places)| axis.part(places)).collect());
        Piece {
            hyperslabs: self.selection.hyperslabs(places),
            elements: first..first + selection.volume(),
            selection,
        }
    }
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
    fn a_selection_without_axes_is_one_element_and_an_empty_one_has_no_piece() {
        let scalar = Selection::of_ranges([]);
        let scalar = Pieces::new(&scalar, 1);
        assert_eq!(scalar.get(0).unwrap().elements, 0..1);
        assert_eq!(scalar.get(1), None);
        let empty = Selection::of_ranges([0..3, 2..2]);
        assert_eq!(Pieces::new(&empty, 5).get(0), None);
        assert_eq!(Selection::none(0).volume(), 0);
    }

    #[test]
    fn whole_rows_travel_together_as_far_as_the_limit_allows() {
        let selection = Selection::of_ranges([10..15, 0..4]);
        let pieces = Pieces::new(&selection, 9);
        assert_eq!(pieces.count(), 3);
        let last = pieces.get(2).unwrap();
        let expected = vec![vec![Stripes::run(14..15), Stripes::run(0..4)]];
        assert_eq!((last.hyperslabs, last.elements), (expected, 16..20));
    }

    /// The indices of a selection in C order.
    fn indices(axes: &[Vec<usize>]) -> Vec<Vec<usize>> {
        axes.iter().fold(vec![vec![]], |outer, axis| {
            let longer = |index: &Vec<usize>| {
                let index = index.clone();
                axis.iter()
                    .map(move |&last| [index.as_slice(), &[last]].concat())
            };
            outer.iter().flat_map(longer).collect()
        })
    }

    proptest! {
        #[test]
        fn pieces_are_small_and_follow_each_other_without_gap(
            axes in prop::collection::vec((0usize..4, 0usize..6, 1usize..4), 0..4),
            limit in 1usize..40,
        ) {
            // Every stride-th index of a range along each axis.
            let axes = axes.iter().map(|&(start, length, stride)| {
                (start..start + length).step_by(stride).collect::<Vec<_>>()
            });
            let axes: Vec<Vec<usize>> = axes.collect();
            let runs = axes.iter().map(|axis| AxisSelection::of_runs(axis.iter().map(|&i| i..i + 1)));
            let selection = Selection::new(runs.collect());
            let expected = indices(&axes);
            prop_assert_eq!(selection.volume(), expected.len());
            let pieces = Pieces::new(&selection, limit);
            let mut next = 0;
            for number in 0..pieces.count() {
                let piece = pieces.get(number).unwrap();
                prop_assert_eq!(piece.elements.start, next);
                prop_assert!(piece.elements.len() <= limit);
                let of_piece: Vec<_> = piece.hyperslabs.iter().flat_map(|slab| {
                    let axes: Vec<_> = slab.iter().map(|each| each.runs().flatten().collect()).collect();
                    indices(&axes)
                }).collect();
                let mut sorted = of_piece.clone();
                sorted.sort();
                prop_assert_eq!(&sorted[..], &expected[piece.elements.clone()]);
                next = piece.elements.end;
            }
            prop_assert_eq!(next, selection.volume());
        }
    }
}
