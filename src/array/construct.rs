//! Making distributed arrays.

use ndarray::{Array, Array1, IntoDimension, s};
use num_traits::Zero;

use super::storage::Storage;
use super::{DistArray, ProcessGrid};
use crate::comm::ffi::vector_with_capacity;
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, Layout, for_each_index};

/// What says how an array is cut over a grid: a shape (blocks, every axis cut), or a [`Layout`].
///
/// ```
/// use partita::layout::{Distribution::*, GridShape, Layout};
/// let rows_in_turn = Layout::new([400, 300], GridShape::new(&[4]), &[Cyclic, Replicated])?;
/// # Ok::<(), partita::Error>(())
/// ```
pub trait IntoLayout {
    /// The number of axes.
    type Dim: Axes;

    /// The layout on `grid`. *Local.*
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, when it does not fit the grid.
    fn into_layout(self, grid: &ProcessGrid) -> Result<Layout<Self::Dim>>;
}

impl<Shape: IntoDimension> IntoLayout for Shape
where
    Shape::Dim: Axes,
{
    type Dim = Shape::Dim;

    fn into_layout(self, grid: &ProcessGrid) -> Result<Layout<Self::Dim>> {
        Layout::block(self, grid.shape().clone())
    }
}

impl<D: Axes> IntoLayout for Layout<D> {
    type Dim = D;

    fn into_layout(self, grid: &ProcessGrid) -> Result<Layout<D>> {
        if self.grid() == grid.shape() {
            return Ok(self);
        }
        let detail = format!("{self} is not for a process grid of {}", grid.shape());
        Err(Error::shape("layout", detail))
    }
}

impl<D: Axes> IntoLayout for &Layout<D> {
    type Dim = D;

    fn into_layout(self, grid: &ProcessGrid) -> Result<Layout<D>> {
        self.clone().into_layout(grid)
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The array of this `layout` with `f` of each global index. *Collective.*
    ///
    /// # Cost
    /// One agreement (that every rank has the memory); `f` once an element, on every rank that holds it.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the grid does not fit the shape,
    /// [`Error::Memory`] when a rank cannot hold its part.
    #[track_caller]
    pub fn from_fn<F>(grid: &ProcessGrid, layout: impl IntoLayout<Dim = D>, f: F) -> Result<Self>
    where
        F: Fn(D::Index) -> A,
    {
        DistArray::made(Call::new("from_fn"), grid, layout, f)
    }

    /// By this call.
    #[track_caller]
    pub(super) fn made<F>(
        call: Call,
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = D>,
        f: F,
    ) -> Result<Self>
    where
        F: Fn(D::Index) -> A,
    {
        let layout = layout.into_layout(grid)?;
        let call = call.array::<A>(layout.shape()).layout(&layout);
        let _call = grid.communicator().enter(call)?;
        let rank = grid.communicator().rank();
        let shape = layout.local_shape(rank);
        let mut room = grid
            .communicator()
            .agree(Room::new(shape.size(), call.operation()))?;
        for_each_index::<D>(&layout.all_local_runs(rank), |index| {
            room.values.push(f(index))
        });
        let storage = room.into_array(shape)?;
        Ok(DistArray::from_parts(grid, layout, storage))
    }

    /// The array of this `layout` with the same `value` everywhere. *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn full(grid: &ProcessGrid, layout: impl IntoLayout<Dim = D>, value: A) -> Result<Self> {
        DistArray::made(Call::new("full"), grid, layout, |_| value)
    }

    /// The array of this `layout` with zeros everywhere. *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn zeros(grid: &ProcessGrid, layout: impl IntoLayout<Dim = D>) -> Result<Self>
    where
        A: Zero,
    {
        DistArray::made(Call::new("zeros"), grid, layout, |_| A::zero())
    }

    /// The array of this `layout` of which each rank brings its part. *Collective.*
    ///
    /// # Shapes
    /// `local` has the shape that [`Layout::local_shape`] says for this rank.
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, when a rank's part has another shape.
    #[track_caller]
    pub fn from_local(
        grid: &ProcessGrid,
        layout: impl IntoLayout<Dim = D>,
        local: Array<A, D>,
    ) -> Result<Self> {
        let layout = layout.into_layout(grid)?;
        let call = Call::new("from_local")
            .array::<A>(layout.shape())
            .layout(&layout);
        let _call = grid.communicator().enter(call)?;
        let expected = layout.local_shape(grid.communicator().rank());
        // Local: each rank knows its own part only, and memory.
        let local = grid.communicator().agree(if local.raw_dim() == expected {
            without_gaps(local)
        } else {
            let detail = format!(
                "the local part has shape {:?}, the layout wants {:?}",
                local.shape(),
                expected.slice()
            );
            Err(Error::shape("from_local", detail))
        })?;
        Ok(DistArray::from_parts(grid, layout, local))
    }

    /// Of a part without gaps in its memory.
    pub(super) fn from_parts(grid: &ProcessGrid, layout: Layout<D>, storage: Array<A, D>) -> Self {
        debug_assert!(storage.as_slice_memory_order().is_some(), "a part has gaps");
        DistArray::from_storage(grid, layout, Storage::Own(storage))
    }

    /// Of a part wherever it lies, without a halo.
    pub(super) fn from_storage(
        grid: &ProcessGrid,
        layout: Layout<D>,
        storage: Storage<A, D>,
    ) -> Self {
        DistArray {
            grid: grid.clone(),
            layout,
            storage,
            halo: None,
        }
    }
}

/// An array of default values, or [`Error::Memory`].
pub(super) fn try_default<A: Element, D: Axes>(shape: D, operation: &str) -> Result<Array<A, D>> {
    let mut room = Room::new(shape.size(), operation)?;
    room.values
        .resize(room.skipped + shape.size(), A::default());
    room.into_array(shape)
}

/// Bytes that go to memory at once.
const LINE: usize = 64;

/// Parts of this size are written past the caches.
const LARGE: usize = 4 << 20;

/// Room for the elements of a part, which begins at a line of memory if it is large: what is written past the
/// caches is written by whole lines. Two ranks transposed 512 MiB at 0.45 of `memcpy` before, and at 0.53 since.
struct Room<A> {
    values: Vec<A>,
    /// Elements before the part.
    skipped: usize,
}

impl<A: Element> Room<A> {
    fn new(length: usize, operation: &str) -> Result<Self> {
        if length.saturating_mul(size_of::<A>()) < LARGE {
            let values = vector_with_capacity(length, operation)?;
            return Ok(Room { values, skipped: 0 });
        }
        let mut values: Vec<A> = vector_with_capacity(length + LINE / size_of::<A>(), operation)?;
        let skipped = values.as_ptr().addr().wrapping_neg() % LINE / size_of::<A>();
        values.resize(skipped, A::default());
        Ok(Room { values, skipped })
    }

    fn into_array<D: Axes>(self, shape: D) -> Result<Array<A, D>> {
        let part = Array1::from_vec(self.values).slice_move(s![self.skipped..]);
        Ok(part.into_shape_with_order(shape)?)
    }
}

/// The same array, copied only if it is a piece of a larger one.
fn without_gaps<A: Element, D: Axes>(array: Array<A, D>) -> Result<Array<A, D>> {
    match array.as_slice_memory_order() {
        Some(_) => Ok(array),
        None => copied(&array),
    }
}

/// A copy in C order, or [`Error::Memory`].
pub(super) fn copied<A: Element, D: Axes>(array: &Array<A, D>) -> Result<Array<A, D>> {
    let mut values = vector_with_capacity(array.len(), "copy of an array")?;
    values.extend(array.iter().copied());
    Ok(Array::from_shape_vec(array.raw_dim(), values)?)
}
