//! The margin around a rank's block in which its neighbours' cells are shown.

use std::rc::Rc;

use ndarray::{Array, ArrayView, ArrayViewMut, Axis, Slice};

use super::DistArray;
use super::construct::try_default;
use crate::comm::ffi::Request;
use crate::comm::{Call, Communicator, Element, Purpose};
use crate::error::{Error, Result};
use crate::layout::{Axes, HaloPlan, HaloWidths, Layout, Message, Region};

/// What lies beyond the edge of the global array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Boundary<A> {
    /// The cells of the opposite edge: the axis closes on itself.
    Periodic,
    /// One value, at every step.
    Fixed(A),
}

/// How wide a margin each axis has, and what stands in it beyond the edges of the global array.
///
/// ```
/// use partita::{Boundary, Halo};
/// // One cell on every side of both axes; the first axis is periodic.
/// let halo = Halo::uniform(2, 1, Boundary::Fixed(0.0)).axis(0, 1, 1, Boundary::Periodic);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Halo<A> {
    widths: HaloWidths,
    boundaries: Vec<Boundary<A>>,
}

impl<A: Element> Halo<A> {
    /// `width` cells on both sides of each of `ndim` axes, beyond the faces only.
    pub fn uniform(ndim: usize, width: usize, boundary: Boundary<A>) -> Self {
        let none = Halo {
            widths: HaloWidths {
                lower: vec![0; ndim],
                upper: vec![0; ndim],
                periodic: vec![false; ndim],
                corners: false,
            },
            boundaries: vec![boundary; ndim],
        };
        (0..ndim).fold(none, |halo, axis| halo.axis(axis, width, width, boundary))
    }

    /// Another width or boundary along one axis: `lower` cells before the block and `upper` after it.
    ///
    /// # Panics
    /// When there is no such axis, as indexing does.
    pub fn axis(mut self, axis: usize, lower: usize, upper: usize, boundary: Boundary<A>) -> Self {
        self.widths.lower[axis] = lower;
        self.widths.upper[axis] = upper;
        self.widths.periodic[axis] = matches!(boundary, Boundary::Periodic);
        self.boundaries[axis] = boundary;
        self
    }

    /// The corners too: the cells that lie beyond two or more faces at once.
    pub fn with_corners(mut self) -> Self {
        self.widths.corners = true;
        self
    }
}

/// The halo of an array: its plan, and buffers that are used again by every exchange.
#[derive(Clone)]
pub(super) struct State<A> {
    widths: HaloWidths,
    plan: Rc<HaloPlan>,
    send_buffers: Vec<Vec<A>>,
    receive_buffers: Vec<Vec<A>>,
    /// Holds one self-copy between its place in the block and its place in the halo.
    copy_buffer: Vec<A>,
}

impl<A> State<A> {
    pub(super) fn lower(&self, axis: usize) -> usize {
        self.widths.lower[axis]
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The same array with a margin around each rank's block. *Collective.*
    ///
    /// The plan of the exchange is made here, once. Cells beyond a fixed edge get its value here and
    /// keep it; beyond two fixed edges at once that of the first axis.
    ///
    /// # Shapes
    /// Any widths: a halo may be wider than the neighbour's block, or than the whole periodic axis.
    ///
    /// # Cost
    /// One agreement (on memory), one copy of the block.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the halo has not one width for each axis,
    /// or parts are not boxes ([`Layout::is_contiguous`]), [`Error::Memory`] when a rank cannot hold the padded block.
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
        let _call = communicator.enter(Call::new("with_halo").array::<A>(self.shape()))?;
        let plan = HaloPlan::new(&self.layout, &halo.widths, communicator.rank())?;
        let padded =
            communicator.agree(padded_storage(&self.layout, communicator.rank(), &halo))?;
        let copies = plan.self_copies.iter().map(|copy| copy.from.volume());
        let largest = copies.max().unwrap_or(0);
        let mut array = DistArray {
            storage: padded,
            halo: Some(State {
                send_buffers: buffers_for(&plan.sends),
                receive_buffers: buffers_for(&plan.receives),
                copy_buffer: vec![A::default(); largest],
                plan: Rc::new(plan),
                widths: halo.widths,
            }),
            grid: self.grid.clone(),
            layout: self.layout.clone(),
        };
        array.local_mut().assign(&self.local());
        Ok(array)
    }

    /// Shows every rank its neighbours' cells; [`start_halo_exchange`](Self::start_halo_exchange) and
    /// [`finish`](HaloExchange::finish) in one. *Collective.*
    ///
    /// # Errors
    /// As those two.
    #[track_caller]
    pub fn halo_exchange(&mut self) -> Result<Haloed<'_, A, D>> {
        self.start_halo_exchange()?.finish()
    }

    /// Starts an exchange of halos; work on cells that need none of them can be done until it is
    /// finished. *Collective*, without waiting for anyone.
    ///
    /// Nothing can change the array meanwhile, nor as long as the filled halo is looked at:
    ///
    /// ```compile_fail
    /// # fn example(mut u: partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// let haloed = u.halo_exchange()?;
    /// u.local_mut().fill(0.0); // the neighbours' halos would be stale
    /// let view = haloed.padded();
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// One message to each rank that shows cells of this one; [`HaloPlan`] counts them.
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when the array has no halo.
    #[track_caller]
    pub fn start_halo_exchange(&mut self) -> Result<HaloExchange<'_, A, D>> {
        let communicator = self.communicator().clone();
        let call = Call::new("halo_exchange").array::<A>(self.shape());
        // Where the ranks are checked, they wait for each other here all the same.
        drop(communicator.enter(call)?);
        let Some(state) = &mut self.halo else {
            return Err(Error::usage("halo_exchange: the array has no halo"));
        };
        let purpose = communicator.next_halo_purpose();
        let plan = Rc::clone(&state.plan);
        let mut receives = Vec::with_capacity(plan.receives.len());
        for (message, buffer) in plan.receives.iter().zip(&mut state.receive_buffers) {
            let mut buffer = std::mem::take(buffer);
            // An exchange that was dropped has kept its buffers.
            buffer.resize(message.volume(), A::default());
            receives.push(communicator.start_own_receive(buffer, message.peer, purpose)?);
        }
        let mut sends = Vec::with_capacity(plan.sends.len());
        for (message, buffer) in plan.sends.iter().zip(&mut state.send_buffers) {
            let mut buffer = std::mem::take(buffer);
            buffer.resize(message.volume(), A::default());
            pack(&mut self.storage, &message.pieces, &mut buffer);
            sends.push(communicator.start_own_send(buffer, message.peer, purpose)?);
        }
        Ok(HaloExchange {
            array: self,
            plan,
            receives,
            sends,
        })
    }
}

/// An exchange under way. The array can be read, not changed.
///
/// Dropped unfinished (when a rank fails in between), its messages go nowhere; a later exchange is not
/// confused by them.
#[must_use = "an exchange must be finished"]
pub struct HaloExchange<'array, A: Element, D: Axes> {
    array: &'array mut DistArray<A, D>,
    plan: Rc<HaloPlan>,
    receives: Vec<Request<A>>,
    sends: Vec<Request<A>>,
}

impl<'array, A: Element, D: Axes> HaloExchange<'array, A, D> {
    /// This rank's own cells, to work on those that need no neighbour's.
    pub fn local(&self) -> ArrayView<'_, A, D> {
        self.array.local()
    }

    /// Waits until this rank's halo is filled. *Collective.*
    ///
    /// # Errors
    /// [`Error::Mpi`] when a message is lost.
    pub fn finish(self) -> Result<Haloed<'array, A, D>> {
        let array = self.array;
        if let Some(state) = &mut array.halo {
            for copy in &self.plan.self_copies {
                let buffer = &mut state.copy_buffer[..copy.from.volume()];
                pack(&mut array.storage, std::slice::from_ref(&copy.from), buffer);
                unpack(buffer, &mut array.storage, std::slice::from_ref(&copy.to));
            }
        }
        let mut received = Vec::with_capacity(self.receives.len());
        for (request, message) in self.receives.into_iter().zip(&self.plan.receives) {
            let buffer = request.wait()?;
            unpack(&buffer, &mut array.storage, &message.pieces);
            received.push(buffer);
        }
        let sent: Result<Vec<_>> = self.sends.into_iter().map(Request::wait).collect();
        if let Some(state) = &mut array.halo {
            state.send_buffers = sent?;
            state.receive_buffers = received;
        }
        Ok(Haloed { array })
    }
}

/// A view of an array whose halo is up to date, for as long as nobody changes the array.
pub struct Haloed<'array, A: Element, D: Axes> {
    array: &'array DistArray<A, D>,
}

impl<A: Element, D: Axes> Haloed<'_, A, D> {
    /// This rank's block with the halo around it: along an axis with `lower` cells of halo, the block's
    /// first cell has index `lower`.
    pub fn padded(&self) -> ArrayView<'_, A, D> {
        self.array.storage.view()
    }

    /// This rank's block without the halo.
    pub fn local(&self) -> ArrayView<'_, A, D> {
        self.array.local()
    }
}

impl Communicator {
    /// The purpose of the next exchange's messages: a message of an earlier one that was never finished is no
    /// message of this one. The same on every rank, because all start the same exchanges.
    fn next_halo_purpose(&self) -> Purpose {
        Purpose::Halo(self.next_sequence_number())
    }
}

/// The block's storage with its margin: fixed values beyond the global array's edges.
fn padded_storage<A: Element, D: Axes>(
    layout: &Layout<D>,
    rank: usize,
    halo: &Halo<A>,
) -> Result<Array<A, D>> {
    let mut shape = layout.local_shape(rank);
    for (axis, length) in shape.slice_mut().iter_mut().enumerate() {
        *length += halo.widths.lower[axis] + halo.widths.upper[axis];
    }
    let mut padded = try_default(shape, "with_halo")?;
    // From the last axis to the first, so that the first axis has the last word on shared corners.
    for axis in (0..halo.boundaries.len()).rev() {
        let Boundary::Fixed(value) = halo.boundaries[axis] else {
            continue;
        };
        let owned = layout.local_runs(rank, axis).as_range().unwrap_or_default();
        let beyond_start = halo.widths.lower[axis].saturating_sub(owned.start);
        let beyond_end = (owned.end + halo.widths.upper[axis]).saturating_sub(layout.shape()[axis]);
        let end = padded.len_of(Axis(axis));
        for outside in [0..beyond_start, end - beyond_end..end] {
            padded
                .slice_axis_mut(Axis(axis), Slice::from(outside))
                .fill(value);
        }
    }
    Ok(padded)
}

/// Buffers of the messages' lengths.
fn buffers_for<A: Element>(messages: &[Message]) -> Vec<Vec<A>> {
    messages
        .iter()
        .map(|message| vec![A::default(); message.volume()])
        .collect()
}

fn region_of<'storage, A, D: Axes>(
    storage: &'storage mut Array<A, D>,
    region: &Region,
) -> ArrayViewMut<'storage, A, D> {
    storage.slice_each_axis_mut(|axis| Slice::from(region.axes()[axis.axis.index()].clone()))
}

/// The pieces one after the other, each in C order.
fn pack<A: Element, D: Axes>(storage: &mut Array<A, D>, pieces: &[Region], buffer: &mut [A]) {
    let mut rest = buffer;
    for piece in pieces {
        let source = region_of(storage, piece);
        let (here, after) = rest.split_at_mut(piece.volume());
        for (to, from) in here.iter_mut().zip(&source) {
            *to = *from;
        }
        rest = after;
    }
}

/// The inverse of [`pack`].
fn unpack<A: Element, D: Axes>(buffer: &[A], storage: &mut Array<A, D>, pieces: &[Region]) {
    let mut rest = buffer;
    for piece in pieces {
        let (here, after) = rest.split_at(piece.volume());
        for (to, from) in region_of(storage, piece).iter_mut().zip(here) {
            *to = *from;
        }
        rest = after;
    }
}
