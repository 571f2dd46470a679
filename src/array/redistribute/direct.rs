//! Parts that all ranks see: each rank copies what it gets, once, from where it lies.

use std::borrow::Cow;

use super::buffers::Buffers;
use super::memory::{Source, Target};
use super::pieces::{Piece, pieces};
use super::strided::{Place, Stores};
use crate::comm::ffi::{AllParts, SharedParts};
use crate::comm::{Communicator, Element};
use crate::error::Result;
use crate::layout::{Shipment, Transfer};

/// Copies everything that comes, and what stays, if every rank has its part where all see it. Collective.
pub(super) fn exchange<A: Element>(
    communicator: &Communicator,
    transfer: &Transfer,
    limit: usize,
    source: &Source<A>,
    (target, stores): (&mut Target<A>, Stores),
) -> Result<bool> {
    // Replicated: every rank gets the words of all, as many as the array has axes.
    let own = words(source);
    let words = communicator.all_gather(&own)?;
    let are_the_same = words
        .chunks_exact(own.len())
        .all(|words| words[0] == own[0]);
    let Some(shared) = source.shared.filter(|_| are_the_same) else {
        return Ok(false);
    };
    shared.read_all(|parts| {
        let mut scratch = Buffers::new(limit);
        for shipment in transfer.kept.iter().chain(&transfer.receives) {
            let from = part_of(
                parts,
                shipment.peer,
                &words[shipment.peer * own.len()..][..own.len()],
            );
            for piece in pieces_of(transfer, shipment, limit, |whole| {
                whole.needs_no_buffer(&from, target, stores)
            }) {
                piece.copy(&from, target, &mut scratch, stores)?;
            }
        }
        Ok(true)
    })
}

/// What the others have to know of this rank's part: what all parts are called, and where its elements lie.
fn words<A: Element>(source: &Source<A>) -> Vec<i64> {
    let Place { offset, strides } = &source.place;
    let name = source.shared.map_or(0, SharedParts::name);
    let first = [name.cast_signed(), *offset as i64];
    let strides = strides.iter().map(|&stride| stride as i64);
    first.into_iter().chain(strides).collect()
}

/// A rank's part, of which that rank has told these words.
fn part_of<'parts, A: Element>(
    parts: &'parts AllParts<'_, A>,
    rank: usize,
    words: &[i64],
) -> Source<'parts, A> {
    let strides = words[2..].iter().map(|&stride| stride as isize);
    Source {
        elements: Cow::Borrowed(parts.of_rank(rank)),
        place: Place {
            offset: words[1] as usize,
            strides: strides.collect(),
        },
        shared: None,
    }
}

/// What comes from one rank: as a whole if that is copied as it is, else in pieces that fit a buffer.
fn pieces_of(
    transfer: &Transfer,
    shipment: &Shipment,
    limit: usize,
    needs_no_buffer: impl Fn(&Piece) -> bool,
) -> Vec<Piece> {
    let cut = |limit| pieces(transfer, std::slice::from_ref(shipment), limit).collect();
    let whole: Vec<Piece> = cut(usize::MAX);
    match whole.iter().all(needs_no_buffer) {
        true => whole,
        false => cut(limit),
    }
}
