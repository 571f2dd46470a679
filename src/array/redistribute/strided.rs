//! Boxes of elements copied from one order in memory to another.

use std::ops::Range;

use super::simd::{self, SIDE};
use crate::layout::{Overlap, Span};

/// Where a part lies in a slice: its first element, and the distance of neighbours along each axis, which may
/// run backwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: usize,
    pub(super) strides: Vec<isize>,
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
    source: isize,
    target: isize,
}

impl Loop {
    /// Where its `number`-th place is on both sides, from where it starts.
    fn at(&self, number: usize, start: (usize, usize)) -> (usize, usize) {
        let number = number as isize;
        (
            start.0.wrapping_add_signed(number * self.source),
            start.1.wrapping_add_signed(number * self.target),
        )
    }

    fn runs_forwards(&self) -> bool {
        self.source >= 0 && self.target >= 0
    }
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
    fn along(&self, span: &Span, source: isize, target: isize) -> Self {
        let mut block = self.clone();
        let first = (span.source as isize * source, span.target as isize * target);
        block.source = block.source.wrapping_add_signed(first.0);
        block.target = block.target.wrapping_add_signed(first.1);
        let runs = Loop {
            extent: span.count,
            source: span.source_step as isize * source,
            target: span.target_step as isize * target,
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
    fn is_in_rows(&self) -> bool {
        let last = self.merged().pop();
        last.is_none_or(|last| (last.source, last.target) == (1, 1))
    }

    /// Whether it can be written past the caches as it is: row by row, or line by line.
    pub(super) fn can_be_streamed<T>(&self) -> bool {
        self.is_in_rows() || self.becomes_lines::<T>()
    }

    /// Whether its rows become columns that are whole lines.
    fn becomes_lines<T>(&self) -> bool {
        let mut loops = self.merged();
        let last = loops.pop();
        last.is_some_and(|last| last.target == 1)
            && simd::transposes::<T>()
            && loops
                .iter()
                .all(|each| simd::is_whole_lines::<T>(each.target.unsigned_abs()))
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

    fn packed(mut self, side: impl Fn(&mut Loop) -> &mut isize) -> Self {
        let mut stride = 1;
        for each in self.loops.iter_mut().rev() {
            *side(each) = stride;
            stride *= each.extent as isize;
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
        let lengthwise = loops
            .iter()
            .position(|each| each.source == 1 && each.runs_forwards())
            .filter(|_| last.target == 1 && last.runs_forwards());
        match lengthwise {
            Some(place) => {
                let lengthwise = loops.remove(place);
                each(&loops, start, &mut |source, target| {
                    transpose(&from[source..], &mut to[target..], last, lengthwise, stores);
                });
            }
            None => each(&loops, start, &mut |source, target| {
                one_by_one(from, to, (source, target), last);
            }),
        }
    }

    /// Its loops in the target's order; two that are one on both sides are one.
    fn merged(&self) -> Vec<Loop> {
        let mut loops = self.loops.clone();
        loops.sort_by_key(|each| std::cmp::Reverse(each.target.unsigned_abs()));
        let mut merged: Vec<Loop> = Vec::with_capacity(loops.len());
        for inner in loops {
            match merged.last_mut() {
                Some(outer)
                    if outer.source == inner.source * inner.extent as isize
                        && outer.target == inner.target * inner.extent as isize =>
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
        each(inner, outer.at(number, start), work);
    }
}

fn one_by_one<T: Copy>(from: &[T], to: &mut [T], start: (usize, usize), along: Loop) {
    if along.runs_forwards() {
        let step = |stride: isize| stride.unsigned_abs().max(1);
        let from = from[start.0..].iter().step_by(step(along.source));
        let to = to[start.1..].iter_mut().step_by(step(along.target));
        for (to, from) in to.zip(from).take(along.extent) {
            *to = *from;
        }
        return;
    }
    for number in 0..along.extent {
        let (source, target) = along.at(number, start);
        to[target] = from[source];
    }
}

/// Rows and columns of a tile: what a core's own cache holds twice, and two lines of each column of the target.
///
/// Two cores wrote 512 MiB at 1.2 of `memcpy` so, at 1.0 with blocks of registers one after the other along eight
/// rows, and at 0.6 in rows that are no power of two; tiles one below the other went at 0.3 to 0.8 (AMD EPYC, 2026).
const TILE: (usize, usize) = (2 * SIDE, 16 * SIDE);

/// Rows and columns of the source.
type Tile = (Range<usize>, Range<usize>);

/// Copies rows of the source (neighbours along `lengthwise`) to columns of the target, tile by tile along the
/// rows: each line of memory is touched once, however far rows are from each other.
fn transpose<T: Copy>(from: &[T], to: &mut [T], across: Loop, lengthwise: Loop, stores: Stores) {
    let (length, width) = (lengthwise.extent, across.extent);
    let strides = (
        across.source.unsigned_abs(),
        lengthwise.target.unsigned_abs(),
    );
    // Rows before the target's first whole line.
    let head = match stores {
        Stores::Cached => 0,
        Stores::Streamed => simd::before_a_line(to).min(width),
    };
    let whole = head..head + (width - head) / SIDE * SIDE;
    let whole_length = length / SIDE * SIDE;
    let mut tiles = tiles(whole.clone(), whole_length).peekable();
    while let Some((rows, columns)) = tiles.next() {
        let place = |(rows, columns): &Tile| (rows.start * strides.0 + columns.start) as isize;
        let here = (rows.clone(), columns.clone());
        // What comes next is fetched meanwhile.
        let ahead = tiles.peek().map_or(0, |next| place(next) - place(&here));
        let extents = (rows.len(), columns.len());
        simd::transpose_tile(
            &from[place(&here) as usize..],
            &mut to[columns.start * strides.1 + rows.start..],
            (strides, extents),
            ahead,
            stores,
        );
    }
    for row in 0..width {
        // What is left over: the ends of rows, and whole rows.
        let start = if whole.contains(&row) {
            whole_length
        } else {
            0
        };
        let values = &from[row * strides.0..][..length];
        for (place, value) in values.iter().enumerate().skip(start) {
            to[place * strides.1 + row] = *value;
        }
    }
}

/// The rows and the columns of each tile, stripe by stripe.
fn tiles(rows: Range<usize>, columns: usize) -> impl Iterator<Item = Tile> {
    rows.clone().step_by(TILE.0).flat_map(move |first| {
        let rows = first..(first + TILE.0).min(rows.end);
        (0..columns)
            .step_by(TILE.1)
            .map(move |start| (rows.clone(), start..(start + TILE.1).min(columns)))
    })
}
