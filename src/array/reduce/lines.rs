//! Lines along an axis, each whole on one rank.

use ndarray::{Array, ArrayView, ArrayView1, Axis};

use super::along::check_axis;
use super::runs::in_memory;
use super::{Along, Reduced};
use crate::array::construct::try_default;
use crate::array::{DistArray, Distributed};
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, Distribution, GridShape, Layout};

/// Work on whole lines of everything that is [`Distributed`].
pub trait Lines: Distributed + Sized {
    /// Turns each line of elements along `axis` into another one of `length` elements, which `f` makes of it.
    /// *Collective.*
    ///
    /// What needs a whole line at once: sorting, quantiles, transforms. The result has the array's layout; where
    /// `length` is another than the axis had, that axis is in blocks, if it was cut.
    ///
    /// # Cost
    /// `f` of each line, on one rank, or on several that have copies. Where the axis is cut, two redistributions: to
    /// whole lines, as many on each rank, and back. The only line of an array of one axis comes to every rank.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when there is no such axis, or `f` returns another number of elements;
    /// what `f` returns; [`Error::Memory`] when a rank cannot hold its lines.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::Lines;
    /// let reversed = u.map_lines(0, u.shape()[0], |line| Ok(line.iter().rev().copied().collect()))?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    fn map_lines<B: Element>(
        &self,
        axis: usize,
        length: usize,
        f: impl FnMut(&[Self::Element]) -> Result<Vec<B>>,
    ) -> Result<DistArray<B, Self::Dim>>
    where
        Self::Dim: Along,
    {
        map_lines(self, axis, length, f)
    }

    /// Turns each line of elements along `axis` into one element, which `f` makes of it: an array of the other axes.
    /// *Collective.*
    ///
    /// # Cost, errors
    /// As [`map_lines`](Self::map_lines), and as [`DistArray::index_axis`].
    #[track_caller]
    fn reduce_lines<B: Element>(
        &self,
        axis: usize,
        f: impl FnMut(&[Self::Element]) -> Result<B>,
    ) -> Result<Reduced<Self, B>>
    where
        Self::Dim: Along,
    {
        reduce_lines(self, axis, f)
    }
}

impl<T: Distributed> Lines for T {}

#[track_caller]
fn map_lines<T, B>(
    array: &T,
    axis: usize,
    length: usize,
    f: impl FnMut(&[T::Element]) -> Result<Vec<B>>,
) -> Result<DistArray<B, T::Dim>>
where
    T: Distributed<Dim: Along>,
    B: Element,
{
    let layout = array.layout();
    let call = Call::new("map_lines").array::<T::Element>(layout.shape());
    let _call = array.grid().communicator().enter(call)?;
    // Replicated: shape, axis and length are the same on every rank.
    check_axis("map_lines", layout.shape(), axis)?;
    let target = layout.with_length(axis, length)?;
    if layout.axes()[axis].parts() == 1 {
        return mapped(array, axis, target, f);
    }
    let whole = owned(array)?.redistribute(&with_whole_lines(layout, axis)?)?;
    let layout = whole.layout().with_length(axis, length)?;
    mapped(&whole, axis, layout, f)?.redistribute(&target)
}

/// As [`map_lines`], to one value a line, and so to an axis less.
#[track_caller]
fn reduce_lines<T, B>(
    array: &T,
    axis: usize,
    mut f: impl FnMut(&[T::Element]) -> Result<B>,
) -> Result<Reduced<T, B>>
where
    T: Distributed<Dim: Along>,
    B: Element,
{
    map_lines(array, axis, 1, |line| Ok(vec![f(line)?]))?.index_axis(axis, 0)
}

/// The layout in which every rank has whole lines along `axis`, and all ranks as many as the others.
fn with_whole_lines<D: Axes>(layout: &Layout<D>, axis: usize) -> Result<Layout<D>> {
    let mut others = layout.shape().to_vec();
    others.remove(axis);
    let size = layout.grid().size();
    let grid = match others.is_empty() {
        // There is one line, which all ranks get.
        true => GridShape::new(&[size]),
        false => GridShape::for_array(size, &others),
    };
    let place = |other: usize| (other != axis).then(|| other - usize::from(other > axis));
    let over: Vec<_> = (0..layout.shape().len()).map(place).collect();
    let distribution = |place: &Option<usize>| match place {
        Some(_) => Distribution::Block,
        None => Distribution::Replicated,
    };
    let distributions: Vec<_> = over.iter().map(distribution).collect();
    Layout::mapped(layout.raw_dim(), grid, &distributions, &over)
}

/// Collective: whether every rank has the memory.
fn owned<T: Distributed>(array: &T) -> Result<DistArray<T::Element, T::Dim>> {
    let local = array.local();
    // Local: memory differs.
    let copy = try_default(local.raw_dim(), "map_lines");
    let mut copy = array.grid().communicator().agree(copy)?;
    copy.assign(&local);
    Ok(DistArray::from_parts(
        array.grid(),
        array.layout().clone(),
        copy,
    ))
}

fn mapped<T: Distributed, B: Element>(
    array: &T,
    axis: usize,
    layout: Layout<T::Dim>,
    f: impl FnMut(&[T::Element]) -> Result<Vec<B>>,
) -> Result<DistArray<B, T::Dim>> {
    let communicator = array.grid().communicator();
    let shape = layout.local_shape(communicator.rank());
    // Local: memory, and what `f` says of each rank's lines.
    let results = communicator.agree(each_line(array.local(), axis, shape, f))?;
    Ok(DistArray::from_parts(array.grid(), layout, results))
}

fn each_line<A: Element, B: Element, D: Axes>(
    local: ArrayView<'_, A, D>,
    axis: usize,
    shape: D,
    mut f: impl FnMut(&[A]) -> Result<Vec<B>>,
) -> Result<Array<B, D>> {
    let (mut results, mut copy) = (try_default(shape, "map_lines")?, Vec::new());
    let lines = local.lanes(Axis(axis)).into_iter();
    for (line, mut into) in lines.zip(results.lanes_mut(Axis(axis))) {
        let values = f(in_memory(line, &mut copy))?;
        if values.len() != into.len() {
            let detail = format!("{} values of a line for {}", values.len(), into.len());
            return Err(Error::shape("map_lines", detail));
        }
        into.assign(&ArrayView1::from(&values));
    }
    Ok(results)
}
