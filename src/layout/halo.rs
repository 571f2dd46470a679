//! Which cells travel where so that every rank sees its neighbours' edges.

use std::collections::BTreeMap;
use std::ops::Range;

use super::region::Region;
use super::{Axes, Layout};
use crate::error::{Error, Result};

/// How far a halo reaches, axis by axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HaloWidths {
    /// Cells before the first owned one.
    pub lower: Vec<usize>,
    /// Cells after the last owned one.
    pub upper: Vec<usize>,
    /// Whether the axis closes on itself.
    pub periodic: Vec<bool>,
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

/// A piece of this rank's halo that it owns itself, across a periodic edge.
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
/// use partita::layout::{GridShape, HaloPlan, HaloWidths, Layout};
/// let layout = Layout::block([8, 6], GridShape::new(&[2, 1]))?;
/// let widths = HaloWidths {
///     lower: vec![1, 0],
///     upper: vec![1, 0],
///     periodic: vec![false, false],
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

/// A run of cells along one axis that one part owns and another part's padded axis shows.
#[derive(Debug, Clone)]
struct Piece {
    owner: usize,
    viewer: usize,
    /// In global indices.
    source: Range<usize>,
    /// In the viewer's padded indices.
    target: Range<usize>,
    /// Whether these are the viewer's own cells.
    own: bool,
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
        let seen: Vec<Vec<Piece>> = (0..here.len())
            .map(|axis| pieces_of(layout, widths, axis, here[axis]))
            .collect();
        let shown: Vec<Vec<Piece>> = (0..here.len())
            .map(|axis| {
                (0..layout.axes()[axis].parts())
                    .flat_map(|viewer| pieces_of(layout, widths, axis, viewer))
                    .filter(|piece| piece.owner == here[axis])
                    .collect()
            })
            .collect();
        let in_padded = |box_: &[&Piece]| -> Region {
            box_.iter()
                .zip(local.axes())
                .zip(&widths.lower)
                .map(|((piece, local), lower)| {
                    let offset = |index: usize| index - local.start + lower;
                    offset(piece.source.start)..offset(piece.source.end)
                })
                .collect()
        };
        let mut plan = HaloPlan {
            sends: vec![],
            receives: vec![],
            self_copies: vec![],
        };
        let mut receives = BTreeMap::<usize, Vec<Region>>::new();
        for box_ in boxes(&seen, widths.corners) {
            let owner = layout.rank_with_parts(rank, &owners(&box_));
            let to = target(&box_);
            if owner == rank {
                let from = in_padded(&box_);
                plan.self_copies.push(SelfCopy { from, to });
            } else {
                receives.entry(owner).or_default().push(to);
            }
        }
        let mut sends = BTreeMap::<usize, Vec<(Region, Region)>>::new();
        for box_ in boxes(&shown, widths.corners) {
            let viewer = layout.rank_with_parts(rank, &viewers(&box_));
            if viewer != rank {
                let piece = (target(&box_), in_padded(&box_));
                sends.entry(viewer).or_default().push(piece);
            }
        }
        plan.receives = receives
            .into_iter()
            .map(|(peer, mut pieces)| {
                pieces.sort_by_key(starts);
                Message { peer, pieces }
            })
            .collect();
        plan.sends = sends
            .into_iter()
            .map(|(peer, mut pieces)| {
                pieces.sort_by_key(|(target, _)| starts(target));
                let pieces = pieces.into_iter().map(|(_, source)| source).collect();
                Message { peer, pieces }
            })
            .collect();
        Ok(plan)
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

/// All that the padded axis of part `viewer` shows: its own cells, and the runs of its halo.
fn pieces_of<D: Axes>(
    layout: &Layout<D>,
    widths: &HaloWidths,
    axis: usize,
    viewer: usize,
) -> Vec<Piece> {
    let (length, cut) = (layout.shape()[axis], &layout.axes()[axis]);
    let owned = cut.runs(viewer).as_range().unwrap_or_default();
    if owned.is_empty() {
        return vec![];
    }
    let (lower, upper) = (widths.lower[axis], widths.upper[axis]);
    let mut pieces = vec![Piece {
        owner: viewer,
        viewer,
        source: owned.clone(),
        target: lower..lower + owned.len(),
        own: true,
    }];
    let padded = lower + owned.len() + upper;
    for place in (0..lower).chain(padded - upper..padded) {
        let Some(source) = source_index(owned.start + place, lower, length, widths.periodic[axis])
        else {
            continue;
        };
        let Some(owner) = cut.owner(source) else {
            continue;
        };
        match pieces.last_mut() {
            Some(run)
                if !run.own
                    && run.owner == owner
                    && run.source.end == source
                    && run.target.end == place =>
            {
                run.source.end += 1;
                run.target.end += 1;
            }
            _ => pieces.push(Piece {
                owner,
                viewer,
                source: source..source + 1,
                target: place..place + 1,
                own: false,
            }),
        }
    }
    pieces
}

/// The global index `shifted - lower`, wrapped when periodic; `None` beyond a closed edge.
fn source_index(shifted: usize, lower: usize, length: usize, periodic: bool) -> Option<usize> {
    if periodic {
        let wraps = lower.div_ceil(length) * length;
        return Some((shifted + wraps - lower) % length);
    }
    shifted.checked_sub(lower).filter(|&index| index < length)
}

/// Every combination of one piece an axis that lies in the halo (and, without corners, beyond one
/// axis only).
fn boxes(axes: &[Vec<Piece>], corners: bool) -> Vec<Vec<&Piece>> {
    axes.iter()
        .fold(vec![vec![]], |boxes: Vec<Vec<&Piece>>, pieces| {
            boxes
                .iter()
                .flat_map(|chosen| {
                    pieces.iter().map(move |piece| {
                        let mut chosen = chosen.clone();
                        chosen.push(piece);
                        chosen
                    })
                })
                .collect()
        })
        .into_iter()
        .filter(|chosen| {
            let beyond = chosen.iter().filter(|piece| !piece.own).count();
            beyond == 1 || (corners && beyond > 1)
        })
        .collect()
}

fn owners(box_: &[&Piece]) -> Vec<usize> {
    box_.iter().map(|piece| piece.owner).collect()
}

fn viewers(box_: &[&Piece]) -> Vec<usize> {
    box_.iter().map(|piece| piece.viewer).collect()
}

fn target(box_: &[&Piece]) -> Region {
    box_.iter().map(|piece| piece.target.clone()).collect()
}

fn starts(region: &Region) -> Vec<usize> {
    region.axes().iter().map(|range| range.start).collect()
}
