use ndarray::{Array1, Axis, Slice};
use proptest::prelude::*;

use super::*;

/// An axis of any distribution, and a range and step along it, the range in `ndarray`'s ways.
fn axis_and_slice() -> impl Strategy<Value = (AxisLayout, isize, Option<isize>, isize)> {
    let steps = prop_oneof![Just(1isize), Just(-1), 2isize..9, -9isize..-1];
    (0usize..40, 1usize..6, 0usize..5, 1usize..7, steps).prop_flat_map(
        |(length, parts, kind, block, step)| {
            let distribution = match kind {
                0 => Distribution::Block,
                1 => Distribution::Cyclic,
                2 | 3 => Distribution::BlockCyclic(block),
                _ => {
                    let mut sizes = vec![0; parts];
                    sizes[parts / 2] = length / 3;
                    sizes[parts - 1] += length - length / 3;
                    Distribution::Parts(sizes)
                }
            };
            let axis = AxisLayout::new(length, distribution, parts).expect("fits");
            let length = length as isize;
            let end = prop::option::of(-length..length + 1);
            (Just(axis), -length..length + 1, end, Just(step))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_slice_is_what_ndarray_has((axis, start, end, step) in axis_and_slice()) {
        let slice = AxisSlice::new(axis.len(), start, end, step).expect("within");
        let whole = Array1::from_iter(0..axis.len());
        let expected = serial(&whole, start, end, step);
        prop_assert_eq!(slice.indices().collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!((slice.len(), slice.is_empty()), (expected.len(), expected.is_empty()));
        for index in 0..axis.len() {
            prop_assert_eq!(slice.position(index), expected.iter().position(|&own| own == index));
        }
        prop_assert_eq!(slice.get(expected.len()), None);
    }

    #[test]
    fn each_part_has_of_a_slice_what_it_has_of_the_axis((axis, start, end, step) in axis_and_slice()) {
        let slice = AxisSlice::new(axis.len(), start, end, step).expect("within");
        match axis.slice(&slice) {
            Ok(sliced) => is_sliced(&axis, &slice, &sliced)?,
            Err(_) => prop_assert!(!can_be_sliced(&axis, step), "{:?} [{}]", axis, slice),
        }
    }

    #[test]
    fn a_slice_of_a_slice_is_a_slice(
        (axis, start, end, step) in axis_and_slice(),
        from in 0usize..20,
        step_too in prop_oneof![Just(-1isize), Just(1), Just(2)],
    ) {
        let slice = AxisSlice::new(axis.len(), start, end, step).expect("within");
        if let Ok(sliced) = axis.slice(&slice) {
            let from = from.min(sliced.len()) as isize;
            let inner = AxisSlice::new(sliced.len(), from, None, step_too).expect("within");
            if let Ok(twice) = sliced.slice(&inner) {
                is_sliced(&sliced, &inner, &twice)?;
            }
        }
    }
}

fn serial(whole: &Array1<usize>, start: isize, end: Option<isize>, step: isize) -> Vec<usize> {
    // `ndarray` panics where the end comes before the start; numpy and we have nothing there.
    let length = whole.len() as isize;
    let absolute = |index: isize| if index < 0 { index + length } else { index };
    if absolute(start) >= end.map_or(length, absolute) {
        return vec![];
    }
    whole
        .slice_axis(Axis(0), Slice::new(start, end, step))
        .to_vec()
}

/// Index by index: the owner is the one of the axis, and the part is a slice of the part.
fn is_sliced(
    axis: &AxisLayout,
    slice: &AxisSlice,
    sliced: &AxisLayout,
) -> Result<(), TestCaseError> {
    prop_assert_eq!((sliced.len(), sliced.parts()), (slice.len(), axis.parts()));
    let mut contiguous = true;
    let owners: Vec<_> = (0..slice.len()).map(|place| sliced.owner(place)).collect();
    for part in 0..axis.parts() {
        let (own, runs) = (axis.runs(part), sliced.runs(part));
        let expected: Vec<usize> = (0..slice.len())
            .filter(|&place| axis.owner(slice.at(place)) == Some(part))
            .collect();
        prop_assert_eq!(
            runs.indices().collect::<Vec<_>>(),
            expected.clone(),
            "part {}",
            part
        );
        prop_assert_eq!(runs.iter().flatten().collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!(runs.len(), expected.len());
        for index in 0..50 {
            let below = expected.iter().filter(|&&place| place < index).count();
            prop_assert_eq!(runs.before(index), below);
        }
        contiguous &= runs.as_range().is_some();
        for (number, &place) in expected.iter().enumerate() {
            prop_assert_eq!(sliced.to_local(place), Some((part, number)));
            prop_assert_eq!(runs.get(number), Some(place));
        }
        prop_assert_eq!(runs.get(expected.len()), None);
        slices_cover(&runs, &expected)?;
        let local = Array1::from_iter(own.indices());
        let seen = local.slice_axis(Axis(0), slice.local(&own, &runs));
        let wanted: Vec<usize> = expected.iter().map(|&place| slice.at(place)).collect();
        prop_assert_eq!(seen.to_vec(), wanted);
    }
    prop_assert_eq!(sliced.owner(sliced.len()), None);
    let ascending = owners.windows(2).all(|pair| pair[0] <= pair[1]);
    prop_assert_eq!(sliced.is_contiguous(), contiguous && ascending);
    Ok(())
}

fn slices_cover(runs: &Runs, expected: &[usize]) -> Result<(), TestCaseError> {
    let axis = Array1::from_iter(0..50usize);
    let mut part = Array1::from_elem(expected.len(), usize::MAX);
    for (there, here) in runs.slices() {
        let mut here = part.slice_axis_mut(Axis(0), here);
        prop_assert!(here.iter().all(|&value| value == usize::MAX));
        here.assign(&axis.slice_axis(Axis(0), there));
    }
    prop_assert_eq!(part.to_vec(), expected);
    Ok(())
}

/// Whether the axis has this slice wherever it begins and ends.
fn can_be_sliced(axis: &AxisLayout, step: isize) -> bool {
    let Distribution::BlockCyclic(block) = *axis.distribution() else {
        return true;
    };
    block.is_multiple_of(step.unsigned_abs()) || step.unsigned_abs().is_multiple_of(block)
}

#[test]
fn slices_that_are_not_there_are_refused_in_words() {
    assert!(AxisSlice::new(5, 6, None, 1).is_err_and(|words| words.contains("not within 5")));
    assert!(AxisSlice::new(5, -6, None, 1).is_err_and(|words| words.contains("-6..")));
    assert!(AxisSlice::new(5, 0, None, 0).is_err_and(|words| words.contains("step of zero")));
    let grid = crate::layout::GridShape::new(&[3]);
    let layout = Layout::new([12], grid, &[Distribution::BlockCyclic(2)]).expect("fits");
    let thirds = AxisSlice::new(12, 0, None, 3).expect("a slice");
    let fifths = AxisSlice::new(12, 0, None, 5).expect("a slice");
    assert!(
        layout.slice(&[thirds]).is_ok(),
        "3 and the 6 around meet no block twice"
    );
    let error = layout.slice(&[fifths]).expect_err("no runs").to_string();
    for word in ["12 [block-cyclic(2)/3]", "[0..11;5]", "`redistribute`"] {
        assert!(error.contains(word), "{error} lacks {word}");
    }
    assert!(layout.slice(&[]).is_err());
    let dropped = layout
        .select_axes::<ndarray::Ix0>(&[])
        .expect_err("a cut axis")
        .to_string();
    assert!(
        dropped.contains("axis 0 is cut") && dropped.contains("`index_axis`"),
        "{dropped}"
    );
    assert!(layout.select_axes::<ndarray::Ix1>(&[Some(1)]).is_err());
    assert!(
        layout
            .select_axes::<ndarray::Ix2>(&[Some(0), Some(0)])
            .is_err()
    );
}
