//! An array to one of an axis less.

use ndarray::{Array, Axis, RemoveAxis};

use super::Reducer;
use super::runs::for_each_run_of;
use crate::array::DistArray;
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, Layout};

impl<A: Element, D: Axes + RemoveAxis> DistArray<A, D>
where
    D::Smaller: Axes,
{
    /// Reduces the elements along `axis`: an array of the other axes, each dealt out as it was, and the same for
    /// any number of ranks and any layout. *Collective.*
    ///
    /// Ranks that had different parts of `axis` get copies of the result.
    ///
    /// # Cost
    /// One pass over the rank's part; where the axis is cut, a message between each two ranks along it, with a
    /// state of the reducer for each element of the result, and an agreement.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when there is no such axis; as the reducer's
    /// [`finish`](Reducer::finish) for any element of the result.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::reduce::Sum;
    /// let of_columns = u.reduce_axis_by(0, &Sum)?;
    /// assert_eq!(of_columns.shape(), [u.shape()[1]]);
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn reduce_axis_by<R>(
        &self,
        axis: usize,
        reducer: &R,
    ) -> Result<DistArray<R::Output, D::Smaller>>
    where
        R: Reducer<A>,
        R::Output: Element,
    {
        let call = Call::new("reduce_axis_by").detail(R::NAME);
        let _call = self.communicator().enter(call.array::<A>(self.shape()))?;
        // Replicated: the shape is the same on every rank.
        let layout = self.layout_without(axis)?;
        let states = self.merged_along(axis, reducer, self.line_states(axis, reducer))?;
        let results: Result<Vec<_>> = states
            .into_iter()
            .map(|state| reducer.finish(state))
            .collect();
        // Local: each rank has results of its own.
        let results = self.communicator().agree(results)?;
        let shape = layout.local_shape(self.communicator().rank());
        let local = Array::from_shape_vec(shape, results)?;
        Ok(DistArray::from_parts(self.grid(), layout, local))
    }

    /// The state of each line along `axis` of this rank's part, in C order.
    fn line_states<R: Reducer<A>>(&self, axis: usize, reducer: &R) -> Vec<R::State> {
        let (local, along, mut copy) = (self.local(), self.local_runs(axis), Vec::new());
        let line_state = |line| {
            let mut state = reducer.start();
            for_each_run_of(line, along, &mut copy, |position, run| {
                reducer.add(&mut state, position, run);
            });
            state
        };
        local
            .lanes(Axis(axis))
            .into_iter()
            .map(line_state)
            .collect()
    }

    /// The states merged with those of the ranks that have the other parts of `axis`, and nothing else different.
    fn merged_along<R: Reducer<A>>(
        &self,
        axis: usize,
        reducer: &R,
        states: Vec<R::State>,
    ) -> Result<Vec<R::State>> {
        let (communicator, layout) = (self.communicator(), self.layout());
        let parts = layout.axes()[axis].parts();
        if parts == 1 {
            return Ok(states);
        }
        let mut own = layout.parts(communicator.rank());
        let group: Vec<usize> = (0..parts)
            .map(|part| {
                own[axis] = part;
                layout.rank_with_parts(communicator.rank(), &own)
            })
            .collect();
        let to_send: Vec<Vec<R::State>> = (0..communicator.size())
            .map(|rank| {
                if group.contains(&rank) {
                    states.clone()
                } else {
                    vec![]
                }
            })
            .collect();
        let mut received = communicator.all_to_all_objects(&to_send)?;
        let of_group = group
            .into_iter()
            .map(|rank| std::mem::take(&mut received[rank]));
        let merged = of_group.reduce(|mut merged, others| {
            for (state, other) in merged.iter_mut().zip(others) {
                reducer.merge(state, other);
            }
            merged
        });
        Ok(merged.unwrap_or_default())
    }

    fn layout_without(&self, axis: usize) -> Result<Layout<D::Smaller>> {
        let layout = self.layout();
        if axis >= self.ndim() {
            let detail = format!("there is no axis {axis} in {:?}", self.shape());
            return Err(Error::shape("reduce_axis_by", detail));
        }
        let mut distributions: Vec<_> = layout
            .axes()
            .iter()
            .map(|axis| axis.distribution().clone())
            .collect();
        let (mut shape, mut over) = (self.shape().to_vec(), layout.over().to_vec());
        shape.remove(axis);
        distributions.remove(axis);
        over.remove(axis);
        let shape = D::Smaller::from_slice(&shape)?;
        Layout::mapped(shape, layout.grid().clone(), &distributions, &over)
    }
}
