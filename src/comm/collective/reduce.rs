use crate::comm::{Call, Communicator, Element, Operation, SendBuffer};
use crate::error::Result;

impl Communicator {
    /// Reduces the ranks' vectors element by element; every rank gets the result. *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// Some 2 log₂(size) messages a rank.
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`.
    #[track_caller]
    pub fn all_reduce<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<Vec<T>> {
        let values = values.packed()?;
        let _call = self.enter(
            Call::new("all_reduce")
                .detail(operation.name())
                .slice(&values),
        )?;
        self.inner.library.all_reduce(&values, operation)
    }

    /// Reduces the ranks' vectors element by element; the root gets the result, the others `None`.
    /// *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// Some log₂(size) messages a rank.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), on every rank, when `root` is no rank;
    /// [`Error::Mpi`](crate::Error::Mpi) when MPI does not define `operation` on `T`.
    #[track_caller]
    pub fn reduce<T: Element>(
        &self,
        root: usize,
        values: &(impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<Option<Vec<T>>> {
        let values = values.packed()?;
        let _call = self.enter(
            Call::new("reduce")
                .detail(operation.name())
                .slice(&values)
                .root(root),
        )?;
        self.check_rank("reduce", root)?;
        self.inner
            .library
            .reduce(root, self.rank() == root, &values, operation)
    }

    /// [`all_reduce`](Self::all_reduce) of one value a rank. *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::Operation;
    /// let slowest = world.all_reduce_value(0.25_f64, Operation::Max)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn all_reduce_value<T: Element>(&self, value: T, operation: Operation) -> Result<T> {
        Ok(self.all_reduce(&[value], operation)?[0])
    }
}
