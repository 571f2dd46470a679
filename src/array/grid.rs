//! Ranks arranged in a grid.

use crate::comm::Communicator;
use crate::error::{Error, Result};
use crate::layout::{Axes, Distribution, GridShape, Layout};

/// A communicator's ranks arranged in a grid (a Cartesian topology), in row-major order.
///
/// Cheap to clone: it holds a handle of the communicator, not a new one.
#[derive(Debug, Clone)]
pub struct ProcessGrid {
    communicator: Communicator,
    shape: GridShape,
}

impl ProcessGrid {
    /// All ranks in a grid of `ndim` axes, as near to a cube as can be. *Local.*
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, when several ranks are to stand in a grid without axes.
    pub fn balanced(communicator: &Communicator, ndim: usize) -> Result<Self> {
        let shape = GridShape::balanced(communicator.size(), ndim);
        ProcessGrid::from_shape(communicator, shape)
    }

    /// All ranks in the grid that suits an array of this shape: equal blocks with little surface
    /// between them; see [`GridShape::for_array`]. *Local.*
    ///
    /// # Errors
    /// As [`balanced`](Self::balanced).
    pub fn for_shape(communicator: &Communicator, shape: &[usize]) -> Result<Self> {
        let shape = GridShape::for_array(communicator.size(), shape);
        ProcessGrid::from_shape(communicator, shape)
    }

    /// All ranks in a grid of these extents. *Local.*
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, when their product is not the number of ranks.
    pub fn new(communicator: &Communicator, parts: &[usize]) -> Result<Self> {
        ProcessGrid::from_shape(communicator, GridShape::new(parts))
    }

    fn from_shape(communicator: &Communicator, shape: GridShape) -> Result<Self> {
        if shape.size() != communicator.size() {
            let detail = format!(
                "a grid of {:?} has {} places for {} ranks",
                shape.parts(),
                shape.size(),
                communicator.size()
            );
            return Err(Error::shape("process grid", detail));
        }
        Ok(ProcessGrid {
            communicator: communicator.clone(),
            shape,
        })
    }

    /// The ranks that stand in this grid.
    pub fn communicator(&self) -> &Communicator {
        &self.communicator
    }

    /// The number of ranks along each axis.
    pub fn shape(&self) -> &GridShape {
        &self.shape
    }

    /// An array's layout on this grid; see [`Layout::new`]. *Local.*
    ///
    /// # Errors
    /// As [`Layout::new`].
    pub fn layout<D: Axes>(
        &self,
        shape: impl ndarray::IntoDimension<Dim = D>,
        distributions: &[Distribution],
    ) -> Result<Layout<D>> {
        Layout::new(shape, self.shape.clone(), distributions)
    }
}
