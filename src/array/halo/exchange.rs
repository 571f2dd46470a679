//! Exchanges of halos: of one array, or of several with one message between two ranks.

use std::rc::Rc;

use ndarray::ArrayView;

use super::super::{DistArray, ProcessGrid};
use super::plan::Plan;
use super::travelling::Travelling;
use crate::comm::{Call, Element};
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
    /// One message to each rank that shows cells of this one; [`HaloPlan`](crate::layout::HaloPlan) counts them. To a
    /// rank on the same machine, cells are packed into memory that both see and unpacked from there (two copies, of
    /// two exchanges at a time; what more are under way are messages).
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
    let exchange = match arrays.first() {
        None => None,
        Some(first) => {
            let communicator = first.communicator().clone();
            let call = Call::new(operation).array::<A>(first.shape());
            // Where the ranks are checked, they wait for each other here all the same.
            drop(communicator.enter(call)?);
            let plans = plans_of(operation, &first.grid, &arrays)?;
            let state = arrays[0].halo.as_mut();
            let (boxes, buffers) = state.map_or((None, vec![]), |state| {
                (state.boxes.clone(), std::mem::take(&mut state.buffers))
            });
            let arrays = &mut arrays[..];
            let travelling = Travelling::start(&communicator, plans, boxes, buffers, arrays)?;
            Some(travelling)
        }
    };
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
    /// Without an array there is none.
    exchange: Option<Travelling<A>>,
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
        if let Some(exchange) = self.exchange {
            let buffers = exchange.finish(&mut arrays)?;
            if let Some(state) = &mut arrays[0].halo {
                state.buffers = buffers;
            }
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
