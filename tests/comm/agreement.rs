//! One outcome for all ranks.

use std::path::Path;

use partita::{Communicator, Error, Result};
use partita_testing::{cases, error_of_all, spmd_test};
use proptest::prelude::*;

/// An error of every kind that a rank can come with.
fn errors() -> Vec<Error> {
    let path = Path::new("out dir/ö.h5");
    vec![
        Error::usage("unknown flag"),
        Error::shape("zip_with", "[3] and [4]"),
        Error::format("read \"u\" from", path, "no HDF5"),
        Error::Unsupported {
            operation: "read".to_owned(),
            path: "a.h5".to_owned(),
            feature: "an external link".to_owned(),
        },
        Error::io("create", path, "no space left on device"),
        Error::numerical("heat", "r = 0.7 > 0.5"),
        Error::Memory {
            operation: "from_fn".to_owned(),
            bytes: u64::MAX,
        },
        Error::Mpi {
            call: "MPI_Recv".to_owned(),
            class: "MPI_ERR_TRUNCATE".to_owned(),
            message: "message truncated".to_owned(),
        },
        Error::other(""),
    ]
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn without_a_failure_each_rank_keeps_its_own_value(world: &Communicator) -> Result<()> {
    let own = world.agree(Ok(vec![world.rank(); 3]))?;
    assert_eq!(own, [world.rank(); 3]);
    Ok(())
}

/// The oracle is the rule itself, applied to all ranks' outcomes by each of them.
fn agreed(outcomes: &[Option<Error>]) -> Option<Error> {
    let first = outcomes.iter().position(Option::is_some)?;
    let error = outcomes[first].clone()?;
    let alike = outcomes.iter().all(|one| one.as_ref() == Some(&error));
    Some(if alike && outcomes.len() > 1 {
        Error::OnEveryRank(Box::new(error))
    } else {
        error.on_rank(first)
    })
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn the_lowest_failing_ranks_error_becomes_everyones(world: &Communicator) -> Result<()> {
    let kinds = errors();
    let kind = 0..kinds.len();
    // A few kinds at most in each case, so that ranks often fail alike.
    let outcome = (kind.clone(), kind).prop_flat_map(|(one, other)| {
        let failure = prop_oneof![3 => Just(one), 1 => Just(other)];
        (
            proptest::option::weighted(0.3, Just(one)).prop_map(|always| always.is_some()),
            prop::collection::vec(proptest::option::weighted(0.4, failure), 8),
        )
            .prop_map(move |(always, kinds)| {
                kinds
                    .into_iter()
                    .map(|kind| if always { Some(one) } else { kind })
                    .collect::<Vec<_>>()
            })
    });
    for case in cases(60, outcome) {
        let outcomes: Vec<_> = case[..world.size()]
            .iter()
            .map(|kind| kind.map(|kind| kinds[kind].clone()))
            .collect();
        let own = outcomes[world.rank()].clone().map_or(Ok(5), Err);
        let outcome = world.agree(own);
        match agreed(&outcomes) {
            None => assert_eq!(outcome, Ok(5)),
            Some(expected) => assert_eq!(error_of_all(world, outcome)?, expected),
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn an_error_that_was_agreed_before_keeps_its_rank(world: &Communicator) -> Result<()> {
    for error in errors() {
        let earlier = error.clone().on_rank(17);
        let everywhere = error_of_all(world, world.agree::<()>(Err(earlier.clone())))?;
        assert_eq!(everywhere, earlier);
        let replicated = Error::OnEveryRank(Box::new(error));
        let own = match world.rank() + 1 == world.size() {
            true => Err(replicated.clone()),
            false => Ok(()),
        };
        assert_eq!(error_of_all(world, world.agree(own))?, replicated);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_failure_of_long_text_is_told_in_full(world: &Communicator) -> Result<()> {
    // Longer than any eager message.
    let text: String = (0..100_000)
        .map(|place| char::from(b'a' + (place % 26) as u8))
        .collect();
    let last = world.size() - 1;
    let own = match world.rank() == last {
        true => Err(Error::other(&text)),
        false => Ok(()),
    };
    let error = error_of_all(world, world.agree(own))?;
    assert_eq!(error, Error::other(&text).on_rank(last));
    Ok(())
}
