//! A program that does with files what one should not: what the tests in `faults.rs` start.

use std::process::ExitCode;

use partita::layout::Distribution::Cyclic;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::{File, Storage, TransferMode};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A rank whose writing the MPI library does itself, rather than leave it to the root.
const WRITER: usize = 1;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    partita::run(move |world| match arguments.as_slice() {
        [_, fault, path] => commit(world, fault, path, false),
        [_, fault, path, way] if way == "together" => commit(world, fault, path, true),
        _ => Err(Error::usage("io-faults FAULT PATH [together]")),
    })
}

/// Data go straight to the file, or all of them by HDF5 and MPI together.
fn commit(world: &Communicator, fault: &str, path: &str, together: bool) -> Result<()> {
    if fault == "verify" {
        return File::open(world, path)?.verify_all().map(drop);
    }
    let grid = ProcessGrid::balanced(world, 1)?;
    let array = DistArray::from_fn(&grid, [100_000], |[index]| index as f64)?;
    let mut file = File::create(world, path)?;
    if together {
        file = file.with_collective_transfers();
    }
    file.write("u", &array)?;
    let mode = file.last_transfer().map(|transfer| transfer.mode);
    assert_eq!(mode == Some(TransferMode::Direct), !together, "{mode:?}");
    match fault {
        "none" => {
            // Runs of one element: HDF5 has them, and all ranks together.
            let in_turn = grid.layout([100_000], &[Cyclic])?;
            file.write("in turn", &array.redistribute(&in_turn)?)?;
            file.attribute("alpha", 0.1)?;
            let chunks = Storage::chunks(&[10_000]);
            file.write_with("chunks", &array, &chunks)?;
            file.write_with("gzip", &array, &chunks.gzip(1))?;
            file.close()
        }
        "forget" => Ok(()),
        "fail" => Err(Error::numerical("heat", "unstable")),
        "fail-alone" if world.rank() == 1 => Err(Error::other("only here")),
        "fail-alone" => file.close(),
        "panic" if world.rank() == 1 => panic!("only here"),
        "panic" => file.close(),
        "cannot-open" => {
            if world.rank() == 1 {
                no_more_files();
            }
            file.write("v", &array)?;
            file.close()
        }
        "cannot-write" => {
            if world.rank() == WRITER {
                nothing_beyond_a_kilobyte();
            }
            let outcome = file.write("v", &array);
            // The program goes on as if nothing were: no call of it may wait for ever.
            eprintln!("rank {}: {outcome:?}, {:?}", world.rank(), file.close());
            outcome
        }
        _ => Err(Error::usage(format!("no fault {fault}"))),
    }
}

fn nothing_beyond_a_kilobyte() {
    let limit = Rlimit {
        current: Some(1024),
        ..getrlimit(Resource::Fsize)
    };
    setrlimit(Resource::Fsize, limit).expect("a lower limit is always allowed");
}

/// This process can open no file any more, and keeps those it has (MPI among them).
fn no_more_files() {
    let open = std::fs::read_dir("/proc/self/fd").expect("Linux");
    let names = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok());
    let limit = Rlimit {
        current: names.max().map(|highest| highest + 1),
        ..getrlimit(Resource::Nofile)
    };
    // The listing itself took a handle, which is free again: taken once more, nothing is left.
    let last = std::fs::File::open("/dev/null").expect("one file more");
    std::mem::forget(last);
    setrlimit(Resource::Nofile, limit).expect("a lower limit is always allowed");
}
