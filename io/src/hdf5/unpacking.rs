//! Elements out of compressed chunks, by each rank alone.
//!
//! The root alone has looked into the file then, and no handle that writes is open. Each rank opens it by HDF5's serial
//! driver; no call here waits for another rank, and the outcome is agreed afterwards.

use hdf5::{Dataset, Datatype};
use partita::{Error, Result};

use super::chunk_parts::{ChunkPart, Copied};
use super::dtype::left_in_memory;
use super::ffi::{Cause, DatasetRefusal, convert, open_dataset};
use super::hyperslab::Piece;
use super::observers::Replaced;
use super::packed::{Failure, Packed, open};
use super::pipeline::Workspace;
use super::report::{ChunkMode, Transfer, TransferMode};
use super::stripes::AxisSelection;
use super::transfer::{Part, Session, Target};
use super::way::{Expected, Way};

impl Session<'_> {
    /// Fills `bytes`, the memory of this rank's elements. *Collective*, by its agreement alone.
    pub(super) fn read_packed(
        &self,
        packed: &Packed,
        part: Part,
        target: Target,
        bytes: &mut [u8],
    ) -> Result<Transfer> {
        let axes = part.selection.axes().iter();
        let (size, lengths) = (target.memory.size(), axes.map(AxisSelection::len));
        let lengths: Vec<usize> = lengths.collect();
        let left = left_in_memory(target.memory, target.conversion);
        let mut gathered = Vec::new();
        let read = self.unpack(packed, part, |dataset, chunk, workspace| {
            let (stored, memory) = (dataset.dtype()?, Datatype::from_descriptor(&left)?);
            if stored.size() != packed.size {
                return Err(Cause::from("it became another dataset").into());
            }
            let is_converted = stored != memory;
            // What is not asked for may be no values at all: it is not converted.
            if is_converted {
                let length = packed.gather(chunk, workspace, &mut gathered, size)?;
                convert(&mut gathered, length, &stored, &memory)?;
            }
            let mut done = 0;
            chunk.for_each_run(&packed.chunk, &lengths, |Copied { from, to, length }| {
                let elements = match is_converted {
                    true => &gathered[done * size..],
                    false => &workspace.bytes[from * size..],
                };
                done += length;
                let own = &mut bytes[to * size..(to + length) * size];
                own.copy_from_slice(&elements[..length * size]);
            });
            Ok(())
        });
        self.agree_on_unpacked(packed, part, read)
    }

    /// Shows this rank's elements as they are stored, in pieces of one chunk each. *Collective*, by its agreement alone.
    pub(super) fn scan_packed(
        &self,
        packed: &Packed,
        part: Part,
        mut visit: impl FnMut(&Piece, &[u8]),
    ) -> Result<Transfer> {
        let mut gathered = Vec::new();
        let scanned = self.unpack(packed, part, |_, chunk, workspace| {
            let piece = Piece {
                hyperslabs: Vec::new(),
                selection: chunk.selection(),
                elements: 0..chunk.volume(),
            };
            if chunk.lengths() == packed.chunk {
                visit(&piece, &workspace.bytes[..packed.bytes()]);
                return Ok(());
            }
            let length = packed.gather(chunk, workspace, &mut gathered, 0)?;
            visit(&piece, &gathered[..length * packed.size]);
            Ok(())
        });
        self.agree_on_unpacked(packed, part, scanned)
    }

    /// The same of a dataset that may be any.
    pub(super) fn check_part(&self, part: Part) -> Result<()> {
        match self.way(part.dataset, Expected::AsStored)? {
            Way::Packed(packed) => self.check_packed(&packed, part),
            _ => Ok(()),
        }
    }

    /// Whether the chunks that this rank's elements lie in hold what they should, before HDF5 unpacks them.
    /// *Collective*, by its agreement alone.
    pub(super) fn check_packed(&self, packed: &Packed, part: Part) -> Result<()> {
        if packed.pipeline.is_told_nothing() {
            return Ok(());
        }
        let checked = self.unpack(packed, part, |_, _, _| Ok(()));
        self.agree_on_unpacked(packed, part, checked).map(drop)
    }

    /// The same, and shows them to who wants to see what is about to be replaced; what is left of that to HDF5.
    /// *Collective.*
    pub(super) fn see_replaced<'a>(
        &self,
        packed: &Packed,
        part: Part,
        replaced: Replaced<'a>,
    ) -> Result<Replaced<'a>> {
        match replaced {
            Replaced::Nothing => {}
            Replaced::Seen(visit) if packed.pipeline.is_undone_here() => {
                self.scan_packed(packed, part, visit)?;
            }
            Replaced::Seen(_) | Replaced::Unseen => {
                self.check_packed(packed, part)?;
                return Ok(replaced);
            }
        }
        Ok(Replaced::Nothing)
    }

    /// Local: each rank has read on its own, and closed what it opened.
    fn agree_on_unpacked(
        &self,
        packed: &Packed,
        part: Part,
        outcome: std::result::Result<(), Failure>,
    ) -> Result<Transfer> {
        let outcome = outcome.map_err(|failure| match failure {
            Failure::Damaged(words) => Error::format(self.operation, self.path, words),
            Failure::Failed(cause) => self.failure(cause),
            Failure::Memory(bytes) => Error::Memory {
                operation: format!("{} {}", self.operation, self.path.display()),
                bytes: bytes as u64,
            },
        });
        self.communicator.agree(outcome)?;
        Ok(Transfer {
            mode: TransferMode::Unpacked,
            chunks: ChunkMode::None,
            no_collective_cause: 0,
            rounds: 1,
            bytes: part.selection.volume() * packed.size,
        })
    }

    fn unpack(
        &self,
        packed: &Packed,
        part: Part,
        mut visit: impl FnMut(&Dataset, &ChunkPart, &mut Workspace) -> std::result::Result<(), Failure>,
    ) -> std::result::Result<(), Failure> {
        if part.selection.volume() == 0 {
            return Ok(());
        }
        let file = open(self.file)?;
        let dataset =
            open_dataset(&file, part.dataset, false).map_err(|refusal| match refusal {
                DatasetRefusal::ExternalLink => Cause::from("it became a link into another file"),
                DatasetRefusal::Failed(cause) => cause,
            })?;
        let unpacked = packed.for_each_chunk(&dataset, part.selection, |chunk, workspace| {
            visit(&dataset, chunk, workspace)
        });
        unpacked.map_err(|failure| failure.of_dataset(part.dataset))
    }
}
