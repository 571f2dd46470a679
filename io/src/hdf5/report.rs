//! What HDF5 says it did in a transfer.

use super::ffi::Performed;

/// What HDF5 did with the last array this rank wrote or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// How the data travelled.
    pub mode: TransferMode,
    /// How HDF5 went through the chunks of a chunked dataset.
    pub chunks: ChunkMode,
    /// HDF5's reasons where it was not collective: the bits of its `H5D_mpio_no_collective_cause_t`.
    pub no_collective_cause: u32,
    /// How many calls it took, the same number on every rank.
    pub rounds: usize,
    /// How many bytes of the file belong to this rank.
    pub bytes: usize,
}

/// How data travelled between ranks and file, by HDF5's own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferMode {
    /// There was nothing to transfer.
    Nothing,
    /// All ranks together, of a contiguous dataset.
    Contiguous,
    /// All ranks together, of a chunked dataset.
    Chunked,
    /// Some chunks together, others by each rank alone.
    Mixed,
    /// Each rank alone.
    Independent,
    /// Each rank alone, straight to and from the places that HDF5 named: what is stored as it is in memory, in
    /// long runs.
    Direct,
    /// Each rank alone, whole chunks as they are stored, which it unpacks within the bounds of their elements: what is
    /// compressed, when it is read.
    Unpacked,
}

impl TransferMode {
    /// Whether all of it was collective.
    pub fn is_collective(self) -> bool {
        matches!(self, TransferMode::Contiguous | TransferMode::Chunked)
    }

    pub(super) fn of(performed: Performed) -> Self {
        match performed.mode {
            Performed::CONTIGUOUS => TransferMode::Contiguous,
            Performed::CHUNKED => TransferMode::Chunked,
            Performed::MIXED => TransferMode::Mixed,
            _ => TransferMode::Independent,
        }
    }

    pub(super) fn and(self, next: Self) -> Self {
        match self {
            TransferMode::Nothing => next,
            same if same == next => same,
            TransferMode::Independent => self,
            _ if next == TransferMode::Independent => next,
            _ => TransferMode::Mixed,
        }
    }
}

/// How a collective transfer goes through chunks, by HDF5's own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChunkMode {
    /// The dataset has none, or they were not gone through together.
    None,
    /// All chunks in one transfer.
    Linked,
    /// Chunk by chunk.
    Multi,
}

impl ChunkMode {
    pub(super) fn of(performed: Performed) -> Self {
        match performed.chunk_mode {
            Performed::LINKED => ChunkMode::Linked,
            Performed::MULTI => ChunkMode::Multi,
            _ => ChunkMode::None,
        }
    }
}

impl Transfer {
    /// Before the first round.
    pub(super) fn none() -> Self {
        Transfer {
            mode: TransferMode::Nothing,
            chunks: ChunkMode::None,
            no_collective_cause: 0,
            rounds: 0,
            bytes: 0,
        }
    }
}
