//! Arrays from one layout to another.

mod ahead;
mod buffers;
mod direct;
mod direction;
mod memory;
mod messages;
mod panel;
mod panels;
mod pieces;
mod shared;
mod simd;
mod strided;

use std::fmt;

use super::{DistArray, ProcessGrid};
use crate::comm::{Call, Element};
use crate::error::Result;
use crate::layout::{Axes, Cost, Layout, Transfer};

pub(super) use direction::{Direction, Options};
pub(super) use memory::Source;
pub use panels::Panels;

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The same array in another layout, on the same ranks in any grid. *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::layout::Distribution::*;
    /// use partita::{DistArray, ProcessGrid};
    /// let grid = ProcessGrid::balanced(world, 1)?;
    /// let rows = grid.layout([4000, 3000], &[Block, Replicated])?;
    /// let columns = grid.layout([4000, 3000], &[Replicated, Block])?;
    /// let u = DistArray::from_fn(&grid, &rows, |[i, j]| (i * j) as f64)?;
    /// let u = u.redistribute(&columns)?; // every rank has whole columns
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// The target has the array's shape, and a grid of as many ranks.
    ///
    /// # Cost
    /// One packed message between any two ranks that share something, in pieces of which some MiB are under
    /// way at once; what stays on its rank is copied once. Where all ranks are on one machine, large arrays go
    /// through memory that they share instead (`PARTITA_SHARED=0` switches that off); where the array itself lies
    /// there ([`into_shared`](Self::into_shared)) everything is copied once. [`Redistribution`] tells it beforehand,
    /// and makes the plan once for many arrays.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`](crate::Error::Shape) when the layout is of another shape
    /// or number of ranks, [`Error::Memory`](crate::Error::Memory) when a rank cannot hold its new part.
    #[track_caller]
    pub fn redistribute(&self, target: &Layout<D>) -> Result<Self> {
        let call = Call::new("redistribute")
            .array::<A>(self.shape())
            .layout(target);
        let _call = self.communicator().enter(call)?;
        let direction = Direction::new(
            "redistribute",
            &self.grid,
            &self.layout,
            target,
            &in_order(self.ndim()),
        )?;
        direction.apply(self, Options::default())
    }
}

/// The plan of going from one layout to another and back, for any number of arrays.
///
/// Made without communication. It tells what it will cost this rank before it does anything.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita::layout::Distribution::*;
/// use partita::{DistArray, ProcessGrid, Redistribution};
/// let grid = ProcessGrid::balanced(world, 1)?;
/// let rows = grid.layout([4000, 3000], &[Block, Replicated])?;
/// let columns = grid.layout([4000, 3000], &[Replicated, Block])?;
/// let plan = Redistribution::plan(&grid, &rows, &columns)?.with_memory_limit(1 << 20);
/// println!("{}", plan.cost::<f64>());
/// let u = DistArray::from_fn(&grid, &rows, |[i, j]| (i * j) as f64)?;
/// let mut by_columns = plan.forward(&u)?;
/// by_columns.map_inplace(f64::sqrt);
/// let u = plan.backward(&by_columns)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Redistribution<D: Axes> {
    there: Direction<D>,
    back: Direction<D>,
    options: Options,
}

impl<D: Axes> Redistribution<D> {
    /// The plan for arrays of the `source` layout on the ranks of `grid`. *Local.*
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), on every rank, when the layouts are of different shapes or
    /// numbers of ranks.
    pub fn plan(grid: &ProcessGrid, source: &Layout<D>, target: &Layout<D>) -> Result<Self> {
        Redistribution::permuted(grid, source, target, &in_order(source.shape().len()))
    }

    /// The plan that also permutes axes: axis i of the target is axis `permutation[i]` of the source. *Local.*
    ///
    /// # Errors
    /// As [`plan`](Self::plan), and when the permutation is none.
    pub fn permuted(
        grid: &ProcessGrid,
        source: &Layout<D>,
        target: &Layout<D>,
        permutation: &[usize],
    ) -> Result<Self> {
        let there = Direction::new("redistribute", grid, source, target, permutation)?;
        Ok(Redistribution {
            back: there.reversed()?,
            there,
            options: Options::default(),
        })
    }

    /// The same plan with buffers of at most so many bytes on each rank: in as many rounds as that takes.
    ///
    /// The limit is for the buffers that come beyond the two arrays. What moves is sent as messages then; what MPI
    /// itself keeps of messages under way is not counted. Every rank sets a limit or none does; of several the least counts.
    pub fn with_memory_limit(mut self, bytes: usize) -> Self {
        self.options.memory_limit = Some(bytes);
        self
    }

    /// The same plan with all that moves sent as messages, also between ranks that share memory.
    pub fn with_messages_only(mut self) -> Self {
        self.options.messages_only = true;
        self
    }

    /// What [`forward`](Self::forward) costs this rank, of elements of type `A`, by the
    /// [route](Cost::route) that it would take now. *Local.*
    ///
    /// A plan is made by each rank alone, and whether all are on one machine that has room they find out together:
    /// until they have looked ([`prepare`](Self::prepare) has them look) the route is undecided, and the memory
    /// that of the dearer one. Arrays that are [shared](DistArray::into_shared) themselves take at most one buffer.
    pub fn cost<A: Element>(&self) -> Cost {
        self.there.cost::<A>(self.options)
    }

    /// Has the ranks look now for memory that they share, as the first large array would, and tells what
    /// [`forward`](Self::forward) costs by the route that it will take. *Collective.*
    ///
    /// ```no_run
    /// # fn example(plan: &partita::Redistribution<ndarray::Ix2>) -> partita::Result<()> {
    /// let cost = plan.prepare::<f64>()?;
    /// println!("{cost}"); // messages, bytes and memory, before anything moves
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), on every rank, when `PARTITA_SHARED` is neither 0 nor 1 or the
    /// ranks call with different types.
    #[track_caller]
    pub fn prepare<A: Element>(&self) -> Result<Cost> {
        let communicator = self.there.communicator();
        let call = Call::new("prepare a redistribution").array::<A>(self.source().shape());
        let _call = communicator.enter(call)?;
        self.there.prepare::<A>(self.options)
    }

    /// What this rank sends, receives and keeps on the way forward. *Local.*
    pub fn transfer(&self) -> &Transfer {
        self.there.transfer()
    }

    /// The layout of what goes forward. *Local.*
    pub fn source(&self) -> &Layout<D> {
        self.there.source()
    }

    /// The layout of what comes out. *Local.*
    pub fn target(&self) -> &Layout<D> {
        self.back.source()
    }

    /// The array in the target layout. *Collective.*
    ///
    /// # Cost
    /// As [`DistArray::redistribute`], within the memory limit.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`](crate::Error::Shape) when the array is not of the source
    /// layout, [`Error::Usage`](crate::Error::Usage) when the memory limit has no room for one element each
    /// way, [`Error::Memory`](crate::Error::Memory) when a rank cannot hold its new part.
    #[track_caller]
    pub fn forward<A: Element>(&self, array: &DistArray<A, D>) -> Result<DistArray<A, D>> {
        let _call = self.there.enter("redistribute", array, self.options)?;
        self.there.apply(array, self.options)
    }

    /// Overwrites an array of the target layout with one of the source layout. *Collective.*
    ///
    /// # Cost
    /// As [`forward`](Self::forward), without a new array. A halo of the target is not filled.
    ///
    /// # Errors
    /// As [`forward`](Self::forward), and [`Error::Shape`](crate::Error::Shape) when `into` is not of the
    /// target layout.
    #[track_caller]
    pub fn forward_into<A: Element>(
        &self,
        into: &mut DistArray<A, D>,
        array: &DistArray<A, D>,
    ) -> Result<()> {
        let _call = self.there.enter("redistribute", array, self.options)?;
        self.there.apply_into(into, array, self.options)
    }

    /// An array of the target layout in the source layout again. *Collective.*
    ///
    /// # Errors
    /// As [`forward`](Self::forward), with source and target exchanged.
    #[track_caller]
    pub fn backward<A: Element>(&self, array: &DistArray<A, D>) -> Result<DistArray<A, D>> {
        let _call = self.back.enter("redistribute back", array, self.options)?;
        self.back.apply(array, self.options)
    }

    /// Overwrites an array of the source layout with one of the target layout. *Collective.*
    ///
    /// # Errors
    /// As [`forward_into`](Self::forward_into), with source and target exchanged.
    #[track_caller]
    pub fn backward_into<A: Element>(
        &self,
        into: &mut DistArray<A, D>,
        array: &DistArray<A, D>,
    ) -> Result<()> {
        let _call = self.back.enter("redistribute back", array, self.options)?;
        self.back.apply_into(into, array, self.options)
    }
}

/// The axes as they are.
pub(super) fn in_order(ndim: usize) -> Vec<usize> {
    (0..ndim).collect()
}

/// Both layouts, and what this rank does.
impl<D: Axes> fmt::Display for Redistribution<D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, target) = (self.source(), self.target());
        write!(formatter, "{source} → {target}: {}", self.transfer())
    }
}
