//! The indices of one axis that a part of one layout and a part of another have in common.

use std::ops::Range;

use super::runs::Runs;

/// Equally long runs of common indices, equally far from each other in both parts.
///
/// Places are local: where an index stands among those of the source's part, and of the target's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Place of the first index in the source's part.
    pub source: usize,
    /// Place of the first index in the target's part.
    pub target: usize,
    /// The indices of one run.
    pub length: usize,
    /// The number of runs.
    pub count: usize,
    /// From one run to the next in the source's part.
    pub source_step: usize,
    /// From one run to the next in the target's part.
    pub target_step: usize,
}

impl Span {
    /// The number of indices.
    pub fn len(&self) -> usize {
        self.length * self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs number `runs`, of each the indices `along`.
    fn part(&self, runs: Range<usize>, along: Range<usize>) -> Self {
        Span {
            source: self.source + runs.start * self.source_step + along.start,
            target: self.target + runs.start * self.target_step + along.start,
            length: along.len(),
            count: runs.len(),
            ..*self
        }
    }
}

/// What two parts have in common along one axis, in an order that both sides find by themselves.
///
/// Two blocks have one run in common; parts that are dealt in turn have runs that repeat, and cost as many
/// spans as there are runs in a period.
///
/// ```
/// use partita::layout::{Overlap, Runs};
/// let rows_in_turn = Runs::new(1, 1, 3, 12); // 1, 4, 7, 10
/// let block = Runs::from(4..12);
/// let overlap = Overlap::between(&rows_in_turn, &block);
/// assert_eq!(overlap.len(), 3); // 4, 7, 10
/// let span = overlap.spans()[0];
/// assert_eq!((span.source, span.source_step), (1, 1));
/// assert_eq!((span.target, span.target_step), (0, 3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Overlap {
    spans: Vec<Span>,
}

impl Overlap {
    /// The common indices of a source's and a target's part.
    pub fn between(source: &Runs, target: &Runs) -> Self {
        let (ours, theirs) = (source.bounds(), target.bounds());
        let (start, end) = (ours.start.max(theirs.start), ours.end.min(theirs.end));
        if start >= end {
            return Overlap::default();
        }
        let mut spans = Vec::new();
        let mut rest = start;
        if let Some(period) = common_period(source, target) {
            let count = (end - start) / period;
            rest += count * period;
            if count > 0 {
                spans.extend(
                    spans_in(source, target, start..start + period).map(|span| Span {
                        count,
                        source_step: source.places_in(period),
                        target_step: target.places_in(period),
                        ..span
                    }),
                );
            }
        }
        spans.extend(spans_in(source, target, rest..end));
        Overlap { spans }
    }

    /// The common indices, as places in both parts.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The number of common indices.
    pub fn len(&self) -> usize {
        self.spans.iter().map(Span::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Those in a range, counted in this overlap's order.
    pub fn part(&self, range: Range<usize>) -> Self {
        let mut spans = Vec::new();
        let mut before = 0;
        for span in &self.spans {
            let wanted = range.start.max(before)..range.end.min(before + span.len());
            if !wanted.is_empty() {
                push_part(&mut spans, span, wanted.start - before..wanted.end - before);
            }
            before += span.len();
        }
        Overlap { spans }
    }
}

/// The indices `range` of a span: the end of a run, whole runs, the start of a run.
fn push_part(spans: &mut Vec<Span>, span: &Span, range: Range<usize>) {
    let length = span.length;
    let (first, last) = (range.start / length, range.end / length);
    let (head, tail) = (range.start % length, range.end % length);
    if first == last {
        spans.push(span.part(first..first + 1, head..tail));
        return;
    }
    let whole = first + usize::from(head > 0);
    if head > 0 {
        spans.push(span.part(first..whole, head..length));
    }
    if whole < last {
        spans.push(span.part(whole..last, 0..length));
    }
    if tail > 0 {
        spans.push(span.part(last..last + 1, 0..tail));
    }
}

/// The common runs within a window, one span each.
fn spans_in(source: &Runs, target: &Runs, window: Range<usize>) -> impl Iterator<Item = Span> {
    let common = source.within(window).flat_map(|run| target.within(run));
    common.filter_map(|run| {
        Some(Span {
            source: source.position(run.start)?,
            target: target.position(run.start)?,
            length: run.len(),
            count: 1,
            source_step: 0,
            target_step: 0,
        })
    })
}

/// The distance after which what is common repeats; none for two runs.
fn common_period(source: &Runs, target: &Runs) -> Option<usize> {
    match (source.period(), target.period()) {
        (Some(one), Some(other)) => (one / greatest_common_divisor(one, other)).checked_mul(other),
        (one, other) => one.or(other),
    }
}

pub(super) fn greatest_common_divisor(one: usize, other: usize) -> usize {
    if other == 0 {
        one
    } else {
        greatest_common_divisor(other, one % other)
    }
}
