//! The indices of one part along one axis: equally long runs, equally far from each other.

use std::ops::Range;

use ndarray::Slice;

/// Ascending indices in runs of one length (the first and the last may be shorter) at one distance.
///
/// Every distribution of an axis gives each part such a set: a block is one run, a cyclic axis has runs
/// of one index.
///
/// ```
/// use partita::layout::Runs;
/// let runs = Runs::new(2, 2, 6, 15); // runs of 2, every 6, from 2, below 15
/// assert_eq!(runs.iter().collect::<Vec<_>>(), [2..4, 8..10, 14..15]);
/// assert_eq!(runs.len(), 5);
/// assert_eq!(runs.get(3), Some(9));
/// assert_eq!(runs.position(9), Some(3));
/// assert_eq!(runs.position(5), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Runs {
    start: usize,
    /// How many indices the first run lacks, at its beginning.
    skipped: usize,
    block: usize,
    stride: usize,
    end: usize,
}

impl Runs {
    /// Runs of `block` indices that start at `start`, `start + stride` and so on, as far as they lie
    /// below `end`.
    ///
    /// Runs that touch are one. A `block` of zero counts as one.
    pub fn new(start: usize, block: usize, stride: usize, end: usize) -> Self {
        let (block, length) = (block.max(1), end.saturating_sub(start));
        if stride <= block || length <= stride {
            let length = if stride <= block {
                length
            } else {
                length.min(block)
            };
            return Runs::from(start..start + length);
        }
        // Where the last run ends, so that equal sets are equal values.
        let whole = start + length / stride * stride;
        let end = end.min(whole + block);
        let end = if end == whole {
            whole - stride + block
        } else {
            end
        };
        Runs {
            start,
            skipped: 0,
            block,
            stride,
            end,
        }
    }

    /// Runs of `block` indices every `stride` below `end`, of which the first began `skipped` indices
    /// before 0.
    ///
    /// ```
    /// use partita::layout::Runs;
    /// let runs = Runs::begun(2, 3, 5, 10); // 0, and from 3 on runs of 3 every 5
    /// assert_eq!(runs.iter().collect::<Vec<_>>(), [0..1, 3..6, 8..10]);
    /// ```
    pub fn begun(skipped: usize, block: usize, stride: usize, end: usize) -> Self {
        if skipped == 0 || skipped >= block || block >= stride {
            let start = if skipped == 0 || block >= stride {
                0
            } else {
                stride.saturating_sub(skipped)
            };
            return Runs::new(start, block, stride, end);
        }
        let whole = Runs::new(0, block, stride, end.saturating_add(skipped));
        match whole.end - skipped {
            end if end + skipped <= block => Runs::from(0..end),
            end => Runs {
                skipped,
                end,
                ..whole
            },
        }
    }

    /// The number of indices.
    pub fn len(&self) -> usize {
        self.before(self.end)
    }

    /// The number of indices below one.
    pub fn before(&self, index: usize) -> usize {
        let Some(beyond) = index.min(self.end).checked_sub(self.start) else {
            return 0;
        };
        let span = beyond + self.skipped;
        span / self.stride * self.block + (span % self.stride).min(self.block) - self.skipped
    }

    /// From where the first run would begin to where the last one ends.
    fn span(&self) -> usize {
        self.end - self.start + self.skipped
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The number of runs.
    pub fn count(&self) -> usize {
        self.span().div_ceil(self.stride)
    }

    /// All indices as one range, where they are at most one run.
    pub fn as_range(&self) -> Option<Range<usize>> {
        (self.span() <= self.block).then_some(self.start..self.end)
    }

    /// The runs.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Range<usize>> + use<> {
        let runs = *self;
        (0..runs.count()).map(move |number| runs.run(number))
    }

    /// One of the runs.
    fn run(&self, number: usize) -> Range<usize> {
        // As seen from where the first run would begin.
        let start = number * self.stride;
        let end = (start + self.block).min(self.span());
        self.start + start.max(self.skipped) - self.skipped..self.start + end - self.skipped
    }

    /// Every index.
    pub fn indices(&self) -> Indices {
        Indices {
            runs: *self,
            next: self.start,
            run_end: self.end.min(self.start + self.block - self.skipped),
        }
    }

    /// The index at a place among these.
    pub fn get(&self, position: usize) -> Option<usize> {
        let position = position.checked_add(self.skipped)?;
        let before = (position / self.block).checked_mul(self.stride)?;
        let index = self.start.checked_add(before)? + position % self.block - self.skipped;
        (index < self.end).then_some(index)
    }

    /// The place of an index among these, the inverse of [`get`](Self::get).
    pub fn position(&self, index: usize) -> Option<usize> {
        if index >= self.end {
            return None;
        }
        let beyond = index.checked_sub(self.start)? + self.skipped;
        let (run, offset) = (beyond / self.stride, beyond % self.stride);
        (offset < self.block).then(|| run * self.block + offset - self.skipped)
    }

    /// Where the first index is, and the end of the last run.
    pub(super) fn bounds(&self) -> Range<usize> {
        self.start..self.end
    }

    /// The distance after which the indices repeat; none where they are one run.
    pub(super) fn period(&self) -> Option<usize> {
        (self.span() > self.block).then_some(self.stride)
    }

    /// How many of these lie in so many indices, a whole number of periods.
    pub(super) fn places_in(&self, distance: usize) -> usize {
        match self.period() {
            Some(period) => distance / period * self.block,
            None => distance,
        }
    }

    /// The runs as far as they lie in `window`.
    pub(super) fn within(
        &self,
        window: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + use<> {
        let runs = *self;
        let first = (window.start + runs.skipped).saturating_sub(runs.start) / runs.stride;
        (first..runs.count())
            .map(move |number| {
                let run = runs.run(number);
                run.start.max(window.start)..run.end.min(window.end)
            })
            .take_while(move |run| run.start < window.end)
            .filter(|run| !run.is_empty())
    }

    /// The same indices as few slices with steps: where each lies along the axis, and where among these.
    ///
    /// ```
    /// use partita::layout::Runs;
    /// let slices = Runs::new(1, 1, 3, 10).slices(); // 1, 4, 7
    /// let (along_axis, here) = slices[0];
    /// assert_eq!((along_axis.start, along_axis.end, along_axis.step), (1, Some(8), 3));
    /// assert_eq!((here.start, here.end, here.step), (0, Some(3), 1));
    /// ```
    pub fn slices(&self) -> Vec<(Slice, Slice)> {
        if self.count() <= self.block {
            let mut first = 0;
            return self
                .iter()
                .map(|run| {
                    let here = first..first + run.len();
                    first = here.end;
                    (Slice::from(run), Slice::from(here))
                })
                .collect();
        }
        // The first index at each offset within a run is in the first run, or in the second.
        let runs = (self.skipped..self.block).map(|offset| (offset, 0));
        let runs = runs.chain((0..self.skipped).map(|offset| (offset, 1)));
        runs.map(|(offset, run)| {
            let there = self.start + run * self.stride + offset - self.skipped;
            let here = run * self.block + offset - self.skipped;
            let along_axis = stepped(there, self.end, self.stride);
            (along_axis, stepped(here, self.len(), self.block))
        })
        .collect()
    }
}

fn stepped(start: usize, end: usize, step: usize) -> Slice {
    Slice::new(start.min(end) as isize, Some(end as isize), step as isize)
}

impl From<Range<usize>> for Runs {
    fn from(range: Range<usize>) -> Self {
        let length = range.len();
        Runs {
            start: range.start,
            skipped: 0,
            block: length.max(1),
            stride: length.max(1),
            end: range.start + length,
        }
    }
}

/// The indices of [`Runs`], one after the other.
#[derive(Debug, Clone)]
pub struct Indices {
    runs: Runs,
    next: usize,
    run_end: usize,
}

impl Iterator for Indices {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let index = self.next;
        if index >= self.runs.end {
            return None;
        }
        self.next += 1;
        if self.next == self.run_end && self.run_end < self.runs.end {
            self.next += self.runs.stride - self.runs.block;
            self.run_end = self.runs.end.min(self.next + self.runs.block);
        }
        Some(index)
    }
}
