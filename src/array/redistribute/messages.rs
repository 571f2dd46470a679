//! Pieces that travel as messages: a window of them is under way at any time.
//!
//! Why nobody waits for ever: both sides go through the pieces in one order, that of the distance between the
//! two ranks and then of the pieces. Of all that are not yet done look at the first: the receiver has posted
//! it, for all before it are done and so in nobody's way; the sender has likewise.

use super::buffers::Buffers;
use super::memory::{Source, Target};
use super::pieces::{Piece, pieces};
use super::strided::Stores;
use crate::comm::ffi::Request;
use crate::comm::{Communicator, Element, Purpose};
use crate::error::Result;
use crate::layout::{Transfer, Window};

/// Sends and receives everything that moves. Collective over the ranks that have something for each other.
pub(super) fn exchange<A: Element>(
    communicator: &Communicator,
    transfer: &Transfer,
    window: Window,
    source: &Source<A>,
    target: &mut Target<A>,
    stores: Stores,
) -> Result<()> {
    let purpose = Purpose::Redistribution(communicator.next_sequence_number());
    let mut outgoing = pieces(transfer, &transfer.sends, window.buffer).peekable();
    let mut incoming = pieces(transfer, &transfer.receives, window.buffer).peekable();
    let mut kept = pieces(transfer, transfer.kept.as_slice(), window.buffer);
    let mut sends = UnderWay::new(window.all);
    let mut receives = UnderWay::new(window.all);
    let mut scratch = Buffers::new(window.scratch);
    loop {
        while let Some(piece) = incoming.peek()
            && let Some(buffer) = receives.buffers.take(piece.volume)?
        {
            let request = communicator.start_own_receive(buffer, piece.peer, purpose)?;
            receives.requests.extend(incoming.next().zip(Some(request)));
        }
        let mut has_sent = false;
        if let Some(piece) = outgoing.peek()
            && let Some(mut buffer) = sends.buffers.take(piece.volume)?
        {
            piece.pack(&source.elements, &source.place, &mut buffer);
            let request = communicator.start_own_send(buffer, piece.peer, purpose)?;
            sends.requests.extend(outgoing.next().zip(Some(request)));
            has_sent = true;
        }
        while let Some((_, buffer)) = sends.complete_one()? {
            sends.buffers.give_back(buffer);
        }
        if let Some((piece, buffer)) = receives.complete_one()? {
            piece.unpack(&buffer, target.elements, &target.place, stores);
            receives.buffers.give_back(buffer);
        } else if let Some(piece) = kept.next() {
            piece.copy(source, target, &mut scratch, stores)?;
        } else if sends.is_empty() && receives.is_empty() && outgoing.peek().is_none() {
            return Ok(());
        } else if !has_sent {
            // The others may need this core.
            std::thread::yield_now();
        }
    }
}

/// The messages of one direction that are under way, and their buffers.
struct UnderWay<A: Element> {
    requests: Vec<(Piece, Request<A>)>,
    buffers: Buffers<A>,
}

impl<A: Element> UnderWay<A> {
    fn new(limit: usize) -> Self {
        UnderWay {
            requests: Vec::new(),
            buffers: Buffers::new(limit),
        }
    }

    fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// One that is there by now, with its buffer.
    fn complete_one(&mut self) -> Result<Option<(Piece, Vec<A>)>> {
        let complete = |(_, request): &mut (Piece, Request<A>)| request.test();
        let Some(place) = self.requests.iter_mut().position(complete) else {
            return Ok(None);
        };
        let (piece, request) = self.requests.remove(place);
        Ok(Some((piece, request.wait()?)))
    }
}
