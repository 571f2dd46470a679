//! One layout and storage, and who writes and reads it in turns.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use ndarray::Ix2;
use partita::prelude::*;
use partita_io::hdf5::{File, Storage, Writing};
use partita_peers::hdf5::{Block, Pwrite, settle};

use super::figures::{Contender, Contest};
use super::limit::{rest, slowest};
use super::python::Python;

/// A matrix in blocks, and how it is stored.
pub struct Case<'a> {
    grid: ProcessGrid,
    /// What all write, and all but h5py read into: the file holds what is there already.
    array: RefCell<DistArray<f64, Ix2>>,
    side: usize,
    /// This rank's rows and columns.
    region: [std::ops::Range<usize>; 2],
    /// The shape of the largest block, where each is a chunk.
    chunk: Option<[usize; 2]>,
    path: PathBuf,
    h5py: &'a RefCell<Option<Python>>,
}

impl<'a> Case<'a> {
    pub fn new(
        grid: &ProcessGrid,
        side: usize,
        chunked: bool,
        folder: &Path,
        h5py: &'a RefCell<Option<Python>>,
    ) -> Result<Self> {
        let array = DistArray::from_fn(grid, [side, side], |[i, j]| (i ^ j) as f64)?;
        let layout = array.layout();
        let region = layout.local_region(grid.communicator().rank());
        let region = region.ok_or(Error::usage("blocks"))?;
        let [rows, columns] = region.axes() else {
            return Err(Error::usage("a matrix has two axes"));
        };
        let largest = layout.local_shape(0);
        Ok(Case {
            grid: grid.clone(),
            side,
            region: [rows.clone(), columns.clone()],
            chunk: chunked.then(|| [largest[0], largest[1]]),
            path: folder.join("bench-hdf5.h5"),
            array: RefCell::new(array),
            h5py,
        })
    }

    /// The size of the matrix.
    pub fn bytes(&self) -> usize {
        self.side * self.side * size_of::<f64>()
    }

    /// Everyone makes a new file, in an order that begins with another one each round; `sync`: until the disk has it.
    pub fn write(&self, samples: usize, sync: bool) -> Result<Contest> {
        let all = [
            Contender::Partita,
            Contender::Unsummed,
            Contender::System,
            Contender::C,
            Contender::H5py,
        ];
        self.remove()?;
        in_turns(&all, samples, |contender, contest| {
            self.write_by(contender, sync, contest)?;
            self.remove()
        })
    }

    /// Everyone reads the one file that partita made, in turns as above.
    pub fn read(&self, samples: usize) -> Result<Contest> {
        let all = [
            Contender::Partita,
            Contender::System,
            Contender::C,
            Contender::H5py,
        ];
        self.remove()?;
        self.own_write(true, false)?;
        let contest = in_turns(&all, samples, |contender, contest| {
            self.read_by(contender, contest)
        });
        self.remove()?;
        contest
    }

    fn write_by(&self, contender: Contender, sync: bool, contest: &mut Contest) -> Result<()> {
        let array = self.array.borrow();
        let local = array.local();
        let elements = local.as_slice().unwrap_or_default();
        let block = self.block();
        match contender {
            Contender::Partita => contest.partita.push(self.own_write(true, sync)?),
            Contender::Unsummed => contest.unsummed.push(self.own_write(false, sync)?),
            Contender::System if self.has_whole_rows() => {
                let new = block.pwrite(elements, Pwrite::New, sync)?;
                contest.system.push(new);
                let over = block.pwrite(elements, Pwrite::Over, sync)?;
                contest.over.push(over);
            }
            Contender::System => {}
            Contender::C => contest.c.push(block.h5dwrite(elements, self.chunk, sync)?),
            Contender::H5py => self.ask(if sync { "sync" } else { "write" }, contest)?,
        }
        Ok(())
    }

    fn read_by(&self, contender: Contender, contest: &mut Contest) -> Result<()> {
        let mut array = self.array.borrow_mut();
        if contender == Contender::Partita {
            let communicator = self.grid.communicator();
            contest.partita.push(slowest(communicator, || {
                File::open(communicator, &self.path)?.read_into("u", &mut array)
            })?);
            return Ok(());
        }
        let mut local = array.local_mut();
        let elements = local.as_slice_mut().unwrap_or_default();
        let block = self.block();
        match contender {
            Contender::H5py => self.ask("read", contest)?,
            Contender::C => contest.c.push(block.h5dread(elements)?),
            _ if self.has_whole_rows() => contest.system.push(block.pread(elements)?),
            _ => {}
        }
        Ok(())
    }

    fn own_write(&self, summed: bool, sync: bool) -> Result<f64> {
        let communicator = self.grid.communicator();
        let array = self.array.borrow();
        let storage = match self.chunk {
            Some(_) => Storage::chunked_as_laid_out(),
            None => Storage::contiguous(),
        };
        let mut written = None;
        let seconds = slowest(communicator, || {
            let mut file = File::create(communicator, &self.path)?;
            if !summed {
                file.leave_out_checksums();
            }
            file.write_with("u", &array, &storage)?;
            if sync {
                return file.close();
            }
            written = Some(file);
            Ok(())
        })?;
        written.map_or(Ok(()), File::<Writing>::close)?;
        Ok(seconds)
    }

    /// What h5py took, while the ranks here are at rest.
    fn ask(&self, kind: &str, contest: &mut Contest) -> Result<()> {
        let [rows, columns] = *self.grid.shape().parts() else {
            return Err(Error::usage("a grid of two axes"));
        };
        let (side, chunked, path) = (self.side, self.chunk.is_some(), self.path.display());
        let question = format!(
            "{kind} {rows} {columns} {side} {} {path}",
            u8::from(chunked)
        );
        let mut h5py = self.h5py.borrow_mut();
        let asked = rest(self.grid.communicator(), || {
            h5py.as_mut().map(|h5py| h5py.seconds(&question))
        })?;
        if let Some(seconds) = asked.flatten() {
            contest.h5py.push(seconds?);
        }
        Ok(())
    }

    fn block(&self) -> Block<'_> {
        Block {
            communicator: self.grid.communicator(),
            path: &self.path,
            shape: [self.side; 2],
            region: self.region.clone(),
        }
    }

    fn has_whole_rows(&self) -> bool {
        self.region[1].len() == self.side
    }

    /// What the last contender left goes before the next one begins.
    fn remove(&self) -> Result<()> {
        let settled = rest(self.grid.communicator(), || {
            std::fs::remove_file(&self.path).ok();
            let folder = self.path.parent().unwrap_or(Path::new("."));
            settle(folder, self.bytes())
        })?;
        self.grid.communicator().agree(settled.unwrap_or(Ok(())))
    }
}

/// So many rounds of all contenders, after one that does not count: another begins each time, and every other round goes
/// backwards, so that nobody always comes after the same one and what that left to the disk.
fn in_turns(
    all: &[Contender],
    samples: usize,
    turn: impl Fn(Contender, &mut Contest) -> Result<()>,
) -> Result<Contest> {
    let mut contest = Contest::default();
    for round in 0..=samples {
        if round == 1 {
            contest = Contest::default();
        }
        for place in 0..all.len() {
            let place = match round % 2 {
                0 => place,
                _ => all.len() - 1 - place,
            };
            turn(all[(round + place) % all.len()], &mut contest)?;
        }
    }
    Ok(contest)
}
