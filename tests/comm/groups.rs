//! Communicators made of communicators.

use partita::{Communicator, DistArray, Error, ProcessGrid, Reductions, Result, Root};
use partita_testing::{cases, error_of_all, spmd_test};
use proptest::prelude::*;

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

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn the_ranks_of_a_machine_are_in_one_communicator(world: &Communicator) -> Result<()> {
    // All ranks of a test run on one machine.
    let machine = world.split_shared()?;
    assert_eq!(
        (machine.rank(), machine.size()),
        (world.rank(), world.size())
    );
    let ranks = machine.all_gather(&[world.rank()])?;
    assert_eq!(ranks, (0..world.size()).collect::<Vec<_>>());
    Ok(())
}

#[spmd_test(ranks = [2, 3], environment = [("PARTITA_CHECK", "1")])]
fn a_name_is_told_with_the_communicator(world: &Communicator) -> Result<()> {
    assert_eq!(world.name(), "");
    let (rank, size) = (world.rank(), world.size());
    assert_eq!(
        format!("{world:?}"),
        format!("Communicator(rank {rank} of {size})")
    );
    let halo = world.duplicate()?;
    for name in ["halo", "naïve", &"ä".repeat(300)] {
        halo.set_name(name)?;
        assert_eq!(halo.clone().name(), name);
        let told = format!("Communicator({name}, rank {rank} of {size})");
        assert_eq!(format!("{halo:?}"), told);
    }
    assert_eq!(error_of_all(world, halo.set_name("a\0b"))?.exit_code(), 2);
    halo.set_name("halo")?;
    let outcome = match world.is_root() {
        true => halo.barrier(),
        false => halo.duplicate().map(drop),
    };
    let error = error_of_all(world, outcome)?.to_string();
    assert!(
        error.contains("rank 0: barrier at ") && error.contains(" in halo;"),
        "{error}"
    );
    Ok(())
}

/// Six communicators of MPI's each, of which MPICH can hold 2048 at once; each rank lets go in its own way.
#[spmd_test(ranks = [1, 2, 3], time_limit = 100)]
fn communicators_that_all_ranks_have_dropped_are_given_back(world: &Communicator) -> Result<()> {
    let mut kept = Vec::new();
    // On more ranks than cores each of them takes its time.
    let times = if world.size() < 3 { 400 } else { 60 };
    for number in 0..times {
        let one = world.duplicate()?;
        // Communicators of communicators, which some ranks are not in.
        let within = one.split((world.rank() != 1).then_some(0), 0)?;
        if number % 10 == 0 {
            kept.push((number, one.duplicate()?));
        }
        match world.rank() % 2 {
            0 => drop((one, within)),
            _ => drop((within, one)),
        }
        // One rank lets go later than the others.
        if world.is_root() {
            kept.retain(|(kept, _)| *kept + 40 > number);
        } else {
            kept.retain(|(kept, _)| *kept + 25 > number);
        }
    }
    let expected = world.size();
    // All ranks have the youngest ones still, and those work.
    for (_, one) in &kept[kept.len() - 2..] {
        assert_eq!(one.all_reduce_value(1, partita::Operation::Sum)?, expected);
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 4, 5, 8])]
fn two_groups_meet_and_become_one(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    for first_of_second in 1..size {
        let is_first = rank < first_of_second;
        let group = world.split(Some(is_first.into()), 0)?;
        let group = group.ok_or_else(|| Error::other("no group"))?;
        // A leader of this group, and one that is no rank.
        for wrong in [if is_first { 0 } else { first_of_second }, size] {
            let error = error_of_all(&group, group.connect(world, wrong))?;
            assert!(matches!(error, Error::Usage(_)), "{error:?}");
        }
        let others = group.connect(world, if is_first { first_of_second } else { 0 })?;
        assert_eq!(others.size() + others.remote_size(), size);
        // Rank by rank, as far as both groups go.
        if group.rank() < others.remote_size() {
            others.send(&[rank], group.rank())?;
            let mut number = [0];
            others.receive(&mut number, group.rank())?;
            let of_partner = if is_first {
                group.rank() + first_of_second
            } else {
                group.rank()
            };
            assert_eq!(number, [of_partner]);
        }
        let mut copied = [if is_first { 7.5 } else { 0.0 }];
        let root = if is_first {
            Root::Local(0)
        } else {
            Root::Remote(0)
        };
        others.broadcast(root, &mut copied)?;
        assert_eq!(copied, [7.5]);
        others.barrier()?;
        assert_eq!(
            others.merge()?.all_gather(&[rank])?,
            (0..size).collect::<Vec<_>>()
        );
        others.disconnect()?;
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn a_communicator_is_closed_by_its_last_handle(world: &Communicator) -> Result<()> {
    for _ in 0..3 {
        let one = world.duplicate()?;
        let other = one.clone();
        let error = error_of_all(world, one.close())?;
        assert_eq!(error.exit_code(), 2, "{error:?}");
        let within = other.duplicate()?;
        let error = error_of_all(world, other.clone().close())?;
        assert!(error.to_string().contains("in use"), "{error}");
        within.close()?;
        other.barrier()?;
        other.close()?;
        let grouped = world.split(Some(world.rank() as u32 % 2), 0)?;
        grouped.ok_or_else(|| Error::other("no group"))?.close()?;
    }
    let error = error_of_all(world, world.clone().close())?;
    assert_eq!(error.exit_code(), 2, "{error:?}");
    world.barrier()
}

/// Thirty communicators of MPI's each, none of them closed.
#[spmd_test(ranks = [2, 3], time_limit = 100)]
fn windows_and_shared_arrays_go_with_their_communicators(world: &Communicator) -> Result<()> {
    let times = if world.size() < 3 { 40 } else { 12 };
    for number in 0..times {
        let mut window = partita::Window::<u64>::zeros(world, 1000)?;
        let mut table = partita::SharedArray::<u64, _>::zeros(world, [100])?;
        window.local_mut(|own| own[0] = number)?;
        table.write(|mut own| {
            own.fill(number);
            Ok(())
        })?;
        assert_eq!(table.read(|all| all.sum())?, 100 * number);
    }
    Ok(())
}
