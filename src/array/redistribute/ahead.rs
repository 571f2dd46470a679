//! A panel that comes as messages while another one is looked at.

use super::buffers::Buffers;
use super::memory::{Source, Target};
use super::pieces::{Piece, pieces};
use super::strided::Stores;
use crate::comm::ffi::Request;
use crate::comm::{Communicator, Element, Purpose};
use crate::error::Result;
use crate::layout::Transfer;

/// The messages of the next panel, and this rank's part of the one that is here.
pub(super) struct Ahead<A: Element> {
    sends: Vec<Request<A>>,
    receives: Vec<(Piece, Request<A>)>,
    buffers: Buffers<A>,
    /// What this rank has of the next panel and does not receive.
    kept: Vec<(Piece, Vec<A>)>,
    panel: Vec<A>,
}

impl<A: Element> Ahead<A> {
    pub(super) fn new() -> Self {
        Ahead {
            sends: vec![],
            receives: vec![],
            buffers: Buffers::new(usize::MAX),
            kept: vec![],
            panel: vec![],
        }
    }

    /// What a rank needs for panels of this transfer: two parts of it, and what is sent of one.
    pub(super) fn bytes(transfer: &Transfer) -> usize {
        let volume = |shipments: &[_]| -> usize {
            let volumes = shipments.iter().map(crate::layout::Shipment::volume);
            volumes.sum()
        };
        let received = volume(&transfer.receives) + volume(transfer.kept.as_slice());
        (3 * received + volume(&transfer.sends)) * size_of::<A>()
    }

    /// Has a panel travel. Nobody waits here.
    pub(super) fn start(
        &mut self,
        communicator: &Communicator,
        transfer: &Transfer,
        source: Source<A>,
        is_here: bool,
    ) -> Result<()> {
        let purpose = Purpose::Redistribution(communicator.next_sequence_number());
        let wanted = match is_here {
            true => &[][..],
            false => &transfer.receives[..],
        };
        for piece in pieces(transfer, wanted, usize::MAX) {
            let buffer = self.buffer(piece.volume)?;
            let request = communicator.start_own_receive(buffer, piece.peer, purpose)?;
            self.receives.push((piece, request));
        }
        for piece in pieces(transfer, &transfer.sends, usize::MAX) {
            let buffer = self.packed(&piece, &source)?;
            let request = communicator.start_own_send(buffer, piece.peer, purpose)?;
            self.sends.push(request);
        }
        if !is_here {
            for piece in pieces(transfer, transfer.kept.as_slice(), usize::MAX) {
                let buffer = self.packed(&piece, &source)?;
                self.kept.push((piece, buffer));
            }
        }
        Ok(())
    }

    fn buffer(&mut self, length: usize) -> Result<Vec<A>> {
        match self.buffers.take(length)? {
            Some(buffer) => Ok(buffer),
            None => Ok(vec![]),
        }
    }

    fn packed(&mut self, piece: &Piece, source: &Source<A>) -> Result<Vec<A>> {
        let mut buffer = self.buffer(piece.volume)?;
        piece.pack(&source.elements, &source.place, &mut buffer);
        Ok(buffer)
    }

    /// Waits until the panel is here, this rank's part of it having this shape.
    pub(super) fn finish(&mut self, shape: &[usize]) -> Result<()> {
        let mut arrived = std::mem::take(&mut self.kept);
        for (piece, request) in self.receives.drain(..) {
            arrived.push((piece, request.wait()?));
        }
        let length = shape.iter().product();
        // One message that is the whole part as it is wanted needs no copy.
        if let [(piece, buffer)] = &mut arrived[..]
            && piece.volume == length
            && piece.is_packed_in_order()
        {
            std::mem::swap(buffer, &mut self.panel);
        } else {
            let old = std::mem::take(&mut self.panel);
            self.buffers.give_back(old);
            self.panel = self.buffer(length)?;
            let target = Target::packed(&mut self.panel, shape);
            for (piece, buffer) in &arrived {
                piece.unpack(buffer, target.elements, &target.place, Stores::Cached);
            }
        }
        for (_, buffer) in arrived {
            self.buffers.give_back(buffer);
        }
        for sent in Request::wait_all(self.sends.drain(..))? {
            self.buffers.give_back(sent);
        }
        Ok(())
    }

    /// This rank's part of the panel that is here.
    pub(super) fn panel(&self) -> &[A] {
        &self.panel
    }
}
