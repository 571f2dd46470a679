//! Objects that one rank cannot encode or decode: the same error on all of them, and no rest of a
//! message in the way of the next.

use std::sync::atomic::{AtomicUsize, Ordering};

use partita::{Communicator, Error, Result};
use partita_testing::{error_of_all, spmd_test};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

/// This process's rank, for the one type that looks at it.
static RANK: AtomicUsize = AtomicUsize::new(0);

/// A value which `mute` cannot encode and `deaf` cannot decode.
#[derive(Clone, Debug, PartialEq)]
struct Stubborn {
    mute: Option<usize>,
    deaf: Option<usize>,
}

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.mute == Some(RANK.load(Ordering::Relaxed)) {
            return Err(ser::Error::custom("mute"));
        }
        self.deaf.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stubborn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let deaf = Option::<usize>::deserialize(deserializer)?;
        if deaf == Some(RANK.load(Ordering::Relaxed)) {
            return Err(de::Error::custom("deaf"));
        }
        Ok(Stubborn { mute: None, deaf })
    }
}

/// Runs an operation on values that one rank cannot encode, then on values that one rank cannot
/// decode, and then on harmless ones.
fn one_rank_fails<T>(
    world: &Communicator,
    encodes: impl Fn(usize) -> bool,
    decodes: impl Fn(usize) -> bool,
    operation: impl Fn(Stubborn) -> Result<T>,
) -> Result<()> {
    RANK.store(world.rank(), Ordering::Relaxed);
    let harmless = Stubborn {
        mute: None,
        deaf: None,
    };
    for one in 0..world.size() {
        let (mute, deaf) = (Some(one), Some(one));
        for (fails, value, what) in [
            (encodes(one), Stubborn { mute, deaf: None }, "cannot encode"),
            (decodes(one), Stubborn { mute: None, deaf }, "cannot decode"),
        ] {
            let outcome = operation(value);
            if !fails {
                outcome?;
                continue;
            }
            let error = error_of_all(world, outcome)?;
            let text = error.to_string();
            assert!(text.contains(what) && text.contains("Stubborn"), "{text}");
            let place = format!("rank {one}: ");
            assert!(world.size() == 1 || text.starts_with(&place), "{text}");
        }
    }
    operation(harmless).map(|_| ())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_broadcast_that_one_rank_cannot_take_part_in(world: &Communicator) -> Result<()> {
    for root in 0..world.size() {
        one_rank_fails(
            world,
            |one| one == root,
            // The root keeps its own.
            |one| one != root,
            |value| world.broadcast_object(root, (world.rank() == root).then_some(value)),
        )?;
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_gather_that_one_rank_cannot_take_part_in(world: &Communicator) -> Result<()> {
    for root in 0..world.size() {
        one_rank_fails(
            world,
            |_| true,
            |one| one == root,
            |value| world.gather_objects(root, &value),
        )?;
    }
    one_rank_fails(
        world,
        |_| true,
        |_| true,
        |value| world.all_gather_objects(&value),
    )
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_scatter_that_one_rank_cannot_take_part_in(world: &Communicator) -> Result<()> {
    for root in 0..world.size() {
        one_rank_fails(
            world,
            |one| one == root,
            |_| true,
            |value| {
                let values = vec![value; world.size()];
                world.scatter_objects(root, (world.rank() == root).then_some(&values[..]))
            },
        )?;
    }
    one_rank_fails(
        world,
        |_| true,
        |_| true,
        |value| world.all_to_all_objects(&vec![value; world.size()]),
    )
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_reduction_that_one_rank_cannot_take_part_in(world: &Communicator) -> Result<()> {
    for root in 0..world.size() {
        one_rank_fails(
            world,
            // Rank 0 keeps its value where it is the root: it encodes nothing.
            |one| one > 0 || root > 0,
            // In the tree those ranks decode that have a partner above them.
            |one| one % 2 == 0 && one + 1 < world.size() || (one == root && root > 0),
            |value| world.reduce_objects(root, value, |left, _| left),
        )?;
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5])]
pub fn the_receiver_learns_that_the_sender_could_not_encode(world: &Communicator) -> Result<()> {
    RANK.store(world.rank(), Ordering::Relaxed);
    let value = |mute| Stubborn { mute, deaf: None };
    match world.rank() {
        0 => {
            let error = world.send_object(&value(Some(0)), 1).expect_err("mute");
            assert!(error.to_string().contains("cannot encode"), "{error}");
            world.send_object(&value(None), 1)?;
        }
        1 => {
            let error = world.receive_object::<Stubborn>(0).expect_err("mute");
            let text = error.to_string();
            assert!(text.starts_with("rank 0: cannot encode"), "{text}");
            assert_eq!(world.receive_object::<Stubborn>(0)?, value(None));
        }
        _ => {}
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3])]
pub fn an_object_of_another_type_is_an_error_and_taken(world: &Communicator) -> Result<()> {
    match world.rank() {
        0 => {
            world.send_object(&"a text", 1)?;
            world.send_object(&[1u64, 2, 3], 1)?;
            world.send_object(&7, 1)?;
        }
        1 => {
            let error = world.receive_object::<Vec<(f64, f64)>>(0).expect_err("f64");
            assert!(error.to_string().contains("cannot decode"), "{error}");
            let error = world.receive_object::<u64>(0).expect_err("one of three");
            assert!(error.to_string().contains("2 bytes too many"), "{error}");
            assert_eq!(world.receive_object::<i32>(0)?, 7);
        }
        _ => {}
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn wrong_roots_partners_and_numbers_are_the_same_error_everywhere(
    world: &Communicator,
) -> Result<()> {
    let nobody = world.size();
    for outcome in [
        world.broadcast_object(nobody, Some(1)).map(|_| ()),
        world.gather_objects(nobody, &1).map(|_| ()),
        world.scatter_objects(nobody, Some(&[1][..])).map(|_| ()),
        world.reduce_objects(nobody, 1, |a, _| a).map(|_| ()),
        world.send_object(&1, nobody),
        world.receive_object::<i32>(nobody).map(|_| ()),
    ] {
        let error = error_of_all(world, outcome)?;
        assert!(matches!(error, Error::Usage(_)), "{error:?}");
    }
    let last = world.size() - 1;
    let too_many = vec![1; world.size() + 1];
    let given = (world.rank() == last).then_some(&too_many[..]);
    let error = error_of_all(world, world.scatter_objects(last, given))?;
    assert_eq!(error.exit_code(), 3, "{error}");
    let error = error_of_all(world, world.scatter_objects::<i32>(last, None))?;
    assert_eq!(error.exit_code(), 2, "{error}");
    let sent = if world.rank() == last {
        &too_many[..]
    } else {
        &too_many[1..]
    };
    let error = error_of_all(world, world.all_to_all_objects(sent))?;
    assert_eq!(error.exit_code(), 3, "{error}");
    assert_eq!(world.all_gather_objects(&1)?, vec![1; world.size()]);
    Ok(())
}
