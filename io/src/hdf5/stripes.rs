//! Runs of indices along one axis, as HDF5 takes them: start, stride, count and block.

use std::ops::Range;

/// `count` runs of `block` indices each, one every `stride`, the first from `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stripes {
    pub start: usize,
    pub stride: usize,
    pub count: usize,
    pub block: usize,
}

impl Stripes {
    /// One run.
    pub fn run(range: Range<usize>) -> Self {
        Stripes {
            start: range.start,
            stride: range.len().max(1),
            count: 1,
            block: range.len(),
        }
    }

    /// How many indices there are.
    pub fn len(&self) -> usize {
        self.count * self.block
    }

    /// Each run, in ascending order.
    pub fn runs(self) -> impl Iterator<Item = Range<usize>> {
        (0..self.count).map(move |number| {
            let start = self.start + number * self.stride;
            start..start + self.block
        })
    }

    /// The indices at these places among the indices: up to three stripes.
    fn part(self, places: Range<usize>, parts: &mut Vec<Stripes>) {
        if places.is_empty() {
            return;
        }
        let (first, last) = (places.start / self.block, (places.end - 1) / self.block);
        let of_run = |run: usize| {
            let (from, to) = (run * self.block, (run + 1) * self.block);
            let start = self.start + run * self.stride;
            start + places.start.max(from) - from..start + places.end.min(to) - from
        };
        let whole = |run: usize| of_run(run).len() == self.block;
        let whole_from = if whole(first) { first } else { first + 1 };
        let whole_to = if whole(last) { last + 1 } else { last };
        if whole_from > first {
            parts.push(Stripes::run(of_run(first)));
        }
        if whole_to > whole_from {
            parts.push(Stripes {
                start: self.start + whole_from * self.stride,
                count: whole_to - whole_from,
                ..self
            });
        }
        if whole_to == last && last > first {
            parts.push(Stripes::run(of_run(last)));
        }
    }

    /// Where the indices lie when index i stands for `start + step · i`.
    fn through(self, start: usize, step: usize, stripes: &mut Vec<Stripes>) {
        let first = start + step * self.start;
        match (step, self.block, self.count) {
            (1, ..) => stripes.push(Stripes {
                start: first,
                ..self
            }),
            (_, 1, _) => stripes.push(Stripes {
                start: first,
                stride: step * self.stride,
                ..self
            }),
            (_, _, 1) => stripes.push(Stripes {
                start: first,
                stride: step,
                count: self.block,
                block: 1,
            }),
            _ => {
                for run in self.runs() {
                    Stripes::run(run).through(start, step, stripes);
                }
            }
        }
    }
}

/// All indices of one axis that a rank takes, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AxisSelection {
    stripes: Vec<Stripes>,
    len: usize,
}

impl AxisSelection {
    /// These runs, which ascend, in as few stripes as follow from reading them once.
    pub fn of_runs(runs: impl IntoIterator<Item = Range<usize>>) -> Self {
        let mut stripes: Vec<Stripes> = Vec::new();
        for run in runs.into_iter().filter(|run| !run.is_empty()) {
            match stripes.last_mut() {
                Some(last) if last.count == 1 && last.start + last.block == run.start => {
                    *last = Stripes::run(last.start..run.end);
                }
                Some(last) if last.block == run.len() && continues(last, run.start) => {
                    last.stride = (run.start - last.start) / last.count;
                    last.count += 1;
                }
                _ => stripes.push(Stripes::run(run)),
            }
        }
        AxisSelection::of_stripes(stripes)
    }

    fn of_stripes(stripes: Vec<Stripes>) -> Self {
        let len = stripes.iter().map(Stripes::len).sum();
        AxisSelection { stripes, len }
    }

    pub fn stripes(&self) -> &[Stripes] {
        &self.stripes
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The indices at these places among the indices.
    pub fn part(&self, places: &Range<usize>) -> Self {
        let (mut parts, mut passed) = (Vec::new(), 0);
        for stripes in &self.stripes {
            let (from, to) = (
                places.start.max(passed),
                places.end.min(passed + stripes.len()),
            );
            if from < to {
                stripes.part(from - passed..to - passed, &mut parts);
            }
            passed += stripes.len();
        }
        AxisSelection::of_stripes(parts)
    }

    /// Where the indices lie when index i stands for `start + step · i`.
    pub fn through(&self, start: usize, step: usize) -> Self {
        let mut stripes = Vec::new();
        for each in &self.stripes {
            each.through(start, step, &mut stripes);
        }
        AxisSelection::of_stripes(stripes)
    }

    /// The index at this place among the indices, which has to be one of theirs.
    pub fn get(&self, place: usize) -> usize {
        let mut rest = place;
        for stripes in &self.stripes {
            if rest < stripes.len() {
                return stripes.start
                    + rest / stripes.block * stripes.stride
                    + rest % stripes.block;
            }
            rest -= stripes.len();
        }
        rest
    }

    /// Each run, in ascending order.
    pub fn runs(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.stripes.iter().flat_map(|stripes| stripes.runs())
    }
}

/// Whether a run from `start` is the next of the stripes, as long as theirs.
fn continues(stripes: &Stripes, start: usize) -> bool {
    stripes.count == 1 || start == stripes.start + stripes.count * stripes.stride
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn indices(axis: &AxisSelection) -> Vec<usize> {
        axis.runs().flatten().collect()
    }

    #[test]
    fn a_cyclic_axis_is_one_stripe_and_a_shorter_last_block_another() {
        let cyclic = AxisSelection::of_runs([0..1, 4..5, 8..9]);
        assert_eq!(cyclic.stripes().len(), 1);
        let blocks = AxisSelection::of_runs([0..2, 8..10, 16..17]);
        assert_eq!(blocks.stripes().len(), 2);
        assert_eq!(
            AxisSelection::of_runs([0..2, 2..5]).stripes(),
            [Stripes::run(0..5)]
        );
        assert_eq!(AxisSelection::of_runs([]).len(), 0);
    }

    /// Ascending runs from their lengths and the gaps before them.
    fn runs() -> impl Strategy<Value = Vec<Range<usize>>> {
        prop::collection::vec((0usize..4, 0usize..4), 0..8).prop_map(|pairs| {
            let mut next = 0;
            let runs = pairs.into_iter().map(|(gap, length)| {
                let start = next + gap;
                next = start + length;
                start..next
            });
            runs.collect()
        })
    }

    proptest! {
        #[test]
        fn stripes_hold_the_indices_of_the_runs(runs in runs(), start in 0usize..5, step in 1usize..4) {
            let axis = AxisSelection::of_runs(runs.clone());
            let expected: Vec<usize> = runs.into_iter().flatten().collect();
            prop_assert_eq!(indices(&axis), expected.clone());
            prop_assert_eq!(axis.len(), expected.len());
            let moved: Vec<usize> = expected.iter().map(|index| start + step * index).collect();
            prop_assert_eq!(indices(&axis.through(start, step)), moved);
            for (place, &index) in expected.iter().enumerate() {
                prop_assert_eq!(axis.get(place), index);
            }
            for from in 0..=expected.len() {
                for to in from..=expected.len() {
                    let part = axis.part(&(from..to));
                    prop_assert_eq!(indices(&part), expected[from..to].to_vec());
                    prop_assert!(part.stripes().iter().all(|stripes| stripes.stride >= stripes.block));
                }
            }
        }
    }
}
