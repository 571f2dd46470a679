//! Distributed arrays: a layout, a grid of ranks, and each rank's part as a local `ndarray`.

mod construct;
mod display;
mod elementwise;
mod flatten;
mod gather;
mod grid;
mod halo;
mod local;
mod making;
mod permute;
mod random;
mod redistribute;
pub mod reduce;
mod remote;
mod shared;
mod slice;
mod stencil;
mod storage;
mod view;

use crate::comm::Element;
use crate::layout::{Axes, Layout};
use storage::Storage;

pub use construct::IntoLayout;
pub use display::{Printable, Printed};
pub use grid::{ProcessGrid, Shift};
pub use halo::{Boundary, Halo, HaloExchange, HaloExchanges, Haloed};
pub use making::Progression;
pub use random::Replacement;
pub use redistribute::{Panels, Redistribution};
pub use remote::{RemoteAccess, RemoteArray};
pub use shared::SharedArray;
pub use stencil::StencilRow;
pub use view::{DistView, DistViewMut, Distributed};

/// An `ndarray` cut over the ranks of a [`ProcessGrid`], each holding one block of it.
///
/// `shape()` is global; what is local says so. Each rank's block is an `ndarray` view,
/// [`local`](Self::local) and [`local_mut`](Self::local_mut). The array may have a [`Halo`]: a
/// margin around the block in which the neighbours' cells are shown.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita::{DistArray, ProcessGrid, Reductions};
/// let grid = ProcessGrid::balanced(world, 2)?;
/// let u = DistArray::from_fn(&grid, [4000, 3000], |[i, j]| (i * j) as f64)?;
/// let total = u.sum()?; // the same bits on any number of ranks
/// # Ok(()) }
/// ```
pub struct DistArray<A: Element, D: Axes> {
    grid: ProcessGrid,
    layout: Layout<D>,
    /// The owned block, inside its halo where there is one.
    storage: Storage<A, D>,
    halo: Option<halo::State<A>>,
}

impl<A: Element, D: Axes> Clone for DistArray<A, D> {
    fn clone(&self) -> Self {
        DistArray {
            grid: self.grid.clone(),
            layout: self.layout.clone(),
            storage: Storage::Own(elementwise::copied(self.storage.view())),
            halo: self.halo.clone(),
        }
    }
}
