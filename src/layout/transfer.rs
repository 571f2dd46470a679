//! What travels between ranks when an array goes from one layout to another.

use std::fmt;

use super::cost::Cost;
use super::overlap::Overlap;
use super::runs::Runs;
use super::tiling::Tiling;
use super::{Axes, AxisLayout, Layout};
use crate::error::{Error, Result};

/// The elements that one rank has and another one gets, as one message: a product of sets of indices.
///
/// Both sides list the sets in the same order, so that the message needs no description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// The other rank.
    pub peer: usize,
    /// What goes along each axis of the target, as places in both ranks' parts.
    pub axes: Vec<Overlap>,
}

impl Shipment {
    /// The number of elements that travel.
    pub fn volume(&self) -> usize {
        self.axes.iter().map(Overlap::len).product()
    }
}

/// One rank's part in taking an array from one layout to another: computed from descriptions alone,
/// without communication.
///
/// What a rank has already it copies; it sends nothing twice, and nothing to a rank that has it. Of several
/// ranks that hold an element the receiver's neighbour among the copies sends it, so that all of them send.
///
/// ```
/// use partita::layout::{Distribution::*, GridShape, Layout, Transfer};
/// let rows = Layout::new([4, 6], GridShape::new(&[2]), &[Block, Replicated])?;
/// let columns = Layout::new([4, 6], GridShape::new(&[2]), &[Replicated, Block])?;
/// let transfer = Transfer::new(&rows, &columns, &[0, 1], 0)?;
/// assert_eq!(transfer.sends[0].peer, 1);
/// assert_eq!(transfer.to_string(), "rank 0 keeps 6, sends 6 to 1 rank, receives 6 from 1 rank");
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The rank whose part this is.
    pub rank: usize,
    /// What it has already; nothing where that is nothing.
    pub kept: Option<Shipment>,
    /// What it sends, a message a peer, the next higher rank first.
    pub sends: Vec<Shipment>,
    /// What it receives, a message a peer, the next lower rank first.
    pub receives: Vec<Shipment>,
    /// The axes of the target that lie together in the source's or the target's memory.
    inner: Vec<usize>,
}

/// A part along each axis of the target, and what two ranks have in common there.
type Candidate<'axes> = (Vec<usize>, Vec<&'axes Overlap>);

impl Transfer {
    /// The part of `rank`; axis i of the target is axis `permutation[i]` of the source. Costs no
    /// communication; time in the order of the ranks it shares something with, and of the runs in a period
    /// of what is dealt in turn.
    ///
    /// # Errors
    /// [`Error::Shape`] when the two are not layouts of one array on as many ranks.
    pub fn new<D: Axes>(
        source: &Layout<D>,
        target: &Layout<D>,
        permutation: &[usize],
        rank: usize,
    ) -> Result<Self> {
        check(source, target, permutation)?;
        let size = source.grid().size();
        let mut sends = sends(source, target, permutation, rank);
        let mut receives = receives(source, target, permutation, rank);
        let kept = receives.iter().position(|received| received.peer == rank);
        let kept = kept.map(|place| receives.remove(place));
        // Each rank begins with another one, so that no rank is begun with by all.
        sends.sort_by_key(|sent| (sent.peer + size - rank) % size);
        receives.sort_by_key(|received| (rank + size - received.peer) % size);
        let inner = inner_axes(permutation);
        Ok(Transfer {
            rank,
            kept,
            sends,
            receives,
            inner,
        })
    }

    /// How a message is cut into pieces of at most `limit` elements.
    pub fn tiling(&self, shipment: &Shipment, limit: usize) -> Tiling {
        let lengths: Vec<usize> = shipment.axes.iter().map(Overlap::len).collect();
        Tiling::new(&lengths, &self.inner, limit)
    }

    /// What it costs this rank, with elements of so many bytes and, in buffers, at most `memory_limit` bytes.
    pub fn cost(&self, element_bytes: usize, memory_limit: Option<usize>) -> Cost {
        Cost::of(self, element_bytes, memory_limit)
    }
}

/// All that `rank` has and others get from it.
fn sends<D: Axes>(
    source: &Layout<D>,
    target: &Layout<D>,
    permutation: &[usize],
    rank: usize,
) -> Vec<Shipment> {
    let here = source.parts(rank);
    let leaving = target.axes().iter().zip(permutation).map(|(there, &axis)| {
        let own = source.axes()[axis].runs(here[axis]);
        shared_parts(there, &own, |runs| Overlap::between(&own, runs))
    });
    let mut sends = Vec::new();
    let leaving: Vec<_> = leaving.collect();
    for (parts, axes) in candidates(&leaving) {
        let peers = holders(target, &parts).into_iter();
        // Of several that hold it the peer's neighbour among the copies sends it, itself first of all.
        let peers =
            peers.filter(|&peer| peer != rank && source.rank_with_parts(peer, &here) == rank);
        sends.extend(peers.map(|peer| shipment(peer, &axes)));
    }
    sends
}

/// All that `rank` gets, also from itself.
fn receives<D: Axes>(
    source: &Layout<D>,
    target: &Layout<D>,
    permutation: &[usize],
    rank: usize,
) -> Vec<Shipment> {
    let there = target.all_local_runs(rank);
    let coming = there.iter().zip(permutation).map(|(own, &axis)| {
        let axis = &source.axes()[axis];
        shared_parts(axis, own, |runs| Overlap::between(runs, own))
    });
    let mut in_source_order = vec![0; permutation.len()];
    let coming: Vec<_> = coming.collect();
    let candidates = candidates(&coming).into_iter();
    candidates
        .map(|(parts, axes)| {
            for (&axis, part) in permutation.iter().zip(parts) {
                in_source_order[axis] = part;
            }
            shipment(source.rank_with_parts(rank, &in_source_order), &axes)
        })
        .collect()
}

/// Replicated: layouts are the same on every rank.
fn check<D: Axes>(source: &Layout<D>, target: &Layout<D>, permutation: &[usize]) -> Result<()> {
    let ranks = (source.grid().size(), target.grid().size());
    let mut sorted = permutation.to_vec();
    sorted.sort_unstable();
    let permutes = sorted.into_iter().eq(0..source.shape().len());
    let wrong = if !permutes {
        format!(
            "{permutation:?} is no order of {} axes",
            source.shape().len()
        )
    } else if ranks.0 != ranks.1 {
        format!("{source} has {} ranks, {target} has {}", ranks.0, ranks.1)
    } else if !permutation
        .iter()
        .map(|&axis| &source.shape()[axis])
        .eq(target.shape())
    {
        let in_order = permutation.iter().copied().eq(0..permutation.len());
        match in_order {
            true => format!("{source} does not become {target}: the shapes differ"),
            false => format!(
                "{source} does not become {target} with its axes in the order {permutation:?}"
            ),
        }
    } else {
        return Ok(());
    };
    Err(Error::shape("redistribute", wrong))
}

/// The parts of an axis that have something of `own`, and what.
fn shared_parts(
    axis: &AxisLayout,
    own: &Runs,
    overlap: impl Fn(&Runs) -> Overlap,
) -> Vec<(usize, Overlap)> {
    let bounds = own.bounds();
    let owner = |index| axis.owner(index).unwrap_or(0);
    let parts = match bounds.end.checked_sub(1) {
        Some(last) if axis.is_contiguous() => owner(bounds.start)..owner(last) + 1,
        _ => 0..axis.parts(),
    };
    parts
        .map(|part| (part, overlap(&axis.runs(part))))
        .filter(|(_, overlap)| !overlap.is_empty())
        .collect()
}

/// Every choice of one part an axis.
fn candidates(axes: &[Vec<(usize, Overlap)>]) -> Vec<Candidate<'_>> {
    axes.iter()
        .fold(vec![(vec![], vec![])], |chosen: Vec<Candidate>, parts| {
            chosen
                .iter()
                .flat_map(|(before, overlaps)| {
                    parts.iter().map(move |(part, overlap)| {
                        let parts = [&before[..], &[*part]].concat();
                        (parts, [&overlaps[..], &[overlap]].concat())
                    })
                })
                .collect()
        })
}

fn shipment(peer: usize, axes: &[&Overlap]) -> Shipment {
    let axes = axes.iter().map(|&axis| axis.clone()).collect();
    Shipment { peer, axes }
}

/// All ranks that have these parts.
fn holders<D: Axes>(layout: &Layout<D>, parts: &[usize]) -> Vec<usize> {
    let grid = layout.grid();
    let first = layout.rank_with_parts(0, parts);
    let free = (0..grid.ndim()).filter(|&place| !layout.over().contains(&Some(place)));
    free.fold(vec![first], |ranks, place| {
        let along = |rank: &usize| {
            let mut coordinates = grid.coordinates(*rank);
            (0..grid.parts()[place]).map(move |coordinate| {
                coordinates[place] = coordinate;
                grid.rank(&coordinates)
            })
        };
        ranks.iter().flat_map(along).collect()
    })
}

/// The last axis of the target, and the one that is the source's last.
fn inner_axes(permutation: &[usize]) -> Vec<usize> {
    let Some(last) = permutation.len().checked_sub(1) else {
        return vec![];
    };
    let mut inner = vec![last];
    inner.extend((0..last).filter(|&axis| permutation[axis] == last));
    inner
}

impl fmt::Display for Transfer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total =
            |shipments: &[Shipment]| -> usize { shipments.iter().map(Shipment::volume).sum() };
        let ranks = |shipments: &[Shipment]| match shipments.len() {
            1 => "1 rank".to_string(),
            number => format!("{number} ranks"),
        };
        let kept = self.kept.as_ref().map_or(0, Shipment::volume);
        write!(
            formatter,
            "rank {} keeps {kept}, sends {} to {}, receives {} from {}",
            self.rank,
            total(&self.sends),
            ranks(&self.sends),
            total(&self.receives),
            ranks(&self.receives)
        )
    }
}
