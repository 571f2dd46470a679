//! Whole arrays from and to one rank: redistributions from and to layouts in which a rank has everything.

use ndarray::Array;

use super::redistribute::{Direction, Options, Source, in_order};
use super::{DistArray, ProcessGrid};
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, Distribution, GridShape, Layout};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The whole array on `root`; `None` elsewhere. *Collective.*
    ///
    /// # Cost
    /// A message from each rank that owns something.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when `root` is no rank, [`Error::Memory`] when it cannot
    /// hold the array.
    #[track_caller]
    pub fn gather(&self, root: usize) -> Result<Option<Array<A, D>>> {
        let call = Call::new("gather").array::<A>(self.shape()).root(root);
        let _call = self.communicator().enter(call)?;
        self.communicator().check_rank("gather", root)?;
        let target = at_root(self.layout.raw_dim(), self.communicator().size(), root)?;
        let whole = self.in_layout("gather", &target)?;
        Ok((self.communicator().rank() == root).then_some(whole))
    }

    /// The whole array on every rank. *Collective.*
    ///
    /// # Cost
    /// A message between any two ranks that own something.
    ///
    /// # Errors
    /// [`Error::Memory`], on every rank, when one cannot hold the array.
    #[track_caller]
    pub fn all_gather(&self) -> Result<Array<A, D>> {
        let call = Call::new("all_gather").array::<A>(self.shape());
        let _call = self.communicator().enter(call)?;
        let size = self.communicator().size();
        self.in_layout("all_gather", &everywhere(self.layout.raw_dim(), size)?)
    }

    /// This rank's part in another layout.
    fn in_layout(&self, operation: &'static str, target: &Layout<D>) -> Result<Array<A, D>> {
        let axes = in_order(self.ndim());
        let direction = Direction::new(operation, &self.grid, &self.layout, target, &axes)?;
        Ok(direction
            .apply(self, Options::default())?
            .storage
            .into_array())
    }

    /// Cuts the root's array into blocks over the ranks of `grid`. *Collective.*
    ///
    /// The root gives `Some`, the others `None`.
    ///
    /// # Shapes
    /// Any; the array need not be contiguous.
    ///
    /// # Cost
    /// A broadcast of the shape, and a message to each rank that gets something.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when the root gives no array or is no rank,
    /// [`Error::Shape`] when the grid does not fit the shape, [`Error::Memory`].
    #[track_caller]
    pub fn scatter(grid: &ProcessGrid, root: usize, array: Option<&Array<A, D>>) -> Result<Self> {
        let call = Call::new("scatter").element::<A>().root(root);
        let _call = grid.communicator().enter(call)?;
        let array = array.filter(|_| grid.communicator().rank() == root);
        let shape = array.map(|array| array.shape().to_vec());
        let lengths: Vec<usize> = grid
            .communicator()
            .broadcast_object_for("scatter", root, shape)?;
        let layout = Layout::block(D::from_slice(&lengths)?, grid.shape().clone())?;
        distribute(grid, &layout, root, array)
    }

    /// Cuts the root's array over the ranks of `grid` as this layout says. *Collective.*
    ///
    /// The root gives `Some`, the others `None`.
    ///
    /// # Cost
    /// As [`scatter`](Self::scatter).
    ///
    /// # Errors
    /// As [`scatter`](Self::scatter), and [`Error::Shape`] when the root's array is of another shape than the
    /// layout.
    #[track_caller]
    pub fn scatter_to(
        grid: &ProcessGrid,
        layout: &Layout<D>,
        root: usize,
        array: Option<&Array<A, D>>,
    ) -> Result<Self> {
        let call = Call::new("scatter_to")
            .array::<A>(layout.shape())
            .root(root)
            .layout(layout);
        let _call = grid.communicator().enter(call)?;
        grid.communicator().check_rank("scatter_to", root)?;
        let array = array.filter(|_| grid.communicator().rank() == root);
        // Only the root can fail.
        let fits = (grid.communicator().rank() == root).then(|| match array {
            None => Err(Error::usage("scatter_to: the root gives no array")),
            Some(array) if array.raw_dim() == layout.raw_dim() => Ok(()),
            Some(array) => {
                let detail = format!("the root's array has shape {:?}, {layout}", array.shape());
                Err(Error::shape("scatter_to", detail))
            }
        });
        grid.communicator().broadcast_outcome(root, fits)?;
        distribute(grid, layout, root, array)
    }
}

fn distribute<A: Element, D: Axes>(
    grid: &ProcessGrid,
    layout: &Layout<D>,
    root: usize,
    array: Option<&Array<A, D>>,
) -> Result<DistArray<A, D>> {
    let source = at_root(layout.raw_dim(), grid.communicator().size(), root)?;
    let axes = in_order(layout.shape().len());
    let direction = Direction::new("scatter", grid, &source, layout, &axes)?;
    let nothing;
    let array = match array {
        Some(array) => array,
        None => {
            nothing = Array::default(source.local_shape(grid.communicator().rank()));
            &nothing
        }
    };
    let mut result = direction.apply_to(Source::of(array), Options::default())?;
    if layout.shape().is_empty() {
        // Without axes there is nothing to cut: every rank brought something, and the root's counts.
        let mut value = result.storage.elements().to_vec();
        grid.communicator().broadcast(root, &mut value)?;
        result.storage.elements_mut().copy_from_slice(&value);
    }
    Ok(result)
}

/// All of it on one rank, nothing on the others. An array without axes is on all of them.
fn at_root<D: Axes>(shape: D, size: usize, root: usize) -> Result<Layout<D>> {
    let Some(&rows) = shape.slice().first() else {
        return everywhere(shape, size);
    };
    let mut sizes = vec![0; size];
    sizes[root] = rows;
    let mut distributions = vec![Distribution::Replicated; shape.ndim()];
    distributions[0] = Distribution::Parts(sizes);
    Layout::new(shape, GridShape::new(&[size]), &distributions)
}

/// All of it on every rank.
fn everywhere<D: Axes>(shape: D, size: usize) -> Result<Layout<D>> {
    let distributions = vec![Distribution::Replicated; shape.ndim()];
    Layout::new(shape, GridShape::new(&[size]), &distributions)
}
