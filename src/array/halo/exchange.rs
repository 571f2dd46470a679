//! Exchanges of halos: of one array, or of several with one message between two ranks.

use std::collections::BTreeMap;
use std::rc::Rc;

use ndarray::ArrayView;

use super::super::{DistArray, ProcessGrid};
use super::State;
use super::plan::{Plan, Transfer};
use crate::comm::ffi::Request;
use crate::comm::{Call, Communicator, Element, Purpose};
use crate::error::{Error, Result};
use crate::layout::{Axes, Region};

impl<A: Element, D: Axes> DistArray<A, D> {
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
    /// One message to each rank that shows cells of this one; [`HaloPlan`](crate::layout::HaloPlan) counts them.
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when the array has no halo.
    #[track_caller]
    pub fn start_halo_exchange(&mut self) -> Result<HaloExchange<'_, A, D>> {
        start("halo_exchange", [self]).map(|several| HaloExchange { several })
    }

    /// Shows every rank its neighbours' cells of several arrays;
    /// [`start_halo_exchange_of`](Self::start_halo_exchange_of) and [`finish`](HaloExchanges::finish) in one.
    /// *Collective.*
    ///
    /// ```no_run
    /// # fn example(
    /// #     u: &mut partita::DistArray<f64, ndarray::Ix2>,
    /// #     v: &mut partita::DistArray<f64, ndarray::Ix2>,
    /// # ) -> partita::Result<()> {
    /// use partita::DistArray;
    /// let [u, v] = DistArray::halo_exchange_of([u, v])?;
    /// let difference = &u.padded() - &v.padded();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As those two.
    #[track_caller]
    pub fn halo_exchange_of<const COUNT: usize>(
        arrays: [&mut Self; COUNT],
    ) -> Result<[Haloed<'_, A, D>; COUNT]> {
        DistArray::start_halo_exchange_of(arrays)?.finish()
    }

    /// Starts one exchange of the halos of several arrays. *Collective*, without waiting for anyone.
    ///
    /// # Shapes
    /// Each array has a shape, layout and halo of its own, as the fields of a staggered grid do.
    ///
    /// # Cost
    /// One message to each rank that shows cells of this one, of whichever array.
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when an array has no halo, or they are on different ranks.
    #[track_caller]
    pub fn start_halo_exchange_of<const COUNT: usize>(
        arrays: [&mut Self; COUNT],
    ) -> Result<HaloExchanges<'_, A, D, COUNT>> {
        start("halo_exchange_of", arrays)
    }
}

#[track_caller]
fn start<'arrays, A: Element, D: Axes, const COUNT: usize>(
    operation: &'static str,
    mut arrays: [&'arrays mut DistArray<A, D>; COUNT],
) -> Result<HaloExchanges<'arrays, A, D, COUNT>> {
    let mut exchange = Travelling::default();
    if let Some(first) = arrays.first() {
        let communicator = first.communicator().clone();
        let call = Call::new(operation).array::<A>(first.shape());
        // Where the ranks are checked, they wait for each other here all the same.
        drop(communicator.enter(call)?);
        let plans = plans_of(operation, &arrays[0].grid, &arrays)?;
        let buffers = arrays[0]
            .halo
            .as_mut()
            .map(|state| std::mem::take(&mut state.buffers));
        exchange.buffers = buffers.unwrap_or_default();
        exchange.start(&communicator, &plans, &mut arrays)?;
    }
    Ok(HaloExchanges { arrays, exchange })
}

/// Replicated: whether arrays have halos, and on which ranks they are.
fn plans_of<A: Element, D: Axes>(
    operation: &str,
    grid: &ProcessGrid,
    arrays: &[&mut DistArray<A, D>],
) -> Result<Vec<Rc<Plan>>> {
    let plan = |array: &&mut DistArray<A, D>| {
        array.grid.check_same_ranks(operation, grid)?;
        let state = array.halo.as_ref();
        let without = || Error::usage(format!("{operation}: the array has no halo"));
        state
            .map(|state| Rc::clone(&state.plan))
            .ok_or_else(without)
    };
    arrays.iter().map(plan).collect()
}

/// The messages of one exchange.
struct Travelling<A: Element> {
    receives: Vec<(Request<A>, Combined)>,
    sends: Vec<Request<A>>,
    plans: Vec<Rc<Plan>>,
    /// To be used for messages.
    buffers: Vec<Vec<A>>,
}

/// What one message holds: of which array, which transfer.
type Combined = Vec<(usize, usize)>;

impl<A: Element> Default for Travelling<A> {
    fn default() -> Self {
        Travelling {
            receives: vec![],
            sends: vec![],
            plans: vec![],
            buffers: vec![],
        }
    }
}

impl<A: Element> Travelling<A> {
    fn start<D: Axes>(
        &mut self,
        communicator: &Communicator,
        plans: &[Rc<Plan>],
        arrays: &mut [&mut DistArray<A, D>],
    ) -> Result<()> {
        self.plans = plans.to_vec();
        let purpose = communicator.next_halo_purpose();
        for (peer, combined) in by_peer(plans, |plan| &plan.receives) {
            let volumes = combined
                .iter()
                .map(|&(array, place)| plans[array].receives[place].volume);
            let buffer = self.buffer(volumes.sum());
            let request = communicator.start_own_receive(buffer, peer, purpose)?;
            self.receives.push((request, combined));
        }
        for (peer, combined) in by_peer(plans, |plan| &plan.sends) {
            let volumes = combined
                .iter()
                .map(|&(array, place)| plans[array].sends[place].volume);
            let mut buffer = self.buffer(volumes.sum());
            let mut rest = &mut buffer[..];
            for (array, place) in combined {
                let transfer = &plans[array].sends[place];
                let (here, after) = rest.split_at_mut(transfer.volume);
                transfer.pack(cells_of(arrays[array]), here);
                rest = after;
            }
            self.sends
                .push(communicator.start_own_send(buffer, peer, purpose)?);
        }
        for (plan, array) in plans.iter().zip(arrays) {
            let cells = cells_of_mut(array);
            plan.copies.iter().for_each(|copies| copies.run(cells));
        }
        Ok(())
    }

    fn finish<D: Axes>(mut self, arrays: &mut [&mut DistArray<A, D>]) -> Result<Vec<Vec<A>>> {
        for (request, combined) in self.receives {
            let buffer = request.wait()?;
            let mut rest = &buffer[..];
            for (array, place) in combined {
                let transfer = &self.plans[array].receives[place];
                let (here, after) = rest.split_at(transfer.volume);
                transfer.unpack(here, cells_of_mut(arrays[array]));
                rest = after;
            }
            self.buffers.push(buffer);
        }
        self.buffers.extend(Request::wait_all(self.sends)?);
        Ok(self.buffers)
    }

    /// Of this length, with whatever in it.
    fn buffer(&mut self, length: usize) -> Vec<A> {
        // An exchange that was dropped has kept its buffers.
        let mut buffer = self.buffers.pop().unwrap_or_default();
        buffer.resize(length, A::default());
        buffer
    }
}

/// For each peer, in order, what travels to or from it: the arrays in their order.
fn by_peer(
    plans: &[Rc<Plan>],
    transfers: impl Fn(&Plan) -> &Vec<Transfer>,
) -> BTreeMap<usize, Combined> {
    let mut combined = BTreeMap::<usize, Combined>::new();
    for (array, plan) in plans.iter().enumerate() {
        for (place, transfer) in transfers(plan).iter().enumerate() {
            combined
                .entry(transfer.peer)
                .or_default()
                .push((array, place));
        }
    }
    combined
}

/// The padded block in C order, as `with_halo` makes it.
fn cells_of<A: Element, D: Axes>(array: &DistArray<A, D>) -> &[A] {
    array.storage.as_slice().unwrap_or_default()
}

fn cells_of_mut<A: Element, D: Axes>(array: &mut DistArray<A, D>) -> &mut [A] {
    array.storage.as_slice_mut().unwrap_or_default()
}

/// An exchange under way. The array can be read, not changed.
///
/// Dropped unfinished (when a rank fails in between), its messages go nowhere; a later exchange is not
/// confused by them.
#[must_use = "an exchange must be finished"]
pub struct HaloExchange<'array, A: Element, D: Axes> {
    several: HaloExchanges<'array, A, D, 1>,
}

impl<'array, A: Element, D: Axes> HaloExchange<'array, A, D> {
    /// This rank's own cells, to work on those that need no neighbour's.
    pub fn local(&self) -> ArrayView<'_, A, D> {
        self.array().local()
    }

    /// The cells of [`local`](Self::local) whose neighbours within the widths of the halo are this rank's
    /// own.
    pub fn interior(&self) -> Region {
        let (shape, halo) = (self.array().local_shape(), self.array().halo_widths());
        Region::interior(shape.slice(), &halo.lower, &halo.upper)
    }

    /// Waits until this rank's halo is filled. *Collective.*
    ///
    /// # Errors
    /// [`Error::Mpi`] when a message is lost.
    pub fn finish(self) -> Result<Haloed<'array, A, D>> {
        self.several.finish().map(|[haloed]| haloed)
    }

    pub(in crate::array) fn array(&self) -> &DistArray<A, D> {
        self.several.arrays[0]
    }
}

/// An exchange of several arrays under way; as [`HaloExchange`].
#[must_use = "an exchange must be finished"]
pub struct HaloExchanges<'arrays, A: Element, D: Axes, const COUNT: usize> {
    arrays: [&'arrays mut DistArray<A, D>; COUNT],
    exchange: Travelling<A>,
}

impl<'arrays, A: Element, D: Axes, const COUNT: usize> HaloExchanges<'arrays, A, D, COUNT> {
    /// This rank's own cells of each array.
    pub fn local(&self) -> [ArrayView<'_, A, D>; COUNT] {
        std::array::from_fn(|place| self.arrays[place].local())
    }

    /// Waits until this rank's halos are filled. *Collective.*
    ///
    /// # Errors
    /// As [`HaloExchange::finish`].
    pub fn finish(self) -> Result<[Haloed<'arrays, A, D>; COUNT]> {
        let mut arrays = self.arrays;
        let buffers = self.exchange.finish(&mut arrays)?;
        if let Some(State { buffers: kept, .. }) =
            arrays.first_mut().and_then(|first| first.halo.as_mut())
        {
            *kept = buffers;
        }
        Ok(arrays.map(|array| Haloed { array }))
    }
}

/// A view of an array whose halo is up to date, for as long as nobody changes the array.
pub struct Haloed<'array, A: Element, D: Axes> {
    pub(in crate::array) array: &'array DistArray<A, D>,
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

    /// The cells of [`local`](Self::local) that are not in the [`interior`](HaloExchange::interior), as boxes
    /// that do not overlap.
    pub fn border(&self) -> Vec<Region> {
        let (shape, halo) = (self.array.local_shape(), self.array.halo_widths());
        Region::border(shape.slice(), &halo.lower, &halo.upper)
    }
}

impl Communicator {
    /// The purpose of the next exchange's messages: a message of an earlier one that was never finished is no
    /// message of this one. The same on every rank, because all start the same exchanges.
    fn next_halo_purpose(&self) -> Purpose {
        Purpose::Halo(self.next_sequence_number())
    }
}
