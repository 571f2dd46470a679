//! The margin around a rank's block in which its neighbours' cells are shown.

mod exchange;
mod plan;
mod rows;
mod travelling;

use std::rc::Rc;

use ndarray::{Array, ArrayViewMut, Axis, Slice};

use super::DistArray;
use super::construct::try_default;
use super::storage::Storage;
use crate::comm::{Call, Element, OpenBoxes};
use crate::error::{Error, Result};
use crate::layout::{Axes, Edge, HaloPlan, HaloWidths, Layout, Message, Shown};
use plan::Plan;

pub use exchange::{HaloExchange, HaloExchanges, Haloed};

/// What lies beyond an edge of the global array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Boundary<A> {
    /// The cells of the opposite edge: the axis closes on itself.
    Periodic,
    /// One value, at every step.
    Fixed(A),
    /// The cells on this side, in a mirror at the edge: the first cell beyond shows the last one before,
    /// so that nothing flows through (`symmetric` of `numpy.pad`).
    Reflecting,
    /// Whatever the program puts there ([`DistArray::padded_mut`]), at first the default value: no exchange
    /// ever changes it.
    Open,
}

impl<A: Copy> Boundary<A> {
    fn edge(self) -> Edge {
        match self {
            Boundary::Periodic => Edge::Periodic,
            Boundary::Fixed(_) => Edge::Fixed,
            Boundary::Reflecting => Edge::Reflecting,
            Boundary::Open => Edge::Open,
        }
    }

    fn value(self) -> Option<A> {
        match self {
            Boundary::Fixed(value) => Some(value),
            _ => None,
        }
    }
}

/// How wide a margin each side of each axis has, and what stands in it beyond the edges of the global
/// array.
///
/// ```
/// use partita::{Boundary, Halo};
/// // One cell on every side of both axes; the first axis is periodic.
/// let halo = Halo::uniform(2, 1, Boundary::Fixed(0.0)).axis(0, 1, 1, Boundary::Periodic);
/// // Two cells before each block and none after; a wall at the end of the second axis.
/// let upwind = Halo::uniform(2, 0, Boundary::Open)
///     .axis(1, 2, 0, Boundary::Fixed(1.0))
///     .edges(1, [Boundary::Fixed(1.0), Boundary::Reflecting]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Halo<A> {
    widths: HaloWidths,
    boundaries: Vec<[Boundary<A>; 2]>,
}

impl<A: Element> Halo<A> {
    /// `width` cells on both sides of each of `ndim` axes, beyond the faces only.
    pub fn uniform(ndim: usize, width: usize, boundary: Boundary<A>) -> Self {
        Halo {
            widths: HaloWidths {
                lower: vec![width; ndim],
                upper: vec![width; ndim],
                edges: vec![[boundary.edge(); 2]; ndim],
                corners: false,
            },
            boundaries: vec![[boundary; 2]; ndim],
        }
    }

    /// Another width or boundary along one axis: `lower` cells before the block and `upper` after it.
    ///
    /// # Panics
    /// When there is no such axis, as indexing does.
    pub fn axis(mut self, axis: usize, lower: usize, upper: usize, boundary: Boundary<A>) -> Self {
        self.widths.lower[axis] = lower;
        self.widths.upper[axis] = upper;
        self.edges(axis, [boundary; 2])
    }

    /// What lies before the first cell of an axis of the global array, and what after the last.
    ///
    /// # Panics
    /// When there is no such axis, as indexing does.
    pub fn edges(mut self, axis: usize, boundaries: [Boundary<A>; 2]) -> Self {
        self.widths.edges[axis] = boundaries.map(Boundary::edge);
        self.boundaries[axis] = boundaries;
        self
    }

    /// The corners too: the cells that lie beyond two or more faces at once (a box, not a star).
    pub fn with_corners(mut self) -> Self {
        self.widths.corners = true;
        self
    }
}

/// The halo of an array: its plan, and buffers that are used again by every exchange.
#[derive(Clone)]
pub(super) struct State<A> {
    pub(super) widths: HaloWidths,
    plan: Rc<Plan>,
    buffers: Vec<Vec<A>>,
    /// For what goes between ranks of one machine.
    boxes: Option<OpenBoxes<A>>,
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// How far the margin reaches; nowhere without a halo.
    pub(super) fn halo_widths(&self) -> HaloWidths {
        let none = || Halo::uniform(self.ndim(), 0, Boundary::<A>::Open).widths;
        self.halo
            .as_ref()
            .map_or_else(none, |state| state.widths.clone())
    }
}

impl<A> State<A> {
    /// For each axis and side whether other ranks fill the margin there.
    pub(super) fn awaited(&self) -> &[[bool; 2]] {
        &self.plan.awaited
    }

    pub(super) fn lower(&self, axis: usize) -> usize {
        self.widths.lower[axis]
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The same array with a margin around each rank's block. *Collective.*
    ///
    /// The plan of the exchange is made here, once. Cells beyond a fixed edge get its value here and
    /// keep it; beyond two fixed edges at once that of the first axis, and beyond a fixed and an open one
    /// they are open.
    ///
    /// # Shapes
    /// Any widths: a halo may be wider than the neighbour's block, or than the whole periodic axis.
    ///
    /// # Cost
    /// Two agreements (on memory, and on what is sent at most), one copy of the block. The first halo of a
    /// communicator and an element type, and a larger one later, opens boxes for what its ranks on one machine
    /// send each other: two to eight times that, kept with the communicator.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the halo has not one width for each axis,
    /// or parts are not boxes ([`Layout::is_contiguous`]), [`Error::Memory`] when a rank cannot hold the padded block,
    /// [`Error::Usage`] when `PARTITA_SHARED` is neither 0 nor 1.
    #[track_caller]
    pub fn with_halo(self, halo: Halo<A>) -> Result<Self> {
        if halo.boundaries.len() != self.ndim() {
            let detail = format!(
                "a halo of {} axes for an array of shape {:?}",
                halo.boundaries.len(),
                self.shape()
            );
            return Err(Error::shape("with_halo", detail));
        }
        let communicator = self.communicator().clone();
        let call = Call::new("with_halo").array::<A>(self.shape());
        let call = call.layout(&self.layout).given(&halo.widths);
        let _call = communicator.enter(call)?;
        // Memory first: a halo that nobody can hold is not worth a plan.
        let padded =
            communicator.agree(padded_storage(&self.layout, communicator.rank(), &halo))?;
        let plan = HaloPlan::new(&self.layout, &halo.widths, communicator.rank())?;
        let sent = plan.sends.iter().map(Message::volume).sum();
        let boxes = communicator.boxes_for::<A>(sent)?;
        let own = self.local_shape();
        let own = own.slice().iter().zip(&halo.widths.lower);
        let own = own.map(|(length, &lower)| lower..lower + length).collect();
        let mut array = DistArray {
            halo: Some(State {
                plan: Rc::new(Plan::new(&plan, padded.shape(), &own)),
                widths: halo.widths,
                buffers: vec![],
                boxes,
            }),
            storage: Storage::Own(padded),
            grid: self.grid.clone(),
            layout: self.layout.clone(),
        };
        array.local_mut().assign(&self.local());
        Ok(array)
    }

    /// The block with its margin, to be changed. *Local.*
    ///
    /// What is put into cells beyond an open edge stays there, for neighbourhoods to see; an exchange fills
    /// the rest of the margin. Without a halo this is the block.
    pub fn padded_mut(&mut self) -> ArrayViewMut<'_, A, D> {
        self.storage.view_mut()
    }
}

/// The block's storage with its margin: fixed values beyond the global array's edges, defaults elsewhere.
fn padded_storage<A: Element, D: Axes>(
    layout: &Layout<D>,
    rank: usize,
    halo: &Halo<A>,
) -> Result<Array<A, D>> {
    let mut shape = layout.local_shape(rank);
    for (axis, length) in shape.slice_mut().iter_mut().enumerate() {
        let wider = length.saturating_add(halo.widths.lower[axis]);
        *length = wider.saturating_add(halo.widths.upper[axis]);
    }
    if shape.size_checked().is_none() {
        return Err(Error::Memory {
            operation: "with_halo".to_string(),
            bytes: u64::MAX,
        });
    }
    let mut padded = try_default(shape, "with_halo")?;
    // From the last axis to the first, so that the first axis has the last word on shared corners; and what
    // is open along any axis is open.
    for axis in (0..halo.boundaries.len()).rev() {
        fill_beyond(&mut padded, layout, rank, halo, axis, |shown| match shown {
            Shown::Fixed(side) => halo.boundaries[axis][side].value(),
            _ => None,
        });
    }
    for axis in 0..halo.boundaries.len() {
        let open = |shown| (shown == Shown::Open).then(A::default);
        fill_beyond(&mut padded, layout, rank, halo, axis, open);
    }
    Ok(padded)
}

/// Fills the cells of the margin along `axis` by what is shown there, where `value` gives one.
fn fill_beyond<A: Element, D: Axes>(
    padded: &mut Array<A, D>,
    layout: &Layout<D>,
    rank: usize,
    halo: &Halo<A>,
    axis: usize,
    value: impl Fn(Shown) -> Option<A>,
) {
    let widths = &halo.widths;
    let owned = layout.local_runs(rank, axis).as_range().unwrap_or_default();
    let after = widths.lower[axis] + owned.len();
    for place in (0..widths.lower[axis]).chain(after..after + widths.upper[axis]) {
        let index = (owned.start + place) as isize - widths.lower[axis] as isize;
        if let Some(value) = value(Shown::at(index, layout.shape()[axis], widths.edges[axis])) {
            let place = Slice::from(place..place + 1);
            padded.slice_axis_mut(Axis(axis), place).fill(value);
        }
    }
}
