//! One-sided communication: memory of each rank that the others read and write by themselves.

mod epoch;

use std::fmt;

use super::ffi::RemoteMemory;
use super::{Call, Communicator, Number};
use crate::error::Result;

pub use epoch::{Epoch, Passive, Target, Targets};

/// Memory of each rank that all ranks of a communicator can access, at offsets the owner need not know.
///
/// Its accesses belong to *epochs*, which are scopes: in a [`fence`](Self::fence) all ranks access what
/// they want, and it is done when the scope ends; in a [`passive`](Self::passive) scope each rank locks
/// whose memory it wants, when it wants, as often as it wants.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita::{Operation, Window};
/// let (rank, size) = (world.rank(), world.size());
/// let mut window = Window::zeros(world, 2)?; // two numbers of every rank
///
/// let mut of_left = [0];
/// let own = [rank as u64];
/// window.fence(|epoch| epoch.put(&own, (rank + 1) % size, 0))?;
/// window.fence(|epoch| epoch.get(&mut of_left, rank, 0))?;
///
/// // A counter on rank 0 that hands out numbers, to whoever comes first.
/// let ticket = window.passive(|open| {
///     open.lock(0, |target| target.fetch_and_op(1, 1, Operation::Sum))
/// })?;
/// window.close()
/// # }
/// ```
///
/// # Who may do what, and when
/// The own part is an ordinary slice in [`local`](Self::local) and [`local_mut`](Self::local_mut), outside
/// of the scopes in which others can access it. All ranks enter and leave those together.
///
/// ```compile_fail,E0500
/// # fn example(window: &mut partita::Window<f64>) -> partita::Result<()> {
/// window.local(|own| {
///     // Others may write while this rank reads.
///     window.fence(|epoch| epoch.put(&[1.0], 0, 0))
/// })?
/// # }
/// ```
///
/// What a `get` brings is there when its epoch is complete, and cannot be looked at before:
///
/// ```compile_fail,E0502
/// # fn example(window: &mut partita::Window<f64>) -> partita::Result<()> {
/// let mut value = [0.0];
/// window.fence(|epoch| {
///     epoch.get(&mut value, 0, 0)?;
///     println!("{}", value[0]);
///     Ok(())
/// })
/// # }
/// ```
///
/// ```no_run
/// # fn example(window: &mut partita::Window<f64>) -> partita::Result<()> {
/// let mut value = [0.0];
/// window.fence(|epoch| {
///     epoch.get(&mut value, 0, 0)
/// })?;
/// println!("{}", value[0]);
/// # Ok(()) }
/// ```
///
/// Nor may a buffer end before its epoch:
///
/// ```compile_fail,E0597
/// # fn example(window: &mut partita::Window<f64>) -> partita::Result<()> {
/// window.fence(|epoch| {
///     let data = vec![1.0, 2.0];
///     epoch.put(&data, 0, 0)
/// })
/// # }
/// ```
///
/// Two ranks that put to the same element in one epoch, or one that gets what another one puts, leave or
/// find *some* number there; [`Number`]s therefore, for which any bits are a value. `accumulate`,
/// `fetch_and_op` and `compare_and_swap` are atomic, element by element.
///
/// # Between machines
/// Open MPI 4.1 cannot access another machine's memory over TCP as it is configured: making the window
/// fails with `MPI_ERR_WIN`. `mpiexec --mca osc ^rdma` has it use another way.
///
/// # How it ends
/// [`close`](Self::close) gives the memory back, collectively. What is dropped without is given back when all
/// ranks have dropped it, as [communicators](Communicator#how-it-ends) are.
pub struct Window<T: Number> {
    memory: RemoteMemory<T>,
}

impl<T: Number> Window<T> {
    /// A window with `length` zeros of this rank, which may differ from rank to rank. *Collective.*
    ///
    /// # Cost
    /// Six communicators and a window of MPI, as long as it lives; some twenty small collectives; the memory.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`](crate::Error::Usage) when the ranks call with different
    /// types of elements, [`Error::Memory`](crate::Error::Memory) and [`Error::Mpi`](crate::Error::Mpi) when
    /// the memory is not to be had or MPI makes no windows here (see [above](Self#between-machines)).
    #[track_caller]
    pub fn zeros(communicator: &Communicator, length: usize) -> Result<Self> {
        let _call = communicator.enter(Call::new("Window::zeros"))?;
        let memory = communicator.agree(RemoteMemory::allocate(communicator, length))?;
        Ok(Window { memory })
    }

    /// The number of elements of each rank. *Local.*
    pub fn lengths(&self) -> &[usize] {
        self.memory.lengths()
    }

    /// Shows this rank's part to `look`. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when an epoch before did not end on all ranks.
    pub fn local<R>(&self, look: impl FnOnce(&[T]) -> R) -> Result<R> {
        self.memory.local(look)
    }

    /// Has `change` change this rank's part. *Local.*
    ///
    /// # Errors
    /// As [`local`](Self::local).
    pub fn local_mut<R>(&mut self, change: impl FnOnce(&mut [T]) -> R) -> Result<R> {
        self.memory.local_mut(change)
    }

    /// An epoch of all ranks: each accesses what it wants, and when the call returns, all of it is done.
    /// *Collective.*
    ///
    /// # Cost
    /// A barrier, two fences and an agreement; each access a transfer.
    ///
    /// # Errors
    /// That of the closure, the same on every rank when one fails; what was begun is done nevertheless. An
    /// epoch that MPI cannot complete, or a panic in one, ends the job.
    #[track_caller]
    pub fn fence<'buffers, R>(
        &mut self,
        work: impl FnOnce(&mut Epoch<'_, 'buffers, T>) -> Result<R>,
    ) -> Result<R> {
        self.memory.fence(|access| work(&mut Epoch { access }))
    }

    /// A time in which each rank locks and accesses the memory of others by itself. *Collective*: all ranks
    /// enter it and leave it together.
    ///
    /// # Cost
    /// An agreement at each end.
    ///
    /// # Errors
    /// That of the closure, the same on every rank when one fails.
    #[track_caller]
    pub fn passive<R>(&mut self, work: impl FnOnce(&mut Passive<'_, T>) -> Result<R>) -> Result<R> {
        self.memory.passive(|access| work(&mut Passive { access }))
    }

    /// Gives the memory back to the system. *Collective.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when an epoch before did not end on all ranks,
    /// [`Error::Mpi`](crate::Error::Mpi).
    #[track_caller]
    pub fn close(self) -> Result<()> {
        self.memory.free()
    }
}

impl<T: Number> fmt::Debug for Window<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Window(lengths {:?})", self.lengths())
    }
}
