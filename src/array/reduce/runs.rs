//! A rank's elements in pieces that follow each other in the whole array.

use ndarray::ArrayView1;

use crate::array::DistArray;
use crate::comm::Element;
use crate::layout::{Axes, Runs, for_each_index};

/// Elements handed over at once: few enough that several reducers find them in the cache.
const PIECE: usize = 8192;

impl<A: Element, D: Axes> DistArray<A, D> {
    /// Hands over this rank's elements, in C order; none where another rank's copy counts.
    pub(super) fn for_each_piece(&self, mut take: impl FnMut(&[A])) {
        if !self.is_primary() {
            return;
        }
        let local = self.local();
        if let Some(all) = local.as_slice() {
            return all.chunks(PIECE).for_each(take);
        }
        let mut piece = Vec::with_capacity(PIECE);
        for &value in local {
            piece.push(value);
            if piece.len() == PIECE {
                take(&piece);
                piece.clear();
            }
        }
        if !piece.is_empty() {
            take(&piece);
        }
    }

    /// Hands over this rank's elements as runs that follow each other in the whole array in C order,
    /// each with the position of its first; none where another rank's copy counts.
    pub(in crate::array) fn for_each_run(&self, mut take: impl FnMut(usize, &[A])) {
        if !self.is_primary() {
            return;
        }
        let local = self.local();
        if let (Some(start), Some(all)) = (self.single_run(), local.as_slice()) {
            let pieces = all.chunks(PIECE).enumerate();
            return pieces.for_each(|(number, piece)| take(start + number * PIECE, piece));
        }
        let mut runs = self.layout().all_local_runs(self.communicator().rank());
        let Some(along) = runs.last_mut() else {
            return local.iter().for_each(|&value| take(0, &[value]));
        };
        // One visit a row: its first index stands for all.
        let along = std::mem::replace(along, Runs::from(0..along.len().min(1)));
        let (mut rows, mut copy) = (local.rows().into_iter(), Vec::new());
        for_each_index::<D>(&runs, |index| {
            if let Some(row) = rows.next() {
                let start = self.position(index.as_ref());
                for_each_run_of(row, along, &mut copy, |position, run| {
                    take(start + position, run)
                });
            }
        });
    }

    /// Where an element stands among all, in C order.
    pub(super) fn position(&self, index: &[usize]) -> usize {
        let axes = self.shape().iter().zip(index);
        axes.fold(0, |position, (length, index)| position * length + index)
    }

    pub(super) fn is_primary(&self) -> bool {
        self.layout().is_primary(self.communicator().rank())
    }

    /// Where this rank's elements begin, if they follow each other in the whole array.
    fn single_run(&self) -> Option<usize> {
        let runs = self.layout().all_local_runs(self.communicator().rank());
        let lengths = self.shape().iter().zip(&runs);
        let mut partial = lengths.clone().skip_while(|(_, runs)| runs.len() == 1);
        partial.next();
        let whole = partial.all(|(&length, runs)| runs.len() == length);
        let starts: Option<Vec<usize>> = runs
            .iter()
            .map(|runs| Some(runs.as_range()?.start))
            .collect();
        starts
            .filter(|_| whole)
            .map(|starts| self.position(&starts))
    }
}

/// Hands over a line of elements in the runs in which their indices follow each other.
pub(super) fn for_each_run_of<A: Copy>(
    line: ArrayView1<'_, A>,
    along: Runs,
    copy: &mut Vec<A>,
    mut take: impl FnMut(usize, &[A]),
) {
    let line = match line.to_slice() {
        Some(line) => line,
        None => {
            copy.clear();
            copy.extend(line);
            copy
        }
    };
    let mut rest = line;
    for run in along.iter() {
        let (here, after) = rest.split_at(run.len().min(rest.len()));
        take(run.start, here);
        rest = after;
    }
}
