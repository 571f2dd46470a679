//! Non-blocking collectives: every rank starts them in the same order, in a scope.

use crate::comm::scope::target;
use crate::comm::{Element, Operation, ReceiveBuffer, Scope, ScopedRequest, SendBuffer};
use crate::error::Result;

impl<'scope> Scope<'scope, '_> {
    /// [`barrier`](crate::Communicator::barrier) without waiting: complete when every rank has started it.
    /// *Collective.*
    pub fn start_barrier(&'scope self) -> Result<ScopedRequest<'scope, ()>> {
        self.raw_barrier(self.communicator.inner.library)
    }

    /// [`broadcast`](crate::Communicator::broadcast) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), on every rank, when `root` is no rank.
    pub fn start_broadcast<T: Element>(
        &'scope self,
        root: usize,
        buffer: &'scope mut (impl ReceiveBuffer<T> + ?Sized),
    ) -> Result<ScopedRequest<'scope, ()>> {
        self.communicator.check_rank("start_broadcast", root)?;
        self.raw_broadcast(self.communicator.inner.library, root, target(buffer)?)
    }

    /// [`all_reduce`](crate::Communicator::all_reduce) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`.
    pub fn start_all_reduce<T: Element>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let library = self.communicator.inner.library;
        self.raw_reduce(library, None, values.packed()?, operation, |reduced| {
            reduced
        })
    }

    /// [`reduce`](crate::Communicator::reduce) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), on every rank, when `root` is no rank; [`Error::Mpi`](crate::Error::Mpi) when MPI does not define
    /// `operation` on `T`.
    pub fn start_reduce<T: Element>(
        &'scope self,
        root: usize,
        values: &'scope (impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<ScopedRequest<'scope, Option<Vec<T>>>> {
        self.communicator.check_rank("start_reduce", root)?;
        let is_root = self.communicator.rank() == root;
        let library = self.communicator.inner.library;
        let give = move |reduced| is_root.then_some(reduced);
        let root = Some((root, is_root));
        self.raw_reduce(library, root, values.packed()?, operation, give)
    }
}
