//! The panels of an array one after the other: the next one is on its way while one is looked at.

use std::ops::Range;

use ndarray::{ArrayView, s};

use super::ahead::Ahead;
use super::direction::{Direction, Options};
use super::panel::slices;
use super::simd;
use crate::array::DistArray;
use crate::comm::{Call, Element, Numbered};
use crate::error::Result;
use crate::layout::{Axes, AxisSlice, Layout, for_each_index};

/// Ranges of one axis of an array, each in another layout: what [`DistArray::panel`] gives for one range.
///
/// A rank that has its part of a panel already is lent it, where it is. Of the others the next panel travels
/// while one is looked at: it is laid into memory that all ranks of a machine see, and looked at there; on several
/// machines, or where there is no such memory, it is sent as messages into the second of two buffers.
pub struct Panels<'array, A: Element, D: Axes> {
    array: &'array DistArray<A, D>,
    permutation: Vec<usize>,
    steps: Vec<Step<D>>,
    next: usize,
    way: Way<A>,
}

/// One panel.
struct Step<D: Axes> {
    slices: Vec<AxisSlice>,
    /// The panel, as it lies in the array.
    sliced: Layout<D>,
    direction: Direction<D>,
    target: Layout<D>,
    /// Whether this rank has its part.
    is_here: bool,
    /// Whether all ranks have theirs.
    stays: bool,
}

/// How panels come to the ranks that have them not.
enum Way<A: Element> {
    /// In memory that all ranks see; taken out of it when the last one was seen.
    Shared(Option<Numbered<A>>),
    Messages(Ahead<A>),
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The panels of these ranges of an axis in these layouts, in order. *Collective.*
    ///
    /// ```no_run
    /// # fn example(a: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::layout::{Distribution::*, Layout};
    /// let mut wanted = Vec::new();
    /// for first in (0..a.shape()[0]).step_by(256) {
    ///     let rows = first..a.shape()[0].min(first + 256);
    ///     let shape = [rows.len(), a.shape()[1]];
    ///     let everywhere = Layout::new(shape, a.grid().shape().clone(), &[Replicated, Replicated])?;
    ///     wanted.push((rows, everywhere));
    /// }
    /// let mut panels = a.panels(0, [0, 1], wanted)?;
    /// while let Some(sum) = panels.with_next(|panel| panel.sum())? {
    ///     println!("{sum}"); // on every rank
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// As for [`panel`](Self::panel), of each range and layout.
    ///
    /// # Cost
    /// No message of a panel itself but the first one's, which begins to travel. In shared memory: room for the
    /// largest two panels a machine, which the communicator keeps; as messages: each rank two buffers for its
    /// largest parts, and what it sends of one panel. Plans of all panels.
    ///
    /// # Errors
    /// As [`panel`](Self::panel).
    #[track_caller]
    pub fn panels(
        &self,
        axis: usize,
        permutation: D::Index,
        targets: impl IntoIterator<Item = (Range<usize>, Layout<D>)>,
    ) -> Result<Panels<'_, A, D>> {
        let permutation = permutation.as_ref().to_vec();
        let targets: Vec<_> = targets.into_iter().collect();
        let call =
            Call::new("panels")
                .array::<A>(self.shape())
                .given(&(axis, &permutation, &targets));
        let _call = self.communicator().enter(call)?;
        let steps = targets
            .into_iter()
            .map(|(range, target)| self.step((axis, range), &permutation, target))
            .collect::<Result<Vec<_>>>()?;
        let way = self.way(&steps)?;
        let mut panels = Panels {
            array: self,
            permutation,
            steps,
            next: 0,
            way,
        };
        panels.start(0)?;
        Ok(panels)
    }

    fn step(
        &self,
        (axis, range): (usize, Range<usize>),
        permutation: &[usize],
        target: Layout<D>,
    ) -> Result<Step<D>> {
        let slices = slices(self.layout.shape(), axis, range)?;
        let sliced = self.layout.slice(&slices)?;
        let direction = Direction::new("panels", &self.grid, &sliced, &target, permutation)?;
        let permuted = sliced.permuted(permutation)?;
        Ok(Step {
            is_here: permuted.has_same_part(&target, direction.transfer().rank),
            stays: permuted.has_same_parts(&target),
            direction,
            slices,
            sliced,
            target,
        })
    }

    /// Replicated: layouts are the same on every rank. Collective.
    fn way(&self, steps: &[Step<D>]) -> Result<Way<A>> {
        let moving = || steps.iter().filter(|step| !step.stays);
        let volume = |step: &Step<D>| step.sliced.shape().iter().product();
        let Some(longest) = moving().map(volume).max() else {
            return Ok(Way::Shared(None));
        };
        let communicator = self.communicator();
        if moving().all(|step| step.target.is_contiguous()) {
            let bytes = self.shape().iter().product::<usize>() * size_of::<A>();
            let shared = communicator.take_double_buffer::<A>(bytes, longest)?;
            if shared.is_some() {
                return Ok(Way::Shared(shared));
            }
        }
        // Local: memory.
        let options = Options::default();
        let needed = moving().map(|step| Ahead::<A>::bytes(step.direction.transfer()));
        let needed = needed.max().unwrap_or(0);
        let longest =
            moving().max_by_key(|step| step.direction.transfer().cost(1, None).peak_memory);
        if let Some(step) = longest {
            step.direction.agree_on_memory::<A, _>(options, || {
                crate::comm::ffi::vector_with_capacity::<u8>(needed, "panels")
            })?;
        }
        Ok(Way::Messages(Ahead::new()))
    }
}

impl<A: Element, D: Axes> Panels<'_, A, D> {
    /// Shows `look` this rank's part of the next panel, and hands on what that returns; `None` after the last.
    /// *Collective.*
    ///
    /// # Cost
    /// Waits until this panel is here, and has the one after it travel.
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi).
    #[track_caller]
    pub fn with_next<R>(
        &mut self,
        look: impl FnOnce(ArrayView<'_, A, D>) -> R,
    ) -> Result<Option<R>> {
        if self.next == self.steps.len() {
            return Ok(None);
        }
        let call = Call::new("panels").array::<A>(self.array.shape());
        let entered = self.array.communicator().enter(call)?;
        let now = self.next;
        self.next += 1;
        self.finish(now)?;
        self.start(now + 1)?;
        drop(entered);
        let seen = look(self.part(now)?);
        if self.next == self.steps.len()
            && let Way::Shared(shared) = &mut self.way
            && let Some(shared) = shared.take()
        {
            self.array.communicator().give_back(shared);
        }
        Ok(Some(seen))
    }

    /// Has a panel travel.
    fn start(&mut self, number: usize) -> Result<()> {
        let Some(step) = self.steps.get(number).filter(|step| !step.stays) else {
            return Ok(());
        };
        match &mut self.way {
            Way::Shared(Some(shared)) => self.array.lay_out(step, shared),
            Way::Shared(None) => Ok(()),
            Way::Messages(ahead) => {
                let source = self.array.source_of(&step.slices, &step.sliced);
                let source = source.permuted(&self.permutation);
                let transfer = step.direction.transfer();
                ahead.start(self.array.communicator(), transfer, source, step.is_here)
            }
        }
    }

    /// Waits for a panel.
    fn finish(&mut self, number: usize) -> Result<()> {
        let step = &self.steps[number];
        match &mut self.way {
            _ if step.stays => Ok(()),
            Way::Shared(Some(shared)) => shared.buffers.turn(),
            Way::Shared(None) => Ok(()),
            Way::Messages(ahead) if step.is_here => ahead.finish(&[0]),
            Way::Messages(ahead) => {
                let shape = step.target.local_shape(step.direction.transfer().rank);
                ahead.finish(shape.slice())
            }
        }
    }

    /// This rank's part of a panel that is here.
    fn part(&self, number: usize) -> Result<ArrayView<'_, A, D>> {
        let step = &self.steps[number];
        let rank = step.direction.transfer().rank;
        if step.is_here {
            return self
                .array
                .lend(&step.slices, &step.sliced, &self.permutation);
        }
        match &self.way {
            Way::Shared(Some(shared)) => {
                let all = &shared.buffers.front()?[..step.sliced.shape().iter().product()];
                let panel = ArrayView::from_shape(step.sliced.raw_dim(), all)?;
                let mut panel = panel.permuted_axes(D::from_slice(&self.permutation)?);
                let runs = step.target.all_local_runs(rank);
                panel.slice_each_axis_inplace(|axis| {
                    let range = runs[axis.axis.index()].as_range().unwrap_or(0..0);
                    ndarray::Slice::from(range)
                });
                Ok(panel)
            }
            Way::Shared(None) => self
                .array
                .lend(&step.slices, &step.sliced, &self.permutation),
            Way::Messages(ahead) => Ok(ArrayView::from_shape(
                step.target.local_shape(rank),
                ahead.panel(),
            )?),
        }
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// Writes this rank's part of a panel where all ranks see it, unless another rank has the same part.
    fn lay_out(&self, step: &Step<D>, shared: &mut Numbered<A>) -> Result<()> {
        let rank = self.communicator().rank();
        if !step.sliced.is_primary(rank) {
            return Ok(());
        }
        let own = self.lend(&step.slices, &step.sliced, &super::in_order(self.ndim()))?;
        let mut runs = step.sliced.all_local_runs(rank);
        let Some(last) = runs.last_mut() else {
            return Ok(());
        };
        let along_rows = std::mem::replace(last, (0..1).into());
        let (mut rows, shape) = (own.rows().into_iter(), step.sliced.shape());
        let mut back = shared.buffers.back()?;
        for_each_index::<D>(&runs, |index| {
            let lengths = shape.iter().zip(index.as_ref());
            let first = lengths.fold(0, |first, (length, index)| first * length + index);
            let Some(row) = rows.next() else { return };
            let mut done = 0;
            for range in along_rows.iter() {
                let from = row.slice(s![done..done + range.len()]);
                done += range.len();
                let to = back.part_mut(first + range.start..first + range.end);
                match from.as_slice() {
                    Some(from) => simd::stream(from, to),
                    None => to.iter_mut().zip(from).for_each(|(to, &from)| *to = from),
                }
            }
        });
        simd::fence();
        Ok(())
    }
}
