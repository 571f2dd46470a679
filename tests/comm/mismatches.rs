//! Ranks that do not make the same call: the same error on all of them, before any has begun.

use partita::{Communicator, Error, Operation, Parts, Result};
use partita_testing::{error_of_all, spmd_test};

/// All ranks call `one`, the last one calls `other`. The error is the same everywhere and tells both;
/// the communicator is as good as before.
#[track_caller]
fn last_differs(
    world: &Communicator,
    (one, one_reads): (impl Fn(&Communicator) -> Result<()>, &str),
    (other, other_reads): (impl Fn(&Communicator) -> Result<()>, &str),
) -> Result<()> {
    let last = world.size() - 1;
    let outcome = match world.rank() == last {
        true => other(world),
        false => one(world),
    };
    let error = error_of_all(world, outcome)?;
    assert_eq!(error.exit_code(), 1);
    let Error::Mismatch { calls } = &error else {
        panic!("no mismatch: {error:?}");
    };
    let ranks = match last {
        1 => "rank 0".to_owned(),
        2 => "ranks 0, 1".to_owned(),
        _ => format!("ranks 0–{}", last - 1),
    };
    let (first, second) = calls.split_once("; ").expect("two groups");
    let here = |reads| format!("{reads} at tests/comm/mismatches.rs:");
    assert!(
        first.starts_with(&format!("{ranks}: {}", here(one_reads))),
        "{calls}"
    );
    assert!(
        second.starts_with(&format!("rank {last}: {}", here(other_reads))),
        "{calls}"
    );
    assert_eq!(
        world.all_reduce_value(1, Operation::Sum)?,
        world.size() as i32
    );
    Ok(())
}

#[spmd_test(ranks = [2, 5], environment = [("PARTITA_CHECK", "0")])]
fn a_communicator_of_its_own_is_checked_though_the_environment_says_no(
    world: &Communicator,
) -> Result<()> {
    last_differs(
        &world.checked()?,
        (|checked| checked.barrier(), "barrier"),
        (
            |checked| checked.all_gather(&[1.5]).map(|_| ()),
            "all_gather of 1 f64",
        ),
    )
}

#[spmd_test(ranks = [2, 3, 4, 5, 8], environment = [("PARTITA_CHECK", "1")])]
pub fn another_collective(world: &Communicator) -> Result<()> {
    last_differs(
        world,
        (
            |world| world.all_reduce(&[1.0; 4], Operation::Sum).map(|_| ()),
            "all_reduce (Sum) of 4 f64",
        ),
        (|world| world.barrier(), "barrier"),
    )
}

#[spmd_test(ranks = [2, 3, 4, 5, 8], environment = [("PARTITA_CHECK", "1")])]
pub fn another_count(world: &Communicator) -> Result<()> {
    let reduce = |count| {
        move |world: &Communicator| {
            world
                .all_reduce(&vec![1.0; count], Operation::Max)
                .map(|_| ())
        }
    };
    last_differs(
        world,
        (reduce(4), "all_reduce (Max) of 4 f64"),
        (reduce(3), "all_reduce (Max) of 3 f64"),
    )
}

#[spmd_test(ranks = [2, 3, 4, 5, 8], environment = [("PARTITA_CHECK", "1")])]
pub fn another_element_type(world: &Communicator) -> Result<()> {
    last_differs(
        world,
        (
            |world| world.all_gather(&[1.0f64]).map(|_| ()),
            "all_gather of 1 f64",
        ),
        (
            |world| world.all_gather(&[1u64]).map(|_| ()),
            "all_gather of 1 u64",
        ),
    )
}

#[spmd_test(ranks = [2, 3, 4, 5, 8], environment = [("PARTITA_CHECK", "1")])]
pub fn another_root(world: &Communicator) -> Result<()> {
    let broadcast = |root| move |world: &Communicator| world.broadcast(root, &mut [0u8; 2]);
    last_differs(
        world,
        (broadcast(0), "broadcast of 2 u8, root 0"),
        (broadcast(1), "broadcast of 2 u8, root 1"),
    )
}

#[spmd_test(ranks = [2, 3, 4, 5, 8], environment = [("PARTITA_CHECK", "1")])]
pub fn another_operation(world: &Communicator) -> Result<()> {
    let reduce =
        |operation| move |world: &Communicator| world.all_reduce(&[1i32], operation).map(|_| ());
    last_differs(
        world,
        (reduce(Operation::Min), "all_reduce (Min) of 1 i32"),
        (
            reduce(Operation::BitwiseXor),
            "all_reduce (BitwiseXor) of 1 i32",
        ),
    )
}

#[spmd_test(ranks = [2, 3, 4, 5, 8], environment = [("PARTITA_CHECK", "1")])]
pub fn another_type_of_object(world: &Communicator) -> Result<()> {
    last_differs(
        world,
        (
            |world| world.all_gather_objects(&1u8).map(|_| ()),
            "all_gather_objects of u8",
        ),
        (
            |world| world.all_gather_objects(&'x').map(|_| ()),
            "all_gather_objects of char",
        ),
    )
}

/// Each collective with itself, by turns: none is mistaken for another, and none forgets to look.
#[spmd_test(ranks = [2, 3, 5], environment = [("PARTITA_CHECK", "1")])]
pub fn every_collective_is_looked_at(world: &Communicator) -> Result<()> {
    type Collective = fn(&Communicator) -> Result<()>;
    let collectives: [(Collective, &str); 28] = [
        (|world| world.agree(Ok(())), "agree"),
        (|world| world.duplicate().map(|_| ()), "duplicate"),
        (|world| world.split(None, 0).map(|_| ()), "split"),
        (
            |world| world.broadcast(0, &mut [1u8]),
            "broadcast of 1 u8, root 0",
        ),
        (
            |world| world.gather(0, &[1u8]).map(|_| ()),
            "gather of 1 u8, root 0",
        ),
        (
            |world| world.gatherv(0, &[1u8]).map(|_| ()),
            "gatherv of u8, root 0",
        ),
        (
            |world| world.all_gatherv(&[1u8]).map(|_| ()),
            "all_gatherv of u8",
        ),
        (
            |world| world.scatter::<u8>(0, None).map(|_| ()),
            "scatter of u8, root 0",
        ),
        (
            |world| world.scatterv::<u8>(0, None).map(|_| ()),
            "scatterv of u8, root 0",
        ),
        (
            |world| world.all_to_all(&[0u8; 0]).map(|_| ()),
            "all_to_all of 0 u8",
        ),
        (
            |world| world.all_to_allv(&Parts::from_iter([[1u8]])).map(|_| ()),
            "all_to_allv of u8",
        ),
        (
            |world| world.all_gather(&[1u8]).map(|_| ()),
            "all_gather of 1 u8",
        ),
        (
            |world| world.reduce(0, &[1u8], Operation::Sum).map(|_| ()),
            "reduce (Sum) of 1 u8, root 0",
        ),
        (
            |world| world.all_reduce(&[1u8], Operation::Max).map(|_| ()),
            "all_reduce (Max) of 1 u8",
        ),
        (
            |world| world.scan(&[1u8], Operation::Sum).map(|_| ()),
            "scan (Sum) of 1 u8",
        ),
        (
            |world| world.exclusive_scan(&[1u8], Operation::Sum).map(|_| ()),
            "exclusive_scan (Sum) of 1 u8",
        ),
        (
            |world| world.reduce_scatter(&[1u8], Operation::Sum).map(|_| ()),
            "reduce_scatter (Sum) of 1 u8",
        ),
        (
            |world| {
                world
                    .reduce_scatterv(&[1u8], &[1], Operation::Sum)
                    .map(|_| ())
            },
            "reduce_scatterv (Sum) of 1 u8",
        ),
        (
            |world| world.all_reduce_with(&[1u8], |a, _| a).map(|_| ()),
            "all_reduce_with of 1 u8",
        ),
        (
            |world| world.scan_with(&[1u8], |a, _| a).map(|_| ()),
            "scan_with of 1 u8",
        ),
        (
            |world| world.exclusive_scan_with(&[1u8], |a, _| a).map(|_| ()),
            "exclusive_scan_with of 1 u8",
        ),
        (
            |world| world.reduce_scatter_with(&[1u8], |a, _| a).map(|_| ()),
            "reduce_scatter_with of 1 u8",
        ),
        (
            |world| world.broadcast_object(0, Some(1u8)).map(|_| ()),
            "broadcast_object of u8, root 0",
        ),
        (
            |world| world.gather_objects(0, &1u8).map(|_| ()),
            "gather_objects of u8, root 0",
        ),
        (
            |world| world.scatter_objects::<u8>(0, None).map(|_| ()),
            "scatter_objects of u8, root 0",
        ),
        (
            |world| world.all_to_all_objects(&[1u8]).map(|_| ()),
            "all_to_all_objects of u8",
        ),
        (
            |world| world.reduce_objects(0, 1u8, |a, _| a).map(|_| ()),
            "reduce_objects of u8, root 0",
        ),
        (
            |world| world.all_reduce_objects(1u8, |a, _| a).map(|_| ()),
            "all_reduce_objects of u8",
        ),
    ];
    for (collective, reads) in collectives {
        last_differs(
            world,
            (|world: &Communicator| world.barrier(), "barrier"),
            (collective, reads),
        )?;
    }
    Ok(())
}

#[spmd_test(ranks = [3, 4, 5], environment = [("PARTITA_CHECK", "1")])]
pub fn ranks_of_one_group_meet_among_themselves(world: &Communicator) -> Result<()> {
    let parity = world.rank() % 2;
    let group = world.split(Some(parity as u32), 0)?.expect("a group");
    // The groups call different things, which is nobody's mistake.
    match parity {
        0 => group.barrier()?,
        _ => group.broadcast(0, &mut [1.0])?,
    }
    // Among the even ranks the last one differs.
    if parity == 0 {
        last_differs(
            &group,
            (|group| group.barrier(), "barrier"),
            (|group| group.agree(Ok(())), "agree"),
        )?;
    }
    world.barrier()
}

/// `if rank == 0 { broadcast(Some) } else { broadcast(None) }` is a program like another…
fn in_two_lines(world: &Communicator) -> Result<i32> {
    if world.is_root() {
        world.broadcast_object(0, Some(7))
    } else {
        world.broadcast_object(0, None)
    }
}

#[spmd_test(ranks = [1, 2, 3], environment = [("PARTITA_CHECK", "1")])]
pub fn the_same_call_in_two_lines_is_the_same_call(world: &Communicator) -> Result<()> {
    assert_eq!(in_two_lines(world)?, 7);
    Ok(())
}

/// … unless somebody asks for the same line.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_CHECK", "strict")])]
pub fn a_strict_check_compares_the_lines_too(world: &Communicator) -> Result<()> {
    let error = error_of_all(world, in_two_lines(world))?;
    assert!(matches!(error, Error::Mismatch { .. }), "{error:?}");
    world.barrier()
}

#[spmd_test(ranks = [2, 3], environment = [("PARTITA_CHECK", "0")])]
pub fn without_the_check_nobody_compares(world: &Communicator) -> Result<()> {
    // MPI's two calls have the same size here, so that this works, as it does by accident.
    let sum = match world.is_root() {
        true => world.all_reduce_value(1u64, Operation::Sum)?,
        false => world.all_reduce_value(1i64, Operation::Sum)? as u64,
    };
    assert_eq!(sum, world.size() as u64);
    Ok(())
}

/// One rank closes what the others still use.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_CHECK", "1")])]
pub fn windows_and_shared_arrays_are_looked_at(world: &Communicator) -> Result<()> {
    let last = world.rank() + 1 == world.size();
    let mut window = partita::Window::<u64>::zeros(world, 4)?;
    let outcome = match last {
        true => window.close(),
        false => window.fence(|_| Ok(())),
    };
    let text = error_of_all(world, outcome)?.to_string();
    assert!(
        text.contains("Window::fence at tests/comm/")
            && text.contains("Window::close at tests/comm/"),
        "{text}"
    );
    let mut shared = partita::SharedArray::<f64, _>::zeros(world, [7])?;
    let outcome = match last {
        true => shared.close(),
        false => shared.write(|_| Ok(())),
    };
    let text = error_of_all(world, outcome)?.to_string();
    assert!(text.contains("SharedArray::close at tests/comm/"), "{text}");
    Ok(())
}
