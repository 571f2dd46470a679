//! Where the elements of a dataset lie in its file, where that is all there is to know.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::hyperslab::Selection;

/// A dataset of elements that are stored as they are, in boxes of one shape, each in C order: its chunks, or one
/// box that is the whole dataset.
///
/// Pure: it knows neither files nor ranks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Placed {
    pub shape: Vec<usize>,
    pub box_shape: Vec<usize>,
    /// The byte at which each box begins, in C order of the boxes.
    pub addresses: Vec<u64>,
    /// The bytes of an element.
    pub size: usize,
}

/// Bytes that follow each other in the file as in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub address: u64,
    pub bytes: usize,
}

/// How much is to be moved, and by how many calls of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RunsInFile {
    pub bytes: usize,
    pub number: usize,
}

impl RunsInFile {
    /// The bytes of a run; `None` where there is nothing.
    pub fn average(self) -> Option<usize> {
        self.bytes.checked_div(self.number)
    }
}

impl Placed {
    /// How many boxes there are along each axis.
    pub fn boxes(shape: &[usize], box_shape: &[usize]) -> Vec<usize> {
        let axes = shape.iter().zip(box_shape);
        axes.map(|(&length, &block)| length.div_ceil(block.max(1)))
            .collect()
    }

    /// Whether all boxes end within a file of this length.
    pub fn ends_within(&self, length: u64) -> bool {
        let bytes = self
            .box_shape
            .iter()
            .try_fold(self.size, |bytes, &axis| bytes.checked_mul(axis));
        bytes.is_some_and(|bytes| {
            let ends = self
                .addresses
                .iter()
                .map(|address| address.checked_add(bytes as u64));
            ends.into_iter()
                .all(|end| end.is_some_and(|end| end <= length))
        })
    }

    /// The runs in the file of what is selected, as far as the last axes tell.
    pub fn runs(&self, selection: &Selection) -> RunsInFile {
        let volume = selection.volume();
        // Nothing of a single number has one axis, the number none.
        if volume == 0 {
            return RunsInFile::default();
        }
        let axis = self.run_axis(selection);
        let number = match selection.axes().get(axis) {
            None => 1,
            Some(runs) => {
                let outer = selection.axes()[..axis].iter().map(|axis| axis.len());
                let runs = runs.runs().map(|run| self.boxes_of(axis, &run).len());
                outer.product::<usize>().saturating_mul(runs.sum())
            }
        };
        RunsInFile {
            bytes: volume * self.size,
            number,
        }
    }

    /// Shows the extents of the selected elements, in C order of these.
    pub fn for_each_extent<E>(
        &self,
        selection: &Selection,
        mut visit: impl FnMut(Extent) -> Result<(), E>,
    ) -> Result<(), E> {
        if selection.volume() == 0 {
            return Ok(());
        }
        let axis = self.run_axis(selection);
        self.along(selection, 0, axis, &mut Vec::new(), &mut visit)
    }

    fn along<E>(
        &self,
        selection: &Selection,
        axis: usize,
        run_axis: usize,
        index: &mut Vec<usize>,
        visit: &mut impl FnMut(Extent) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(own) = selection.axes().get(axis) else {
            return visit(self.extent(selection, index, 1));
        };
        for run in own.runs() {
            if axis < run_axis {
                for each in run {
                    index.push(each);
                    self.along(selection, axis + 1, run_axis, index, visit)?;
                    index.pop();
                }
                continue;
            }
            for number in self.boxes_of(axis, &run) {
                let block = self.box_shape[axis];
                let start = run.start.max(number * block);
                let end = run.end.min((number + 1) * block);
                index.push(start);
                let extent = self.extent(selection, index, end - start);
                index.pop();
                visit(extent)?;
            }
        }
        Ok(())
    }

    /// The boxes that a run along an axis goes through.
    fn boxes_of(&self, axis: usize, run: &Range<usize>) -> Range<usize> {
        let block = self.box_shape[axis].max(1);
        run.start / block..run.end.div_ceil(block)
    }

    /// The axis of which a run of indices is a run of bytes: along every axis behind it, what is selected is one
    /// box, and all of it.
    fn run_axis(&self, selection: &Selection) -> usize {
        let axes = selection.axes();
        let is_a_box = |axis: usize| {
            let block = self.box_shape[axis];
            let mut runs = axes[axis].runs();
            runs.next().is_some_and(|first| {
                let end = runs.last().map_or(first.end, |last| last.end);
                first.start % block == 0 && end - first.start == block && axes[axis].len() == block
            })
        };
        let behind = (0..axes.len()).rev().take_while(|&axis| is_a_box(axis));
        axes.len().saturating_sub(behind.count() + 1)
    }

    /// So many slices from the one with this index on; along further axes it begins where the selection does.
    fn extent(&self, selection: &Selection, index: &[usize], count: usize) -> Extent {
        let boxes = Placed::boxes(&self.shape, &self.box_shape);
        let (mut number, mut within) = (0, 0);
        let further = selection.axes().iter().skip(index.len());
        let firsts = further.filter_map(|axis| Some(axis.runs().next()?.start));
        let indices = index.iter().copied().chain(firsts);
        for ((&block, &boxes), at) in self.box_shape.iter().zip(&boxes).zip(indices) {
            number = number * boxes + at / block;
            within = within * block + at % block;
        }
        let behind = self.box_shape.iter().skip(index.len()).product::<usize>();
        Extent {
            address: self.addresses[number] + (within * self.size) as u64,
            bytes: count * behind * self.size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdf5::stripes::AxisSelection;
    use proptest::prelude::*;

    fn placed(shape: &[usize], box_shape: &[usize], size: usize) -> Placed {
        let number = Placed::boxes(shape, box_shape).iter().product::<usize>();
        let bytes = box_shape.iter().product::<usize>() * size;
        // Backwards, with gaps: the order of the boxes in the file is no order.
        let addresses = (0..number).rev().map(|at| (7 + at * (bytes + 5)) as u64);
        Placed {
            shape: shape.to_vec(),
            box_shape: box_shape.to_vec(),
            addresses: addresses.collect(),
            size,
        }
    }

    fn extents(placed: &Placed, selection: &Selection) -> Vec<Extent> {
        let mut extents = Vec::new();
        let pushed: Result<(), ()> = placed.for_each_extent(selection, |extent| {
            extents.push(extent);
            Ok(())
        });
        pushed.unwrap();
        extents
    }

    #[test]
    fn whole_rows_are_one_extent_and_columns_one_a_row() {
        let placed = placed(&[6, 4], &[6, 4], 8);
        let rows = extents(&placed, &Selection::of_ranges([2..5, 0..4]));
        assert_eq!(
            rows,
            [Extent {
                address: 7 + 64,
                bytes: 96
            }]
        );
        let columns = Selection::of_ranges([0..6, 1..3]);
        assert_eq!(extents(&placed, &columns).len(), 6);
        assert_eq!(placed.runs(&columns).average(), Some(16));
        assert_eq!(placed.runs(&Selection::none(2)).average(), None);
        assert_eq!(extents(&placed, &Selection::none(2)), []);
        let chunks = super::tests::placed(&[6, 4], &[3, 2], 8);
        let right_half = Selection::of_ranges([0..6, 2..4]);
        let whole = |extents: Vec<Extent>| {
            extents
                .iter()
                .map(|extent| extent.bytes)
                .collect::<Vec<_>>()
        };
        assert_eq!(whole(extents(&chunks, &right_half)), [48, 48]);
        let scalar = super::tests::placed(&[], &[], 4);
        assert_eq!(scalar.runs(&Selection::of_ranges([])).average(), Some(4));
        assert_eq!(scalar.runs(&Selection::none(0)).average(), None);
        assert_eq!(
            extents(&scalar, &Selection::of_ranges([])),
            [Extent {
                address: 7,
                bytes: 4
            }]
        );
    }

    proptest! {
        #[test]
        fn every_element_lies_where_its_box_has_it(
            axes in prop::collection::vec((1usize..6, 1usize..6, 0usize..3, 1usize..4), 1..4),
        ) {
            let shape: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
            let box_shape: Vec<usize> = axes.iter().map(|axis| axis.1.min(axis.0)).collect();
            let placed = placed(&shape, &box_shape, 3);
            let taken: Vec<Vec<usize>> =
                axes.iter().map(|&(length, _, start, step)| (start.min(length)..length).step_by(step).collect()).collect();
            let runs = taken.iter().map(|axis| AxisSelection::of_runs(axis.iter().map(|&at| at..at + 1)));
            let selection = Selection::new(runs.collect());
            let found: Vec<u64> = extents(&placed, &selection)
                .into_iter()
                .flat_map(|extent| extent.address..extent.address + extent.bytes as u64)
                .collect();
            let indices = taken.iter().fold(vec![vec![]], |outer: Vec<Vec<usize>>, axis| {
                outer.iter().flat_map(|index| axis.iter().map(move |&at| [index.as_slice(), &[at]].concat())).collect()
            });
            let boxes = Placed::boxes(&shape, &box_shape);
            let expected: Vec<u64> = indices.iter().flat_map(|index| {
                let number = (0..shape.len()).fold(0, |number, axis| number * boxes[axis] + index[axis] / box_shape[axis]);
                let within = (0..shape.len()).fold(0, |within, axis| within * box_shape[axis] + index[axis] % box_shape[axis]);
                let first = placed.addresses[number] + 3 * within as u64;
                first..first + 3
            }).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
