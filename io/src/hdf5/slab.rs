//! The part of a dataset that a slice names.

use ndarray::{Slice, SliceInfoElem};

use super::hyperslab::Selection;
use super::stripes::AxisSelection;

/// Every `step`-th index from `start` along each axis of a dataset, `len` of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slab {
    axes: Vec<SlabAxis>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SlabAxis {
    start: usize,
    step: usize,
    len: usize,
    /// Whether the array has this axis too; a single index takes it away.
    kept: bool,
}

impl Slab {
    /// All of a dataset.
    pub fn whole(shape: &[usize]) -> Self {
        Slab::of_ranges(shape.iter().map(|&length| 0..length))
    }

    /// One range along each axis.
    pub fn of_ranges(ranges: impl IntoIterator<Item = std::ops::Range<usize>>) -> Self {
        let axes = ranges.into_iter().map(|range| SlabAxis {
            start: range.start,
            step: 1,
            len: range.len(),
            kept: true,
        });
        Slab {
            axes: axes.collect(),
        }
    }

    /// One step of a series: everything behind one index of the first axis.
    pub fn of_step(number: usize, rest: impl Iterator<Item = std::ops::Range<usize>>) -> Self {
        let step = SlabAxis {
            start: number,
            step: 1,
            len: 1,
            kept: false,
        };
        let mut slab = Slab::of_ranges(rest);
        slab.axes.insert(0, step);
        slab
    }

    /// What `slice` takes of a dataset of this shape, counted as `ndarray` counts; or what is wrong with it.
    pub fn new(slice: &[SliceInfoElem], shape: &[usize]) -> Result<Self, String> {
        if slice.len() != shape.len() {
            let (given, ndim) = (slice.len(), shape.len());
            return Err(format!(
                "the slice has {given} axes, the dataset {ndim} ({shape:?})"
            ));
        }
        let axes = slice.iter().zip(shape).enumerate();
        let axes = axes.map(|(axis, (&element, &length))| {
            of_axis(element, length).ok_or_else(|| {
                format!("the slice {element} of axis {axis} is not within its length {length}")
            })
        });
        Ok(Slab {
            axes: axes.collect::<Result<_, _>>()?,
        })
    }

    /// The shape of the array that holds the part.
    pub fn shape(&self) -> Vec<usize> {
        let kept = self.axes.iter().filter(|axis| axis.kept);
        kept.map(|axis| axis.len).collect()
    }

    /// The part of it that rows of that array are.
    pub fn rows(&self, rows: &std::ops::Range<usize>) -> Self {
        let mut part = self.clone();
        if let Some(first) = part.axes.iter_mut().find(|axis| axis.kept) {
            first.start += first.step * rows.start;
            first.len = rows.len();
        }
        part
    }

    /// How many of that array's indices lie in one box of the dataset, along each axis.
    pub fn blocks(&self, box_shape: &[usize]) -> Vec<usize> {
        let axes = self.axes.iter().zip(box_shape);
        axes.filter(|(axis, _)| axis.kept)
            .map(|(axis, &block)| (block / axis.step).max(1))
            .collect()
    }

    /// The dataset's elements behind those of an array of [`shape`](Self::shape).
    pub fn selection(&self, of_array: &Selection) -> Selection {
        if of_array.volume() == 0 {
            return Selection::none(self.axes.len());
        }
        let mut own = of_array.axes().iter();
        let axes = self.axes.iter().map(|axis| match axis.kept {
            true => own.next().map_or(AxisSelection::of_runs([]), |own| {
                own.through(axis.start, axis.step)
            }),
            false => AxisSelection::of_runs(Some(axis.start..axis.start + 1)),
        });
        Selection::new(axes.collect())
    }

    /// Whether no index of the one can be one of the other.
    pub fn is_apart_from(&self, other: &Slab) -> bool {
        let mut axes = self.axes.iter().zip(&other.axes);
        axes.any(|(one, other)| one.end() <= other.start || other.end() <= one.start)
            || self
                .axes
                .iter()
                .chain(&other.axes)
                .any(|axis| axis.len == 0)
    }
}

/// A dataset in slabs across its first axis, of at most so many elements where `thickness` indices have not
/// more: all of them of a multiple of `thickness`, but the last.
pub(crate) fn slabs(shape: &[usize], thickness: usize, most: usize) -> Vec<Slab> {
    let Some((&rows, rest)) = shape.split_first() else {
        return vec![Slab::whole(&[])];
    };
    let row = rest.iter().product::<usize>();
    let thickness = (most / row.max(1) / thickness).max(1) * thickness;
    let slab = |start: usize| {
        let rest = rest.iter().map(|&length| 0..length);
        Slab::of_ranges(std::iter::once(start..rows.min(start + thickness)).chain(rest))
    };
    match row {
        0 => Vec::new(),
        _ => (0..rows).step_by(thickness).map(slab).collect(),
    }
}

impl SlabAxis {
    fn end(&self) -> usize {
        match self.len {
            0 => self.start,
            len => self.start + (len - 1) * self.step + 1,
        }
    }
}

fn of_axis(element: SliceInfoElem, length: usize) -> Option<SlabAxis> {
    let absolute = |index: isize| match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(index.unsigned_abs()),
    };
    match element {
        SliceInfoElem::Index(index) => {
            let start = absolute(index).filter(|&start| start < length)?;
            Some(SlabAxis {
                start,
                step: 1,
                len: 1,
                kept: false,
            })
        }
        SliceInfoElem::Slice { start, end, step } => {
            let Slice { start, end, step } = Slice::new(start, end, step);
            let start = absolute(start)?;
            let end = end.map_or(Some(length), absolute)?.max(start);
            let step = usize::try_from(step).ok().filter(|&step| step > 0)?;
            (end <= length).then(|| SlabAxis {
                start,
                step,
                len: (end - start).div_ceil(step),
                kept: true,
            })
        }
        SliceInfoElem::NewAxis => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};
    use proptest::prelude::*;

    #[test]
    fn slices_beyond_the_dataset_are_refused_in_words() {
        let refused = |slice: &[SliceInfoElem]| Slab::new(slice, &[5, 4]).unwrap_err();
        assert_eq!(
            refused(s![..].as_ref()),
            "the slice has 1 axes, the dataset 2 ([5, 4])"
        );
        for slice in [s![0..6, ..], s![-6.., ..], s![..;-1, ..]] {
            let text = refused(slice.as_ref());
            assert!(
                text.ends_with("of axis 0 is not within its length 5"),
                "{text}"
            );
        }
        assert!(refused(s![5, ..].as_ref()).contains("axis 0"));
        assert!(refused(s![.., -5].as_ref()).contains("axis 1"));
    }

    #[test]
    fn slabs_that_meet_are_told_from_those_that_do_not() {
        let slab =
            |rows: std::ops::Range<usize>| Slab::new(s![rows, ..].as_ref(), &[9, 4]).unwrap();
        assert!(slab(0..4).is_apart_from(&slab(4..9)));
        assert!(!slab(0..5).is_apart_from(&slab(4..9)));
        assert!(slab(3..3).is_apart_from(&slab(0..9)));
    }

    proptest! {
        #[test]
        fn a_slab_takes_what_ndarray_takes(
            start in -7isize..8, length in 0isize..8, step in 1isize..4, column in -5isize..5,
        ) {
            let whole = Array2::from_shape_fn((7, 5), |(row, column)| row * 5 + column);
            let from = if start < 0 { start + 7 } else { start };
            let slice = s![start..(from + length).min(7).max(from);step, column];
            prop_assume!((0..=7).contains(&from));
            let slab = Slab::new(slice.as_ref(), &[7, 5]).unwrap();
            let expected = whole.slice(slice);
            prop_assert_eq!(slab.shape(), expected.shape());
            let all = Selection::of_ranges(slab.shape().iter().map(|&length| 0..length));
            let taken = slab.selection(&all);
            prop_assert_eq!(taken.volume(), expected.len());
            let rows = taken.axes()[0].runs().flatten();
            let columns: Vec<usize> = taken.axes()[1].runs().flatten().collect();
            let taken: Vec<usize> = rows.map(|row| row * 5 + columns[0]).collect();
            prop_assert_eq!(taken, expected.to_vec());
        }
    }
}
