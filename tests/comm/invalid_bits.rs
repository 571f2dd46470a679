//! Bytes that arrive as `bool` and are none: an error, and never a `bool` that is neither true nor false.

use std::fmt::Debug;

use ndarray::{Array1, Axis, Slice};
use partita::{Communicator, Error, Parts, Request, Result};
use partita_testing::spmd_test;

const BYTES: [u8; 4] = [0, 1, 2, 255];
const MADE_VALID: [bool; 4] = [false, true, false, false];

/// The error of who received `BYTES` as `bool`.
#[track_caller]
fn told<T: Debug>(outcome: Result<T>) {
    let error = outcome.expect_err("2 is no bool");
    let text = "element 2 of 4 is no bool";
    assert!(matches!(error, Error::Shape { .. }), "{error:?}");
    assert!(error.to_string().contains(text), "{error}");
}

/// Rank 0 sends to every other rank, and rank 1 to rank 0 where both do.
fn between<R>(
    world: &Communicator,
    receive: impl FnOnce(&Communicator) -> Result<R>,
) -> Result<Option<Result<R>>> {
    if world.is_root() {
        for to in 1..world.size() {
            world.send(&BYTES, to)?;
        }
        return Ok(None);
    }
    Ok(Some(receive(world)))
}

#[spmd_test(ranks = [2, 3])]
fn messages_of_other_bytes_are_no_bools(world: &Communicator) -> Result<()> {
    let mut buffer = [true; 4];
    if let Some(outcome) = between(world, |world| world.receive(&mut buffer, 0))? {
        told(outcome);
        assert_eq!(buffer, MADE_VALID);
    }
    if let Some(outcome) = between(world, |world| world.receive_vec::<bool>(0))? {
        told(outcome);
    }
    let start = |world: &Communicator| world.start_receive(vec![true; 4], 0);
    if let Some(request) = between(world, start)? {
        told(request?.wait());
    }
    if let Some(request) = between(world, start)? {
        let mut request: Request<bool> = request?;
        while !request.test() {}
        told(request.wait());
    }
    if let Some(message) = between(world, |world| world.persistent_receive(vec![true; 4], 0))? {
        let mut message = message?;
        message.start()?;
        told(message.wait());
        assert_eq!(message.buffer()?, MADE_VALID);
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3])]
fn what_a_scope_receives_is_valid_even_when_nobody_waits(world: &Communicator) -> Result<()> {
    let mut buffer = [true; 4];
    let whole =
        |world: &Communicator| world.scope(|scope| scope.start_receive(&mut buffer, 0).map(drop));
    if let Some(outcome) = between(world, whole)? {
        told(outcome);
        assert_eq!(buffer, MADE_VALID);
    }
    let mut array = Array1::from_elem(8, true);
    let step = Slice::from(..).step_by(2);
    let mut every_other = array.slice_axis_mut(Axis(0), step);
    let strided = |world: &Communicator| {
        world.scope(|scope| scope.start_receive(&mut every_other, 0)?.wait())
    };
    if let Some(outcome) = between(world, strided)? {
        told(outcome);
        assert_eq!(array.slice_axis(Axis(0), step).to_vec(), MADE_VALID);
    }
    // A scope that fails gives the buffer back too, whether the message has come by then or not.
    let mut buffer = [true; 4];
    let failing = |world: &Communicator| {
        world.probe::<u8>(0)?;
        world.scope(|scope| {
            let mut request = scope.start_receive(&mut buffer, 0)?;
            while !request.test() {}
            Err::<(), _>(Error::other("stop"))
        })
    };
    if let Some(outcome) = between(world, failing)? {
        assert_eq!(outcome, Err(Error::other("stop")));
        assert_eq!(buffer, MADE_VALID);
    }
    Ok(())
}

/// With the checks on these are mismatches before anything is sent.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_CHECK", "0")])]
fn collectives_of_other_bytes_give_no_bools(world: &Communicator) -> Result<()> {
    let size = world.size();
    if world.is_root() {
        world.broadcast(0, &mut BYTES.clone())?;
        world.scatter(0, Some(&BYTES.repeat(size)))?;
        let parts: Parts<u8> = (0..size).map(|_| BYTES).collect();
        world.scatterv(0, Some(&parts))?;
        let (mut bytes, all) = (BYTES, BYTES.repeat(size));
        world.scope(|scope| scope.start_broadcast(0, &mut bytes)?.wait())?;
        world.scope(|scope| scope.start_scatter(0, Some(&all), 4)?.wait())?;
    } else {
        let mut buffer = [true; 4];
        told(world.broadcast(0, &mut buffer));
        assert_eq!(buffer, MADE_VALID);
        told(world.scatter::<bool>(0, None));
        told(world.scatterv::<bool>(0, None));
        let mut buffer = [true; 4];
        told(world.scope(|scope| scope.start_broadcast(0, &mut buffer)?.wait()));
        assert_eq!(buffer, MADE_VALID);
        told(world.scope(|scope| scope.start_scatter::<bool>(0, None, 4)?.wait()));
    }
    Ok(())
}

/// The ranks send `u8` all but the last, which takes what comes for `bool`.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_CHECK", "0")])]
fn what_is_gathered_of_other_bytes_are_no_bools(world: &Communicator) -> Result<()> {
    let last = world.size() - 1;
    let rejected = |outcome: Result<Vec<bool>>| {
        let error = outcome.expect_err("2 is no bool");
        assert!(error.to_string().contains("is no bool"), "{error}");
    };
    if world.rank() < last {
        let parts: Parts<u8> = (0..=last).map(|_| BYTES).collect();
        world.all_gather(&BYTES)?;
        world.all_gatherv(&BYTES)?;
        world.gather(last, &BYTES)?;
        world.gatherv(last, &BYTES)?;
        world.all_to_all(parts.as_slice())?;
        world.all_to_allv(&parts)?;
        world.all_reduce_with(&BYTES, |a, b| a.max(b))?;
        world.scope(|scope| scope.start_all_gather(&BYTES)?.wait())?;
    } else {
        let own = [true; 4];
        let parts: Parts<bool> = (0..=last).map(|_| own).collect();
        rejected(world.all_gather(&own));
        rejected(world.all_gatherv(&own).map(Parts::into_vec));
        rejected(world.gather(last, &own).map(Option::unwrap_or_default));
        rejected(
            world
                .gatherv(last, &own)
                .map(|parts| parts.map(Parts::into_vec).unwrap_or_default()),
        );
        rejected(world.all_to_all(parts.as_slice()));
        rejected(world.all_to_allv(&parts).map(Parts::into_vec));
        rejected(world.all_reduce_with(&own, |a, b| a | b));
        rejected(world.scope(|scope| scope.start_all_gather(&own)?.wait()));
    }
    Ok(())
}
