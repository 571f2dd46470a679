//! What one rank has of a box of global indices: pure arithmetic.

use std::ops::Range;

use crate::layout::{Axes, Layout, Runs, for_each_index};

/// The part of a box that one rank owns: along each axis consecutive ones of its own indices.
pub(super) struct Piece<D> {
    pub owner: usize,
    /// The elements of a row, which lie together in the owner's memory.
    pub row: usize,
    /// Where each row begins there.
    pub offsets: Vec<usize>,
    /// Which of the owner's own indices, counted there.
    local: Vec<Runs>,
    /// The owner's global indices.
    global: Vec<Runs>,
    first: D,
}

impl<D: Axes> Piece<D> {
    /// `None` where the rank has nothing of the box.
    pub fn of(layout: &Layout<D>, owner: usize, ranges: &[Range<usize>]) -> Option<Self> {
        let global = layout.all_local_runs(owner);
        let own = global.iter().zip(ranges);
        let local: Vec<_> = own
            .map(|(runs, range)| Runs::from(runs.before(range.start)..runs.before(range.end)))
            .collect();
        if local.iter().any(Runs::is_empty) {
            return None;
        }
        let shape = layout.local_shape(owner);
        let mut rows = local.clone();
        let row = rows.pop().map_or(1, |last| {
            let start = last.get(0).unwrap_or(0);
            rows.push(Runs::from(start..start + 1));
            last.len()
        });
        let mut offsets = vec![];
        for_each_index::<D>(&rows, |index| {
            offsets.push(offset(shape.slice(), index.as_ref()))
        });
        let mut first = layout.raw_dim();
        let starts = first.slice_mut().iter_mut().zip(ranges);
        starts.for_each(|(first, range)| *first = range.start);
        Some(Piece {
            owner,
            row,
            offsets,
            local,
            global,
            first,
        })
    }

    /// Calls `visit` with the place of each element within the box, in the order of the owner's memory.
    pub fn for_each_place(&self, mut visit: impl FnMut(D)) {
        for_each_index::<D>(&self.local, |local| {
            let mut place = self.first.clone();
            let axes = place.slice_mut().iter_mut().zip(&self.global);
            for ((place, runs), &local) in axes.zip(local.as_ref()) {
                *place = runs.get(local).unwrap_or(*place) - *place;
            }
            visit(place);
        });
    }
}

/// Where an element lies in memory in C order.
pub(super) fn offset(shape: &[usize], index: &[usize]) -> usize {
    let axes = shape.iter().zip(index);
    axes.fold(0, |offset, (length, index)| offset * length + index)
}
