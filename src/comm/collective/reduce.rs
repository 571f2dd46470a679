use crate::comm::{Call, Communicator, Element, Operation, SendBuffer};
use crate::error::{Error, Result};

impl Communicator {
    /// Reduces the ranks' vectors element by element; every rank gets the result. *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// Some 2 log₂(size) messages a rank, and as many of two integers, to agree on the length.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), on every rank, when the lengths differ;
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
        self.agree_on_length("all_reduce", values.len())?;
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
        self.agree_on_length("reduce", values.len())?;
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
        let call = Call::new("all_reduce_value").detail(operation.name());
        let _call = self.enter(call.element::<T>())?;
        Ok(self.inner.library.all_reduce(&[value], operation)?[0])
    }

    /// An error on every rank when the ranks come with different lengths. MPI's own reductions take
    /// each other's word for them, and write beyond the shorter buffers.
    pub(super) fn agree_on_length(&self, operation: &str, length: usize) -> Result<()> {
        // The largest, and what is left over it by the smallest: one reduction finds both.
        let extremes = self
            .inner
            .library
            .all_reduce(&[length as u64, !(length as u64)], Operation::Max)?;
        let (longest, shortest) = (extremes[0], !extremes[1]);
        if longest == shortest {
            return Ok(());
        }
        Err(lengths_differ(operation, shortest, longest))
    }
}

pub(in crate::comm) fn lengths_differ(operation: &str, shortest: u64, longest: u64) -> Error {
    let detail = format!("the ranks come with {shortest} to {longest} elements");
    Error::OnEveryRank(Box::new(Error::shape(operation, detail)))
}
