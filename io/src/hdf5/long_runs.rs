//! In which layout an array goes to its file best, where the ranks write it themselves.

use std::ops::Range;

use partita::Result;
use partita::layout::{Axes, Layout};

use super::direct::SHORTEST_WRITTEN;
use super::hyperslab::Selection;
use super::placed::{Placed, RunsInFile};
use super::slab::Slab;
use super::storage::by_chunks;

/// Runs that are shorter on average are put together first: writers of one file wait for each other in every call, and
/// the page cache keeps short runs on small pages (2 cores, ext4 in Linux 6.18, 2026).
const SHORT: usize = 256 << 10;

/// By how much runs have to become longer for that.
const LONGER: usize = 4;

/// So many bytes a rank go at a time, twice in memory besides the array: they stay in a shared cache on their way.
const MOVED_AT_ONCE: usize = 3 << 20;

/// A way to long runs for an array whose own are short: to the ranks in whole chunks, or in whole rows of a dataset
/// without chunks, some rows at a time.
///
/// Pure: the same on every rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LongRuns {
    /// What is not cut, along each axis of the array.
    block: Vec<usize>,
    ranks: usize,
    length: usize,
    /// How many rows go at a time.
    rows: usize,
}

impl LongRuns {
    /// For an array of this layout, where it is worth it; at most so many bytes a rank at a time.
    pub fn of<D: Axes>(
        layout: &Layout<D>,
        slab: &Slab,
        placed: &Placed,
        limit: usize,
    ) -> Option<Self> {
        let (shape, ranks) = (layout.shape(), layout.grid().size());
        let own = average(layout, slab, placed)?;
        if ranks == 1 || own >= SHORT {
            return None;
        }
        let mut block = match placed.addresses.len() {
            1 => rows_of(shape),
            _ => slab.blocks(&placed.box_shape),
        };
        let row = shape.iter().skip(1).product::<usize>() * placed.size;
        let at_once = (limit.min(MOVED_AT_ONCE) * ranks / row.max(1)).max(1);
        let is_narrow = block
            .iter()
            .zip(shape)
            .skip(1)
            .any(|(block, length)| block < length);
        let thickness = block.first_mut()?;
        if *thickness > at_once {
            // Whole chunks are too much, but their rows lie behind each other: each rank has some of its own chunks, or
            // of the one that has all.
            *thickness = if is_narrow { at_once } else { 1 };
        }
        let thickness = *thickness;
        // What a view of some rows would not be, goes at once.
        let is_cut_in_runs = (0..ranks).all(|rank| layout.local_runs(rank, 0).as_range().is_some());
        let rows = match is_cut_in_runs {
            true => at_once / thickness * thickness,
            false => shape[0],
        };
        let moved = LongRuns {
            block,
            ranks,
            length: shape[0],
            rows,
        };
        let mut first = layout.raw_dim();
        first.slice_mut()[0] = rows.min(shape[0]);
        let part = slab.rows(&(0..first.slice()[0]));
        let longer = average(&moved.layout(first).ok()?, &part, placed)?;
        (longer >= SHORTEST_WRITTEN.max(LONGER * own)).then_some(moved)
    }

    /// The rows that go at a time.
    pub fn slabs(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (length, rows) = (self.length, self.rows);
        (0..length)
            .step_by(rows)
            .map(move |start| start..length.min(start + rows))
    }

    /// The layout for the whole array or some rows of it.
    pub fn layout<D: Axes>(&self, shape: D) -> Result<Layout<D>> {
        by_chunks(shape, &self.block, self.ranks)
    }
}

/// A row: one index of the first axis that has several.
fn rows_of(shape: &[usize]) -> Vec<usize> {
    let cut = shape.iter().position(|&length| length > 1).unwrap_or(0);
    let axes = shape.iter().enumerate();
    axes.map(|(axis, &length)| if axis == cut { 1 } else { length })
        .collect()
}

/// The bytes of a run, on average over all ranks; `None` where nobody has anything.
fn average<D: Axes>(layout: &Layout<D>, slab: &Slab, placed: &Placed) -> Option<usize> {
    let ranks = (0..layout.grid().size()).filter(|&rank| layout.is_primary(rank));
    let selections = ranks.map(|rank| slab.selection(&Selection::of_layout(layout, rank)));
    let all = selections.map(|selection| placed.runs(&selection));
    let all = all.reduce(|one, other| RunsInFile {
        bytes: one.bytes + other.bytes,
        number: one.number.saturating_add(other.number),
    });
    all?.average()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Ix2;
    use partita::layout::{Distribution, GridShape};

    const SHAPE: [usize; 2] = [4096, 4096];

    fn moved(
        parts: [usize; 2],
        distribution: Distribution,
        box_shape: [usize; 2],
    ) -> Option<LongRuns> {
        let layout = Layout::new(
            Ix2(SHAPE[0], SHAPE[1]),
            GridShape::new(&parts),
            &[distribution, Distribution::Block],
        );
        let boxes = Placed::boxes(&SHAPE, &box_shape).iter().product();
        let placed = Placed {
            shape: SHAPE.to_vec(),
            box_shape: box_shape.to_vec(),
            addresses: vec![0; boxes],
            size: 8,
        };
        LongRuns::of(&layout.unwrap(), &Slab::whole(&SHAPE), &placed, 1 << 30)
    }

    #[test]
    fn columns_become_rows_and_rows_stay() {
        let block = Distribution::Block;
        assert_eq!(moved([4, 1], block.clone(), SHAPE), None);
        assert_eq!(moved([1, 1], block.clone(), SHAPE), None);
        let rows = moved([1, 4], block.clone(), SHAPE).unwrap();
        assert_eq!(rows.block, [1, 4096]);
        assert_eq!(rows.slabs().next(), Some(0..384));
        assert_eq!(rows.slabs().last(), Some(3840..4096));
        let chunks = moved([1, 4], block.clone(), [64, 4096]).unwrap();
        let layout = chunks.layout(Ix2(SHAPE[0], SHAPE[1])).unwrap();
        assert_eq!(layout.local_shape(3), Ix2(1024, 4096));
        // Chunks that each rank has whole are as long as runs can be.
        assert_eq!(moved([1, 4], block.clone(), [4096, 1024]), None);
        // Of those that are not quite a rank's, some rows of all go at a time.
        let rows = moved([1, 4], block, [4096, 1025]).unwrap();
        assert_eq!((rows.block.as_slice(), rows.rows), (&[384, 1025][..], 384));
        let layout = rows.layout(Ix2(384, SHAPE[1])).unwrap();
        assert_eq!(layout.local_shape(0), Ix2(384, 1025));
        assert!(moved([4, 1], Distribution::Cyclic, SHAPE).is_some());
    }

    #[test]
    fn much_goes_some_rows_at_a_time() {
        let moved = LongRuns {
            block: vec![1, 1],
            ranks: 2,
            length: 7,
            rows: 3,
        };
        assert_eq!(moved.slabs().collect::<Vec<_>>(), [0..3, 3..6, 6..7]);
    }
}
