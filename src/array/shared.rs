//! One array for all ranks of a machine, in memory that they have in common.

use std::fmt;
use std::ops::Range;

use ndarray::{ArrayView, ArrayViewMut, IntoDimension};
use num_traits::Zero;

use crate::comm::ffi::{Machine, SharedMemory};
use crate::comm::{Call, Communicator, Element};
use crate::error::{Error, Result};
use crate::layout::{Axes, Runs, block_range, for_each_index};

/// An array of which each machine holds one copy, seen by all its ranks.
///
/// For what every rank reads and none could hold alone: a table, a dictionary, a picture. Its first axis
/// is cut into blocks, one a rank of the machine. Between phases of writing all ranks read all of it; in
/// a phase of [`write`](Self::write) each rank has its own block, and nobody reads. The copies of several
/// machines are independent of each other.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita::SharedArray;
/// let mut table = SharedArray::zeros(world, [10_000, 1000])?;
/// let first = table.local_rows().start;
/// table.write(|mut block| {
///     for (row, mut values) in block.outer_iter_mut().enumerate() {
///         values.fill(1.0 / (1 + first + row) as f64);
///     }
///     Ok(())
/// })?;
/// let total = table.read(|table| table.sum())?; // on every rank, of all of it
/// table.close()
/// # }
/// ```
///
/// # Who may do what, and when
/// [`read`](Self::read) borrows the array, [`write`](Self::write) borrows it mutably and begins when all
/// ranks have come to it. So nobody writes while another rank reads, and the compiler refuses to try:
///
/// ```compile_fail,E0500
/// # fn example(table: &mut partita::SharedArray<f64, ndarray::Ix1>) -> partita::Result<()> {
/// table.read(|all| {
///     // Writing while reading.
///     table.write(|mut block| Ok(block.fill(all[0])))
/// })?
/// # }
/// ```
///
/// First the one, then the other:
///
/// ```no_run
/// # fn example(table: &mut partita::SharedArray<f64, ndarray::Ix1>) -> partita::Result<()> {
/// let first = table.read(|all| all[0])?;
/// table.write(|mut block| Ok(block.fill(first)))
/// # }
/// ```
///
/// A view does not outlive its closure:
///
/// ```compile_fail
/// # fn example(table: &mut partita::SharedArray<f64, ndarray::Ix1>) -> partita::Result<()> {
/// let kept = table.read(|all| all)?;
/// table.write(|mut block| Ok(block.fill(1.0)))?;
/// println!("{}", kept[0]);
/// # Ok(()) }
/// ```
///
/// # How it ends
/// [`close`](Self::close) gives the memory back. Giving back is collective, and a drop happens on one rank
/// alone when that rank fails: dropped without `close`, the array keeps its memory until all ranks have dropped
/// it, and longer (see [`Communicator`](Communicator#how-it-ends)).
pub struct SharedArray<A: Element, D: Axes> {
    memory: SharedMemory<A>,
    shape: D,
    local_rows: Range<usize>,
}

impl<A: Element, D: Axes> SharedArray<A, D> {
    /// The array of this `shape` with `f` of each index. *Collective.*
    ///
    /// # Cost
    /// Three communicators and a window of MPI, as long as it lives; some ten small collectives; one copy of the
    /// array a machine; `f` once an element a machine.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when there is no axis to cut, [`Error::Usage`] when the
    /// ranks call with different shapes or element types, [`Error::Memory`] and [`Error::Mpi`] when the
    /// memory is not to be had (MPI takes it from the file system of `/dev/shm`, which containers make
    /// small: `docker run --shm-size`).
    #[track_caller]
    pub fn from_fn<F>(
        communicator: &Communicator,
        shape: impl IntoDimension<Dim = D>,
        f: F,
    ) -> Result<Self>
    where
        F: Fn(D::Index) -> A,
    {
        let mut array = SharedArray::with_default(communicator, shape.into_dimension())?;
        let rows = array.local_rows.clone();
        let filled = array.write(|mut block| {
            let mut region: Vec<Runs> = block.shape().iter().map(|n| (0..*n).into()).collect();
            region[0] = rows.into();
            let mut places = block.iter_mut();
            for_each_index::<D>(&region, |index| {
                if let Some(place) = places.next() {
                    *place = f(index);
                }
            });
            Ok(())
        });
        communicator.agree(filled)?;
        Ok(array)
    }

    /// The array of this `shape` with the same `value` everywhere. *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn full(
        communicator: &Communicator,
        shape: impl IntoDimension<Dim = D>,
        value: A,
    ) -> Result<Self> {
        let mut array = SharedArray::with_default(communicator, shape.into_dimension())?;
        let filled = array.write(|mut block| {
            block.fill(value);
            Ok(())
        });
        communicator.agree(filled)?;
        Ok(array)
    }

    /// The array of this `shape` with zeros everywhere. *Collective.*
    ///
    /// # Errors
    /// As [`from_fn`](Self::from_fn).
    #[track_caller]
    pub fn zeros(communicator: &Communicator, shape: impl IntoDimension<Dim = D>) -> Result<Self>
    where
        A: Zero,
    {
        SharedArray::full(communicator, shape, A::zero())
    }

    #[track_caller]
    fn with_default(communicator: &Communicator, shape: D) -> Result<Self> {
        let _call = communicator.enter(Call::new("SharedArray"))?;
        check_shape(communicator, shape.slice())?;
        let machine = communicator.agree(Machine::of(communicator))?;
        let local_rows = block_range(shape[0], machine.size(), machine.rank());
        let mut own_shape = shape.clone();
        own_shape[0] = local_rows.len();
        let own_length = size_in_elements(own_shape.slice()).unwrap_or(0);
        let memory = communicator.agree(SharedMemory::allocate(machine, own_length))?;
        Ok(SharedArray {
            memory,
            shape,
            local_rows,
        })
    }

    /// The shape, of all of it. *Local.*
    pub fn shape(&self) -> &[usize] {
        self.shape.slice()
    }

    /// The rows (indices of the first axis) of this rank's block; none where the machine has more ranks
    /// than rows. *Local.*
    pub fn local_rows(&self) -> Range<usize> {
        self.local_rows.clone()
    }

    /// The number of ranks that see this machine's copy. *Local.*
    pub fn ranks_on_machine(&self) -> usize {
        self.memory.size()
    }

    /// Shows all of it to `look`, and hands on what that returns. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] when a phase of writing before did not end on all ranks.
    pub fn read<R>(&self, look: impl FnOnce(ArrayView<'_, A, D>) -> R) -> Result<R> {
        self.memory.read(|all| {
            let view = ArrayView::from_shape(self.shape.clone(), all)?;
            Ok(look(view))
        })?
    }

    /// Has each rank change its own block while nobody reads. *Collective* over the ranks of the machine.
    ///
    /// # Shapes
    /// The block has the array's shape, but for its first axis: [`local_rows`](Self::local_rows).
    ///
    /// # Cost
    /// A barrier before, an agreement after; nothing is copied.
    ///
    /// # Errors
    /// That of the closure, and the same on every rank when one of them fails: the elements then are what
    /// the closures left.
    #[track_caller]
    pub fn write<R>(
        &mut self,
        change: impl FnOnce(ArrayViewMut<'_, A, D>) -> Result<R>,
    ) -> Result<R> {
        let mut shape = self.shape.clone();
        shape[0] = self.local_rows.len();
        self.memory
            .write(|own| change(ArrayViewMut::from_shape(shape, own)?))
    }

    /// Gives the memory back to the system. *Collective* over the ranks of the machine.
    ///
    /// # Errors
    /// [`Error::Usage`] when a phase of writing before did not end on all ranks, [`Error::Mpi`].
    #[track_caller]
    pub fn close(self) -> Result<()> {
        self.memory.free()
    }
}

/// Whether all ranks want the same shape, one that can be cut. Collective.
fn check_shape(communicator: &Communicator, shape: &[usize]) -> Result<()> {
    let offered = communicator.is_root().then(|| shape.to_vec());
    let of_root = communicator.broadcast_object(0, offered)?;
    // Local: each rank knows its own shape only.
    communicator.agree(if of_root != shape {
        Err(Error::usage(format!(
            "SharedArray: shape {shape:?} here, {of_root:?} on rank 0: all ranks make one array"
        )))
    } else if shape.is_empty() {
        Err(Error::shape(
            "SharedArray",
            "an array without axes has no rows to cut",
        ))
    } else if size_in_elements(shape).is_none() {
        Err(Error::Memory {
            operation: format!("SharedArray of shape {shape:?}"),
            bytes: u64::MAX,
        })
    } else {
        Ok(())
    })
}

/// The product of the lengths; `None` when it is too large even without the axes of length zero.
fn size_in_elements(shape: &[usize]) -> Option<usize> {
    let lengths = shape.iter().filter(|length| **length > 0);
    let product = lengths.copied().try_fold(1usize, usize::checked_mul)?;
    // As `ndarray` limits it.
    isize::try_from(product).ok()?;
    Some(if shape.contains(&0) { 0 } else { product })
}

impl<A: Element, D: Axes> fmt::Debug for SharedArray<A, D> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "SharedArray(shape {:?} for {} ranks of this machine, rows {:?} are this rank's)",
            self.shape(),
            self.ranks_on_machine(),
            self.local_rows
        )
    }
}
