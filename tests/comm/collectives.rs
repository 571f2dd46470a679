//! Collectives whose parts are equally long.

use partita::{Communicator, Error, Result};
use partita_testing::{Sample, cases, error_of_all, part, spmd_test, with_every_element_type};
use proptest::prelude::*;

/// No elements at all, which is a case of its own: Rust's address of no bytes is Open MPI's `MPI_IN_PLACE`.
fn length(end: usize) -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0), 4 => 0..end]
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_broadcast_copies_the_roots_buffer_to_every_rank(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, root: usize, length: usize) -> Result<()> {
        let expected = part::<A>(root, 0, length);
        let mut buffer = match world.rank() == root {
            true => expected.clone(),
            false => vec![A::default(); length],
        };
        world.broadcast(root, &mut buffer)?;
        assert_eq!(buffer, expected, "root {root}");
        Ok(())
    }
    for (root, length) in cases(12, (0..world.size(), length(40))) {
        with_every_element_type!(check(world, root, length));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn equal_parts_are_gathered_in_rank_order(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, root: usize, length: usize) -> Result<()> {
        let own = part::<A>(world.rank(), root, length);
        let parts = (0..world.size()).map(|rank| part::<A>(rank, root, length));
        let expected: Vec<A> = parts.flatten().collect();
        assert_eq!(world.all_gather(&own)?, expected);
        let at_root = world.gather(root, &own)?;
        assert_eq!(at_root, (world.rank() == root).then_some(expected));
        Ok(())
    }
    for (root, length) in cases(12, (0..world.size(), length(20))) {
        with_every_element_type!(check(world, root, length));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_scatter_hands_each_rank_its_equal_part(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, root: usize, length: usize) -> Result<()> {
        let parts = (0..world.size()).map(|rank| part::<A>(root, rank, length));
        let all: Vec<A> = parts.flatten().collect();
        let data = (world.rank() == root).then_some(&all[..]);
        let own = world.scatter(root, data)?;
        assert_eq!(own, part::<A>(root, world.rank(), length), "root {root}");
        Ok(())
    }
    for (root, length) in cases(12, (0..world.size(), length(20))) {
        with_every_element_type!(check(world, root, length));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn all_to_all_transposes_the_parts(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, length: usize) -> Result<()> {
        let here = world.rank();
        let to_all = (0..world.size()).flat_map(|to| part::<A>(here, to, length));
        let from_all = (0..world.size()).flat_map(|from| part::<A>(from, here, length));
        let sent: Vec<A> = to_all.collect();
        let expected: Vec<A> = from_all.collect();
        assert_eq!(world.all_to_all(&sent)?, expected);
        Ok(())
    }
    for length in cases(8, length(20)) {
        with_every_element_type!(check(world, length));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn an_object_of_the_root_reaches_every_rank(world: &Communicator) -> Result<()> {
    let objects = prop::collection::vec((".{0,12}", any::<Option<f64>>(), any::<i8>()), 0..9);
    for (root, object) in cases(16, (0..world.size(), objects)) {
        // On the others a value that must not be looked at, or none.
        let offered = match world.rank() {
            rank if rank == root => Some(object.clone()),
            rank => (rank % 2 == 0).then(Vec::new),
        };
        let received = world.broadcast_object(root, offered)?;
        assert_eq!(received, object, "root {root}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_root_without_data_is_the_same_usage_error_on_every_rank(
    world: &Communicator,
) -> Result<()> {
    let root = world.size() - 1;
    let refused = |outcome: Result<()>| -> Result<()> {
        let error = error_of_all(world, outcome)?;
        assert!(
            matches!(&error, Error::OnRank { rank, error } if *rank == root && matches!(**error, Error::Usage(_))),
            "{error:?}"
        );
        Ok(())
    };
    refused(world.scatter::<f64>(root, None).map(drop))?;
    refused(world.scatterv::<f64>(root, None).map(drop))?;
    refused(world.broadcast_object::<String>(root, None).map(drop))
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_root_that_is_no_rank_is_the_same_usage_error_on_every_rank(
    world: &Communicator,
) -> Result<()> {
    for root in [world.size(), usize::MAX] {
        let outcomes: [(&str, Result<()>); 6] = [
            ("broadcast", world.broadcast(root, &mut [0u8])),
            ("gather", world.gather(root, &[1.0]).map(drop)),
            ("gather", world.gatherv(root, &[1.0]).map(drop)),
            ("scatter", world.scatter(root, Some(&[1.0])).map(drop)),
            ("scatterv", world.scatterv::<f64>(root, None).map(drop)),
            (
                "broadcast_object",
                world.broadcast_object(root, Some(1)).map(drop),
            ),
        ];
        for (operation, outcome) in outcomes {
            let error = error_of_all(world, outcome)?;
            assert!(matches!(error, Error::Usage(_)), "{error:?}");
            let text = error.to_string();
            assert!(
                text.starts_with(operation) && text.contains(&root.to_string()),
                "{operation}: {text}"
            );
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 4, 5, 8])]
pub fn data_that_cannot_be_cut_evenly_is_the_same_shape_error_on_every_rank(
    world: &Communicator,
) -> Result<()> {
    let uneven = vec![0.0; world.size() + 1];
    let data = world.is_root().then_some(&uneven[..]);
    let error = error_of_all(world, world.scatter(0, data))?;
    assert_eq!(error.exit_code(), 3, "{error:?}");
    let error = error_of_all(world, world.all_to_all(&uneven))?;
    assert!(matches!(error, Error::Shape { .. }), "{error:?}");
    Ok(())
}
