//! Boxes of elements copied from one order in memory to another.

use super::simd;
use crate::layout::{Overlap, Span};

/// Where a part lies in a slice: its first element, and the distance of neighbours along each axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: usize,
    pub(super) strides: Vec<usize>,
}

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stores {
    /// Into the caches.
    Cached,
    /// Past them.
    Streamed,
}

/// A box of elements, with strides on both sides.
#[derive(Debug, Clone)]
pub(super) struct Block {
    source: usize,
    target: usize,
    loops: Vec<Loop>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Loop {
    extent: usize,
    source: usize,
    target: usize,
}

/// The boxes that are a product of spans, one after the other.
pub(super) fn blocks(axes: &[Overlap], source: &Place, target: &Place) -> Vec<Block> {
    let start = Block {
        source: source.offset,
        target: target.offset,
        loops: Vec::with_capacity(axes.len()),
    };
    let strides = source.strides.iter().zip(&target.strides);
    axes.iter()
        .zip(strides)
        .fold(vec![start], |blocks, (overlap, (&source, &target))| {
            let along = |block: &Block| {
                let block = block.clone();
                let spans = overlap.spans().iter();
                spans.map(move |span| block.along(span, source, target))
            };
            blocks.iter().flat_map(along).collect()
        })
}

impl Block {
    fn along(&self, span: &Span, source: usize, target: usize) -> Self {
        let mut block = self.clone();
        block.source += span.source * source;
        block.target += span.target * target;
        let runs = Loop {
            extent: span.count,
            source: span.source_step * source,
            target: span.target_step * target,
        };
        let within = Loop {
            extent: span.length,
            source,
            target,
        };
        let real = [runs, within].into_iter().filter(|real| real.extent != 1);
        block.loops.extend(real);
        block
    }

    /// The number of elements.
    pub(super) fn volume(&self) -> usize {
        self.loops.iter().map(|each| each.extent).product()
    }

    /// Whether rows lie together on both sides.
    pub(super) fn is_in_rows(&self) -> bool {
        let last = self.merged().pop();
        last.is_none_or(|last| (last.source, last.target) == (1, 1))
    }

    /// The same box with its target packed, in C order, from `start`.
    pub(super) fn with_packed_target(mut self, start: usize) -> Self {
        self.target = start;
        self.packed(|each| &mut each.target)
    }

    /// The same box with its source packed, in C order, from `start`.
    pub(super) fn with_packed_source(mut self, start: usize) -> Self {
        self.source = start;
        self.packed(|each| &mut each.source)
    }

    fn packed(mut self, side: impl Fn(&mut Loop) -> &mut usize) -> Self {
        let mut stride = 1;
        for each in self.loops.iter_mut().rev() {
            *side(each) = stride;
            stride *= each.extent;
        }
        self
    }

    /// Copies its elements.
    pub(super) fn copy<T: Copy>(&self, from: &[T], to: &mut [T], stores: Stores) {
        let mut loops = self.merged();
        let start = (self.source, self.target);
        let Some(last) = loops.pop() else {
            to[start.1] = from[start.0];
            return;
        };
        if (last.source, last.target) == (1, 1) {
            return each(&loops, start, &mut |source, target| {
                let (from, to) = (
                    &from[source..][..last.extent],
                    &mut to[target..][..last.extent],
                );
                match stores {
                    Stores::Cached => to.copy_from_slice(from),
                    Stores::Streamed => simd::stream(from, to),
                }
            });
        }
        let lengthwise = loops.iter().position(|each| each.source == 1);
        match lengthwise.filter(|_| last.target == 1) {
            Some(place) => {
                let lengthwise = loops.remove(place);
                each(&loops, start, &mut |source, target| {
                    transpose(&from[source..], &mut to[target..], last, lengthwise);
                });
            }
            None => each(&loops, start, &mut |source, target| {
                let from = from[source..].iter().step_by(last.source.max(1));
                let to = to[target..].iter_mut().step_by(last.target.max(1));
                for (to, from) in to.zip(from).take(last.extent) {
                    *to = *from;
                }
            }),
        }
    }

    /// Its loops in the target's order; two that are one on both sides are one.
    fn merged(&self) -> Vec<Loop> {
        let mut loops = self.loops.clone();
        loops.sort_by_key(|each| std::cmp::Reverse(each.target));
        let mut merged: Vec<Loop> = Vec::with_capacity(loops.len());
        for inner in loops {
            match merged.last_mut() {
                Some(outer)
                    if outer.source == inner.source * inner.extent
                        && outer.target == inner.target * inner.extent =>
                {
                    outer.extent *= inner.extent;
                    (outer.source, outer.target) = (inner.source, inner.target);
                }
                _ => merged.push(inner),
            }
        }
        merged
    }
}

/// Calls `work` at every place that the loops lead to.
fn each(loops: &[Loop], start: (usize, usize), work: &mut impl FnMut(usize, usize)) {
    let Some((outer, inner)) = loops.split_first() else {
        return work(start.0, start.1);
    };
    for number in 0..outer.extent {
        let (source, target) = (number * outer.source, number * outer.target);
        each(inner, (start.0 + source, start.1 + target), work);
    }
}

/// Rows and columns of a block that is held in registers.
const SIDE: usize = 8;

/// Copies rows of the source (neighbours along `lengthwise`) to columns of the target, block by block: each
/// line of memory is touched once, however far rows are from each other.
fn transpose<T: Copy>(from: &[T], to: &mut [T], across: Loop, lengthwise: Loop) {
    let (length, width) = (lengthwise.extent, across.extent);
    let row_of = |row: usize| &from[row * across.source..][..length];
    let (whole, whole_length) = (width / SIDE * SIDE, length / SIDE * SIDE);
    for first in (0..whole).step_by(SIDE) {
        let rows: [&[T]; SIDE] = std::array::from_fn(|row| row_of(first + row));
        for start in (0..whole_length).step_by(SIDE) {
            let mut block = [[from[0]; SIDE]; SIDE];
            for (row, (line, values)) in block.iter_mut().zip(&rows).enumerate() {
                line.copy_from_slice(&values[start..start + SIDE]);
                // The rows after these come next.
                simd::prefetch(from, (first + SIDE + row) * across.source + start);
            }
            for column in 0..SIDE {
                let place = (start + column) * lengthwise.target + first;
                for (to, line) in to[place..place + SIDE].iter_mut().zip(&block) {
                    *to = line[column];
                }
            }
        }
    }
    for row in 0..width {
        // What is left over: the ends of rows, and whole rows.
        let start = if row < whole { whole_length } else { 0 };
        for (place, value) in row_of(row).iter().enumerate().skip(start) {
            to[place * lengthwise.target + row] = *value;
        }
    }
}
