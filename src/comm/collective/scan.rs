use crate::comm::{Call, Communicator, Element, Operation, SendBuffer};
use crate::error::Result;

impl Communicator {
    /// Reduces the vectors of the ranks up to and with this one, element by element. *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::Operation;
    /// let so_far = world.scan(&[world.rank() + 1], Operation::Sum)?;
    /// assert_eq!(so_far, [(world.rank() + 1) * (world.rank() + 2) / 2]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// Some log₂(size) messages a rank.
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`.
    #[track_caller]
    pub fn scan<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<Vec<T>> {
        let values = values.packed()?;
        let call = Call::new("scan").detail(operation.name());
        let _call = self.enter(call.slice(&values))?;
        self.agree_on_length("scan", values.len())?;
        self.inner.library.scan(&values, operation)
    }

    /// Reduces the vectors of the ranks before this one, element by element. *Collective.*
    ///
    /// Rank 0, before which there are none, gets `None`: what stands for nothing depends on the
    /// operation and the type, and the caller knows it (`unwrap_or_else(|| vec![0; length])`).
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// Some log₂(size) messages a rank.
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`.
    #[track_caller]
    pub fn exclusive_scan<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<Option<Vec<T>>> {
        let values = values.packed()?;
        let call = Call::new("exclusive_scan").detail(operation.name());
        let _call = self.enter(call.slice(&values))?;
        self.agree_on_length("exclusive_scan", values.len())?;
        let reduced = self.inner.library.exclusive_scan(&values, operation)?;
        Ok((self.rank() > 0).then_some(reduced))
    }
}
