//! Slices of arrays in every kind of layout, against `ndarray`'s of whole ones.

use ndarray::{Array, Axis, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, SliceArg, SliceInfo, SliceInfoElem, s};
use partita::layout::{Axes, Distribution, GridShape, Layout};
use partita::{Communicator, DistArray, ProcessGrid, Reductions, Result};
use partita_testing::{
    Sample, any_layout, axis_length, cases, error_of_all, sampled, spmd_test, whole,
};
use proptest::prelude::*;

type Info<D> = SliceInfo<Vec<SliceInfoElem>, D, D>;

/// A range of an axis with a step, said from the start or from the end.
fn axis_slice(length: usize) -> impl Strategy<Value = SliceInfoElem> {
    let steps = prop_oneof![
        Just(1isize),
        Just(-1),
        Just(2),
        Just(-2),
        -5isize..-2,
        3isize..6
    ];
    let bounds = (0..length + 1, 0..length + 1);
    (bounds, any::<(bool, bool)>(), steps).prop_map(move |((one, other), from_end, step)| {
        let (start, end) = (one.min(other) as isize, one.max(other) as isize);
        let back = length as isize;
        let open = end == back;
        SliceInfoElem::Slice {
            start: if from_end.0 && start < back {
                start - back
            } else {
                start
            },
            end: (!open).then_some(if from_end.1 { end - back } else { end }),
            step,
        }
    })
}

fn layout_and_slice<D: Axes>(size: usize) -> impl Strategy<Value = (Layout<D>, Info<D>)> {
    any_layout::<D>(size).prop_flat_map(|layout| {
        let axes: Vec<_> = layout
            .shape()
            .iter()
            .map(|&length| axis_slice(length))
            .collect();
        let info = axes.prop_map(|axes| Info::try_from(axes).expect("as many axes"));
        (Just(layout), info)
    })
}

fn has_blocks_in_turn<D: Axes>(layout: &Layout<D>) -> bool {
    let mut axes = layout.axes().iter();
    axes.any(|axis| matches!(axis.distribution(), Distribution::BlockCyclic(2..)))
}

fn compare<A: Sample, D: Axes>(world: &Communicator, count: usize) -> Result<()>
where
    Info<D>: SliceArg<D, OutDim = D>,
{
    for (layout, info) in cases(count, layout_and_slice::<D>(world.size())) {
        let array = sampled::<A, D>(world, &layout)?;
        let mut expected = whole::<A, D>(&layout.raw_dim());
        let owned = array.slice_to_owned(&info)?;
        assert_eq!(owned.all_gather()?, expected.slice(&info), "{owned:?}");
        let view = match array.slice(&info) {
            Ok(view) => view,
            Err(error) => {
                let error = error_of_all(world, Err::<(), _>(error))?.to_string();
                assert!(
                    has_blocks_in_turn(&layout) && error.contains("`redistribute`"),
                    "{error}"
                );
                continue;
            }
        };
        let slice = expected.slice(&info).to_owned();
        assert_eq!((view.shape(), view.len()), (slice.shape(), slice.len()));
        assert_eq!(view.all_gather()?, slice, "{view:?} of {array:?}");
        for (index, value) in view.indexed_iter() {
            assert_eq!(*value, slice[D::from_slice(index.as_ref())?], "{view:?}");
        }
        let again = view.slice(whole_of(&layout))?.to_owned();
        assert_eq!(
            again.zip_with(&view, |a, b| a == b)?.all_gather()?,
            slice.map(|_| true)
        );

        let blocks = Layout::block(
            slice.raw_dim(),
            GridShape::balanced(world.size(), D::NDIM.unwrap_or(0)),
        )?;
        let moved = view.redistribute(&blocks)?;
        assert_eq!(
            moved.redistribute(view.layout())?.local(),
            view.local(),
            "{view:?}"
        );
        for (index, value) in moved.indexed_iter() {
            assert_eq!(*value, slice[D::from_slice(index.as_ref())?], "{view:?}");
        }

        let mut changed = array.clone();
        changed.slice_mut(&info)?.fill(A::sample(77));
        expected.slice_mut(&info).fill(A::sample(77));
        assert_eq!(
            changed.all_gather()?,
            expected,
            "{:?}",
            changed.slice(&info)?
        );
        let marked = again.map(|value| {
            if value == A::sample(3) {
                A::sample(4)
            } else {
                value
            }
        });
        changed.slice_mut(&info)?.assign(&marked)?;
        expected.slice_mut(&info).assign(&marked.all_gather()?);
        assert_eq!(
            changed.all_gather()?,
            expected,
            "{:?}",
            changed.slice(&info)?
        );
    }
    Ok(())
}

/// Every index of each axis.
fn whole_of<D: Axes>(layout: &Layout<D>) -> Info<D> {
    let every = SliceInfoElem::from(..);
    Info::try_from(vec![every; layout.shape().len()]).expect("as many axes")
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn slices_are_what_ndarray_has(world: &Communicator) -> Result<()> {
    compare::<f64, Ix1>(world, 60)?;
    compare::<i32, Ix2>(world, 40)?;
    compare::<u8, Ix3>(world, 16)?;
    compare::<f64, Ix4>(world, 8)?;
    compare::<u16, Ix5>(world, 6)?;
    compare::<i8, Ix6>(world, 6)
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn a_single_index_leaves_an_axis_out_where_every_rank_has_it(world: &Communicator) -> Result<()> {
    let lengths = axis_length().prop_map(|length| length.max(1));
    let grid = ProcessGrid::new(world, &[world.size()])?;
    for (length, index) in cases(6, (lengths, 0usize..20)) {
        let (index, shape) = (index % length, [4, length, 3]);
        let pencils = grid.layout(
            shape,
            &[
                Distribution::Cyclic,
                Distribution::Replicated,
                Distribution::Replicated,
            ],
        )?;
        let mut array = sampled::<f64, Ix3>(world, &pencils)?;
        let mut expected = whole::<f64, Ix3>(&pencils.raw_dim());
        let plane = array.slice(s![..;-1, index, 1..])?;
        assert_eq!(plane.all_gather()?, expected.slice(s![..;-1, index, 1..]));
        let row = array.slice(s![.., -1, -1, ndarray::NewAxis])?;
        assert_eq!(
            row.all_gather()?,
            expected.slice(s![.., -1, -1, ndarray::NewAxis])
        );
        array.slice_mut(s![1.., index, 0])?.fill(-1.0);
        expected.slice_mut(s![1.., index, 0]).fill(-1.0);
        assert_eq!(array.all_gather()?, expected);
        if world.size() > 1 {
            let error = error_of_all(world, array.slice(s![2, .., ..]))?.to_string();
            assert!(
                error.contains("axis 0 is cut") && error.contains("`index_axis`"),
                "{error}"
            );
        }
        let error = error_of_all(world, array.slice(s![.., length, ..]))?.to_string();
        assert!(
            error.contains(&format!("index {length} is not within {length}")),
            "{error}"
        );
        let error = error_of_all(world, array.slice(s![..5, .., ..]))?.to_string();
        assert!(error.contains("0..5 is not within 4 indices"), "{error}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 8])]
fn one_index_of_a_cut_axis_goes_to_all_ranks_along_it(world: &Communicator) -> Result<()> {
    for (layout, index) in cases(24, (any_layout::<Ix3>(world.size()), 0usize..20)) {
        let array = sampled::<i32, Ix3>(world, &layout)?;
        let expected: Array<i32, Ix3> = whole(&layout.raw_dim());
        for (axis, &length) in layout.shape().iter().enumerate() {
            if length == 0 {
                let error = error_of_all(world, array.index_axis(axis, 0))?.to_string();
                assert!(
                    error.contains(&format!("no index 0 of an axis {axis}")),
                    "{error}"
                );
                continue;
            }
            let index = index % length;
            let plane = array.index_axis(axis, index)?;
            let serial = expected.index_axis(Axis(axis), index).to_owned();
            assert_eq!(
                plane.all_gather()?,
                serial,
                "{array:?} at {index} of axis {axis}"
            );
            // Every copy is right, not only the first.
            for (index, value) in plane.indexed_iter() {
                assert_eq!(*value, serial[index], "{plane:?}");
            }
            if axis == 0 {
                let relative = (&array - &plane.broadcast_to(&layout)?)?;
                assert_eq!(relative.all_gather()?, &expected - &serial);
            }
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3])]
fn slices_that_lie_elsewhere_do_not_meet(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let mut array = DistArray::from_fn(&grid, [12], |[i]| i as f64)?;
    let copy = array.clone();
    let shifted = copy.slice(s![1..])?;
    let outcome = array.slice_mut(s![..-1])?.assign(&shifted);
    let error = error_of_all(world, outcome)?.to_string();
    for word in ["assign", "11 [parts", "`redistribute`"] {
        assert!(error.contains(word), "`{error}` lacks `{word}`");
    }
    array.slice_mut(s![1..])?.assign(&shifted)?;
    array
        .slice_mut(s![1..])?
        .zip_inplace(&shifted, |a, b| a * b)?;
    assert_eq!(array.slice(s![..;-3])?.sum()?, 121.0 + 64.0 + 25.0 + 4.0);
    let squares: Vec<f64> = (0..12).map(|i| f64::from(i * i)).collect();
    assert_eq!(array.all_gather()?.to_vec(), squares);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn what_no_view_of_blocks_in_turn_is_becomes_an_array_of_its_own(
    world: &Communicator,
) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let mut refused = 0;
    for (length, block, step) in [(23, 4, 3), (17, 2, 5), (40, 7, -3)] {
        let dealt = [Distribution::BlockCyclic(block), Distribution::Replicated];
        let layout = grid.layout([length, 3], &dealt)?;
        let array = sampled::<f64, Ix2>(world, &layout)?;
        let expected = whole::<f64, Ix2>(&layout.raw_dim());
        let slice = s![1..;step, ..;-1];
        refused += usize::from(array.slice(slice).is_err());
        let owned = array.slice_to_owned(slice)?;
        assert_eq!(
            owned.all_gather()?,
            expected.slice(slice),
            "{length} {block} {step}"
        );
    }
    assert_eq!(refused > 0, world.size() > 1);
    Ok(())
}
