//! A rank's elements in pieces that follow each other in the whole array.

use ndarray::{ArrayView1, Axis};

use crate::array::Distributed;
use crate::layout::{Runs, for_each_index};

/// Elements handed over at once: few enough that several reducers find them in the cache.
const PIECE: usize = 8192;

/// Hands over this rank's elements, in C order; none where another rank's copy counts.
pub(super) fn for_each_piece<T: Distributed>(array: &T, mut take: impl FnMut(&[T::Element])) {
    if !is_primary(array) {
        return;
    }
    let local = array.local();
    if let Some(all) = local.as_slice() {
        return all.chunks(PIECE).for_each(take);
    }
    // Short rows are gathered: a reducer should not be called for a few elements.
    let mut gathered = Vec::with_capacity(2 * PIECE);
    for row in local.rows() {
        for piece in row.axis_chunks_iter(Axis(0), PIECE) {
            match piece.to_slice() {
                Some(piece) if piece.len() == PIECE => take(piece),
                _ => gathered.extend(piece),
            }
            if gathered.len() >= PIECE {
                take(&gathered);
                gathered.clear();
            }
        }
    }
    if !gathered.is_empty() {
        take(&gathered);
    }
}

/// Hands over this rank's elements as runs that follow each other in the whole array in C order,
/// each with the position of its first; none where another rank's copy counts.
pub(in crate::array) fn for_each_run<T: Distributed>(
    array: &T,
    mut take: impl FnMut(usize, &[T::Element]),
) {
    if !is_primary(array) {
        return;
    }
    let local = array.local();
    if let (Some(start), Some(all)) = (single_run(array), local.as_slice()) {
        let pieces = all.chunks(PIECE).enumerate();
        return pieces.for_each(|(number, piece)| take(start + number * PIECE, piece));
    }
    let layout = array.layout();
    let mut runs = layout.all_local_runs(array.grid().communicator().rank());
    let Some(along) = runs.last_mut() else {
        return local.iter().for_each(|&value| take(0, &[value]));
    };
    // One visit a row: its first index stands for all.
    let along = std::mem::replace(along, Runs::from(0..along.len().min(1)));
    let (mut rows, mut copy) = (local.rows().into_iter(), Vec::new());
    for_each_index::<T::Dim>(&runs, |index| {
        if let Some(row) = rows.next() {
            let start = position(layout.shape(), index.as_ref());
            for_each_run_of(row, along, &mut copy, |position, run| {
                take(start + position, run)
            });
        }
    });
}

/// Where an element stands among all, in C order.
fn position(shape: &[usize], index: &[usize]) -> usize {
    let axes = shape.iter().zip(index);
    axes.fold(0, |position, (length, index)| position * length + index)
}

pub(super) fn is_primary<T: Distributed>(array: &T) -> bool {
    let rank = array.grid().communicator().rank();
    array.layout().is_primary(rank)
}

/// Where this rank's elements begin, if they follow each other in the whole array.
fn single_run<T: Distributed>(array: &T) -> Option<usize> {
    let shape = array.layout().shape();
    let rank = array.grid().communicator().rank();
    let runs = array.layout().all_local_runs(rank);
    let lengths = shape.iter().zip(&runs);
    let mut partial = lengths.clone().skip_while(|(_, runs)| runs.len() == 1);
    partial.next();
    let whole = partial.all(|(&length, runs)| runs.len() == length);
    let starts: Option<Vec<usize>> = runs
        .iter()
        .map(|runs| Some(runs.as_range()?.start))
        .collect();
    starts
        .filter(|_| whole)
        .map(|starts| position(shape, &starts))
}

/// Hands over a line of elements in the runs in which their indices follow each other.
pub(super) fn for_each_run_of<A: Copy>(
    line: ArrayView1<'_, A>,
    along: Runs,
    copy: &mut Vec<A>,
    mut take: impl FnMut(usize, &[A]),
) {
    let mut rest = in_memory(line, copy);
    for run in along.iter() {
        let (here, after) = rest.split_at(run.len().min(rest.len()));
        take(run.start, here);
        rest = after;
    }
}

/// A line as a slice, copied where its elements do not follow each other in memory.
pub(super) fn in_memory<'line, A: Copy>(
    line: ArrayView1<'line, A>,
    copy: &'line mut Vec<A>,
) -> &'line [A] {
    match line.to_slice() {
        Some(line) => line,
        None => {
            copy.clear();
            copy.extend(line);
            copy
        }
    }
}
