//! Communicators made of communicators.

use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_testing::spmd_test;
use proptest::prelude::*;

use crate::shared::{cases, error_of_all};

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_split_groups_the_ranks_by_colour_and_orders_them_by_key(
    world: &Communicator,
) -> Result<()> {
    let choice = || (proptest::option::weighted(0.8, 0..3u32), -2..3i32);
    for choices in cases(12, prop::collection::vec(choice(), 8)) {
        let (colour, key) = choices[world.rank()];
        let mut members: Vec<usize> = (0..world.size())
            .filter(|&rank| choices[rank].0 == colour)
            .collect();
        members.sort_by_key(|&rank| (choices[rank].1, rank));
        let Some(group) = world.split(colour, key)? else {
            assert_eq!(colour, None);
            continue;
        };
        assert!(colour.is_some());
        assert_eq!(group.size(), members.len());
        assert_eq!(members[group.rank()], world.rank());
        // Each group works by itself, in its own order.
        assert_eq!(group.all_gather(&[world.rank()])?, members);
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 4, 5, 8])]
pub fn the_errors_of_one_group_are_no_concern_of_another(world: &Communicator) -> Result<()> {
    let colour = (world.rank() % 2) as u32;
    let Some(group) = world.split(Some(colour), 0)? else {
        return Err(Error::other("every rank gave a colour"));
    };
    let last = group.size() - 1;
    let fails = colour == 0 && group.rank() == last;
    let outcome = group.agree(if fails {
        Err(Error::numerical("step", "unstable"))
    } else {
        Ok(())
    });
    assert_eq!(outcome.is_err(), colour == 0);
    if let Err(Error::OnRank { rank, .. }) = outcome {
        assert_eq!(rank, last);
    }
    world.barrier()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_colour_that_mpi_has_not_is_everyones_error(world: &Communicator) -> Result<()> {
    let last = world.size() - 1;
    let colour = if world.rank() == last { u32::MAX } else { 0 };
    let error = error_of_all(world, world.split(Some(colour), 0))?;
    assert_eq!(error.exit_code(), 2, "{error:?}");
    assert!(error.to_string().contains("colour 4294967295"), "{error}");
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn groups_hold_arrays_of_their_own(world: &Communicator) -> Result<()> {
    let colour = (world.rank() % 2) as u32;
    let Some(group) = world.split(Some(colour), 0)? else {
        return Err(Error::other("every rank gave a colour"));
    };
    let length = 10 + colour as usize;
    let array = DistArray::from_fn(&ProcessGrid::balanced(&group, 1)?, [length], |[i]| i as i64)?;
    assert_eq!(array.sum()?, (length * (length - 1) / 2) as i64);
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5])]
pub fn messages_of_a_duplicate_are_apart_from_the_originals(world: &Communicator) -> Result<()> {
    let twin = world.duplicate()?;
    assert_eq!((twin.rank(), twin.size()), (world.rank(), world.size()));
    let mut buffer = [0u8];
    match world.rank() {
        // Two bytes, which every MPI buffers: received in the other order they were sent in.
        0 => {
            world.send(&[1u8], 1)?;
            twin.send(&[2u8], 1)?;
        }
        1 => {
            twin.receive(&mut buffer, 0)?;
            assert_eq!(buffer, [2]);
            world.receive(&mut buffer, 0)?;
            assert_eq!(buffer, [1]);
        }
        _ => {}
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn the_ranks_of_the_mpi_crate_are_the_same(world: &Communicator) -> Result<()> {
    use mpi::traits::Communicator as _;
    let raw = world.as_mpi();
    assert_eq!(raw.rank() as usize, world.rank());
    assert_eq!(raw.size() as usize, world.size());
    assert_eq!(world.is_root(), world.rank() == 0);
    Ok(())
}
