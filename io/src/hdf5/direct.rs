//! Elements to and from the places where the file has them, by the system's own calls and each rank alone: where a
//! dataset is stored as it is in memory and a rank's part is made of long runs, there is nothing for HDF5 to do.
//!
//! The root alone has looked into the file then, and no handle that writes is open: HDF5 has nothing in memory
//! that could be older or newer than the file. No call here waits for another rank, so one that fails is agreed
//! afterwards, and nothing is left open.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use hdf5::{Dataset, Datatype};
use partita::{Error, Operation, Result};

use super::ffi::Cause;
use super::hyperslab::{Pieces, Selection};
use super::observers::{Observers, Replaced};
use super::placed::Placed;
use super::report::{ChunkMode, Transfer, TransferMode};
use super::transfer::Session;
use super::way::Expected;
use super::whole_pages::WholePages;

/// Runs that are shorter on average travel faster together: a call of the system for each would cost more than
/// MPI's exchange (2 cores, page cache, 2026). Writers of one file wait for each other in every call, readers do not.
pub(super) const SHORTEST_WRITTEN: usize = 16 << 10;
pub(super) const SHORTEST_READ: usize = 4 << 10;

/// What is summed up goes in pieces of so many bytes, which stay in a core's own cache until they are written.
const PIECE: usize = 512 << 10;

/// HDF5 looks for each chunk among all of them: beyond so many, asking costs more than it saves.
const MOST_CHUNKS: usize = 512;

impl Session<'_> {
    /// Whether the parts of all ranks are made of runs so long, on average, that the ranks themselves better move them;
    /// the same on every rank. *Collective.*
    pub(super) fn has_long_runs(
        &self,
        placed: &Placed,
        selection: &Selection,
        shortest: usize,
    ) -> Result<bool> {
        let own = placed.runs(selection);
        let own = [own.bytes as u64, own.number as u64];
        let all = self.communicator.all_reduce(&own, Operation::Sum)?;
        Ok(all[1] == 0 || all[0] / all[1] >= shortest as u64)
    }

    /// Writes this rank's elements. *Collective*, by its agreement alone.
    pub(super) fn write_placed(
        &self,
        placed: &Placed,
        selection: &Selection,
        bytes: &[u8],
        observers: Observers,
    ) -> Result<Transfer> {
        let written = self.write_own(placed, selection, bytes, observers);
        self.agree_on(written, bytes.len())
    }

    fn write_own(
        &self,
        placed: &Placed,
        selection: &Selection,
        bytes: &[u8],
        Observers {
            written,
            mut replaced,
        }: Observers,
    ) -> std::io::Result<()> {
        let file = OpenOptions::new()
            .read(matches!(replaced, Replaced::Seen(_)))
            .write(true)
            .open(self.file)?;
        let pieces = Pieces::new(selection, PIECE / placed.size.max(1));
        let mut whole = WholePages::new(&file, bytes);
        let mut old = Vec::new();
        for piece in (0..pieces.count()).filter_map(|number| pieces.get(number)) {
            let range = piece.elements.start * placed.size..piece.elements.end * placed.size;
            let own = &bytes[range];
            if let Replaced::Seen(replaced) = &mut replaced {
                old.resize(own.len(), 0);
                read_from(&file, placed, &piece.selection, &mut old)?;
                replaced(&piece, &old);
            }
            written(&piece, own);
            placed.for_each_extent(&piece.selection, |extent| whole.add(extent))?;
        }
        whole.finish()
    }

    /// Fills `bytes` with this rank's elements. *Collective*, by its agreement alone.
    pub(super) fn read_placed(
        &self,
        placed: &Placed,
        selection: &Selection,
        bytes: &mut [u8],
    ) -> Result<Transfer> {
        let length = bytes.len();
        let file = std::fs::File::open(self.file);
        let read = file.and_then(|file| read_from(&file, placed, selection, bytes));
        self.agree_on(read, length)
    }

    /// Local: each rank has called the system on its own.
    fn agree_on(&self, outcome: std::io::Result<()>, bytes: usize) -> Result<Transfer> {
        let outcome = outcome.map_err(|cause| Error::io(self.operation, self.path, cause));
        self.communicator.agree(outcome)?;
        Ok(Transfer {
            mode: TransferMode::Direct,
            chunks: ChunkMode::None,
            no_collective_cause: 0,
            rounds: 1,
            bytes,
        })
    }
}

fn read_from(
    file: &std::fs::File,
    placed: &Placed,
    selection: &Selection,
    bytes: &mut [u8],
) -> std::io::Result<()> {
    let mut rest = bytes;
    placed.for_each_extent(selection, |extent| {
        let (next, behind) = std::mem::take(&mut rest).split_at_mut(extent.bytes);
        rest = behind;
        file.read_exact_at(next, extent.address)
    })
}

/// Where a dataset lies, if its bytes in the file are its elements in memory.
pub(super) fn places(
    dataset: &Dataset,
    expected: Expected,
) -> std::result::Result<Option<Placed>, Cause> {
    let (stored, properties, shape) = (dataset.dtype()?, dataset.dcpl()?, dataset.shape());
    if let Expected::Of(element) = expected {
        // The type itself, and not its description, which says nothing of the order of bytes.
        if stored != Datatype::from_descriptor(element)? {
            return Ok(None);
        }
    }
    if properties.has_filters() || !properties.get_external()?.is_empty() || shape.contains(&0) {
        return Ok(None);
    }
    let (box_shape, addresses) = match dataset.chunk() {
        Some(chunk) => (chunk.clone(), of_chunks(dataset, &shape, &chunk)),
        None => (shape.clone(), dataset.offset().map(|offset| vec![offset])),
    };
    Ok(addresses.map(|addresses| Placed {
        shape,
        box_shape,
        addresses,
        size: stored.size(),
    }))
}

/// Where each chunk is, in C order, if all are there.
fn of_chunks(dataset: &Dataset, shape: &[usize], chunk: &[usize]) -> Option<Vec<u64>> {
    let boxes = Placed::boxes(shape, chunk);
    let number = boxes.iter().product::<usize>();
    if number > MOST_CHUNKS || dataset.num_chunks() != Some(number) {
        return None;
    }
    let mut addresses = vec![None; number];
    for index in 0..number {
        let info = dataset.chunk_info(index)?;
        let axes = info.offset.iter().zip(chunk).zip(&boxes);
        let place = axes.fold(0, |place, ((&start, &block), &boxes)| {
            place * boxes + start as usize / block
        });
        *addresses.get_mut(place)? = Some(info.addr);
    }
    addresses.into_iter().collect()
}
