//! Ranks arranged in a grid.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::comm::Communicator;
use crate::error::{Error, Result};
use crate::layout::{Axes, Distribution, GridShape, Layout};

/// A communicator's ranks arranged in a grid (a Cartesian topology), in row-major order.
///
/// Cheap to clone: it holds a handle of the communicator, not a new one.
#[derive(Clone)]
pub struct ProcessGrid {
    communicator: Communicator,
    shape: GridShape,
    /// Of each axis, whether its ends are neighbours.
    periodic: Vec<bool>,
    /// By their axes, those that were asked for; the same on every rank, and shared by all clones.
    sub_grids: Rc<RefCell<BTreeMap<Vec<usize>, ProcessGrid>>>,
}

/// Whom a rank of a grid receives from and sends to when all ranks pass something on along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Who sends to this rank; nobody at the edge of a grid that is not periodic.
    pub source: Option<usize>,
    /// Whom this rank sends to.
    pub destination: Option<usize>,
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
            periodic: vec![false; shape.ndim()],
            shape,
            sub_grids: Rc::default(),
        })
    }

    /// The same grid, of which these axes are rings: their last ranks are neighbours of the first. *Local.*
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, when there is no such axis.
    pub fn periodic(mut self, axes: &[usize]) -> Result<Self> {
        for &axis in axes {
            self.check_axis("periodic", axis)?;
            self.periodic[axis] = true;
        }
        self.sub_grids = Rc::default();
        Ok(self)
    }

    /// Replicated: every rank of either communicator sees the same ranks in it.
    pub(super) fn check_same_ranks(&self, operation: &str, other: &Self) -> Result<()> {
        let is_same = self.communicator.as_raw_library() == other.communicator.as_raw_library();
        if is_same || self.communicator.has_same_ranks(&other.communicator)? {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{operation}: the arrays are on other ranks, or on these in another order"
        )))
    }

    /// The ranks that stand in this grid.
    pub fn communicator(&self) -> &Communicator {
        &self.communicator
    }

    /// The number of ranks along each axis.
    pub fn shape(&self) -> &GridShape {
        &self.shape
    }

    /// Where this rank stands. *Local.*
    pub fn coordinates(&self) -> Vec<usize> {
        self.shape.coordinates(self.communicator.rank())
    }

    /// The neighbours of this rank when every rank passes something to the one `displacement` further along
    /// `axis`. *Local.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// # use partita::ProcessGrid;
    /// let ring = ProcessGrid::new(world, &[world.size()])?.periodic(&[0])?;
    /// let right = ring.shift(0, 1)?;
    /// if let (Some(to), Some(from)) = (right.destination, right.source) {
    ///     let mut left = [0];
    ///     world.send_receive(&[world.rank()], to, &mut left, from)?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, when there is no such axis.
    pub fn shift(&self, axis: usize, displacement: isize) -> Result<Shift> {
        self.check_axis("shift", axis)?;
        Ok(Shift {
            source: displacement
                .checked_neg()
                .and_then(|back| self.neighbour(axis, back)),
            destination: self.neighbour(axis, displacement),
        })
    }

    fn neighbour(&self, axis: usize, displacement: isize) -> Option<usize> {
        let mut place = self.coordinates();
        let parts = self.shape.parts()[axis] as isize;
        let (here, moved) = (place[axis] as isize, displacement % parts);
        let there = match self.periodic[axis] {
            true => (here + moved).rem_euclid(parts),
            false => here.checked_add(displacement)?,
        };
        place[axis] = usize::try_from(there).ok().filter(|_| there < parts)?;
        Some(self.shape.rank(&place))
    }

    /// The grid of those ranks that differ from this one along the `kept` axes alone, with its own communicator.
    /// *Collective* for the first time, afterwards *Local*: it is kept.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// # use partita::{Operation, ProcessGrid};
    /// let grid = ProcessGrid::balanced(world, 3)?;
    /// let plane = grid.sub_grid(&[1, 2])?; // of the ranks with the same first coordinate
    /// let column = grid.along(0)?;
    /// let sum = column.all_reduce_value(1, Operation::Sum)?;
    /// assert_eq!(sum, grid.shape().parts()[0]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`], on every rank, unless the axes are some of the grid's in ascending order;
    /// [`Error::Mpi`](crate::Error::Mpi) when MPI has no communicator left.
    #[track_caller]
    pub fn sub_grid(&self, kept: &[usize]) -> Result<ProcessGrid> {
        // Replicated, like what was asked for before.
        for (place, &axis) in kept.iter().enumerate() {
            self.check_axis("sub_grid", axis)?;
            if place > 0 && kept[place - 1] >= axis {
                let detail = format!("axes {kept:?} are not in ascending order");
                return Err(Error::shape("sub_grid", detail));
            }
        }
        if let Some(known) = self.sub_grids.borrow().get(kept) {
            return Ok(known.clone());
        }
        let dropped: Vec<usize> = (0..self.shape.ndim())
            .filter(|axis| !kept.contains(axis))
            .collect();
        let (colour, _) = self.place_among(&dropped);
        let (key, shape) = self.place_among(kept);
        // As many places as there are ranks, which an MPI count can hold.
        let group = self.communicator.split(Some(colour as u32), key as i32)?;
        let group = group.ok_or_else(|| Error::other("MPI made no communicator"))?;
        group.set_name(&format!("axes {kept:?} of a grid"))?;
        let mut made = ProcessGrid::from_shape(&group, shape)?;
        made.periodic = kept.iter().map(|&axis| self.periodic[axis]).collect();
        self.sub_grids
            .borrow_mut()
            .insert(kept.to_vec(), made.clone());
        Ok(made)
    }

    /// The ranks in one line with this one along `axis`, in the order of their coordinates; as
    /// [`sub_grid`](Self::sub_grid). *Collective* for the first time, afterwards *Local*.
    ///
    /// # Errors
    /// As [`sub_grid`](Self::sub_grid).
    #[track_caller]
    pub fn along(&self, axis: usize) -> Result<Communicator> {
        self.sub_grid(&[axis]).map(|line| line.communicator)
    }

    /// This rank's number in a grid of these axes alone, and that grid's shape.
    fn place_among(&self, axes: &[usize]) -> (usize, GridShape) {
        let (all, own) = (self.shape.parts(), self.coordinates());
        let parts: Vec<usize> = axes.iter().map(|&axis| all[axis]).collect();
        let place: Vec<usize> = axes.iter().map(|&axis| own[axis]).collect();
        let shape = GridShape::new(&parts);
        (shape.rank(&place), shape)
    }

    fn check_axis(&self, operation: &str, axis: usize) -> Result<()> {
        if axis < self.shape.ndim() {
            return Ok(());
        }
        let detail = format!("axis {axis} of a grid with {} axes", self.shape.ndim());
        Err(Error::shape(operation, detail))
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

impl fmt::Debug for ProcessGrid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, shape) = (self.coordinates(), &self.shape);
        write!(
            formatter,
            "ProcessGrid({shape}, {place:?} of {:?})",
            self.communicator
        )
    }
}
