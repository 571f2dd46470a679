//! Pieces that travel through memory which the ranks of one machine share.
//!
//! Nobody waits for ever: every rank looks for pieces of all ranks at once and needs nothing of its own to take
//! one, so that each piece which is posted is taken, and its slot is free again.

use std::iter::Peekable;

use super::buffers::Buffers;
use super::memory::{Source, Target};
use super::pieces::{Piece, pieces};
use super::strided::Stores;
use crate::comm::Element;
use crate::comm::ffi::{Mailboxes, vector_of_defaults};
use crate::error::Result;
use crate::layout::{Shipment, Transfer};

/// Hands over and takes everything that moves. Collective over the ranks that have something for each other.
pub(super) fn exchange<A: Element>(
    mailboxes: &mut Mailboxes,
    transfer: &Transfer,
    source: &Source<A>,
    target: &mut Target<A>,
    stores: Stores,
) -> Result<()> {
    let limit = mailboxes.room_for::<A>();
    let mut outgoing = pieces(transfer, &transfer.sends, limit).peekable();
    let one_each = transfer.receives.iter().map(std::slice::from_ref);
    let mut incoming: Vec<_> = one_each
        .map(|received: &[Shipment]| pieces(transfer, received, limit).peekable())
        .collect();
    let mut kept = pieces(transfer, transfer.kept.as_slice(), limit);
    let mut scratch = Buffers::new(limit);
    let mut packed = vector_of_defaults(limit)?;
    loop {
        let posted = outgoing.next_if(|piece| {
            mailboxes.post(piece.peer, piece.volume, |buffer| {
                piece.pack_for_another(&source.elements, &source.place, buffer, &mut packed);
            })
        });
        let mut taken = false;
        for from_one in &mut incoming {
            taken |= take(mailboxes, from_one, target, stores)?;
        }
        incoming.retain_mut(|from_one| from_one.peek().is_some());
        if posted.is_some() || taken {
            continue;
        }
        if let Some(piece) = kept.next() {
            piece.copy(source, target, &mut scratch, stores)?;
        } else if incoming.is_empty() && outgoing.peek().is_none() {
            return Ok(());
        } else {
            // The others may need this core.
            std::thread::yield_now();
        }
    }
}

/// Takes the next piece of one rank, if it is there.
fn take<A: Element>(
    mailboxes: &mut Mailboxes,
    pieces: &mut Peekable<impl Iterator<Item = Piece>>,
    target: &mut Target<A>,
    stores: Stores,
) -> Result<bool> {
    let Some(piece) = pieces.peek() else {
        return Ok(false);
    };
    let taken = mailboxes.take(piece.peer, piece.volume, |buffer| {
        piece.unpack(buffer, target.elements, &target.place, stores);
    })?;
    if taken {
        pieces.next();
    }
    Ok(taken)
}
