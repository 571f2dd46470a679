//! The messages of a transfer, piece by piece.

use super::buffers::Buffers;
use super::memory::{Source, Target};
use super::simd;
use super::strided::{Block, Place, Stores, blocks};
use crate::comm::Element;
use crate::error::Result;
use crate::layout::{Overlap, Shipment, Tiling, Transfer};

/// What fits one buffer.
pub(super) struct Piece {
    pub(super) peer: usize,
    axes: Vec<Overlap>,
    pub(super) volume: usize,
}

/// All pieces of some messages, in an order that the other side finds too.
pub(super) fn pieces<'transfer>(
    transfer: &'transfer Transfer,
    shipments: &'transfer [Shipment],
    limit: usize,
) -> impl Iterator<Item = Piece> {
    shipments.iter().flat_map(move |shipment| {
        let tiling = transfer.tiling(shipment, limit);
        (0..tiling.count()).map(move |number| Piece::new(shipment, &tiling, number))
    })
}

impl Piece {
    fn new(shipment: &Shipment, tiling: &Tiling, number: usize) -> Self {
        let axes: Vec<Overlap> = if tiling.count() == 1 {
            shipment.axes.clone()
        } else {
            let ranges = tiling.ranges(number).into_iter();
            let axes = shipment.axes.iter().zip(ranges);
            axes.map(|(axis, range)| axis.part(range)).collect()
        };
        Piece {
            peer: shipment.peer,
            volume: axes.iter().map(Overlap::len).product(),
            axes,
        }
    }

    fn blocks(&self, source: &Place, target: &Place) -> Vec<Block> {
        blocks(&self.axes, source, target)
    }

    /// Whether it is packed in the order of the target's indices, as one that is a single block is.
    pub(super) fn is_packed_in_order(&self) -> bool {
        self.axes.iter().all(|overlap| overlap.spans().len() == 1)
    }

    /// Its blocks, of which each goes where the one before ends in a packed target.
    fn packed_blocks(&self, place: &Place) -> Vec<Block> {
        let mut start = 0;
        let packed = |block: Block| {
            let first = start;
            start += block.volume();
            block.with_packed_target(first)
        };
        self.blocks(place, place).into_iter().map(packed).collect()
    }

    /// Copies it from the source's part into a buffer.
    pub(super) fn pack<T: Copy>(&self, from: &[T], place: &Place, buffer: &mut [T]) {
        for block in self.packed_blocks(place) {
            block.copy(from, buffer, Stores::Cached);
        }
    }

    /// Copies it from the source's part into memory that another core reads: past the caches, out of which that
    /// would have to fetch it line by line; by way of a buffer where it has no rows.
    ///
    /// Two ranks went through such memory at 0.28 of `memcpy` with stores into the caches, and at 0.7 past them.
    pub(super) fn pack_for_another<T: Copy>(
        &self,
        from: &[T],
        place: &Place,
        handed_over: &mut [T],
        scratch: &mut [T],
    ) {
        let blocks = self.packed_blocks(place);
        if blocks.iter().all(Block::can_be_streamed::<T>) {
            for block in blocks {
                block.copy(from, handed_over, Stores::Streamed);
            }
        } else {
            let scratch = &mut scratch[..self.volume];
            self.pack(from, place, scratch);
            simd::stream(scratch, handed_over);
        }
        simd::fence();
    }

    /// Copies it from a buffer into the target's part.
    pub(super) fn unpack<T: Copy>(
        &self,
        buffer: &[T],
        to: &mut [T],
        place: &Place,
        stores: Stores,
    ) {
        let mut start = 0;
        for block in self.blocks(place, place) {
            let volume = block.volume();
            let block = block.with_packed_source(start);
            block.copy(buffer, to, stores);
            start += volume;
        }
    }

    /// Whether it is copied as fast as it is.
    pub(super) fn needs_no_buffer<A: Element>(
        &self,
        source: &Source<A>,
        target: &Target<A>,
        stores: Stores,
    ) -> bool {
        let mut blocks = self.blocks(&source.place, &target.place).into_iter();
        stores == Stores::Cached || blocks.all(|block| block.can_be_streamed::<A>())
    }

    /// Copies it within the rank: row by row, or, where its axes change places, by way of a buffer if there is
    /// one.
    pub(super) fn copy<A: Element>(
        &self,
        source: &Source<A>,
        target: &mut Target<A>,
        buffers: &mut Buffers<A>,
        stores: Stores,
    ) -> Result<()> {
        let buffer = if self.needs_no_buffer(source, target, stores) {
            None
        } else {
            buffers.take(self.volume)?
        };
        let Some(mut buffer) = buffer else {
            for block in self.blocks(&source.place, &target.place) {
                block.copy(&source.elements, target.elements, stores);
            }
            return Ok(());
        };
        self.pack(&source.elements, &source.place, &mut buffer);
        self.unpack(&buffer, target.elements, &target.place, stores);
        buffers.give_back(buffer);
        Ok(())
    }
}
