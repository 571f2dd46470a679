//! Non-blocking collectives: every rank starts them in the same order, in a scope. They are checked as the
//! blocking ones are, and a mismatch is told when they are waited for.

use crate::comm::scope::target;
use crate::comm::{Call, Element, Operation, ReceiveBuffer, Scope, ScopedRequest, SendBuffer};
use crate::error::Result;

impl<'scope> Scope<'scope, '_> {
    /// [`barrier`](crate::Communicator::barrier) without waiting: complete when every rank has started it.
    /// *Collective.*
    #[track_caller]
    pub fn start_barrier(&'scope self) -> Result<ScopedRequest<'scope, ()>> {
        let call = Call::new("start_barrier").here();
        self.raw_barrier(call, self.communicator.inner.library)
    }

    /// [`broadcast`](crate::Communicator::broadcast) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), on every rank, when `root` is no rank.
    #[track_caller]
    pub fn start_broadcast<T: Element>(
        &'scope self,
        root: usize,
        buffer: &'scope mut (impl ReceiveBuffer<T> + ?Sized),
    ) -> Result<ScopedRequest<'scope, ()>> {
        let target = target(buffer)?;
        let call = Call::new("start_broadcast").counted::<T>(target.len());
        self.communicator.check_rank("start_broadcast", root)?;
        let library = self.communicator.inner.library;
        self.raw_broadcast(call.root(root).here(), library, root, target)
    }

    /// [`all_reduce`](crate::Communicator::all_reduce) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`; of waiting for it
    /// [`Error::Shape`](crate::Error::Shape), on every rank, when the lengths differ.
    #[track_caller]
    pub fn start_all_reduce<T: Element>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let library = self.communicator.inner.library;
        let values = values.packed()?;
        let call = Call::new("start_all_reduce").detail(operation.name());
        let call = call.slice(&values).here();
        let give = |reduced| reduced;
        self.raw_reduce(call, library, None, (values, operation), give)
    }

    /// [`reduce`](crate::Communicator::reduce) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), on every rank, when `root` is no rank; [`Error::Mpi`](crate::Error::Mpi) when MPI does not define
    /// `operation` on `T`.
    #[track_caller]
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
        let values = values.packed()?;
        let call = Call::new("start_reduce").detail(operation.name());
        let call = call.slice(&values).root(root).here();
        let root = Some((root, is_root));
        self.raw_reduce(call, library, root, (values, operation), give)
    }
}
