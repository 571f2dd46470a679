//! What the padded axis of a part shows, and the boxes that such pieces make.

use std::ops::Range;

use super::super::{AxisLayout, Region};
use super::edge::{Edge, Shown};

/// A run of cells along one axis that one part owns and another part's padded axis shows.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) owner: usize,
    pub(super) viewer: usize,
    /// In global indices.
    pub(super) source: Range<usize>,
    /// In the viewer's padded indices.
    pub(super) target: Range<usize>,
    /// Whether these are the viewer's own cells.
    own: bool,
}

/// One axis of an array that has a halo.
pub(super) struct PaddedAxis<'plan> {
    pub(super) length: usize,
    pub(super) cut: &'plan AxisLayout,
    pub(super) lower: usize,
    pub(super) upper: usize,
    pub(super) edges: [Edge; 2],
}

impl PaddedAxis<'_> {
    /// All that the padded axis of part `viewer` shows: its own cells, and the runs of its halo.
    pub(super) fn shown_to(&self, viewer: usize) -> Vec<Piece> {
        let owned = self.cut.runs(viewer).as_range().unwrap_or_default();
        if owned.is_empty() {
            return vec![];
        }
        let after = self.lower + owned.len();
        let mut pieces = vec![Piece {
            owner: viewer,
            viewer,
            source: owned.clone(),
            target: self.lower..after,
            own: true,
        }];
        for place in (0..self.lower).chain(after..after + self.upper) {
            let index = (owned.start + place) as isize - self.lower as isize;
            if let Shown::Cell(source) = Shown::at(index, self.length, self.edges)
                && let Some(owner) = self.cut.owner(source)
            {
                append(&mut pieces, owner, viewer, source, place);
            }
        }
        pieces
    }

    /// All that the padded axes of all parts show of what `owner` has.
    pub(super) fn shown_of(&self, owner: usize) -> Vec<Piece> {
        (0..self.cut.parts())
            .flat_map(|viewer| self.shown_to(viewer))
            .filter(|piece| piece.owner == owner)
            .collect()
    }
}

/// Adds one cell of the halo, to the last run where it continues it.
fn append(pieces: &mut Vec<Piece>, owner: usize, viewer: usize, source: usize, place: usize) {
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

/// Every combination of one piece an axis that lies in the halo (and, without corners, beyond one
/// axis only).
pub(super) fn boxes(axes: &[Vec<Piece>], corners: bool) -> Vec<Vec<&Piece>> {
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
                .filter(|chosen| corners || beyond(chosen) < 2)
                .collect()
        })
        .into_iter()
        .filter(|chosen| beyond(chosen) > 0)
        .collect()
}

/// Beyond how many faces of the block a box lies.
fn beyond(box_: &[&Piece]) -> usize {
    box_.iter().filter(|piece| !piece.own).count()
}

/// The box in the viewer's padded indices.
pub(super) fn target(box_: &[&Piece]) -> Region {
    box_.iter().map(|piece| piece.target.clone()).collect()
}
