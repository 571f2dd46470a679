//! Arrays whose parts all ranks of a machine see, against the same arrays in each rank's own memory.

use ndarray::{Array, Axis, Ix2, Ix3, ShapeBuilder};
use partita::layout::Distribution::{Block, Replicated};
use partita::layout::{GridShape, Layout};
use partita::{
    Boundary, Communicator, DistArray, Error, Halo, ProcessGrid, Redistribution, Reductions, Result,
};
use partita_testing::{cases, error_of_all, part_of, sampled, spmd_test, whole};

use crate::redistributions::{any_case, there_and_back};

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8], environment = [("PARTITA_SHARED", "1")])]
fn parts_that_all_ranks_see_come_where_others_do(world: &Communicator) -> Result<()> {
    there_and_back(world, true)
}

#[spmd_test(ranks = [2], environment = [("PARTITA_SHARED", "0")])]
fn switched_off_parts_stay_where_they_are(world: &Communicator) -> Result<()> {
    let array = DistArray::full(&ProcessGrid::balanced(world, 2)?, [5, 3], 1.0)?.into_shared()?;
    assert!(!array.is_shared());
    there_and_back(world, true)
}

/// Each kind of memory that a part may lie in, on ranks that need not have the same kind.
#[spmd_test(ranks = [2, 3, 4], environment = [("PARTITA_SHARED", "1")])]
fn parts_with_halos_and_of_any_order_in_memory_are_seen(world: &Communicator) -> Result<()> {
    for (order, source, target, turned) in cases(12, any_case::<Ix3>(world.size())) {
        let array = sampled::<i32, Ix3>(world, &source)?;
        let own = array.local().to_owned();
        let mut columns_first = Array::from_elem(own.raw_dim().f(), 0);
        columns_first.assign(&own);
        let mut backwards = own.clone();
        backwards.invert_axis(Axis(world.rank() % 3));
        backwards.assign(&own);
        let mut kinds = vec![
            DistArray::from_local(array.grid(), &source, columns_first)?.into_shared()?,
            DistArray::from_local(array.grid(), &source, backwards)?.into_shared()?,
        ];
        if source.is_contiguous() {
            let halo = Halo::uniform(3, 1, Boundary::Fixed(-9)).axis(1, 2, 0, Boundary::Periodic);
            kinds.push(array.clone().with_halo(halo)?.into_shared()?);
        }
        let all = whole::<i32, Ix3>(&source.raw_dim());
        let order = [order[0], order[1], order[2]];
        let plan = Redistribution::permuted(array.grid(), &source, &turned, &order)?;
        for mut kind in kinds {
            assert!(kind.is_shared());
            let expected = part_of(&all, &target, world.rank());
            assert_eq!(kind.redistribute(&target)?.local(), expected, "{source}");
            assert_eq!(kind.all_gather()?, all, "{source}");
            let permuted = plan.forward(&kind)?;
            let expected = part_of(
                &all.view().permuted_axes(order).to_owned(),
                &turned,
                world.rank(),
            );
            assert_eq!(permuted.local(), expected, "{source} → {turned}");
            let tripled = permuted.map(|value| value * 3).into_shared()?;
            plan.backward_into(&mut kind, &tripled)?;
            assert!(kind.is_shared());
            assert_eq!(kind.local(), own.map(|value| value * 3));
            // Axes that change places take the memory along.
            let moved = kind.permuted_axes(order)?;
            let expected = all.view().permuted_axes(order).map(|value| value * 3);
            assert_eq!(moved.all_gather()?, expected, "{source} in order {order:?}");
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3], environment = [("PARTITA_SHARED", "1")])]
fn an_array_that_all_see_is_used_as_any_other(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let array = DistArray::from_fn(&grid, [13, 7], |[i, j]| (i * 7 + j) as f64)?;
    let mut shared = array.clone().into_shared()?;
    assert!(shared.is_shared() && !shared.clone().is_shared() && !array.is_shared());
    assert_eq!(shared.sum()?, array.sum()?);
    assert_eq!(shared.local_shape(), array.local_shape());
    assert_eq!((&shared + &array)?.local(), (&array + &array)?.local());
    shared.map_inplace(|value| value * 2.0);
    shared.assign(&shared.map(|value| value / 2.0))?;
    assert_eq!(shared.local(), array.local());
    let rows = |array: &DistArray<f64, Ix2>| array.slice_to_owned(ndarray::s![1..9;2, ..]);
    assert_eq!(rows(&shared)?.all_gather()?, rows(&array)?.all_gather()?);
    assert_eq!(shared.clone().into_shared()?.gather(1)?, array.gather(1)?);
    let halo = || Halo::uniform(2, 1, Boundary::Periodic);
    let (mut one, mut other) = (
        array.clone().with_halo(halo())?.into_shared()?,
        array.with_halo(halo())?,
    );
    assert!(one.is_shared());
    assert_eq!(
        one.halo_exchange()?.padded(),
        other.halo_exchange()?.padded()
    );
    assert_eq!(shared.with_halo(halo())?.local(), other.local());
    Ok(())
}

/// Parts are read while all ranks have come and none has left: without the checker, whose meetings would hold the
/// ranks together.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_SHARED", "1"), ("PARTITA_CHECK", "0")])]
fn what_comes_is_what_was_there_when_it_was_asked_for(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let rows = grid.layout([300, 400], &[Block, Replicated])?;
    let columns = grid.layout([300, 400], &[Replicated, Block])?;
    let plan = Redistribution::plan(&grid, &rows, &columns)?;
    let mut array = DistArray::full(&grid, &rows, 0u32)?.into_shared()?;
    let mut moved = DistArray::full(&grid, &columns, 0u32)?;
    for round in 1..200 {
        array.local_mut().fill(round);
        plan.forward_into(&mut moved, &array)?;
        array.local_mut().fill(0);
        let wrong = moved
            .local()
            .iter()
            .filter(|value| **value != round)
            .count();
        assert_eq!(wrong, 0, "in round {round}");
    }
    Ok(())
}

/// Ranks that do not come with the same parts get what they come with.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_SHARED", "1")])]
fn parts_of_several_arrays_are_not_taken_for_one(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let rows = grid.layout([6, 5], &[Block, Replicated])?;
    let columns = grid.layout([6, 5], &[Replicated, Block])?;
    let of_value = |value: i32| DistArray::full(&grid, &rows, value);
    let kinds = [
        of_value(1)?.into_shared()?,
        of_value(2)?.into_shared()?,
        of_value(3)?,
    ];
    for root in 0..kinds.len() {
        let mine = &kinds[if world.is_root() { root } else { 0 }];
        let value_of = |owner| if owner == Some(0) { root as i32 + 1 } else { 1 };
        for ([i, _], value) in mine.redistribute(&columns)?.indexed_iter() {
            assert_eq!(*value, value_of(rows.owner_of([i, 0])), "row {i}");
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3], environment = [("PARTITA_SHARED_ROOM", "100000")])]
fn a_machine_without_room_for_all_parts_is_everyones_error(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    for _ in 0..2 {
        let small = DistArray::full(&grid, [10, 10], 1.0)?.into_shared()?;
        assert!(small.is_shared());
        let error = error_of_all(
            world,
            DistArray::full(&grid, [200, 200], 1.0)?.into_shared(),
        )?;
        assert!(error.to_string().contains("/dev/shm"), "{error}");
        let Error::OnRank { error, .. } = &error else {
            panic!("not of one rank: {error:?}");
        };
        assert!(matches!(**error, Error::Memory { .. }), "{error:?}");
        let total = small.sum()?;
        assert_eq!(total, 100.0);
    }
    Ok(())
}

/// Without waiting for others, and without a name that anybody could find.
#[cfg(target_os = "linux")]
#[spmd_test(ranks = [3])]
fn memory_is_given_back_by_each_rank_that_drops_it(world: &Communicator) -> Result<()> {
    let mapped = || {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("a list of mappings");
        let ours = maps
            .lines()
            .filter(|line| line.contains("/dev/shm/partita-"));
        let names: Vec<_> = ours.map(|line| line.ends_with("(deleted)")).collect();
        assert!(names.iter().all(|deleted| *deleted), "{maps}");
        names.len()
    };
    let layout = Layout::<Ix2>::block([world.size(), 4], GridShape::new(&[world.size(), 1]))?;
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    for _ in 0..20 {
        let kept = DistArray::full(&grid, &layout, 1u8)?.into_shared()?;
        let gone = DistArray::full(&grid, &layout, 2u8)?.into_shared()?;
        assert_eq!(mapped(), 2);
        if world.is_root() {
            drop(gone);
            assert_eq!(mapped(), 1);
        }
        assert_eq!(kept.all_gather()?.sum(), 4 * world.size() as u8);
    }
    assert_eq!(mapped(), 0);
    Ok(())
}
