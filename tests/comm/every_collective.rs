//! Every collective, blocking and started, of every element type, against what one rank computes alone.

use partita::{Communicator, Operation, Parts, Result};
use partita_testing::{part, spmd_test, with_every_element_type};

use crate::reductions::{OPERATIONS, Reduced};

/// How long the part of `from` for `to` is: uneven, some of them empty.
fn length(from: usize, to: usize) -> usize {
    (3 * from + 5 * to) % 4
}

/// What rank `from` brings when every rank brings as much.
fn equal<A: Reduced>(from: usize, length: usize) -> Vec<A> {
    part(from, 0, length)
}

fn moving<A: Reduced>(world: &Communicator, root: usize, each: usize) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let is_root = rank == root;
    let own = equal::<A>(rank, each);
    let own_for_all = equal::<A>(rank, each * size);
    let uneven: Vec<A> = part(rank, root, length(rank, root));
    let parts: Parts<A> = (0..size)
        .map(|to| part(rank, to, length(rank, to)))
        .collect();
    let at_root = is_root.then_some(&own_for_all[..]);
    let parts_at_root = is_root.then_some(&parts);

    // Serially.
    let copied = equal::<A>(root, each);
    let gathered: Vec<A> = (0..size).flat_map(|from| equal(from, each)).collect();
    let gathered_parts: Parts<A> = (0..size)
        .map(|from| part(from, root, length(from, root)))
        .collect();
    let scattered = equal::<A>(root, each * size)[each * rank..][..each].to_vec();
    let scattered_part: Vec<A> = part(root, rank, length(root, rank));
    let transposed: Vec<A> = (0..size)
        .flat_map(|from| equal::<A>(from, each * size)[each * rank..][..each].to_vec())
        .collect();
    let transposed_parts: Parts<A> = (0..size)
        .map(|from| part(from, rank, length(from, rank)))
        .collect();
    let only_root = |data: &Vec<A>| is_root.then(|| data.clone());

    let mut buffer = if is_root {
        copied.clone()
    } else {
        vec![A::default(); each]
    };
    world.broadcast(root, &mut buffer)?;
    assert_eq!(buffer, copied);
    assert_eq!(world.all_gather(&own)?, gathered);
    assert_eq!(world.gather(root, &own)?, only_root(&gathered));
    assert_eq!(world.scatter(root, at_root)?, scattered);
    assert_eq!(world.all_to_all(&own_for_all)?, transposed);
    assert_eq!(world.all_gatherv(&uneven)?, gathered_parts);
    let expected = is_root.then(|| gathered_parts.clone());
    assert_eq!(world.gatherv(root, &uneven)?, expected);
    assert_eq!(world.scatterv(root, parts_at_root)?, scattered_part);
    assert_eq!(world.all_to_allv(&parts)?, transposed_parts);

    let lengths = gathered_parts.lengths();
    let mut buffer = if is_root {
        copied.clone()
    } else {
        vec![A::default(); each]
    };
    world.scope(|scope| {
        let broadcast = scope.start_broadcast(root, &mut buffer)?;
        let all_gather = scope.start_all_gather(&own)?;
        let gather = scope.start_gather(root, &own)?;
        let scatter = scope.start_scatter(root, at_root, each)?;
        let all_to_all = scope.start_all_to_all(&own_for_all)?;
        let all_gatherv = scope.start_all_gatherv(&uneven, &lengths)?;
        let gatherv = scope.start_gatherv(root, &uneven, is_root.then_some(&lengths))?;
        let scatterv = scope.start_scatterv(root, parts_at_root, scattered_part.len())?;
        let all_to_allv = scope.start_all_to_allv(&parts, &transposed_parts.lengths())?;
        let barrier = scope.start_barrier()?;
        assert_eq!(all_to_allv.wait()?, transposed_parts);
        assert_eq!(all_gather.wait()?, gathered);
        assert_eq!(gather.wait()?, only_root(&gathered));
        assert_eq!(scatter.wait()?, scattered);
        assert_eq!(all_to_all.wait()?, transposed);
        assert_eq!(all_gatherv.wait()?, gathered_parts);
        assert_eq!(gatherv.wait()?, expected);
        assert_eq!(scatterv.wait()?, scattered_part);
        broadcast.wait()?;
        barrier.wait()
    })?;
    assert_eq!(buffer, copied);
    world.barrier()
}

fn reducing<A: Reduced>(world: &Communicator, root: usize, each: usize) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let is_root = rank == root;
    let of = |rank: usize| -> Vec<A> {
        let number = |place: usize| ((rank + place) % 3) as u8;
        (0..each * size)
            .map(|place| A::small(number(place)))
            .collect()
    };
    let zero = A::small(0);
    let defined: Vec<Operation> = OPERATIONS
        .into_iter()
        .filter(|operation| zero.reduced(zero, *operation).is_some())
        .collect();
    let own = of(rank);
    for &operation in [defined[0], defined[defined.len() - 1]].iter() {
        let combine = |a: A, b: A| a.reduced(b, operation).unwrap_or(a);
        // Serially: over the first so many ranks.
        let over = |ranks: usize| -> Vec<A> {
            (1..ranks).fold(of(0), |so_far, rank| {
                so_far
                    .into_iter()
                    .zip(of(rank))
                    .map(|(a, b)| combine(a, b))
                    .collect()
            })
        };
        let (all, so_far, before) = (over(size), over(rank + 1), over(rank));
        let own_part = all[each * rank..][..each].to_vec();
        // Rank 0 gets nothing, the last one what is left.
        let mut lengths: Vec<usize> = (0..size).map(|rank| each * usize::from(rank > 0)).collect();
        lengths[size - 1] += each * size - lengths.iter().sum::<usize>();
        let start: usize = lengths[..rank].iter().sum();
        let uneven_part = all[start..start + lengths[rank]].to_vec();
        let at_root = is_root.then(|| all.clone());

        assert_eq!(world.all_reduce(&own, operation)?, all);
        assert_eq!(world.reduce(root, &own, operation)?, at_root);
        assert_eq!(world.reduce_scatter(&own, operation)?, own_part);
        assert_eq!(
            world.reduce_scatterv(&own, &lengths, operation)?,
            uneven_part
        );
        assert_eq!(world.scan(&own, operation)?, so_far);
        let expected = (rank > 0).then_some(before);
        assert_eq!(world.exclusive_scan(&own, operation)?, expected);
        assert_eq!(world.all_reduce_with(&own, combine)?, all);
        assert_eq!(world.reduce_with(root, &own, combine)?, at_root);
        assert_eq!(world.scan_with(&own, combine)?, so_far);
        world.scope(|scope| {
            let reduce = scope.start_reduce(root, &own, operation)?;
            let all_reduce = scope.start_all_reduce(&own, operation)?;
            assert_eq!(all_reduce.wait()?, all);
            assert_eq!(reduce.wait()?, at_root);
            Ok(())
        })?;
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn every_collective_of_every_element_type_is_as_one_rank_computes_it(
    world: &Communicator,
) -> Result<()> {
    for (root, each) in [(0, 0), (world.size() - 1, 3)] {
        with_every_element_type!(moving(world, root, each));
        with_every_element_type!(reducing(world, root, each));
    }
    Ok(())
}

/// As in release builds, in which nobody meets before a collective.
#[spmd_test(ranks = [3], environment = [("PARTITA_CHECK", "0")])]
fn without_the_checks_it_is_the_same(world: &Communicator) -> Result<()> {
    for (root, each) in [(0, 0), (world.size() - 1, 3)] {
        with_every_element_type!(moving(world, root, each));
        with_every_element_type!(reducing(world, root, each));
    }
    Ok(())
}
