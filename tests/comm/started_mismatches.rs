//! Collectives that are started, and are not the same on all ranks.

use partita::{Communicator, Operation, Result};
use partita_testing::{error_of_all, spmd_test};

/// The error of who waits for a collective that the last rank started as another one.
#[spmd_test(ranks = [2, 3, 5], environment = [("PARTITA_CHECK", "1")])]
pub fn started_collectives_are_looked_at_when_they_are_waited_for(
    world: &Communicator,
) -> Result<()> {
    let last = world.rank() + 1 == world.size();
    let mut buffer = [0.0; 4];
    let outcome = world.scope(|scope| match last {
        true => scope.start_barrier()?.wait(),
        false => scope.start_broadcast(0, &mut buffer)?.wait(),
    });
    let text = error_of_all(world, outcome)?.to_string();
    let broadcast = "start_broadcast of 4 f64, root 0 at tests/comm/started_mismatches.rs:";
    assert!(text.contains(broadcast), "{text}");
    assert!(
        text.contains("start_barrier at tests/comm/started_mismatches.rs:"),
        "{text}"
    );

    // Several are under way, one of the middle differs: those before it and after it are done.
    let values = vec![1; if last { 3 } else { 4 }];
    let outcome = world.scope(|scope| {
        let before = scope.start_all_reduce(&[1, 2], Operation::Sum)?;
        let wrong = scope.start_all_reduce(&values, Operation::Max)?;
        let after = scope.start_all_gather(&[7])?;
        assert_eq!(after.wait()?, vec![7; world.size()]);
        let size = world.size() as i32;
        assert_eq!(before.wait()?, [size, 2 * size]);
        wrong.wait()
    });
    let text = error_of_all(world, outcome)?.to_string();
    assert!(
        text.contains("(Max) of 4 i32") && text.contains("(Max) of 3 i32"),
        "{text}"
    );
    // A blocking call meets one that was started.
    let outcome = match last {
        true => world.barrier(),
        false => world.scope(|scope| scope.start_barrier()?.wait()),
    };
    let text = error_of_all(world, outcome)?.to_string();
    assert!(
        text.contains("start_barrier at ") && text.contains(": barrier at "),
        "{text}"
    );
    assert_eq!(
        world.all_reduce_value(1, Operation::Sum)?,
        world.size() as i32
    );
    Ok(())
}

/// MPI's own would write beyond the shorter buffers.
#[spmd_test(ranks = [2, 3, 5], environment = [("PARTITA_CHECK", "0")])]
pub fn without_the_check_started_reductions_agree_on_their_length_all_the_same(
    world: &Communicator,
) -> Result<()> {
    let last = world.rank() + 1 == world.size();
    let values = vec![1.0; if last { 3 } else { 4000 }];
    let outcome = world.scope(|scope| {
        let before = scope.start_barrier()?;
        let wrong = scope.start_all_reduce(&values, Operation::Sum)?;
        let rooted = scope.start_reduce(0, &[1], Operation::Sum)?;
        let after = scope.start_all_gather(&[7])?;
        assert_eq!(after.wait()?, vec![7; world.size()]);
        before.wait()?;
        let sum = rooted.wait()?;
        assert_eq!(sum, world.is_root().then(|| vec![world.size() as i32]));
        wrong.wait()
    });
    let error = error_of_all(world, outcome)?;
    assert!(
        error
            .to_string()
            .contains("start_all_reduce: the ranks come with 3 to 4000"),
        "{error}"
    );
    let outcome = world.scope(|scope| scope.start_reduce(0, &values, Operation::Sum).map(drop));
    let error = error_of_all(world, outcome)?;
    assert_eq!(error.exit_code(), 3, "{error:?}");
    world.barrier()
}

/// Two ranks that start in one order and message in another: nothing may wait where MPI does not.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_CHECK", "1")])]
pub fn starting_a_collective_waits_for_nobody(world: &Communicator) -> Result<()> {
    let mut number = [0];
    world.scope(|scope| {
        if world.is_root() {
            let sum = scope.start_all_reduce(&[1], Operation::Sum)?;
            for to in 1..world.size() {
                world.send(&[7], to)?;
            }
            assert_eq!(sum.wait()?, [world.size() as i32]);
        } else {
            world.receive(&mut number, 0)?;
            let mut sum = scope.start_all_reduce(&[1], Operation::Sum)?;
            while !sum.test() {
                std::thread::yield_now();
            }
            assert_eq!(sum.wait()?, [world.size() as i32]);
        }
        Ok(())
    })
}
