use crate::comm::{Call, Communicator, Element, Operation, SendBuffer};
use crate::error::{Error, Result};

impl Communicator {
    /// Reduces the ranks' vectors element by element, and hands rank r the r-th of size equal parts of
    /// the result. *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank, a multiple of the number of ranks.
    ///
    /// # Cost
    /// As [`reduce_scatterv`](Self::reduce_scatterv).
    ///
    /// # Errors
    /// [`Error::Shape`] when the length is no multiple of the number of ranks;
    /// [`Error::Mpi`] when MPI does not define `operation` on `T`.
    #[track_caller]
    pub fn reduce_scatter<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        operation: Operation,
    ) -> Result<Vec<T>> {
        let values = values.packed()?;
        let call = Call::new("reduce_scatter").detail(operation.name());
        let _call = self.enter(call.slice(&values))?;
        self.agree_on_length("reduce_scatter", values.len())?;
        // Replicated.
        let lengths = equal_parts("reduce_scatter", values.len(), self.size())?;
        self.reduce_parts(&values, &lengths, operation)
    }

    /// Reduces the ranks' vectors element by element, and hands rank r its `lengths[r]` elements of the
    /// result, which follow those of the ranks before it. *Collective.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::Operation;
    /// let lengths: Vec<usize> = (0..world.size()).collect(); // rank 0 gets nothing
    /// let values = vec![1.0; lengths.iter().sum()];
    /// let own = world.reduce_scatterv(&values, &lengths, Operation::Sum)?;
    /// assert_eq!(own, vec![world.size() as f64; world.rank()]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// The same lengths on every rank, one a rank; their sum is the length of `values`.
    ///
    /// # Cost
    /// Each rank sends what the others get. With more elements than an MPI count can hold a reduction to
    /// each rank in turn.
    ///
    /// # Errors
    /// [`Error::Shape`] when the lengths do not fit; [`Error::Mpi`] when MPI does not define `operation`
    /// on `T`.
    #[track_caller]
    pub fn reduce_scatterv<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        lengths: &[usize],
        operation: Operation,
    ) -> Result<Vec<T>> {
        let values = values.packed()?;
        let call = Call::new("reduce_scatterv").detail(operation.name());
        let _call = self.enter(call.slice(&values))?;
        self.agree_on_length("reduce_scatterv", values.len())?;
        // Replicated.
        check_parts("reduce_scatterv", values.len(), lengths, self.size())?;
        self.reduce_parts(&values, lengths, operation)
    }

    /// `lengths` are one a rank, and sum up to the length of `values`.
    fn reduce_parts<T: Element>(
        &self,
        values: &[T],
        lengths: &[usize],
        operation: Operation,
    ) -> Result<Vec<T>> {
        let (library, rank) = (self.inner.library, self.rank());
        if let Some(own) = library.reduce_scatter(rank, values, lengths, operation)? {
            return Ok(own);
        }
        let (mut rest, mut own) = (values, Vec::new());
        for (root, &length) in lengths.iter().enumerate() {
            let (part, others) = rest.split_at(length);
            rest = others;
            own = library
                .reduce(root, root == rank, part, operation)?
                .unwrap_or(own);
        }
        Ok(own)
    }
}

/// The lengths of as many equal parts as there are ranks.
pub(super) fn equal_parts(operation: &str, length: usize, size: usize) -> Result<Vec<usize>> {
    if length.is_multiple_of(size) {
        return Ok(vec![length / size; size]);
    }
    let detail = format!("{length} elements on {size} ranks");
    Err(Error::shape(operation, detail))
}

/// Unless there is one part a rank, and they are all there is.
pub(super) fn check_parts(
    operation: &str,
    length: usize,
    lengths: &[usize],
    size: usize,
) -> Result<()> {
    let total = lengths
        .iter()
        .try_fold(0usize, |sum, &one| sum.checked_add(one));
    if lengths.len() == size && total == Some(length) {
        return Ok(());
    }
    let parts = lengths.len();
    let detail = format!("{length} elements in {parts} parts ({lengths:?}) for {size} ranks");
    Err(Error::shape(operation, detail))
}
