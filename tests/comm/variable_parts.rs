//! The v-forms: parts of any length, empty ones included.

use partita::{Communicator, Error, Parts, Result};
use partita_testing::{Sample, cases, error_of_all, part, spmd_test, with_every_element_type};
use proptest::prelude::*;

/// One length for each of eight ranks, many of them zero.
fn lengths() -> impl Strategy<Value = [usize; 8]> {
    prop::array::uniform8(prop_oneof![2 => Just(0), 1 => Just(3), 3 => 1..14usize])
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn parts_of_any_length_are_gathered_in_rank_order(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, root: usize, lengths: &[usize]) -> Result<()> {
        let own = part::<A>(world.rank(), root, lengths[world.rank()]);
        let parts = (0..world.size()).map(|rank| part::<A>(rank, root, lengths[rank]));
        let expected: Parts<A> = parts.collect();
        assert_eq!(world.all_gatherv(&own)?, expected, "lengths {lengths:?}");
        let at_root = world.gatherv(root, &own)?;
        assert_eq!(
            at_root,
            (world.rank() == root).then_some(expected),
            "root {root}, lengths {lengths:?}"
        );
        Ok(())
    }
    for (root, lengths) in cases(12, (0..world.size(), lengths())) {
        with_every_element_type!(check(world, root, &lengths));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn scatterv_hands_each_rank_its_part_of_any_length(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, root: usize, lengths: &[usize]) -> Result<()> {
        let parts = (0..world.size()).map(|rank| part::<A>(root, rank, lengths[rank]));
        let all: Parts<A> = parts.collect();
        // Parts that a rank other than the root gives must not be looked at.
        let ignored: Parts<A> = Parts::from_iter([vec![A::sample(99)]]);
        let offered = match world.rank() {
            rank if rank == root => Some(&all),
            rank => (rank % 2 == 0).then_some(&ignored),
        };
        let own = world.scatterv(root, offered)?;
        assert_eq!(own, all.part(world.rank()), "root {root} {lengths:?}");
        Ok(())
    }
    for (root, lengths) in cases(12, (0..world.size(), lengths())) {
        with_every_element_type!(check(world, root, &lengths));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn all_to_allv_transposes_parts_of_any_length(world: &Communicator) -> Result<()> {
    fn check<A: Sample>(world: &Communicator, lengths: &[[usize; 8]; 8]) -> Result<()> {
        let here = world.rank();
        let sent: Parts<A> = (0..world.size())
            .map(|to| part::<A>(here, to, lengths[here][to]))
            .collect();
        let expected: Parts<A> = (0..world.size())
            .map(|from| part::<A>(from, here, lengths[from][here]))
            .collect();
        assert_eq!(world.all_to_allv(&sent)?, expected, "lengths {lengths:?}");
        Ok(())
    }
    for lengths in cases(8, prop::array::uniform8(lengths())) {
        with_every_element_type!(check(world, &lengths));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_wrong_number_of_parts_on_one_rank_is_the_same_error_on_every_rank(
    world: &Communicator,
) -> Result<()> {
    let wrong = world.size() / 2;
    let count = world.size() + usize::from(world.rank() == wrong);
    let parts: Parts<f64> = (0..count).map(|_| vec![1.0]).collect();
    let on_wrong_rank = |error: &Error| match error {
        Error::OnRank { rank, error } => *rank == wrong && error.exit_code() == 3,
        Error::OnEveryRank(error) => world.size() == 1 && error.exit_code() == 3,
        _ => false,
    };
    let error = error_of_all(world, world.all_to_allv(&parts))?;
    assert!(on_wrong_rank(&error), "{error:?}");
    let error = error_of_all(world, world.scatterv(wrong, Some(&parts)))?;
    assert!(on_wrong_rank(&error), "{error:?}");
    Ok(())
}

/// A rank's bytes are no other rank's doubles, also where nobody compares the calls first.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_CHECK", "0")])]
pub fn parts_of_another_type_are_an_error_of_who_receives_them(world: &Communicator) -> Result<()> {
    let root = world.size() - 1;
    if world.rank() == root {
        let error = world.gatherv(root, &[0.5; 16]).expect_err("it got bytes");
        assert!(matches!(error, partita::Error::Shape { .. }), "{error:?}");
    } else {
        world.gatherv(root, &[1_u8; 16])?;
    }
    world.barrier()
}
