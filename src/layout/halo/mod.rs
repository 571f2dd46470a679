//! Which cells travel where so that every rank sees its neighbours' edges.

mod edge;
mod piece;

use std::collections::BTreeMap;

use super::region::Region;
use super::{Axes, Layout};
use crate::error::{Error, Result};
use piece::{PaddedAxis, Piece, boxes, target};

pub use edge::{Edge, Shown};

/// How far a halo reaches, axis by axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HaloWidths {
    /// Cells before the first owned one.
    pub lower: Vec<usize>,
    /// Cells after the last owned one.
    pub upper: Vec<usize>,
    /// What stands beyond the first and the last cell of the global array.
    pub edges: Vec<[Edge; 2]>,
    /// Whether the cells that lie beyond two or more axes at once are filled too.
    pub corners: bool,
}

/// The cells that travel between this rank and another one, as one message.
///
/// Both sides list the pieces in the same order: by their place in the receiver's halo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The other rank.
    pub peer: usize,
    /// The pieces, as regions of this rank's padded array (owned cells and halo).
    pub pieces: Vec<Region>,
}

impl Message {
    /// The number of elements that travel.
    pub fn volume(&self) -> usize {
        self.pieces.iter().map(Region::volume).sum()
    }
}

/// A piece of this rank's halo that it owns itself, across a periodic edge or before a reflecting one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfCopy {
    /// Where the cells are owned, in the padded array.
    pub from: Region,
    /// Where they stand in the halo, in the padded array.
    pub to: Region,
}

/// One rank's part in a halo exchange: computed from descriptions alone, without communication.
///
/// A halo may be wider than the neighbour's block, which then is passed over to the next one; a rank
/// that owns nothing neither needs nor gives anything.
///
/// ```
/// use partita::layout::{Edge, GridShape, HaloPlan, HaloWidths, Layout};
/// let layout = Layout::block([8, 6], GridShape::new(&[2, 1]))?;
/// let widths = HaloWidths {
///     lower: vec![1, 0],
///     upper: vec![1, 0],
///     edges: vec![[Edge::Fixed; 2]; 2],
///     corners: false,
/// };
/// let plan = HaloPlan::new(&layout, &widths, 0)?;
/// assert_eq!(plan.receives[0].peer, 1);
/// assert_eq!(plan.receives[0].pieces[0].to_string(), "[5..6, 0..6]");
/// assert_eq!(plan.elements_sent(), 6);
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HaloPlan {
    /// What this rank sends, a message a peer.
    pub sends: Vec<Message>,
    /// What it receives, a message a peer.
    pub receives: Vec<Message>,
    /// What it copies within its own array.
    pub self_copies: Vec<SelfCopy>,
}

impl HaloPlan {
    /// The plan of `rank`. Costs no communication; time in the order of the halo's pieces and of the
    /// grid's extents.
    ///
    /// # Errors
    /// [`Error::Shape`], for any rank, when parts are not boxes: of cyclic axes.
    pub fn new<D: Axes>(layout: &Layout<D>, widths: &HaloWidths, rank: usize) -> Result<Self> {
        let local = layout.local_region(rank).filter(|_| layout.is_contiguous());
        let Some(local) = local else {
            let detail = format!("{layout}: only parts that are boxes have a halo");
            return Err(Error::shape("halo", detail));
        };
        let here = layout.parts(rank);
        let axes: Vec<PaddedAxis> = (0..here.len())
            .map(|axis| widths.padded_axis(layout, axis))
            .collect();
        let pieces = axes.iter().zip(&here);
        let seen: Vec<_> = pieces
            .clone()
            .map(|(axis, &part)| axis.shown_to(part))
            .collect();
        let shown: Vec<_> = pieces.map(|(axis, &part)| axis.shown_of(part)).collect();

        let (mut receives, mut sends) = (ByPeer::new(), ByPeer::new());
        let mut self_copies = vec![];
        for box_ in boxes(&seen, widths.corners) {
            let owner = layout.rank_with_parts(rank, &parts(&box_, |piece| piece.owner));
            let to = target(&box_);
            if owner == rank {
                let from = in_padded(&box_, &local, &widths.lower);
                self_copies.push(SelfCopy { from, to });
            } else {
                receives.entry(owner).or_default().push((starts(&to), to));
            }
        }
        for box_ in boxes(&shown, widths.corners) {
            let viewer = layout.rank_with_parts(rank, &parts(&box_, |piece| piece.viewer));
            if viewer != rank {
                let from = in_padded(&box_, &local, &widths.lower);
                let piece = (starts(&target(&box_)), from);
                sends.entry(viewer).or_default().push(piece);
            }
        }
        Ok(HaloPlan {
            sends: messages(sends),
            receives: messages(receives),
            self_copies,
        })
    }

    /// The number of messages this rank sends.
    pub fn messages_sent(&self) -> usize {
        self.sends.len()
    }

    /// The number of elements this rank sends.
    pub fn elements_sent(&self) -> usize {
        self.sends.iter().map(Message::volume).sum()
    }
}

impl HaloWidths {
    fn padded_axis<'plan, D: Axes>(
        &self,
        layout: &'plan Layout<D>,
        axis: usize,
    ) -> PaddedAxis<'plan> {
        PaddedAxis {
            length: layout.shape()[axis],
            cut: &layout.axes()[axis],
            lower: self.lower[axis],
            upper: self.upper[axis],
            edges: self.edges[axis],
        }
    }
}

/// What travels to or from each rank: regions of this rank's padded array, with where they begin in the
/// receiver's.
type ByPeer = BTreeMap<usize, Vec<(Vec<usize>, Region)>>;

/// A message a peer, its pieces in the order of their places at the receiver.
fn messages(by_peer: ByPeer) -> Vec<Message> {
    by_peer
        .into_iter()
        .map(|(peer, mut pieces)| {
            pieces.sort_by(|(one, _), (other, _)| one.cmp(other));
            let pieces = pieces.into_iter().map(|(_, region)| region).collect();
            Message { peer, pieces }
        })
        .collect()
}

fn parts(box_: &[&Piece], part: impl Fn(&Piece) -> usize) -> Vec<usize> {
    box_.iter().map(|piece| part(piece)).collect()
}

/// Where the cells of a box are owned, in the padded array of their owner.
fn in_padded(box_: &[&Piece], local: &Region, lower: &[usize]) -> Region {
    let axes = box_.iter().zip(local.axes()).zip(lower);
    axes.map(|((piece, local), lower)| {
        let offset = |index: usize| index - local.start + lower;
        offset(piece.source.start)..offset(piece.source.end)
    })
    .collect()
}

fn starts(region: &Region) -> Vec<usize> {
    region.axes().iter().map(|range| range.start).collect()
}
