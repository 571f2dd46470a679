//! A plan made ready for one block: where in its memory lies what travels.

use super::rows::{Copies, Rows};
use crate::layout::{HaloPlan, Message, Region};

/// A [`HaloPlan`] as it passes through the memory of the padded block.
pub(super) struct Plan {
    pub(super) sends: Vec<Transfer>,
    pub(super) receives: Vec<Transfer>,
    pub(super) copies: Vec<Copies>,
    /// For each axis and side whether other ranks fill the margin there.
    pub(super) awaited: Vec<[bool; 2]>,
}

/// What travels between this rank and another one for one array.
pub(super) struct Transfer {
    pub(super) peer: usize,
    pub(super) volume: usize,
    pieces: Vec<Rows>,
}

impl Plan {
    /// Of a block of which `own` are the indices in its storage, of this `shape`.
    pub(super) fn new(plan: &HaloPlan, shape: &[usize], own: &Region) -> Self {
        let transfer = |message: &Message| {
            let pieces = message.pieces.iter();
            Transfer {
                peer: message.peer,
                volume: message.volume(),
                pieces: pieces.map(|piece| Rows::of(shape, piece)).collect(),
            }
        };
        let copies = plan.self_copies.iter();
        let copies = copies.map(|copy| (Rows::of(shape, &copy.from), Rows::of(shape, &copy.to)));
        let received = plan.receives.iter().flat_map(|message| &message.pieces);
        Plan {
            sends: plan.sends.iter().map(transfer).collect(),
            receives: plan.receives.iter().map(transfer).collect(),
            copies: Copies::joined(copies),
            awaited: awaited(received.collect(), own),
        }
    }
}

/// The sides of the margin that hold all these pieces: for a piece beyond several faces one of them, because
/// whoever looks that far looks beyond that one as well.
fn awaited(mut pieces: Vec<&Region>, own: &Region) -> Vec<[bool; 2]> {
    let mut awaited = vec![[false; 2]; own.axes().len()];
    let beyond = |piece: &Region| -> Vec<(usize, usize)> {
        let axes = piece.axes().iter().zip(own.axes()).enumerate();
        axes.filter_map(|(axis, (piece, own))| match () {
            () if piece.end <= own.start => Some((axis, 0)),
            () if piece.start >= own.end => Some((axis, 1)),
            () => None,
        })
        .collect()
    };
    pieces.sort_by_key(|piece| beyond(piece).len());
    for piece in pieces {
        let sides = beyond(piece);
        if !sides.iter().any(|&(axis, side)| awaited[axis][side])
            && let Some(&(axis, side)) = sides.first()
        {
            awaited[axis][side] = true;
        }
    }
    awaited
}

impl Transfer {
    pub(super) fn pack<A: Copy>(&self, cells: &[A], buffer: &mut [A]) {
        let mut rest = buffer;
        for piece in &self.pieces {
            let (here, after) = rest.split_at_mut(piece.volume());
            piece.pack(cells, here);
            rest = after;
        }
    }

    pub(super) fn unpack<A: Copy>(&self, buffer: &[A], cells: &mut [A]) {
        let mut rest = buffer;
        for piece in &self.pieces {
            let (here, after) = rest.split_at(piece.volume());
            piece.unpack(here, cells);
            rest = after;
        }
    }
}
