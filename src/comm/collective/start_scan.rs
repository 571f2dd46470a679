//! Non-blocking reductions whose result is another one on each rank.

use crate::comm::{Call, Element, Operation, Scope, ScopedRequest, SendBuffer};
use crate::error::Result;

use super::reduce_scatter::{check_parts, equal_parts};

impl<'scope> Scope<'scope, '_> {
    /// [`scan`](crate::Communicator::scan) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`; of waiting for it
    /// [`Error::Shape`](crate::Error::Shape), on every rank, when the lengths differ.
    #[track_caller]
    pub fn start_scan<T: Element>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let values = values.packed()?;
        let call = Call::new("start_scan").detail(operation.name());
        let call = call.slice(&values).here();
        self.raw_scan(call, self.communicator.inner.library, (values, operation))
    }

    /// [`exclusive_scan`](crate::Communicator::exclusive_scan) without waiting. *Collective.*
    ///
    /// # Errors
    /// As [`start_scan`](Self::start_scan).
    #[track_caller]
    pub fn start_exclusive_scan<T: Element>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<ScopedRequest<'scope, Option<Vec<T>>>> {
        let values = values.packed()?;
        let call = Call::new("start_exclusive_scan").detail(operation.name());
        let call = call.slice(&values).here();
        let (library, rank) = (self.communicator.inner.library, self.communicator.rank());
        self.raw_exclusive_scan(call, (library, rank), (values, operation))
    }

    /// [`reduce_scatter`](crate::Communicator::reduce_scatter) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when the length is no multiple of the number of ranks; else as
    /// [`start_scan`](Self::start_scan).
    #[track_caller]
    pub fn start_reduce_scatter<T: Element>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let values = values.packed()?;
        let lengths = equal_parts(
            "start_reduce_scatter",
            values.len(),
            self.communicator.size(),
        )?;
        let call = Call::new("start_reduce_scatter").detail(operation.name());
        let call = call.slice(&values).here();
        let (library, rank) = (self.communicator.inner.library, self.communicator.rank());
        self.raw_reduce_scatter(call, (library, rank), (values, operation), &lengths)
    }

    /// [`reduce_scatterv`](crate::Communicator::reduce_scatterv) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when the lengths are not one a rank, or do not sum up to that of
    /// `values`; else as [`start_scan`](Self::start_scan).
    #[track_caller]
    pub fn start_reduce_scatterv<T: Element>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
        lengths: &[usize],
        operation: Operation,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let values = values.packed()?;
        let size = self.communicator.size();
        check_parts("start_reduce_scatterv", values.len(), lengths, size)?;
        let call = Call::new("start_reduce_scatterv").detail(operation.name());
        let call = call.slice(&values).here();
        let (library, rank) = (self.communicator.inner.library, self.communicator.rank());
        self.raw_reduce_scatter(call, (library, rank), (values, operation), lengths)
    }
}
