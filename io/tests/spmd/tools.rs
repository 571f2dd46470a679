//! What the tests of files share.

use std::path::Path;
use std::process::Command;

use partita::layout::Axes;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::File;

/// Element values that tell where they belong: the number of the element in C order.
pub fn numbered<D: Axes>(grid: &ProcessGrid, shape: D) -> Result<DistArray<f64, D>> {
    let lengths = shape.slice().to_vec();
    DistArray::from_fn(grid, shape, move |index| {
        let index = index.as_ref().iter().zip(&lengths);
        index.fold(0, |number, (index, length)| number * length + index) as f64
    })
}

/// All grids of the communicator's ranks with this many axes.
pub fn grids(world: &Communicator, ndim: usize) -> Result<Vec<ProcessGrid>> {
    let mut parts = vec![vec![]];
    for _ in 0..ndim {
        parts = parts
            .into_iter()
            .flat_map(|parts: Vec<usize>| {
                (1..=world.size()).map(move |next| [parts.as_slice(), &[next]].concat())
            })
            .collect();
    }
    parts.retain(|parts| parts.iter().product::<usize>() == world.size());
    parts
        .iter()
        .map(|parts| ProcessGrid::new(world, parts))
        .collect()
}

/// Panics, on every rank that has one, with the first difference between two arrays.
pub fn assert_same<D: Axes>(read: &DistArray<f64, D>, expected: &DistArray<f64, D>) {
    assert_eq!(read.shape(), expected.shape());
    assert_eq!(read.local(), expected.local());
}

/// Makes a file with one array in it.
pub fn write_one<D: Axes>(
    world: &Communicator,
    path: &Path,
    name: &str,
    array: &DistArray<f64, D>,
) -> Result<()> {
    let mut file = File::create(world, path)?;
    file.write(name, array)?;
    file.close()
}

/// Does `work` on the root, as all ranks wait.
pub fn on_root<T>(world: &Communicator, work: impl FnOnce() -> T) -> Result<Option<T>> {
    let outcome = world.is_root().then(work);
    world.barrier()?;
    Ok(outcome)
}

/// Runs a Python program with h5py, on the root; `None` on every rank where there is no h5py.
pub fn h5py(world: &Communicator, program: &str, arguments: &[&Path]) -> Result<Option<String>> {
    let output = world.is_root().then(|| run_h5py(program, arguments));
    let output = world.broadcast_object(0, output)??;
    if output.is_none() && world.is_root() {
        eprintln!("skipped: no python3 with h5py here");
    }
    Ok(output)
}

fn run_h5py(program: &str, arguments: &[&Path]) -> Result<Option<String>> {
    // Debian's own python3, which python3-h5py belongs to; without the environment by which a Python
    // would take itself for a rank of this job.
    let python = || {
        let mut command = Command::new("/usr/bin/python3");
        command.env_clear();
        command
    };
    let there = python().args(["-c", "import h5py"]).output();
    if !there.is_ok_and(|there| there.status.success()) {
        return Ok(None);
    }
    let program = format!("import h5py, sys, numpy as np\n{program}");
    let output = python().arg("-c").arg(program).args(arguments).output();
    let output = output.map_err(Error::other)?;
    if !output.status.success() {
        return Err(Error::other(String::from_utf8_lossy(&output.stderr)));
    }
    Ok(Some(
        String::from_utf8_lossy(&output.stdout).trim().to_string(),
    ))
}

/// Whether something was refused as what is not supported, on one rank first or on all.
pub fn is_unsupported<T>(outcome: Result<T>) -> bool {
    match outcome.map(drop).unwrap_err() {
        Error::OnRank { error, .. } => matches!(*error, Error::Unsupported { .. }),
        error => matches!(error, Error::Unsupported { .. }),
    }
}
