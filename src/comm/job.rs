//! All programs of one MPI job: plain messages between partita's ranks and others.

use super::ffi::Handle;
use super::{
    Communicator, Destination, Element, Operation, ReceiveBuffer, Received, SendBuffer, Source,
};
use crate::error::Result;

/// All ranks that `mpiexec` started, those of other programs too: their `MPI_COMM_WORLD`.
///
/// Given by [`run_coupled`](crate::run_coupled). Each method is the one MPI call that the other program
/// makes as well, in C, Fortran or mpi4py, and no more: nothing is checked or agreed across the ranks, and
/// a collective that some rank does not call waits for it for ever. Elements are what MPI calls by the
/// same name: `f64` is `MPI_DOUBLE` (numpy's `float64`), `i32` is `int32`, `Complex<f64>` `complex128`.
pub struct Job {
    /// Of which only what is a single MPI call is used.
    all: Communicator,
    own: Vec<usize>,
}

impl Job {
    /// Collective over the ranks of this program.
    pub(crate) fn of(world: &Communicator) -> Result<Self> {
        let all = Communicator::plain(Handle::job()?)?;
        let own = world.all_gather(&[all.rank()])?;
        Ok(Job { all, own })
    }

    /// This rank's number among all. *Local.*
    pub fn rank(&self) -> usize {
        self.all.rank()
    }

    /// The number of ranks of all programs. *Local.*
    pub fn size(&self) -> usize {
        self.all.size()
    }

    /// The ranks of this program, by their numbers among all, in the order of `world`. *Local.*
    pub fn own(&self) -> &[usize] {
        &self.own
    }

    /// The ranks of the other programs. *Local.*
    pub fn others(&self) -> Vec<usize> {
        (0..self.size())
            .filter(|rank| !self.own.contains(rank))
            .collect()
    }

    /// The `mpi` crate's communicator of all ranks, for what is missing here. *Local.*
    pub fn as_mpi(&self) -> &mpi::topology::SimpleCommunicator {
        self.all.as_mpi()
    }

    /// `MPI_Send`, mpi4py's `Send`: see [`Communicator::send`]. *Local to the two.*
    ///
    /// # Errors
    /// As [`Communicator::send`].
    pub fn send<T: Element>(
        &self,
        data: &(impl SendBuffer<T> + ?Sized),
        to: impl Into<Destination>,
    ) -> Result<()> {
        self.all.send(data, to)
    }

    /// `MPI_Recv`, mpi4py's `Recv`: see [`Communicator::receive`]. *Local to the two.*
    ///
    /// # Errors
    /// As [`Communicator::receive`].
    pub fn receive<T: Element>(
        &self,
        buffer: &mut (impl ReceiveBuffer<T> + ?Sized),
        from: impl Into<Source>,
    ) -> Result<Received> {
        self.all.receive(buffer, from)
    }

    /// A message of any length: see [`Communicator::receive_vec`]. *Local to the two.*
    ///
    /// # Errors
    /// As [`Communicator::receive_vec`].
    pub fn receive_vec<T: Element>(&self, from: impl Into<Source>) -> Result<(Vec<T>, Received)> {
        self.all.receive_vec(from)
    }

    /// `MPI_Barrier`. *Collective over all programs.*
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi).
    pub fn barrier(&self) -> Result<()> {
        self.all.barrier()
    }

    /// `MPI_Bcast`, mpi4py's `Bcast`: see [`Communicator::broadcast`]. *Collective over all programs.*
    ///
    /// # Shapes
    /// The same length on every rank, which nobody checks.
    ///
    /// # Errors
    /// As [`Communicator::broadcast`].
    pub fn broadcast<T: Element>(
        &self,
        root: usize,
        buffer: &mut (impl ReceiveBuffer<T> + ?Sized),
    ) -> Result<()> {
        self.all.broadcast(root, buffer)
    }

    /// `MPI_Allreduce`, mpi4py's `Allreduce`. *Collective over all programs.*
    ///
    /// # Shapes
    /// The same length on every rank, which nobody checks.
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`.
    pub fn all_reduce<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<Vec<T>> {
        self.all
            .inner
            .library
            .all_reduce(&values.packed()?, operation)
    }
}
