//! A selection, chunk by chunk: what of each belongs to it, and where that lies in memory.

use super::hyperslab::Selection;
use super::stripes::{AxisSelection, Stripes};

/// Along one axis, indices that follow each other in a chunk and in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The first, counted from the beginning of the chunk.
    pub within: usize,
    /// Its place among the selection's indices.
    pub place: usize,
    pub length: usize,
}

/// What a selection has of one chunk: along each axis runs, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChunkPart {
    /// The index at which the chunk begins.
    pub origin: Vec<usize>,
    axes: Vec<Vec<Run>>,
}

/// Where elements lie in a chunk and in the selection's memory, counted in elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    pub from: usize,
    pub to: usize,
    pub length: usize,
}

/// Shows each chunk of this shape that the selection has something of, in C order.
pub(super) fn for_each_chunk<E>(
    selection: &Selection,
    chunk: &[usize],
    mut visit: impl FnMut(&ChunkPart) -> Result<(), E>,
) -> Result<(), E> {
    if selection.volume() == 0 {
        return Ok(());
    }
    let axes = selection.axes().iter().zip(chunk);
    let axes: Vec<_> = axes
        .map(|(axis, &length)| Axis::new(axis, length))
        .collect();
    let mut part = ChunkPart {
        origin: Vec::new(),
        axes: Vec::new(),
    };
    along(&axes, &mut part, &mut visit)
}

fn along<E>(
    axes: &[Axis],
    part: &mut ChunkPart,
    visit: &mut impl FnMut(&ChunkPart) -> Result<(), E>,
) -> Result<(), E> {
    let Some((axis, behind)) = axes.split_first() else {
        return visit(part);
    };
    let mut next = axis.next(0);
    while let Some(index) = next {
        let start = index / axis.chunk * axis.chunk;
        let end = start.saturating_add(axis.chunk);
        part.origin.push(start);
        part.axes.push(axis.runs(start, end));
        along(behind, part, visit)?;
        part.origin.pop();
        part.axes.pop();
        next = axis.next(end);
    }
    Ok(())
}

/// An axis of a selection, and how many indices of it a chunk has.
struct Axis<'a> {
    stripes: &'a [Stripes],
    /// How many indices come before each of the stripes.
    before: Vec<usize>,
    chunk: usize,
}

impl<'a> Axis<'a> {
    fn new(axis: &'a AxisSelection, chunk: usize) -> Self {
        let before = axis.stripes().iter().scan(0, |before, stripes| {
            let own = *before;
            *before += stripes.len();
            Some(own)
        });
        Axis {
            stripes: axis.stripes(),
            before: before.collect(),
            chunk: chunk.max(1),
        }
    }

    /// The stripes that end behind `index`, of which the first may reach over it.
    fn from(&self, index: usize) -> usize {
        let ends_before = |stripes: &Stripes| last(stripes) < index;
        self.stripes.partition_point(ends_before)
    }

    /// The first index of the selection that is not less.
    fn next(&self, index: usize) -> Option<usize> {
        let stripes = self.stripes.get(self.from(index))?;
        let run = stripes.start + first_run(stripes, index) * stripes.stride;
        Some(run.max(index))
    }

    /// The runs from `start` to `end`.
    fn runs(&self, start: usize, end: usize) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let stripes = self.stripes.iter().zip(&self.before).skip(self.from(start));
        for (stripes, before) in stripes.take_while(|(stripes, _)| stripes.start < end) {
            for number in first_run(stripes, start)..stripes.count {
                let first = stripes.start + number * stripes.stride;
                if first >= end {
                    break;
                }
                let (from, to) = (first.max(start), (first + stripes.block).min(end));
                let place = before + number * stripes.block + from - first;
                let (within, length) = (from - start, to - from);
                match runs.last_mut() {
                    Some(last) if last.within + last.length == within => last.length += length,
                    _ => runs.push(Run {
                        within,
                        place,
                        length,
                    }),
                }
            }
        }
        runs
    }
}

/// The last index of stripes, of which there is none without one.
fn last(stripes: &Stripes) -> usize {
    stripes.start + (stripes.count - 1) * stripes.stride + stripes.block - 1
}

/// The first run of the stripes that ends behind `index`.
fn first_run(stripes: &Stripes, index: usize) -> usize {
    match index.checked_sub(stripes.start + stripes.block) {
        None => 0,
        Some(beyond) => beyond / stripes.stride + 1,
    }
}

impl ChunkPart {
    /// How many elements it has.
    pub fn volume(&self) -> usize {
        self.lengths().iter().product()
    }

    /// How many indices it has along each axis.
    pub fn lengths(&self) -> Vec<usize> {
        let length = |runs: &Vec<Run>| runs.iter().map(|run| run.length).sum();
        self.axes.iter().map(length).collect()
    }

    /// Which elements of the dataset these are.
    pub fn selection(&self) -> Selection {
        let axes = self.axes.iter().zip(&self.origin).map(|(runs, &origin)| {
            AxisSelection::of_runs(runs.iter().map(|run| {
                let start = origin + run.within;
                start..start + run.length
            }))
        });
        Selection::new(axes.collect())
    }

    /// The same, in memory of its own.
    pub fn alone(&self) -> Self {
        let axes = self.axes.iter().map(|runs| {
            let runs = runs.iter().scan(0, |place, &run| {
                let own = *place;
                *place += run.length;
                Some(Run { place: own, ..run })
            });
            runs.collect()
        });
        ChunkPart {
            origin: self.origin.clone(),
            axes: axes.collect(),
        }
    }

    /// Shows what lies in one piece in the chunk and in memory that is `memory` long along each axis, in C order.
    pub fn for_each_run(&self, chunk: &[usize], memory: &[usize], mut visit: impl FnMut(Copied)) {
        // Behind this axis all there is follows each other, here as there.
        let is_whole = |axis: usize| {
            let whole = |run: &Run| run.length == chunk[axis] && run.length == memory[axis];
            self.axes[axis].iter().all(whole)
        };
        let behind = (0..self.axes.len())
            .rev()
            .take_while(|&axis| is_whole(axis));
        let axis = self.axes.len().saturating_sub(behind.count() + 1);
        let inner = chunk.iter().skip(axis + 1).product();
        let shapes = Shapes { chunk, memory };
        self.runs_along(0, axis, inner, (0, 0), shapes, &mut visit);
    }

    fn runs_along(
        &self,
        axis: usize,
        run_axis: usize,
        inner: usize,
        (from, to): (usize, usize),
        shapes: Shapes,
        visit: &mut impl FnMut(Copied),
    ) {
        let Some(runs) = self.axes.get(axis) else {
            let length = 1;
            return visit(Copied { from, to, length });
        };
        let from = from * shapes.chunk[axis];
        let to = to * shapes.memory[axis];
        for run in runs {
            let (from, to) = (from + run.within, to + run.place);
            if axis < run_axis {
                for next in 0..run.length {
                    let at = (from + next, to + next);
                    self.runs_along(axis + 1, run_axis, inner, at, shapes, visit);
                }
                continue;
            }
            visit(Copied {
                from: from * inner,
                to: to * inner,
                length: run.length * inner,
            });
        }
    }
}

/// The shapes of a chunk and of the memory of a selection.
#[derive(Clone, Copy)]
struct Shapes<'a> {
    chunk: &'a [usize],
    memory: &'a [usize],
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every element of a dataset, its number in C order, read chunk by chunk.
    fn read(shape: &[usize], chunk: &[usize], selection: &Selection) -> (Vec<usize>, usize) {
        let memory: Vec<usize> = selection.axes().iter().map(AxisSelection::len).collect();
        let mut taken = vec![usize::MAX; selection.volume()];
        let mut chunks = 0;
        let visited: Result<(), ()> = for_each_chunk(selection, chunk, |part| {
            chunks += 1;
            let elements = elements_of(shape, chunk, &part.origin);
            let mut copied = 0;
            part.for_each_run(chunk, &memory, |run| {
                let to = run.to..run.to + run.length;
                taken[to].copy_from_slice(&elements[run.from..run.from + run.length]);
                copied += run.length;
            });
            assert_eq!(copied, part.volume());
            assert_eq!(part.selection().volume(), copied);
            let mut own = Vec::new();
            part.alone().for_each_run(chunk, &part.lengths(), |run| {
                assert_eq!(run.to, own.len());
                own.extend_from_slice(&elements[run.from..run.from + run.length]);
            });
            let mut expected = Vec::new();
            part.selection()
                .for_each_run(shape, |run| expected.extend(run));
            assert_eq!(own, expected);
            Ok(())
        });
        visited.unwrap();
        (taken, chunks)
    }

    fn elements_of(shape: &[usize], chunk: &[usize], origin: &[usize]) -> Vec<usize> {
        let number = |place: usize| {
            let (mut rest, mut number, mut stride) = (place, 0, 1);
            for axis in (0..shape.len()).rev() {
                number += (origin[axis] + rest % chunk[axis]) * stride;
                rest /= chunk[axis];
                stride *= shape[axis];
            }
            number
        };
        (0..chunk.iter().product()).map(number).collect()
    }

    #[test]
    fn chunks_far_apart_are_found_without_passing_those_between() {
        let far = 1 << 60;
        let selection = Selection::of_ranges(Some(0..1));
        assert_eq!(read(&[far], &[2], &selection).1, 1);
        let stripes = AxisSelection::of_runs([5..6, far - 3..far]);
        assert_eq!(read(&[far], &[2], &Selection::new(vec![stripes])).1, 3);
        assert_eq!(read(&[0, 3], &[1, 2], &Selection::none(2)).1, 0);
    }

    #[test]
    fn whole_rows_of_a_chunk_are_one_run() {
        let selection = Selection::of_ranges([3..9, 0..4]);
        let mut runs = Vec::new();
        let visited: Result<(), ()> = for_each_chunk(&selection, &[5, 4], |part| {
            part.for_each_run(&[5, 4], &[6, 4], |run| {
                runs.push((run.from, run.to, run.length))
            });
            Ok(())
        });
        visited.unwrap();
        assert_eq!(runs, [(12, 0, 8), (0, 8, 16)]);
    }

    proptest! {
        #[test]
        fn each_element_is_taken_once_from_its_chunk(
            axes in prop::collection::vec(
                (1usize..7, 1usize..5, prop::collection::vec((0usize..3, 0usize..4), 0..5)), 0..4),
        ) {
            let shape: Vec<usize> = axes.iter().map(|axis| axis.0 * 5).collect();
            let chunk: Vec<usize> = axes.iter().map(|axis| axis.1).collect();
            let taken = axes.iter().zip(&shape).map(|((.., runs), &length)| {
                let mut next = 0;
                AxisSelection::of_runs(runs.iter().map(|&(gap, run)| {
                    let start = (next + gap).min(length);
                    next = (start + run).min(length);
                    start..next
                }))
            });
            let selection = Selection::new(taken.collect());
            let mut expected = Vec::new();
            selection.for_each_run(&shape, |run| expected.extend(run));
            if selection.volume() == 0 {
                expected.clear();
            }
            prop_assert_eq!(read(&shape, &chunk, &selection).0, expected);
        }
    }
}
