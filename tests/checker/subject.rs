//! The program whose ends `main.rs` looks at: its argument says how its last rank leaves the others.
#![forbid(unsafe_code)]

use std::process::{Command, ExitCode};

use partita::{Communicator, Error, Operation, Result};

fn main() -> ExitCode {
    let ending = std::env::args().nth(1).unwrap_or_default();
    partita::run(move |world| {
        world.all_reduce(&[1.0; 3], Operation::Max)?; // what all of them called last
        let last = world.rank() + 1 == world.size();
        match ending.as_str() {
            "another collective" if last => return world.agree(Ok(())),
            "returns early" if last => return Ok(()),
            "fails early" if last => return Err(Error::numerical("heat", "r = 0.7 > 0.5")),
            "never comes" if last => compute_for_ever(),
            "is stopped" if last => stop(),
            "is stopped inside" => return stop_inside(world),
            "waits elsewhere" => return wait_elsewhere(world),
            "goes on" if !last => return go_on(world),
            "goes on" => return Ok(()),
            _ => {}
        }
        world.barrier()
    })
}

fn compute_for_ever() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

/// As by a debugger, a batch system, or Ctrl-Z.
fn stop() {
    let process = std::process::id().to_string();
    let outcome = Command::new("kill").args(["-STOP", &process]).status();
    assert!(outcome.is_ok(), "{outcome:?}");
}

/// After all ranks have met, so that no check can help any more.
fn stop_inside(world: &Communicator) -> Result<()> {
    let combine = |left: usize, right: usize| {
        stop();
        left.max(right)
    };
    world.all_reduce_objects(world.rank(), combine).map(|_| ())
}

/// Everybody waits, and nobody is missing.
fn wait_elsewhere(world: &Communicator) -> Result<()> {
    let other = world.duplicate()?;
    match world.is_root() {
        true => world.barrier(),
        false => other.barrier(),
    }
}

/// A program that does not heed the error: nothing that it calls can hang for that.
fn go_on(world: &Communicator) -> Result<()> {
    for _ in 0..3 {
        let error = world.barrier().expect_err("a rank has left");
        assert!(matches!(error, Error::Mismatch { .. }), "{error:?}");
    }
    println!("went on");
    Ok(())
}
