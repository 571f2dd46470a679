//! Gigabytes a second into and out of HDF5 files, against plain `pwrite` and `pread`, HDF5's own C interface and
//! h5py over MPI.
//!
//!     cargo xtask bench hdf5 -- --gib 1 --ranks 2 --sync
//!
//! A matrix of f64 in blocks of whole rows, whole columns and both ways, contiguous and in a chunk a rank. All
//! contenders make a new file, write and close it, and take turns, each after the disk has come to rest; `pwrite` also
//! writes over a file that is there. All read into memory that was written before (`read_into`). The figures are of the
//! page cache, with `--sync` also of the disk: partita's file then is the closed one, synced and renamed. h5py runs in a
//! job of its own and is left out, with a word, where there is none for this MPI. Of N GiB, memory has to hold 5 N.

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
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use limit::{rest, slowest};
use ndarray::Ix2;
use partita::prelude::*;
use partita_io::hdf5::{File, Storage, Writing};
use partita_peers::hdf5::{Block, Pwrite, settle};
use python::Python;
use report::{Samples, median_ratio, print_table};

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
    /// Also until the disk has it
    #[arg(long)]
    sync: bool,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

const HEAD: [&str; 8] = [
    "ranks, blocks, storage",
    "GB/s",
    "spread",
    "of pwrite, pread",
    "of pwrite over",
    "of HDF5 in C",
    "of h5py",
    "checksum alone",
];

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let mebibytes = arguments.gib.map_or(arguments.mebibytes, |gib| gib << 10);
        let side = ((mebibytes << 17) as f64).sqrt() as usize;
        if world.is_root() {
            let samples = arguments.samples;
            println!("{side} × {side} f64, medians of {samples} interleaved samples");
        }
        let mut rows = Vec::new();
        let ranks = arguments.ranks.iter().copied();
        for ranks in ranks.filter(|&ranks| ranks <= world.size()) {
            let takes_part = world.rank() < ranks;
            if let Some(part) = world.split(takes_part.then_some(0), 0)? {
                rows.extend(on(&part, side, &arguments)?);
            }
            rest(world, || ())?;
        }
        if world.is_root() {
            print_table(&HEAD, &rows);
        }
        Ok(())
    })
}

/// All cases on so many ranks.
fn on(part: &Communicator, side: usize, arguments: &Arguments) -> Result<Vec<Vec<String>>> {
    let mut h5py = None;
    if part.is_root() {
        h5py = Python::start_ranks("hdf5.py", part.size());
        if h5py.is_none() {
            println!("h5py for this MPI is not installed: left out");
        }
    }
    let h5py = RefCell::new(h5py);
    let mut rows = Vec::new();
    let wanted = |name: &str| arguments.blocks.iter().any(|block| block == name);
    for (name, grid) in grids(part)?.iter().filter(|(name, _)| wanted(name)) {
        for storage in &arguments.storage {
            let case = Case::new(grid, side, storage == "chunked", arguments, &h5py)?;
            rows.extend(case.rows(name, arguments)?);
        }
    }
    Ok(rows)
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

/// One layout and storage, and its samples.
struct Case<'a> {
    grid: ProcessGrid,
    array: DistArray<f64, Ix2>,
    /// What all read into.
    memory: RefCell<DistArray<f64, Ix2>>,
    chunked: bool,
    path: PathBuf,
    peer: PathBuf,
    h5py: &'a RefCell<Option<Python>>,
}

/// Who writes a file, or reads it, and how long that took.
#[derive(Default)]
struct Contest {
    own: Samples,
    system: Samples,
    over: Samples,
    hdf5: Samples,
    h5py: Samples,
    checksum: Samples,
}

#[derive(Default)]
struct Figures {
    write: Contest,
    synced: Contest,
    read: Contest,
}

impl Contest {
    /// Gigabytes a second, and the others' seconds by partita's: above 1, partita is faster.
    fn cells(&self, name: String, bytes: f64) -> Vec<String> {
        let shown = |figure: f64, digits: usize| match figure.is_nan() {
            true => "-".to_string(),
            false => format!("{figure:.digits$}"),
        };
        let per_cent = |share: f64| match share.is_nan() {
            true => "-".to_string(),
            false => format!("{:.0} %", 100.0 * share),
        };
        let speed = shown(bytes / self.own.median() / 1e9, 2);
        let mut cells = vec![name, speed, per_cent(self.own.spread())];
        let peers = [&self.system, &self.over, &self.hdf5, &self.h5py];
        cells.extend(peers.map(|peer| shown(median_ratio(peer, &self.own), 2)));
        cells.push(per_cent(median_ratio(&self.checksum, &self.own)));
        cells
    }
}

impl<'a> Case<'a> {
    fn new(
        grid: &ProcessGrid,
        side: usize,
        chunked: bool,
        arguments: &Arguments,
        h5py: &'a RefCell<Option<Python>>,
    ) -> Result<Self> {
        Ok(Case {
            grid: grid.clone(),
            array: DistArray::from_fn(grid, [side, side], |[i, j]| (i ^ j) as f64)?,
            memory: RefCell::new(DistArray::full(grid, [side, side], 1.0)?),
            chunked,
            path: arguments.folder.join("bench-partita.h5"),
            peer: arguments.folder.join("bench-peer.tmp"),
            h5py,
        })
    }

    fn rows(&self, name: &str, arguments: &Arguments) -> Result<Vec<Vec<String>>> {
        let mut figures = Figures::default();
        for round in 0..=arguments.samples {
            if round == 1 {
                figures = Figures::default();
            }
            self.sample(&mut figures.write, false, Some(&mut figures.read))?;
            if arguments.sync {
                self.sample(&mut figures.synced, true, None)?;
            }
        }
        let bytes = (self.array.len() * size_of::<f64>()) as f64;
        let storage = match self.chunked {
            true => "chunked",
            false => "contiguous",
        };
        let ranks = self.grid.communicator().size();
        let what = |kind: &str| format!("{ranks} {name} {storage}: {kind}");
        let mut rows = vec![figures.write.cells(what("write"), bytes)];
        if arguments.sync {
            rows.push(figures.synced.cells(what("write to disk"), bytes));
        }
        rows.push(figures.read.cells(what("read"), bytes));
        Ok(rows)
    }

    /// All write a file, and read it where that is asked.
    fn sample(
        &self,
        write: &mut Contest,
        sync: bool,
        mut read: Option<&mut Contest>,
    ) -> Result<()> {
        let communicator = self.grid.communicator();
        self.remove(&self.path)?;
        write.checksum.push(slowest(communicator, || {
            std::hint::black_box(partita_io::hdf5::local_checksum(&self.array)?);
            Ok(())
        })?);
        write.own.push(self.own_write(sync)?);
        if let Some(read) = &mut read {
            read.own.push(slowest(communicator, || {
                let file = File::open(communicator, &self.path)?;
                file.read_into("u", &mut self.memory.borrow_mut())
            })?);
        }
        self.remove(&self.path)?;
        self.sample_c(write, sync, &mut read)?;
        let kind = if sync { "sync" } else { "write" };
        self.ask(kind, &mut write.h5py)?;
        if let Some(read) = read {
            self.ask("read", &mut read.h5py)?;
        }
        self.remove(&self.peer)
    }

    fn own_write(&self, sync: bool) -> Result<f64> {
        let communicator = self.grid.communicator();
        let storage = match self.chunked {
            true => Storage::chunked_as_laid_out(),
            false => Storage::contiguous(),
        };
        let mut written = None;
        let seconds = slowest(communicator, || {
            let mut file = File::create(communicator, &self.path)?;
            file.write_with("u", &self.array, &storage)?;
            if sync {
                return file.close();
            }
            written = Some(file);
            Ok(())
        })?;
        written.map_or(Ok(()), File::<Writing>::close)?;
        Ok(seconds)
    }

    fn sample_c(
        &self,
        write: &mut Contest,
        sync: bool,
        read: &mut Option<&mut Contest>,
    ) -> Result<()> {
        let communicator = self.grid.communicator();
        let layout = self.array.layout();
        let ranges = layout
            .local_region(communicator.rank())
            .ok_or(Error::usage("blocks"))?;
        let [rows, columns] = ranges.axes() else {
            return Err(Error::usage("a matrix has two axes"));
        };
        let block = Block {
            communicator,
            path: &self.peer,
            shape: [self.array.shape()[0], self.array.shape()[1]],
            region: [rows.clone(), columns.clone()],
        };
        let local = self.array.local();
        let elements = local.as_slice().unwrap_or_default();
        let mut memory = self.memory.borrow_mut();
        let mut memory = memory.local_mut();
        let memory = memory.as_slice_mut().unwrap_or_default();
        let largest = layout.local_shape(0);
        let chunk = self.chunked.then(|| [largest[0], largest[1]]);
        write.hdf5.push(block.h5dwrite(elements, chunk, sync)?);
        if let Some(read) = read {
            read.hdf5.push(block.h5dread(memory)?);
        }
        self.remove(&self.peer)?;
        if columns.len() == self.array.shape()[1] {
            write
                .system
                .push(block.pwrite(elements, Pwrite::New, sync)?);
            if let Some(read) = read {
                read.system.push(block.pread(memory)?);
                write.over.push(block.pwrite(elements, Pwrite::Over, sync)?);
            }
            self.remove(&self.peer)?;
        }
        Ok(())
    }

    /// What h5py took, while the ranks here are at rest.
    fn ask(&self, kind: &str, samples: &mut Samples) -> Result<()> {
        let ([rows, columns], side) = (self.grid_shape()?, self.array.shape()[0]);
        let (chunked, path) = (u8::from(self.chunked), self.peer.display());
        let question = format!("{kind} {rows} {columns} {side} {chunked} {path}");
        let mut h5py = self.h5py.borrow_mut();
        let asked = rest(self.grid.communicator(), || {
            h5py.as_mut().map(|h5py| h5py.seconds(&question))
        })?;
        if let Some(seconds) = asked.flatten() {
            samples.push(seconds?);
        }
        Ok(())
    }

    fn grid_shape(&self) -> Result<[usize; 2]> {
        let shape = self.grid.shape().parts();
        shape.try_into().map_err(|_| Error::usage("two axes"))
    }

    /// What the last contender left goes before the next one begins.
    fn remove(&self, path: &Path) -> Result<()> {
        let settled = rest(self.grid.communicator(), || {
            std::fs::remove_file(path).ok();
            let folder = path.parent().unwrap_or(Path::new("."));
            settle(folder, self.array.len() * size_of::<f64>())
        })?;
        self.grid.communicator().agree(settled.unwrap_or(Ok(())))
    }
}
