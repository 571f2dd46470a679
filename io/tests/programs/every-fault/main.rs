//! A program that saves again and again, each time with another call of the system failing: what the tests in
//! `injected.rs` start, with the shim `faults.c` loaded.
//!
//!     every-fault FOLDER create|append one save, whose fault the environment tells
//!     every-fault FOLDER whole|each|few DONE   calls of a save fail, one in each run of it
//!     every-fault FOLDER verify        whether what was saved is whole
//!
//! A job survives most faults, so that most of them share one. It prints what is called how often, each fault before
//! it happens, and what was wrong after it. A fault that ends the job is followed by another job, told how many faults
//! there were.

mod fault;
mod stage;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use ndarray::{Ix1, s};
use partita::layout::Distribution::BlockCyclic;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result, root_println};
use partita_io::hdf5::{File, Series, Storage};

use fault::Extent;
use stage::{Modes, Stage};

/// As many elements as make long runs, whatever the number of ranks.
const LENGTH: usize = 20_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    partita::run(move |world| {
        let [_, folder, what, done @ ..] = arguments.as_slice() else {
            return Err(Error::usage("every-fault FOLDER WHAT [DONE]"));
        };
        let done = done.first().and_then(|done| done.parse().ok());
        let target = Path::new(folder).join("files/target.h5");
        match what.as_str() {
            "create" => create(world, &target).map(drop),
            "append" => append(world, &target).map(drop),
            "verify" => File::open(world, &target)?.verify_all().map(drop),
            extent => {
                let places = (Path::new(folder), target.as_path());
                each(world, places, Extent::of(extent)?, done.unwrap_or(0))
            }
        }
    })
}

/// Plays all faults but the first `done`.
fn each(
    world: &Communicator,
    (folder, target): (&Path, &Path),
    extent: Extent,
    done: usize,
) -> Result<()> {
    let start = Instant::now();
    let (mut old, mut number) = (b"old".to_vec(), 0);
    let saves: [(&str, stage::Save); 2] = [("create", create), ("append", append)];
    for (name, save) in saves {
        let stage = Stage::rehearse(world, (folder, target), save, old)?;
        assert_eq!(stage.ways(), [true, name == "create"]);
        if world.is_root() {
            std::fs::write(folder.join(name), &stage.new).expect("a folder to write to");
        }
        let faults = stage.faults(extent);
        if number >= done {
            root_println!(world, "{}", stage.account(name, &faults));
        }
        for fault in &faults {
            number += 1;
            if number <= done {
                continue;
            }
            let since = start.elapsed().as_millis();
            root_println!(world, "fault {number} {name} {since} {fault}");
            if let Some(problem) = stage.play(fault)? {
                root_println!(world, "problem {problem}");
            }
        }
        old = stage.new;
    }
    root_println!(world, "done");
    Ok(())
}

/// A file in place of the old one, data going straight to it, then by HDF5 and MPI together.
fn create(world: &Communicator, path: &Path) -> Result<Modes> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let array = numbers(&grid)?;
    let chunks = Storage::chunks(&[LENGTH / 8]);
    let mut modes = Vec::new();
    let mut file = File::create(world, path)?;
    file.write("u", &array)?;
    modes.extend(file.last_transfer());
    file.write_with("chunks", &array, &chunks)?;
    modes.extend(file.last_transfer());
    // Of several ranks, short runs.
    let in_turn = array.redistribute(&grid.layout([LENGTH], &[BlockCyclic(500)])?)?;
    let mut file = file.with_collective_transfers();
    file.write("in turn", &in_turn)?;
    modes.extend(file.last_transfer());
    file.write_with("gzip", &array, &chunks.gzip(1))?;
    modes.extend(file.last_transfer());
    file.attribute("alpha", 0.1)?;
    file.close()?;
    Ok(modes.into_iter().map(|transfer| transfer.mode).collect())
}

/// More in a file that is there.
fn append(world: &Communicator, path: &Path) -> Result<Modes> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let array = numbers(&grid)?;
    let mut file = File::append(world, path)?;
    file.write_slice("u", s![..], &array)?;
    let modes = file.last_transfer().map(|transfer| transfer.mode);
    let series = Series::new("steps");
    for time in [0.0, 1.0] {
        series.append(&mut file, time, &array)?;
    }
    file.close()?;
    Ok(modes.into_iter().collect())
}

fn numbers(grid: &ProcessGrid) -> Result<DistArray<f64, Ix1>> {
    DistArray::from_fn(grid, [LENGTH], |[index]| index as f64)
}
