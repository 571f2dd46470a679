//! Tests that fail, each in its own way. They do so only when a test of this crate asks for it.
#![forbid(unsafe_code)]

use partita::{Communicator, Error, Result};
use partita_testing::spmd_test;
use std::process::Command;
use std::time::Duration;

/// The variable that asks for failure.
pub const ASKED_FOR: &str = "PARTITA_TESTING_SUBJECT";

fn nobody_asked() -> bool {
    std::env::var_os(ASKED_FOR).is_none()
}

fn sleep_for_ever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}

#[spmd_test(ranks = 3)]
#[ignore = "fails on purpose"]
fn fails_on_rank_1(world: &Communicator) {
    let expected = if world.rank() == 1 && !nobody_asked() {
        3
    } else {
        2
    };
    assert_eq!(1 + 1, expected, "one and one make two");
}

// With the check, the others would learn of it.
#[spmd_test(ranks = 3, environment = [("PARTITA_CHECK", "0")])]
#[ignore = "fails on purpose"]
fn err_on_rank_1_while_others_wait(world: &Communicator) -> Result<()> {
    if world.rank() == 1 && !nobody_asked() {
        return Err(Error::other("out of luck"));
    }
    world.barrier()
}

#[spmd_test(ranks = 3)]
#[ignore = "fails on purpose"]
fn agreed_error(world: &Communicator) -> Result<()> {
    let unlucky = world.rank() == 1 && !nobody_asked();
    let outcome = if unlucky {
        Err(Error::other("out of luck"))
    } else {
        Ok(())
    };
    world.agree(outcome)
}

#[spmd_test(ranks = 3)]
#[ignore = "fails on purpose"]
fn error_of_another_type(
    _world: &Communicator,
) -> std::result::Result<(), std::num::ParseIntError> {
    let text = if nobody_asked() { "12" } else { "twelve" };
    text.parse::<u32>().map(drop)
}

#[spmd_test(ranks = 3)]
#[ignore = "fails on purpose"]
fn panics_on_rank_2_while_others_wait(world: &Communicator) -> Result<()> {
    if world.rank() == 2 && !nobody_asked() {
        panic!("no more");
    }
    world.barrier()
}

#[spmd_test(ranks = 3)]
#[ignore = "fails on purpose"]
fn panics_on_every_rank(_world: &Communicator) {
    assert!(nobody_asked(), "all together");
}

#[spmd_test(ranks = 3, time_limit = 2)]
#[ignore = "fails on purpose"]
fn rank_1_never_returns(world: &Communicator) {
    if world.rank() == 1 && !nobody_asked() {
        sleep_for_ever();
    }
}

#[spmd_test(ranks = 3, time_limit = 2)]
#[ignore = "fails on purpose"]
fn all_wait_for_a_message_that_never_comes(world: &Communicator) -> Result<()> {
    if nobody_asked() {
        return Ok(());
    }
    let mut number = [0.0_f64];
    world.receive(&mut number, (world.rank() + 1) % world.size())?;
    Ok(())
}

#[spmd_test(ranks = 3, time_limit = 2)]
#[ignore = "fails on purpose"]
fn hangs_in_a_child_process(_world: &Communicator) {
    if !nobody_asked() {
        let script = "trap '' TERM HUP INT; sleep 1000; sleep 1000";
        let _ = Command::new("setsid").args(["sh", "-c", script]).status();
        sleep_for_ever();
    }
}

#[spmd_test(ranks = 3)]
#[ignore = "fails on purpose"]
fn all_exit_early(_world: &Communicator) {
    if !nobody_asked() {
        std::process::exit(0);
    }
}

#[spmd_test(ranks = 3)]
#[ignore = "fails on purpose"]
fn rank_1_exits_early(world: &Communicator) -> Result<()> {
    if world.rank() == 1 && !nobody_asked() {
        std::process::exit(0);
    }
    world.barrier()
}

#[spmd_test(ranks = 3)]
#[ignore = "fails on purpose"]
fn rank_1_is_killed(world: &Communicator) -> Result<()> {
    if world.rank() == 1 && !nobody_asked() {
        let _ = Command::new("kill")
            .args(["-9", &std::process::id().to_string()])
            .status();
        sleep_for_ever();
    }
    world.barrier()
}

#[spmd_test(ranks = 3)]
#[ignore = "fails on purpose"]
fn prints_and_fails(world: &Communicator) -> Result<()> {
    if nobody_asked() {
        return Ok(());
    }
    println!("rank {} was here", world.rank());
    eprintln!("rank {} complains", world.rank());
    // No panic: a launcher may drop what the ranks of an aborted job printed last (MPICH's does).
    Err(Error::other("as announced"))
}
