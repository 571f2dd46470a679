//! The collective transfer: all ranks, one file, one dataset, in pieces of bounded size.

use std::fs::OpenOptions;
use std::mem::ManuallyDrop;
use std::path::Path;

use hdf5::types::TypeDescriptor;
use hdf5::{Dataset, Datatype};
use partita::{Communicator, Error, Operation, Result};

use super::direct::{SHORTEST_READ, SHORTEST_WRITTEN};
use super::dtype::{Conversion, left_in_memory};
use super::ffi::{Cause, DatasetRefusal, Exchange, ParallelFile, Performed, convert};
use super::hyperslab::{Piece, Pieces, Selection};
use super::observers::{Observers, Replaced};
use super::report::{ChunkMode, Transfer, TransferMode};
use super::way::{Expected, Way};

/// At most so many bytes a rank a call: beyond 2 GiB, MPI-IO implementations write wrong data without
/// a word.
pub const TRANSFER_LIMIT: usize = 1 << 30;

/// At most so many bytes a rank in a buffer besides the array.
pub(super) const BUFFER_LIMIT: usize = 64 << 20;

/// A file that all ranks open together, for one transfer.
pub(super) struct Session<'a> {
    pub communicator: &'a Communicator,
    /// The file itself, the same on every rank.
    pub file: &'a Path,
    /// How the user knows it, for errors.
    pub path: &'a Path,
    pub operation: &'a str,
    pub limit: usize,
    /// Whether the ranks move their data together, or each on its own.
    pub collective: bool,
    /// Whether a rank may do without HDF5 where it can.
    pub direct: bool,
}

/// Of one dataset, what a rank writes or reads.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub dataset: &'a str,
    pub selection: &'a Selection,
}

/// What lies in memory that is written.
#[derive(Clone, Copy)]
pub(super) enum Elements<'a> {
    /// Elements of this type.
    Of(&'a TypeDescriptor),
    /// Elements as the dataset stores them, of so many bytes each.
    AsStored(usize),
}

impl Elements<'_> {
    fn size(self) -> usize {
        match self {
            Elements::Of(element) => element.size(),
            Elements::AsStored(size) => size,
        }
    }

    fn expected(&self) -> Expected<'_> {
        match self {
            Elements::Of(element) => Expected::Of(element),
            Elements::AsStored(_) => Expected::AsStored,
        }
    }

    fn datatype(self, dataset: &Dataset) -> Result<Datatype, Cause> {
        Ok(match self {
            Elements::Of(element) => Datatype::from_descriptor(element)?,
            Elements::AsStored(_) => dataset.dtype()?,
        })
    }
}

/// How the numbers of a file come into memory.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    /// The type of the elements in memory.
    pub memory: &'a TypeDescriptor,
    pub conversion: Conversion,
}

impl Session<'_> {
    /// The same, each rank on its own where not all chunks are there.
    pub fn for_chunks(self, is_complete: bool) -> Self {
        Session {
            collective: self.collective && is_complete,
            ..self
        }
    }

    /// Writes this rank's elements, given as bytes. *Collective.*
    ///
    /// When a rank fails, no rank enters a collective call of HDF5 any more: the file stays open for
    /// ever, and [`partita::abandon`] knows.
    pub fn write(
        &self,
        part: Part,
        elements: Elements,
        bytes: &[u8],
        observers: Observers,
    ) -> Result<Transfer> {
        let way = self.way(part.dataset, elements.expected())?;
        self.write_by(&way, part, elements, bytes, observers)
    }

    /// The same, by this way.
    pub fn write_by(
        &self,
        way: &Way,
        part: Part,
        elements: Elements,
        bytes: &[u8],
        observers: Observers,
    ) -> Result<Transfer> {
        if let Way::Placed(placed) = way
            && self.has_long_runs(placed, part.selection, SHORTEST_WRITTEN)?
        {
            return self.write_placed(placed, part.selection, bytes, observers);
        }
        let Observers {
            written: seen,
            mut replaced,
        } = observers;
        if let Way::Packed(packed) = way {
            replaced = self.see_replaced(packed, part, replaced)?;
        }
        let size = elements.size();
        let limit = match replaced {
            Replaced::Seen(_) => self.limit.min(BUFFER_LIMIT),
            _ => self.limit,
        };
        let pieces = Pieces::new(part.selection, limit / size.max(1));
        let file = self.open(true)?;
        let written = self.dataset(&file, part.dataset).and_then(|dataset| {
            let memory = self.agree(elements.datatype(&dataset))?;
            let exchange = self.exchange(&dataset, &memory);
            let mut old = Vec::new();
            self.rounds(&pieces, size, |piece| {
                if let Replaced::Seen(replaced) = &mut replaced {
                    read_into(&exchange, piece, size, &mut old)?;
                    if let Some(piece) = piece {
                        replaced(piece, &old);
                    }
                }
                let own = piece.map_or(&[][..], |piece| &bytes[in_bytes(piece, size, size)]);
                if let Some(piece) = piece {
                    seen(piece, own);
                }
                exchange.write(piece, own)
            })
        });
        let closed = written.and_then(|transfer| {
            self.agree_together(self.in_time(|| file.close()))?;
            Ok(transfer)
        });
        closed.inspect_err(|error| self.give_up(error))
    }

    /// Fills `bytes`, the memory of this rank's elements. *Collective.*
    pub fn read(&self, part: Part, target: Target, bytes: &mut [u8]) -> Result<Transfer> {
        let size = target.memory.size();
        match self.way(part.dataset, Expected::Of(target.memory))? {
            Way::Placed(placed)
                if self.has_long_runs(&placed, part.selection, SHORTEST_READ)? =>
            {
                return self.read_placed(&placed, part.selection, bytes);
            }
            Way::Packed(packed) if packed.pipeline.is_undone_here() => {
                return self.read_packed(&packed, part, target, bytes);
            }
            Way::Packed(packed) => self.check_packed(&packed, part)?,
            _ => {}
        }
        self.reading(part, |exchange, stored| {
            let left = left_in_memory(target.memory, target.conversion);
            let memory = self.agree(Datatype::from_descriptor(&left).map_err(Cause::from))?;
            let mut scratch = Vec::new();
            // Elements that are wider in the file do not fit into the memory of those they become.
            let is_wider = stored.size() > size;
            let limit = if is_wider {
                self.limit.min(BUFFER_LIMIT)
            } else {
                self.limit
            };
            let pieces = Pieces::new(part.selection, limit / size.max(stored.size()).max(1));
            self.rounds(&pieces, stored.size(), |piece| {
                let Some(whole) = piece else {
                    return exchange.read(None, &mut []);
                };
                let length = whole.elements.len();
                if is_wider {
                    let performed = read_into(exchange, piece, stored.size(), &mut scratch)?;
                    convert(&mut scratch, length, stored, &memory)?;
                    let own = in_bytes(whole, size, size);
                    bytes[own].copy_from_slice(&scratch[..length * size]);
                    return Ok(performed);
                }
                let performed =
                    exchange.read(piece, &mut bytes[in_bytes(whole, size, stored.size())])?;
                // Read as it is stored and converted afterwards: HDF5 does not convert collectively.
                convert(
                    &mut bytes[in_bytes(whole, size, size)],
                    length,
                    stored,
                    &memory,
                )?;
                Ok(performed)
            })
        })
    }

    /// Shows this rank's elements as they are stored, piece by piece; those of compressed datasets in the order of
    /// their chunks. *Collective.*
    pub fn scan(&self, part: Part, mut visit: impl FnMut(&Piece, &[u8])) -> Result<Transfer> {
        match self.way(part.dataset, Expected::AsStored)? {
            Way::Packed(packed) if packed.pipeline.is_undone_here() => {
                return self.scan_packed(&packed, part, visit);
            }
            Way::Packed(packed) => self.check_packed(&packed, part)?,
            _ => {}
        }
        self.reading(part, |exchange, stored| {
            let size = stored.size();
            let limit = self.limit.min(BUFFER_LIMIT) / size.max(1);
            let pieces = Pieces::new(part.selection, limit);
            let mut buffer = Vec::new();
            self.rounds(&pieces, size, |piece| {
                let performed = read_into(exchange, piece, size, &mut buffer)?;
                if let Some(piece) = piece {
                    visit(piece, &buffer);
                }
                Ok(performed)
            })
        })
    }

    /// Opens the file and the dataset, lets `transfer` read elements as they are stored, and closes.
    fn reading(
        &self,
        part: Part,
        transfer: impl FnOnce(&Exchange, &Datatype) -> Result<Transfer>,
    ) -> Result<Transfer> {
        let file = self.open(false)?;
        let read = self.dataset(&file, part.dataset).and_then(|dataset| {
            let stored = self.agree(dataset.dtype().map_err(Cause::from))?;
            transfer(&self.exchange(&dataset, &stored), &stored)
        });
        // Nothing is left to be written: closing is safe after a failure too, if all ranks are here.
        let closed = match &read {
            Err(error) if !error.is_agreed() => Err(error.clone()),
            _ => self.agree_together(self.in_time(|| file.close())),
        };
        if closed.is_err() {
            partita::abandon(self.path.display());
        }
        let transfer = read?;
        closed.map(|()| transfer)
    }

    fn exchange<'a>(&self, dataset: &'a Dataset, memory: &'a Datatype) -> Exchange<'a> {
        Exchange {
            dataset,
            memory,
            collective: self.collective,
        }
    }

    fn open(&self, writable: bool) -> Result<ParallelFile> {
        // Each rank tries on its own first: one that is on another machine, or out of file handles, is
        // told from the others before they open collectively, where MPI might wait for it.
        let tried = OpenOptions::new()
            .read(true)
            .write(writable)
            .open(self.file);
        self.communicator
            .agree(tried.map_err(|cause| Error::io(self.operation, self.path, cause)))?;
        let communicator = self.communicator.as_raw_library();
        let opened =
            self.in_time(|| ParallelFile::open(self.file, communicator, writable, self.collective));
        let is_open = opened.is_ok();
        let agreed = self.agree_together(opened);
        match &agreed {
            Err(error) if !error.is_agreed() && writable => self.give_up(error),
            // A rank that has it open cannot close it without the others.
            Err(error) if !error.is_agreed() || self.any(is_open)? => {
                partita::abandon(self.path.display());
            }
            _ => {}
        }
        agreed
    }

    fn dataset(&self, file: &ParallelFile, name: &str) -> Result<ManuallyDrop<Dataset>> {
        let dataset = self.in_time(|| file.dataset(name));
        self.agree_together(dataset.map_err(|refusal| match refusal {
            DatasetRefusal::ExternalLink => Cause::from("it became a link into another file"),
            DatasetRefusal::Failed(cause) => cause,
        }))
    }

    /// Leaves a file that was being written open for ever.
    fn give_up(&self, error: &Error) {
        partita::abandon(self.path.display());
        if !error.is_agreed() {
            // The root, whose task this is, may never come out of HDF5.
            let _ = std::fs::remove_file(self.file);
        }
    }

    /// Goes through the pieces, on every rank equally often; a rank that has none left takes part
    /// with nothing.
    fn rounds(
        &self,
        pieces: &Pieces,
        stored_size: usize,
        mut call: impl FnMut(Option<&Piece>) -> Result<Performed, Cause>,
    ) -> Result<Transfer> {
        let most = [pieces.count() as u64];
        let rounds = self.communicator.all_reduce(&most, Operation::Max)?[0] as usize;
        let mut transfer = Transfer {
            rounds,
            ..Transfer::none()
        };
        for number in 0..rounds {
            let piece = pieces.get(number);
            let outcome = call(piece.as_ref());
            let performed = self.agree_together(outcome)?;
            transfer.mode = transfer.mode.and(TransferMode::of(performed));
            transfer.chunks = ChunkMode::of(performed);
            transfer.no_collective_cause |= performed.no_collective_cause;
            transfer.bytes += piece.map_or(0, |piece| piece.elements.len() * stored_size);
        }
        Ok(transfer)
    }

    pub(super) fn agree<T>(&self, outcome: Result<T, Cause>) -> Result<T> {
        self.communicator
            .agree(outcome.map_err(|cause| self.failure(cause)))
    }

    /// Chunks that cannot be unpacked are damaged: the system gave all it was asked for.
    pub(super) fn failure(&self, cause: Cause) -> Error {
        const OF_FILTERS: [&str; 2] = ["Fletcher32 checksum", "inflate() failed"];
        let words = cause.to_string();
        match OF_FILTERS.iter().any(|words_of| words.contains(words_of)) {
            true => Error::format(self.operation, self.path, words),
            false => Error::io(self.operation, self.path, words),
        }
    }

    fn any(&self, condition: bool) -> Result<bool> {
        let condition = [u64::from(condition)];
        Ok(self.communicator.all_reduce(&condition, Operation::Max)?[0] > 0)
    }
}

/// Reads a piece into a buffer that is made as long as that takes.
fn read_into(
    exchange: &Exchange,
    piece: Option<&Piece>,
    size: usize,
    buffer: &mut Vec<u8>,
) -> Result<Performed, Cause> {
    let length = piece.map_or(0, |piece| piece.elements.len() * size);
    let missing = length.saturating_sub(buffer.len());
    buffer
        .try_reserve_exact(missing)
        .map_err(|_| Cause::from("no memory for the piece"))?;
    buffer.resize(length, 0);
    exchange.read(piece, buffer)
}

/// The bytes from where the piece begins among elements of `size`, enough for as many of `stored_size`.
fn in_bytes(piece: &Piece, size: usize, stored_size: usize) -> std::ops::Range<usize> {
    let start = piece.elements.start * size;
    start..start + piece.elements.len() * stored_size
}
