//! Non-blocking collectives against the blocking ones.

use ndarray::Array2;
use partita::{Communicator, Error, Operation, Parts, Result};
use partita_testing::{Sample, cases, error_of_all, part, spmd_test, with_every_element_type};
use proptest::prelude::*;

fn lengths() -> impl Strategy<Value = [usize; 8]> {
    prop::array::uniform8(prop_oneof![2 => Just(0), 3 => 1..14usize])
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn collectives_under_way_at_once_give_what_blocking_ones_give(
    world: &Communicator,
) -> Result<()> {
    fn check<A: Sample>(
        world: &Communicator,
        root: usize,
        lengths: &[[usize; 8]; 8],
    ) -> Result<()> {
        let (rank, size) = (world.rank(), world.size());
        let length = lengths[0][0];
        let own = part::<A>(rank, root, length);
        let uneven = part::<A>(rank, root, lengths[0][rank]);
        let all = part::<A>(rank, root, length * size);
        let to_all = |from: usize| (0..size).map(move |to| part::<A>(from, to, lengths[from][to]));
        let parts: Parts<A> = to_all(rank).collect();
        let from_all: Vec<usize> = (0..size).map(|from| lengths[from][rank]).collect();
        let is_root = rank == root;
        let (at_root, parts_at_root) = (is_root.then_some(&all[..]), is_root.then_some(&parts));
        let mut copied = own.clone();
        world.scope(|scope| {
            let gathered = scope.start_all_gather(&own)?;
            let gathered_parts = scope.start_all_gatherv(&uneven, &lengths[0][..size])?;
            let told = is_root.then_some(&lengths[0][..size]);
            let rooted = scope.start_gather(root, &own)?;
            let rooted_parts = scope.start_gatherv(root, &uneven, told)?;
            let scattered = scope.start_scatter(root, at_root, length)?;
            let scattered_part = scope.start_scatterv(root, parts_at_root, lengths[root][rank])?;
            let transposed = scope.start_all_to_all(&all)?;
            let transposed_parts = scope.start_all_to_allv(&parts, &from_all)?;
            let broadcast = scope.start_broadcast(root, &mut copied)?;
            let barrier = scope.start_barrier()?;
            // The blocking ones in between, and the waiting in another order.
            assert_eq!(transposed_parts.wait()?, world.all_to_allv(&parts)?);
            assert_eq!(scattered_part.wait()?, world.scatterv(root, parts_at_root)?);
            assert_eq!(rooted_parts.wait()?, world.gatherv(root, &uneven)?);
            assert_eq!(gathered_parts.wait()?, world.all_gatherv(&uneven)?);
            assert_eq!(transposed.wait()?, world.all_to_all(&all)?);
            assert_eq!(scattered.wait()?, world.scatter(root, at_root)?);
            assert_eq!(rooted.wait()?, world.gather(root, &own)?);
            assert_eq!(gathered.wait()?, world.all_gather(&own)?);
            barrier.wait()?;
            broadcast.wait()
        })?;
        assert_eq!(copied, part::<A>(root, root, length));
        Ok(())
    }
    for (root, lengths) in cases(4, (0..world.size(), prop::array::uniform8(lengths()))) {
        with_every_element_type!(check(world, root, &lengths));
    }
    for (root, length) in cases(8, (0..world.size(), 0..20usize)) {
        let own = part::<i64>(world.rank(), root, length);
        let (all, at_root) = world.scope(|scope| {
            let all = scope.start_all_reduce(&own, Operation::Sum)?;
            let at_root = scope.start_reduce(root, &own, Operation::Min)?;
            Ok((all.wait()?, at_root.wait()?))
        })?;
        assert_eq!(all, world.all_reduce(&own, Operation::Sum)?);
        assert_eq!(at_root, world.reduce(root, &own, Operation::Min)?);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn reductions_with_a_result_of_each_rank_s_own_are_the_blocking_ones(
    world: &Communicator,
) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    for lengths in cases(8, lengths()) {
        let lengths = &lengths[..size];
        let total: usize = lengths.iter().sum();
        let own = part::<i32>(rank, 0, total);
        let even = part::<f64>(rank, 0, lengths[0] * size);
        let matrix = ndarray::Array2::from_shape_fn((2, 3), |(i, j)| (rank + 3 * i + j) as u64);
        let view = matrix.t();
        world.scope(|scope| {
            let upto = scope.start_scan(&own, Operation::Sum)?;
            let before = scope.start_exclusive_scan(&own, Operation::Max)?;
            let parts = scope.start_reduce_scatterv(&own, lengths, Operation::Sum)?;
            let equal = scope.start_reduce_scatter(&even, Operation::Min)?;
            let of_view = scope.start_scan(&view, Operation::Sum)?;
            // The blocking ones in between, and the waiting in another order.
            assert_eq!(equal.wait()?, world.reduce_scatter(&even, Operation::Min)?);
            assert_eq!(
                parts.wait()?,
                world.reduce_scatterv(&own, lengths, Operation::Sum)?
            );
            assert_eq!(before.wait()?, world.exclusive_scan(&own, Operation::Max)?);
            assert_eq!(upto.wait()?, world.scan(&own, Operation::Sum)?);
            assert_eq!(of_view.wait()?, world.scan(&view, Operation::Sum)?);
            Ok(())
        })?;
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn collectives_of_views_complete_when_their_scope_ends(world: &Communicator) -> Result<()> {
    let matrix =
        |rank: usize| Array2::from_shape_fn((3, 2), |(i, j)| (10 * rank + 2 * i + j) as u32);
    let root = world.size() - 1;
    let mut copied = Array2::zeros((2, 3));
    if world.rank() == root {
        copied = matrix(root).t().to_owned();
    }
    let mut columns = copied.view_mut().reversed_axes();
    let own = matrix(world.rank());
    let transposed = own.t();
    let gathered = world.scope(|scope| {
        let _ = scope.start_broadcast(root, &mut columns)?;
        scope.start_all_gather(&transposed)?.wait()
    })?;
    assert_eq!(columns, matrix(root));
    let expected: Vec<u32> = (0..world.size())
        .flat_map(|rank| matrix(rank).t().iter().copied().collect::<Vec<_>>())
        .collect();
    assert_eq!(gathered, expected);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
pub fn what_cannot_be_started_is_an_error_of_every_rank(world: &Communicator) -> Result<()> {
    let nobody = world.size();
    let values = vec![1.0; nobody + 1];
    let outcomes: [Result<()>; 8] = [
        world.scope(|scope| scope.start_gather(nobody, &values).map(drop)),
        world.scope(|scope| {
            scope
                .start_reduce(nobody, &values, Operation::Sum)
                .map(drop)
        }),
        world.scope(|scope| scope.start_scatter(nobody, Some(&values[..]), 1).map(drop)),
        world.scope(|scope| scope.start_all_gatherv(&values, &[]).map(drop)),
        world.scope(|scope| scope.start_all_gatherv(&values, &vec![1; nobody]).map(drop)),
        world.scope(|scope| scope.start_send(&values, nobody).map(drop)),
        world.scope(|scope| {
            let lengths = vec![1; nobody];
            let started = scope.start_reduce_scatterv(&values, &lengths, Operation::Sum);
            started.map(drop)
        }),
        world.scope(|scope| scope.start_scan(&values, Operation::BitwiseOr).map(drop)),
    ];
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let error = error_of_all(world, outcome)?;
        let is_shape = matches!(error, Error::Shape { .. });
        assert_eq!(is_shape, matches!(number, 3 | 4 | 6), "{error:?}");
    }
    Ok(())
}

/// Another rank's part is shorter than this one was told.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_CHECK", "0")])]
pub fn a_part_that_is_shorter_than_told_is_an_error(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let last = size - 1;
    let own = vec![1.5; 3];
    let mut lengths = vec![3; size];
    if rank != last {
        lengths[last] = 4;
    }
    let outcome = world.scope(|scope| scope.start_all_gatherv(&own, &lengths)?.wait());
    match outcome {
        Ok(gathered) => assert!(rank == last && gathered.as_slice() == vec![1.5; 3 * size]),
        Err(error) => assert!(
            rank != last
                && error
                    .to_string()
                    .contains("expected 4 elements, the message has 3"),
            "{error}"
        ),
    }
    world.barrier()
}
