//! Gigabytes a second into and out of HDF5 files, against plain `pwrite` and `pread`, HDF5's own C interface and
//! h5py over MPI.
//!
//!     cargo xtask bench hdf5 -- --gib 1 --ranks 2 --blocks rows --work write,sync,read
//!
//! A matrix of f64 in blocks of whole rows, whole columns and both ways, contiguous and in a chunk a rank. All
//! contenders make a new file, write and close it, and take turns, each after the disk has come to rest; who begins, and
//! in which direction it goes on, changes from round to round, and the first round does not count. `pwrite` also writes
//! over a file that is there, and partita also without its checksum. Reading, all read the same file into memory that
//! was written before (`read_into`). The figures are of the page cache, by `--work sync` of the disk: partita's file
//! then is the closed one, synced and renamed. h5py runs in a job of its own and is left out, with a word, where there
//! is none for this MPI. Of N GiB, memory has to hold 3 N. Rows appear as they are done.

mod case;
mod figures;
#[path = "../common/limit.rs"]
#[allow(dead_code)]
mod limit;
#[path = "../common/python.rs"]
#[allow(dead_code)]
mod python;
#[path = "../common/report.rs"]
#[allow(dead_code)]
mod report;

use std::cell::RefCell;
use std::path::PathBuf;
use std::process::ExitCode;

use case::Case;
use limit::rest;
use partita::prelude::*;
use python::Python;
use report::Table;

/// HDF5 files against pwrite, pread, H5Dwrite, H5Dread in C, and h5py
#[derive(clap::Parser)]
struct Arguments {
    /// Size of the matrix
    #[arg(long, default_value_t = 256)]
    mebibytes: usize,
    /// The same in GiB
    #[arg(long, conflicts_with = "mebibytes")]
    gib: Option<usize>,
    /// Samples of each figure
    #[arg(long, default_value_t = 5)]
    samples: usize,
    /// The folder for the files
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Numbers of ranks, instead of 1, 2, 4 as far as there are so many
    #[arg(long, value_delimiter = ',', default_value = "1,2,4")]
    ranks: Vec<usize>,
    /// rows, columns, squares
    #[arg(long, value_delimiter = ',', default_value = "rows,columns,squares")]
    blocks: Vec<String>,
    /// contiguous, chunked
    #[arg(long, value_delimiter = ',', default_value = "contiguous,chunked")]
    storage: Vec<String>,
    /// What is timed; `sync` is a write until the disk has it
    #[arg(long, value_delimiter = ',', default_value = "write,read")]
    work: Vec<Work>,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is timed.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Work {
    Write,
    Sync,
    Read,
}

impl Work {
    fn name(self) -> &'static str {
        match self {
            Work::Write => "write",
            Work::Sync => "write to disk",
            Work::Read => "read",
        }
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let mebibytes = arguments.gib.map_or(arguments.mebibytes, |gib| gib << 10);
        let side = ((mebibytes << 17) as f64).sqrt() as usize;
        let table = world.is_root().then(|| {
            let samples = arguments.samples;
            println!(
                "{side} × {side} f64, medians of {samples} samples in turns (quickest samples)"
            );
            Table::new(
                &figures::HEAD,
                |column, _| if column == 0 { 37 } else { 12 },
            )
        });
        let ranks = arguments.ranks.iter().copied();
        for ranks in ranks.filter(|&ranks| ranks <= world.size()) {
            let takes_part = world.rank() < ranks;
            if let Some(part) = world.split(takes_part.then_some(0), 0)? {
                on(&part, side, &arguments, table.as_ref())?;
            }
            rest(world, || ())?;
        }
        Ok(())
    })
}

/// All cases on so many ranks.
fn on(
    part: &Communicator,
    side: usize,
    arguments: &Arguments,
    table: Option<&Table>,
) -> Result<()> {
    let mut h5py = None;
    if part.is_root() {
        h5py = Python::start_ranks("hdf5.py", part.size());
        if h5py.is_none() {
            println!("h5py for this MPI is not installed: left out");
        }
    }
    let h5py = RefCell::new(h5py);
    let wanted = |name: &str| arguments.blocks.iter().any(|block| block == name);
    for (name, grid) in grids(part)?.iter().filter(|(name, _)| wanted(name)) {
        for storage in &arguments.storage {
            let chunked = storage == "chunked";
            let case = Case::new(grid, side, chunked, &arguments.folder, &h5py)?;
            let name = format!("{} {name} {storage}", part.size());
            measure(&case, &name, arguments, table)?;
        }
    }
    Ok(())
}

/// Its rows of the table.
fn measure(case: &Case, name: &str, arguments: &Arguments, table: Option<&Table>) -> Result<()> {
    let samples = arguments.samples;
    for work in &arguments.work {
        let contest = match work {
            Work::Write => case.write(samples, false)?,
            Work::Sync => case.write(samples, true)?,
            Work::Read => case.read(samples)?,
        };
        if let Some(table) = table {
            table.print(&contest.cells(format!("{name}: {}", work.name()), case.bytes() as f64));
        }
    }
    Ok(())
}

/// Blocks of whole rows, of whole columns, and of neither.
fn grids(part: &Communicator) -> Result<Vec<(&'static str, ProcessGrid)>> {
    let size = part.size();
    let mut grids = vec![("rows", ProcessGrid::new(part, &[size, 1])?)];
    if size > 1 {
        grids.push(("columns", ProcessGrid::new(part, &[1, size])?));
    }
    if size > 2 {
        grids.push(("squares", ProcessGrid::balanced(part, 2)?));
    }
    Ok(grids)
}
