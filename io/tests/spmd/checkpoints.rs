//! The state of a run comes back on any number of ranks, from the newest checkpoint that is whole.

use std::time::Duration;

use ndarray::{Ix1, Ix2};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::checkpoint::Checkpoint;
use partita_io::hdf5::File;
use partita_testing::{TemporaryDirectory, error_of_all, spmd_test};
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::SIGUSR1;
use signal_hook::low_level::raise;

use crate::tools::{assert_same, numbered, on_root};

#[spmd_test(ranks = [1, 2, 3, 4])]
fn a_state_comes_back_on_fewer_ranks(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let folder = directory.join("deep/saved");
    let grid = ProcessGrid::balanced(world, 2)?;
    let line = ProcessGrid::balanced(world, 1)?;
    let mut checkpoint = Checkpoint::in_folder(world, &folder)?.every(2).keep(3);
    assert!(checkpoint.restore()?.is_none());
    for step in 1..=9 {
        checkpoint.after(step, |state| {
            state.array(
                "u",
                &numbered(&grid, Ix2(5, 6))?.map(|value| value * step as f64),
            )?;
            state.array(
                "count",
                &DistArray::from_fn(&line, [4], |[index]| index as u64 + step)?,
            )?;
            state.value("generator", [step, u64::MAX, 3, 4])?;
            state.value("time", 0.1 * step as f64)
        })?;
    }
    for size in 1..=world.size() {
        let group = u32::from(world.rank() >= size);
        let part = world.split(Some(group), 0)?.unwrap();
        let saved = Checkpoint::in_folder(&part, &folder)?.restore()?.unwrap();
        assert_eq!(saved.step(), 8);
        let grid = ProcessGrid::balanced(&part, 2)?;
        assert_same(
            &saved.array("u", &grid)?,
            &numbered(&grid, Ix2(5, 6))?.map(|value| value * 8.0),
        );
        let count: DistArray<u64, Ix1> = saved.array("count", &ProcessGrid::balanced(&part, 1)?)?;
        assert_eq!(count.all_gather()?.to_vec(), [8, 9, 10, 11]);
        assert_eq!(saved.value::<Vec<u64>>("generator")?, [8, u64::MAX, 3, 4]);
        assert_eq!(saved.value::<f64>("time")?, 0.8);
        let other = saved.expect("time", 0.9).unwrap_err();
        assert!(matches!(other, Error::Usage(_)), "{other:?}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn the_newest_whole_checkpoint_is_taken_and_none_is_an_error(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 1)?;
    let mut checkpoint = Checkpoint::in_folder(world, directory.path())?.keep(3);
    for step in [10, 20, 30] {
        checkpoint.save(step, |state| state.array("u", &numbered(&grid, Ix1(300))?))?;
    }
    let path = |step: u64| directory.join(format!("step-{step:020}.h5"));
    on_root(world, || {
        // One is cut short, of one a bit is flipped.
        let bytes = std::fs::read(path(30)).unwrap();
        std::fs::write(path(30), &bytes[..bytes.len() / 2]).unwrap();
        let mut bytes = std::fs::read(path(20)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path(20), bytes).unwrap();
    })?;
    assert_eq!(checkpoint.restore()?.unwrap().step(), 10);
    world.barrier()?;
    on_root(world, || std::fs::write(path(10), "").unwrap())?;
    let none = checkpoint.restore().unwrap_err().to_string();
    assert!(none.contains("step-00000000000000000030.h5"), "{none}");
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn what_a_run_saves_is_not_pushed_out_by_later_steps_of_another(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 1)?;
    let mut checkpoint = Checkpoint::in_folder(world, directory.path())?.keep(2);
    let path = |step: u64| directory.join(format!("step-{step:020}.h5"));
    for step in [10, 20, 30] {
        checkpoint.save(step, |state| state.array("u", &numbered(&grid, Ix1(300))?))?;
    }
    // Both are damaged: the run goes on from what was copied elsewhere, or from its beginning.
    on_root(world, || {
        for step in [20, 30] {
            std::fs::write(path(step), "").unwrap();
        }
    })?;
    for step in [5, 10, 15] {
        checkpoint.save(step, |state| state.array("u", &numbered(&grid, Ix1(300))?))?;
        assert_eq!(checkpoint.restore()?.unwrap().step(), step);
        world.barrier()?;
    }
    assert!(!path(5).exists() && path(10).exists() && path(30).exists());
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn a_signal_to_one_rank_saves_or_ends_the_run_on_all(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 1)?;
    let u = numbered(&grid, Ix1(30))?;
    // While a file is written, SIGTERM ends the process; afterwards it asks.
    let earlier = directory.join("earlier.h5");
    let mut file = File::create(world, &earlier)?;
    file.write("u", &u)?;
    file.close()?;
    if world.is_root() {
        std::fs::remove_file(earlier).unwrap();
    }
    world.barrier()?;
    let mut checkpoint = Checkpoint::in_folder(world, directory.path())?;
    let last = world.size() - 1;
    let send = |signal| {
        if world.rank() == last {
            kill_process(getpid(), signal).unwrap();
        }
    };
    let count = || std::fs::read_dir(directory.path()).unwrap().count();
    checkpoint.after(1, |state| state.array("u", &u))?;
    assert_eq!(count(), 0);
    // The system hands a signal over when it likes; until then the run goes on.
    send(Signal::USR1);
    let mut step = 1;
    while checkpoint.restore()?.is_none() {
        step += 1;
        checkpoint.after(step, |state| state.array("u", &u))?;
    }
    assert_eq!(checkpoint.restore()?.unwrap().step(), step);
    send(Signal::TERM);
    let stopped = loop {
        step += 1;
        if let Err(error) = checkpoint.after(step, |state| state.array("u", &u)) {
            break error;
        }
    };
    assert_eq!(stopped.exit_code(), 75, "{stopped:?}");
    assert_eq!(checkpoint.restore()?.unwrap().step(), step);
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn who_asks_while_a_checkpoint_is_made_has_it(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let mut checkpoint = Checkpoint::in_folder(world, directory.path())?;
    let asked = || {
        if world.rank() == world.size() - 1 {
            raise(SIGUSR1).unwrap();
        }
    };
    asked();
    checkpoint.after(1, |state| {
        asked();
        state.value("n", 1u64)
    })?;
    checkpoint.after(2, |state| state.value("n", 2u64))?;
    let saved = checkpoint.restore()?.expect("a checkpoint");
    assert_eq!(saved.step(), 1);
    Ok(())
}

#[spmd_test(ranks = [2])]
fn a_run_out_of_time_is_saved(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 1)?;
    let u = numbered(&grid, Ix1(30))?;
    let begin = || Checkpoint::in_folder(world, directory.path());
    let mut long = begin()?.max_time(Duration::MAX);
    long.after(1, |state| state.array("u", &u))?;
    assert!(long.restore()?.is_none());
    let mut short = begin()?.max_time(Duration::ZERO);
    let stopped = short.after(1, |state| state.array("u", &u)).unwrap_err();
    assert!(
        stopped
            .to_string()
            .starts_with("stopped after step 1, which "),
        "{stopped}"
    );
    assert_eq!(short.restore()?.unwrap().step(), 1);
    Ok(())
}

/// A text that lies outside what HDF5 has checksums over, and is no ASCII.
const LABEL: &str = "wärmer als vorher, \u{1f9ed}  ";

#[spmd_test(ranks = [1, 2], time_limit = 120)]
fn with_any_byte_flipped_a_checkpoint_is_skipped_or_what_was_saved(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 1)?;
    let u = numbered(&grid, Ix1(40))?;
    let mut checkpoint = Checkpoint::in_folder(world, directory.path())?.of_run("seed", 7);
    for step in [1, 2] {
        checkpoint.save(step, |state| {
            state.array("u", &u)?;
            state.value("label", LABEL)?;
            state.value("names", ["a ", "", "xyz"])?;
            state.value("generator", [step, u64::MAX, 3])?;
            state.value("time", 0.1)
        })?;
    }
    let path = directory.join("step-00000000000000000002.h5");
    let bytes = std::fs::read(&path).unwrap();
    let (mut skipped, mut taken) = (0, 0);
    world.barrier()?;
    let every = 5 + 20 * (world.size() - 1);
    for place in (world.size()..bytes.len()).step_by(every) {
        on_root(world, || {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << (place % 8);
            std::fs::write(&path, flipped).unwrap();
        })?;
        let saved = checkpoint.restore()?.unwrap();
        let step = saved.step();
        (skipped, taken) = (skipped + u32::from(step == 1), taken + u32::from(step == 2));
        assert_same(&saved.array("u", &grid)?, &u);
        assert_eq!(saved.value::<String>("label")?, LABEL, "byte {place}");
        assert_eq!(
            saved.value::<Vec<String>>("names")?,
            ["a ", "", "xyz"],
            "byte {place}"
        );
        assert_eq!(
            saved.value::<Vec<u64>>("generator")?,
            [step, u64::MAX, 3],
            "byte {place}"
        );
        assert_eq!(saved.value::<f64>("time")?, 0.1, "byte {place}");
        world.barrier()?;
    }
    // Between what was written there are bytes of nothing.
    let each = (bytes.len() / every / 4) as u32;
    assert!(
        skipped > each && taken > each,
        "{skipped} skipped, {taken} taken"
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn a_run_takes_no_checkpoint_of_another(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 1)?;
    let u = numbered(&grid, Ix1(40))?;
    let begin = || Checkpoint::in_folder(world, directory.path());
    let of = |seed: u64, alpha: f64| -> Result<_> {
        Ok(begin()?.of_run("seed", seed).of_run("alpha", alpha))
    };
    let mut first = of(1, 0.1)?;
    first.start_anew()?;
    first.after(5, |state| state.array("u", &u))?;
    first.save(5, |state| state.array("u", &u))?;
    let refused = |outcome: Result<()>, said: &str| -> Result<()> {
        let error = error_of_all(world, outcome)?;
        let is_usage = match &error {
            Error::OnRank { error, .. } => matches!(**error, Error::Usage(_)),
            error => matches!(error, Error::Usage(_)),
        };
        assert!(is_usage && error.to_string().contains(said), "{error:?}");
        Ok(())
    };
    for (other, said) in [
        (of(2, 0.1)?, "of a run with seed = 1, this one has 2"),
        (of(1, -0.1)?, "of a run with alpha = 0.1, this one has -0.1"),
        (
            begin()?.of_run("seed", 1),
            "of a run with alpha = 0.1, this one has none",
        ),
        (
            of(1, 0.1)?.of_run("input", "a"),
            "of a run without input, this one has \"a\"",
        ),
        (begin()?, "of a run with seed = 1, this one has none"),
    ] {
        refused(other.restore().map(drop), said)?;
    }
    let holds = "holds checkpoints of an earlier run, the last of step 5";
    refused(of(1, 0.1)?.start_anew(), holds)?;
    // Whoever does not ask is told after the first step, before anything is saved.
    refused(begin()?.after(1, |state| state.array("u", &u)), holds)?;
    refused(begin()?.save(1, |state| state.array("u", &u)), holds)?;
    if world.size() > 1 {
        refused(
            of(world.rank() as u64, 0.1)?.restore().map(drop),
            "called here with",
        )?;
    }
    let mut again = of(1, 0.1)?;
    assert_eq!(again.restore()?.unwrap().step(), 5);
    for own in ["step", "partita_run"] {
        refused(
            again.save(6, |state| state.value(own, 1)),
            "the checkpoint's own",
        )?;
    }
    again.save(6, |state| state.array("u", &u))?;
    assert_eq!(again.restore()?.unwrap().step(), 6);
    Ok(())
}
