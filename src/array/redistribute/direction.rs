//! One way from a layout to another: check, agree, communicate.

use super::memory::{Source, Target};
use super::strided::Stores;
use super::{direct, messages, shared, simd};
use crate::array::construct::try_default;
use crate::array::{DistArray, ProcessGrid};
use crate::comm::checker::Entered;
use crate::comm::ffi::vector_with_capacity;
use crate::comm::{Call, Communicator, Element, Operation, SHARED_BYTES};
use crate::error::{Error, Result};
use crate::layout::{Axes, Cost, Layout, Route, Transfer, Window};

/// What a user may ask for.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::array) struct Options {
    /// Bytes of buffers on each rank, at most.
    pub(super) memory_limit: Option<usize>,
    /// No memory that ranks share.
    pub(super) messages_only: bool,
}

/// From one layout to another.
#[derive(Clone)]
pub(in crate::array) struct Direction<D: Axes> {
    operation: &'static str,
    from: (ProcessGrid, Layout<D>),
    to: (ProcessGrid, Layout<D>),
    permutation: Vec<usize>,
    transfer: Transfer,
}

/// Parts of this size do not stay in a cache: they are written past it.
const STREAMED_FROM: usize = 4 << 20;

impl<D: Axes> Direction<D> {
    pub(in crate::array) fn new(
        operation: &'static str,
        grid: &ProcessGrid,
        source: &Layout<D>,
        target: &Layout<D>,
        permutation: &[usize],
    ) -> Result<Self> {
        let communicator = grid.communicator();
        if source.grid().size() != communicator.size() {
            let size = communicator.size();
            let detail = format!("{source} is not for a communicator of {size} ranks");
            return Err(Error::shape(operation, detail));
        }
        let transfer = Transfer::new(source, target, permutation, communicator.rank())?;
        let grid_of = |layout: &Layout<D>| ProcessGrid::new(communicator, layout.grid().parts());
        Ok(Direction {
            operation,
            from: (grid_of(source)?, source.clone()),
            to: (grid_of(target)?, target.clone()),
            permutation: permutation.to_vec(),
            transfer,
        })
    }

    /// The way back.
    pub(super) fn reversed(&self) -> Result<Self> {
        let mut inverse = vec![0; self.permutation.len()];
        for (place, &axis) in self.permutation.iter().enumerate() {
            inverse[axis] = place;
        }
        Direction::new(
            self.operation,
            &self.to.0,
            &self.to.1,
            &self.from.1,
            &inverse,
        )
    }

    pub(super) fn communicator(&self) -> &Communicator {
        self.from.0.communicator()
    }

    pub(super) fn source(&self) -> &Layout<D> {
        &self.from.1
    }

    pub(super) fn transfer(&self) -> &Transfer {
        &self.transfer
    }

    /// The array's ranks are about to go this way, all of them.
    #[track_caller]
    pub(super) fn enter<'array, A: Element>(
        &self,
        operation: &'static str,
        array: &'array DistArray<A, D>,
        options: Options,
    ) -> Result<Entered<'array>> {
        let call = Call::new(operation)
            .array::<A>(array.shape())
            .layout(&(&self.from.1, &self.to.1, &self.permutation))
            .given(&options.as_messages());
        array.communicator().enter(call)
    }

    /// A new array in the target layout.
    pub(in crate::array) fn apply<A: Element>(
        &self,
        array: &DistArray<A, D>,
        options: Options,
    ) -> Result<DistArray<A, D>> {
        check_layout(array, &self.from)?;
        self.apply_to(Ok(array.source()), options)
    }

    /// A new array in the target layout, of this rank's part in the source layout, if it has one.
    pub(in crate::array) fn apply_to<A: Element>(
        &self,
        source: Result<Source<'_, A>>,
        options: Options,
    ) -> Result<DistArray<A, D>> {
        let options = self.least::<A>(options)?;
        let (grid, layout) = &self.to;
        // Local: memory.
        let (source, storage) = self.agree_on_memory::<A, _>(options, || {
            let shape = layout.local_shape(self.transfer.rank);
            Ok((source?, try_default(shape, self.operation)?))
        })?;
        let mut result = DistArray::from_parts(grid, layout.clone(), storage);
        self.run(source, options, &mut result)?;
        Ok(result)
    }

    /// An existing array of the target layout, overwritten.
    pub(super) fn apply_into<A: Element>(
        &self,
        into: &mut DistArray<A, D>,
        array: &DistArray<A, D>,
        options: Options,
    ) -> Result<()> {
        check_layout(array, &self.from)?;
        check_layout(into, &self.to)?;
        let options = self.least::<A>(options)?;
        self.agree_on_memory::<A, _>(options, || Ok(()))?;
        self.run(array.source(), options, into)
    }

    /// With the least of all ranks' limits: they have to take the same rounds.
    fn least<A: Element>(&self, mut options: Options) -> Result<Options> {
        if let Some(limit) = &mut options.memory_limit {
            *limit = self
                .communicator()
                .all_reduce_value(*limit, Operation::Min)?;
        }
        window_for::<A>(options)?;
        Ok(options)
    }

    /// What `allocate` gives, when every rank also has room for its buffers.
    pub(super) fn agree_on_memory<A: Element, R>(
        &self,
        options: Options,
        allocate: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        let cost = self.cost::<A>(options);
        let allocated = allocate().and_then(|memory| {
            vector_with_capacity::<u8>(cost.peak_memory, self.operation)?;
            Ok(memory)
        });
        self.communicator().agree(allocated)
    }

    fn run<A: Element>(
        &self,
        source: Source<'_, A>,
        options: Options,
        into: &mut DistArray<A, D>,
    ) -> Result<()> {
        let mut target = into.target();
        let stores = stores_for(target.elements);
        let source = source.permuted(&self.permutation);
        if !self.copies(&source, options, (&mut target, stores))? {
            self.exchange(&self.transfer, &source, options, (&mut target, stores))?;
        }
        simd::fence();
        Ok(())
    }

    /// Whether all ranks see all parts, and have copied what they get.
    fn copies<A: Element>(
        &self,
        source: &Source<'_, A>,
        options: Options,
        target: (&mut Target<'_, A>, Stores),
    ) -> Result<bool> {
        let communicator = self.communicator();
        // Replicated: the options and the array's size, and by agreement the limit.
        if options.as_messages() || self.array_bytes::<A>() < communicator.least_in_common()? {
            return Ok(false);
        }
        let limit = window_for::<A>(options)?.scratch;
        direct::exchange(communicator, &self.transfer, limit, source, target)
    }

    /// This rank's part of a transfer into memory that is read again at once.
    pub(super) fn exchange_cached<A: Element>(
        &self,
        transfer: &Transfer,
        source: Source<'_, A>,
        options: Options,
        into: &mut [A],
    ) -> Result<()> {
        let mut target = Target::packed(into, self.to.1.local_shape(transfer.rank).slice());
        let source = source.permuted(&self.permutation);
        self.exchange(transfer, &source, options, (&mut target, Stores::Cached))
    }

    fn exchange<A: Element>(
        &self,
        transfer: &Transfer,
        source: &Source<'_, A>,
        options: Options,
        (target, stores): (&mut Target<'_, A>, Stores),
    ) -> Result<()> {
        let window = window_for::<A>(options)?;
        let communicator = self.communicator();
        let shared = if options.as_messages() {
            None
        } else {
            communicator.with_mailboxes::<A, _>(self.array_bytes::<A>(), |mailboxes| {
                shared::exchange(mailboxes, transfer, source, target, stores)
            })?
        };
        if shared.is_none() {
            messages::exchange(communicator, transfer, window, source, target, stores)?;
        }
        Ok(())
    }

    /// Decides about the route, and what it costs. Collective.
    pub(super) fn prepare<A: Element>(&self, options: Options) -> Result<Cost> {
        // Replicated: the options are the same on every rank.
        if !options.as_messages() {
            let bytes = self.array_bytes::<A>();
            self.communicator()
                .with_mailboxes::<A, _>(bytes, |_| Ok(()))?;
        }
        Ok(self.cost::<A>(options))
    }

    /// Of the whole array.
    fn array_bytes<A>(&self) -> usize {
        let elements: usize = self.from.1.shape().iter().product();
        elements.saturating_mul(size_of::<A>())
    }

    /// What it costs this rank.
    pub(super) fn cost<A: Element>(&self, options: Options) -> Cost {
        let cost = self.transfer.cost(size_of::<A>(), options.memory_limit);
        if options.as_messages() {
            return cost;
        }
        let route = match self.communicator().shares_memory(self.array_bytes::<A>()) {
            Some(true) => Route::SharedMemory,
            Some(false) => Route::Messages,
            None => Route::Undecided,
        };
        cost.by(route, SHARED_BYTES)
    }
}

impl Options {
    fn as_messages(self) -> bool {
        self.messages_only || self.memory_limit.is_some()
    }
}

fn stores_for<A>(target: &[A]) -> Stores {
    if size_of_val(target) < STREAMED_FROM {
        Stores::Cached
    } else {
        Stores::Streamed
    }
}

/// Replicated: layouts and communicators' ranks are the same everywhere.
fn check_layout<A: Element, D: Axes>(
    array: &DistArray<A, D>,
    (grid, layout): &(ProcessGrid, Layout<D>),
) -> Result<()> {
    if !array.layout().has_same_parts(layout) {
        let detail = format!("the plan is for {layout}, the array is {}", array.layout());
        return Err(Error::shape("redistribute", detail));
    }
    array.grid().check_same_ranks("redistribute", grid)
}

/// Replicated: the limit and the element type are the same on every rank.
fn window_for<A: Element>(options: Options) -> Result<Window> {
    Window::new(size_of::<A>(), options.memory_limit).ok_or_else(|| {
        let (limit, needed) = (options.memory_limit.unwrap_or(0), 2 * size_of::<A>());
        Error::usage(format!(
            "redistribute: a memory limit of {limit} bytes has no room for one element each way ({needed} bytes)"
        ))
    })
}
