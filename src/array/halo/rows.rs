//! Regions of an array as rows of consecutive elements, and how they are copied.

use crate::layout::Region;

/// A region of an array that lies in memory in C order: rows of `length` consecutive elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows {
    start: usize,
    /// How many rows there are along each outer axis and how far they are apart, the outermost first.
    outer: Vec<(usize, usize)>,
    length: usize,
}

impl Rows {
    /// Of a region of an array of this shape. Axes of the region that are whole are joined to longer rows.
    pub(super) fn of(shape: &[usize], region: &Region) -> Self {
        let (mut start, mut stride, mut length) = (0, 1, 1);
        let mut outer = vec![];
        for (&extent, range) in shape.iter().zip(region.axes()).rev() {
            start += range.start * stride;
            if outer.is_empty() && length == stride {
                length *= range.len();
            } else if range.len() != 1 {
                outer.push((range.len(), stride));
            }
            stride *= extent;
        }
        outer.reverse();
        Rows {
            start,
            outer,
            length,
        }
    }

    pub(super) fn volume(&self) -> usize {
        let rows: usize = self.outer.iter().map(|(count, _)| count).product();
        rows * self.length
    }

    /// Calls `visit` with where each row begins, in C order.
    #[inline]
    pub(super) fn for_each(&self, mut visit: impl FnMut(usize)) {
        visit_rows(&self.outer, self.start, &mut visit);
    }

    /// The elements of the region one after the other.
    pub(super) fn pack<A: Copy>(&self, cells: &[A], buffer: &mut [A]) {
        if self.length == 1 {
            let mut places = buffer.iter_mut();
            return self.for_each(|start| {
                if let Some(place) = places.next() {
                    *place = cells[start];
                }
            });
        }
        let mut places = buffer.chunks_exact_mut(self.length);
        self.for_each(|start| {
            if let Some(place) = places.next() {
                place.copy_from_slice(&cells[start..start + self.length]);
            }
        });
    }

    /// The inverse of [`pack`](Self::pack).
    pub(super) fn unpack<A: Copy>(&self, buffer: &[A], cells: &mut [A]) {
        if self.length == 1 {
            let mut values = buffer.iter();
            return self.for_each(|start| {
                if let Some(value) = values.next() {
                    cells[start] = *value;
                }
            });
        }
        let mut values = buffer.chunks_exact(self.length);
        self.for_each(|start| {
            if let Some(values) = values.next() {
                cells[start..start + self.length].copy_from_slice(values);
            }
        });
    }
}

fn visit_rows(outer: &[(usize, usize)], start: usize, visit: &mut impl FnMut(usize)) {
    match *outer {
        [] => visit(start),
        [(count, stride)] => (0..count).for_each(|row| visit(start + row * stride)),
        [(count, stride), ref inner @ ..] => {
            (0..count).for_each(|row| visit_rows(inner, start + row * stride, visit));
        }
    }
}

/// Copies within one array that go through it side by side, because their regions have the same form.
#[derive(Debug, Clone)]
pub(super) struct Copies {
    /// Where the rows are, counted from the start of each region.
    rows: Rows,
    /// The starts of the regions, from and to.
    starts: Vec<(usize, usize)>,
}

impl Copies {
    /// As few passes as the forms of the regions allow: where both ends of the last axis are copied, each
    /// line of memory with the end of one row and the beginning of the next is touched once, not four times.
    pub(super) fn joined(pairs: impl IntoIterator<Item = (Rows, Rows)>) -> Vec<Self> {
        let mut passes: Vec<Copies> = vec![];
        for (from, to) in pairs {
            let starts = (from.start, to.start);
            let rows = Rows { start: 0, ..from };
            match passes.iter_mut().find(|pass| pass.rows == rows) {
                Some(pass) => pass.starts.push(starts),
                None => passes.push(Copies {
                    rows,
                    starts: vec![starts],
                }),
            }
        }
        passes
    }

    /// No target is a source of any of them.
    pub(super) fn run<A: Copy>(&self, cells: &mut [A]) {
        let length = self.rows.length;
        match (length, &self.starts[..]) {
            (1, [one, other]) => self.rows.for_each(|row| {
                let values = [cells[one.0 + row], cells[other.0 + row]];
                cells[one.1 + row] = values[0];
                cells[other.1 + row] = values[1];
            }),
            _ => self.rows.for_each(|row| {
                for (from, to) in &self.starts {
                    cells.copy_within(from + row..from + row + length, to + row);
                }
            }),
        }
    }
}
