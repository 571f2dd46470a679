//! Elements and blocks read and written anywhere, against a whole array.

use ndarray::{Array, Ix0, Ix1, Ix2, Ix3, Ix5, Ix6, Slice};
use partita::layout::{Axes, Layout};
use partita::{Communicator, DistArray, Error, Number, Operation, ProcessGrid, Result};
use partita_testing::{
    Sample, any_layout, cases, error_of_all, position, sampled, spmd_test, whole,
};
use proptest::prelude::*;

/// A layout without copies, and a box within its array, by where it begins and ends.
fn layout_and_box<D: Axes>(size: usize) -> impl Strategy<Value = (Layout<D>, D, D)> {
    let whole = any_layout::<D>(size).prop_filter("no copies", |layout| layout.copies() == 1);
    whole.prop_flat_map(|layout| {
        let ends: Vec<_> = layout
            .shape()
            .iter()
            .map(|&n| (0..n + 1, 0..n + 1))
            .collect();
        (Just(layout), ends).prop_map(|(layout, ends)| {
            let (mut from, mut to) = (layout.raw_dim(), layout.raw_dim());
            for (axis, (one, other)) in ends.into_iter().enumerate() {
                (from[axis], to[axis]) = (one.min(other), one.max(other));
            }
            (layout, from, to)
        })
    })
}

fn index_of<D: Axes>(dimension: &D) -> D::Index {
    let mut index = D::origin();
    index.as_mut().copy_from_slice(dimension.slice());
    index
}

fn compare<A: Sample + Number, D: Axes>(world: &Communicator, count: usize) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    for (number, (layout, from, to)) in cases(count, layout_and_box::<D>(size))
        .into_iter()
        .enumerate()
    {
        let mut expected: Array<A, D> = whole(&layout.raw_dim());
        let ranges = (0..from.ndim()).map(|axis| from[axis]..to[axis]);
        let mut remote = sampled::<A, D>(world, &layout)?.into_remote()?;
        // Every rank reads the box; then one writes it, and the element it begins with once more.
        let block = remote.access(|elements| elements.get_block(ranges))?;
        let taken = |axis: ndarray::AxisDescription| {
            Slice::from(from[axis.axis.index()]..to[axis.axis.index()])
        };
        assert_eq!(
            block,
            expected.slice_each_axis(taken),
            "{layout} {from:?} {to:?}"
        );
        let changed = block.mapv(|value| {
            if value == A::sample(1) {
                A::sample(2)
            } else {
                A::sample(7)
            }
        });
        let first = index_of(&from);
        remote.access(|elements| match number % size == rank {
            true => elements.put_block(first, &changed.view()),
            false => Ok(()),
        })?;
        expected.slice_each_axis_mut(taken).assign(&changed);
        let own = remote.local(|part| part.to_owned())?;
        if !block.is_empty() {
            let seen = remote.access(|elements| {
                let before = elements.get(first)?;
                elements.put(first, before)?;
                Ok(before)
            })?;
            assert_eq!(Some(&seen), changed.first());
        }
        let array = remote.into_array()?;
        assert_eq!(array.local(), own);
        assert_eq!(array.all_gather()?, expected, "{layout} {from:?} {to:?}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn any_rank_reads_and_writes_anywhere(world: &Communicator) -> Result<()> {
    if world.size() == 1 {
        compare::<f64, Ix0>(world, 1)?;
    }
    compare::<i32, Ix1>(world, 6)?;
    compare::<f64, Ix2>(world, 6)?;
    compare::<u8, Ix3>(world, 4)?;
    compare::<i16, Ix5>(world, 2)?;
    compare::<f32, Ix6>(world, 2)
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn elements_are_counted_up_by_all_ranks(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let grid = ProcessGrid::balanced(world, 2)?;
    let mut counts = DistArray::<u64, Ix2>::zeros(&grid, [5, 7])?;
    let before = counts.access(|elements| {
        (0..70)
            .map(|i| elements.fetch_and_op([i % 5, i % 7], 1, Operation::Sum))
            .sum::<Result<u64>>()
    })?;
    // Each index comes up twice a rank; of all ranks together each count was seen once.
    let seen: u64 = world.all_reduce_value(before, Operation::Sum)?;
    let each: u64 = (0..2 * size as u64).sum();
    assert_eq!(seen, 35 * each);
    assert_eq!(
        counts.all_gather()?,
        Array::from_elem([5, 7], 2 * size as u64)
    );
    // A table that one rank after the other fills.
    let owner = counts.access(|elements| elements.get([4, 6]))?;
    assert_eq!(owner, 2 * size as u64);
    counts.access(|elements| elements.put([rank % 5, 0], rank as u64))?;
    let column = counts.all_gather()?;
    for row in 0..size.min(5) {
        assert_eq!(column[[row, 0]] % 5, row as u64);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn what_is_not_there_is_everyones_error_and_what_was_put_stays(world: &Communicator) -> Result<()> {
    let last = world.size() - 1;
    let grid = ProcessGrid::balanced(world, 1)?;
    let mut array = DistArray::from_fn(&grid, [6], |[i]| i as i64)?;
    let outcome = array.access(|elements| {
        elements.put([3], 33)?;
        if world.rank() == last {
            elements.put([6], 1)
        } else {
            Ok(())
        }
    });
    let error = error_of_all(world, outcome)?;
    assert!(
        matches!(error, Error::OnRank { rank, .. } if rank == last),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("put: [6] is not within an array of 6 [block"),
        "{error}"
    );
    assert_eq!(array.all_gather()?.to_vec(), [0, 1, 2, 33, 4, 5]);
    for outcome in [
        array.access(|elements| elements.get_block(std::iter::once(2..7)).map(|_| ())),
        array.access(|elements| elements.get_block([0..1, 0..1]).map(|_| ())),
        array.access(|elements| elements.put_block([5], &ndarray::aview1(&[1, 2]))),
    ] {
        let error = error_of_all(world, outcome)?;
        assert!(
            error
                .to_string()
                .contains("is not within an array of 6 [block"),
            "{error}"
        );
    }
    let all = ProcessGrid::new(world, &[world.size()])?;
    let copied = DistArray::full(
        &all,
        all.layout([3], &[partita::layout::Distribution::Replicated])?,
        1,
    )?;
    if world.size() > 1 {
        let error = error_of_all(world, copied.into_remote())?;
        assert!(error.to_string().contains("`redistribute`"), "{error}");
    }
    let place = position(&[6], &[5]);
    assert_eq!(array.access(|elements| elements.get([place]))?, 5);
    Ok(())
}
