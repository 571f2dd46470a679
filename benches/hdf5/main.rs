//! Gigabytes a second into and out of HDF5 files, against plain `pwrite` and `pread` and against HDF5's own C
//! interface.
//!
//!     cargo xtask bench hdf5 -- --mebibytes 1024
//!
//! A matrix of f64 in blocks of whole rows, whole columns and both ways, contiguous and in a chunk a rank. All
//! contenders write a new file and take turns. Without `--sync` the figures are of the page cache, with it of
//! the disk: partita's file then is the closed one, synced and renamed.

#[path = "../common/limit.rs"]
#[allow(dead_code)]
mod limit;
#[path = "../common/report.rs"]
#[allow(dead_code)]
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use limit::slowest;
use ndarray::Ix2;
use partita::prelude::*;
use partita_io::hdf5::{File, Storage, Writing};
use partita_peers::hdf5::Block;
use report::{Samples, median_ratio, print_table};

/// HDF5 files against pwrite, pread and H5Dwrite, H5Dread in C
#[derive(clap::Parser)]
struct Arguments {
    /// Size of the matrix
    #[arg(long, default_value_t = 256)]
    mebibytes: usize,
    /// Samples of each figure
    #[arg(long, default_value_t = 5)]
    samples: usize,
    /// The folder for the files
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Until the disk has it
    #[arg(long)]
    sync: bool,
    /// Given by `cargo bench`, and without meaning here
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
        let side = ((arguments.mebibytes << 17) as f64).sqrt() as usize;
        if world.is_root() {
            let (samples, sync) = (arguments.samples, arguments.sync);
            let until = if sync {
                "the disk has it"
            } else {
                "it is in the page cache"
            };
            println!(
                "{side} × {side} f64 until {until}, GB/s, medians of {samples} interleaved samples"
            );
        }
        let mut rows = Vec::new();
        for ranks in [1, 2, 4, 8]
            .into_iter()
            .filter(|&ranks| ranks <= world.size())
        {
            let takes_part = world.rank() < ranks;
            if let Some(part) = world.split(takes_part.then_some(0), 0)? {
                for (name, grid) in grids(&part)? {
                    for chunked in [false, true] {
                        let case = Case::new(&grid, side, chunked, &arguments)?;
                        rows.push(case.row(name, &arguments)?);
                    }
                }
            }
            world.barrier()?;
        }
        if world.is_root() {
            let head = [
                "ranks, blocks, storage",
                "write",
                "of pwrite",
                "of H5Dwrite",
                "checksum costs",
                "read",
                "of pread",
                "of H5Dread",
            ];
            print_table(&head, &rows);
        }
        Ok(())
    })
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
struct Case {
    grid: ProcessGrid,
    array: DistArray<f64, Ix2>,
    chunked: bool,
    path: PathBuf,
    peer: PathBuf,
}

#[derive(Default)]
struct Figures {
    write: Samples,
    pwrite: Samples,
    h5dwrite: Samples,
    checksum: Samples,
    read: Samples,
    pread: Samples,
    h5dread: Samples,
}

impl Case {
    fn new(grid: &ProcessGrid, side: usize, chunked: bool, arguments: &Arguments) -> Result<Self> {
        let array = DistArray::from_fn(grid, [side, side], |[i, j]| (i ^ j) as f64)?;
        Ok(Case {
            grid: grid.clone(),
            array,
            chunked,
            path: arguments.folder.join("bench-partita.h5"),
            peer: arguments.folder.join("bench-peer.tmp"),
        })
    }

    fn row(&self, name: &str, arguments: &Arguments) -> Result<Vec<String>> {
        let mut figures = Figures::default();
        for round in 0..=arguments.samples {
            if round == 1 {
                figures = Figures::default();
            }
            self.sample(&mut figures, arguments.sync)?;
        }
        self.remove(&self.path)?;
        let bytes = (self.array.len() * size_of::<f64>()) as f64;
        let rate = |seconds: &Samples| format!("{:.2}", bytes / seconds.median() / 1e9);
        // The peer's seconds by partita's: above 1, partita is faster.
        let ratio = |peer: &Samples, own: &Samples| match peer.median().is_nan() {
            true => "-".to_string(),
            false => format!("{:.2}", median_ratio(peer, own)),
        };
        let storage = if self.chunked {
            "chunked"
        } else {
            "contiguous"
        };
        Ok(vec![
            format!("{} {name} {storage}", self.grid.communicator().size()),
            rate(&figures.write),
            ratio(&figures.pwrite, &figures.write),
            ratio(&figures.h5dwrite, &figures.write),
            format!("{:.0} %", 100.0 * figures.checksum.median()),
            rate(&figures.read),
            ratio(&figures.pread, &figures.read),
            ratio(&figures.h5dread, &figures.read),
        ])
    }

    fn sample(&self, figures: &mut Figures, sync: bool) -> Result<()> {
        let communicator = self.grid.communicator();
        let storage = match self.chunked {
            true => Storage::chunked_as_laid_out(),
            false => Storage::contiguous(),
        };
        self.remove(&self.path)?;
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
        figures.write.push(seconds);
        written.map_or(Ok(()), File::<Writing>::close)?;
        let read = slowest(communicator, || {
            let file = File::open(communicator, &self.path)?;
            file.read::<f64, Ix2>("u", &self.grid).map(drop)
        })?;
        figures.read.push(read);
        let summed = slowest(communicator, || {
            std::hint::black_box(partita_io::hdf5::local_checksum(&self.array)?);
            Ok(())
        })?;
        figures.checksum.push(summed / seconds);
        self.sample_peers(figures, sync)
    }

    fn sample_peers(&self, figures: &mut Figures, sync: bool) -> Result<()> {
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
        let mut memory = vec![0.0; elements.len()];
        let largest = layout.local_shape(0);
        let chunk = self.chunked.then(|| [largest[0], largest[1]]);
        self.remove(&self.peer)?;
        figures
            .h5dwrite
            .push(block.h5dwrite(elements, chunk, sync)?);
        figures.h5dread.push(block.h5dread(&mut memory)?);
        self.remove(&self.peer)?;
        if columns.len() == self.array.shape()[1] && !self.chunked {
            figures.pwrite.push(block.pwrite(elements, sync)?);
            figures.pread.push(block.pread(&mut memory)?);
            self.remove(&self.peer)?;
        }
        Ok(())
    }

    /// What the last contender left goes before the next one begins.
    fn remove(&self, path: &Path) -> Result<()> {
        let communicator = self.grid.communicator();
        communicator.barrier()?;
        if communicator.is_root() {
            let _ = std::fs::remove_file(path);
        }
        communicator.barrier()
    }
}
