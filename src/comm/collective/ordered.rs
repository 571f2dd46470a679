//! Reductions by a user's operation, which MPI never gets to see: a tree of messages that keeps the
//! ranks in their order.

use super::reduce_scatter::{check_parts, equal_parts};
use crate::comm::ffi::vector_of_defaults;
use crate::comm::{Call, Communicator, Element, Purpose, SendBuffer};
use crate::error::Result;

impl Communicator {
    /// [`all_reduce`](Self::all_reduce) by an operation of the user's own. *Collective.*
    ///
    /// `combine(a, b)` is called with `a` from lower ranks than `b`: it must be associative, and need not
    /// be commutative. An operation that is only nearly associative, such as a sum of floating-point
    /// numbers, gives the same result on every rank, and another one on another number of ranks. A panic
    /// in it ends the job, as any other.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// // The last rank's number that is not zero.
    /// let last = world.all_reduce_with(&[world.rank() % 3], |a, b| if b == 0 { a } else { b })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// log₂(size) rounds of messages to rank 0, one a rank, and a broadcast.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) or [`Error::Mpi`](crate::Error::Mpi), on the rank that
    /// notices, when the lengths differ.
    #[track_caller]
    pub fn all_reduce_with<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        combine: impl FnMut(T, T) -> T,
    ) -> Result<Vec<T>> {
        let values = values.packed()?;
        let _call = self.enter(Call::new("all_reduce_with").slice(&values))?;
        let mut reduced = self.reduce_in_order(values.into_owned(), combine)?;
        self.inner.library.broadcast(0, &mut reduced)?;
        Ok(reduced)
    }

    /// [`reduce`](Self::reduce) by an operation of the user's own, as in
    /// [`all_reduce_with`](Self::all_reduce_with). *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// log₂(size) rounds of messages to rank 0, one a rank, and one from there to another root.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), on every rank, when `root` is no rank; else as
    /// [`all_reduce_with`](Self::all_reduce_with).
    #[track_caller]
    pub fn reduce_with<T: Element>(
        &self,
        root: usize,
        values: &(impl SendBuffer<T> + ?Sized),
        combine: impl FnMut(T, T) -> T,
    ) -> Result<Option<Vec<T>>> {
        let values = values.packed()?;
        let _call = self.enter(Call::new("reduce_with").slice(&values).root(root))?;
        self.check_rank("reduce_with", root)?;
        let mut reduced = self.reduce_in_order(values.into_owned(), combine)?;
        if root != 0 {
            match self.rank() {
                0 => self.send_step(&reduced, root)?,
                rank if rank == root => self.receive_step(&mut reduced, 0)?,
                _ => {}
            }
        }
        Ok((self.rank() == root).then_some(reduced))
    }

    /// [`scan`](Self::scan) by an operation of the user's own, as in
    /// [`all_reduce_with`](Self::all_reduce_with). *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// log₂(size) messages a rank, at most.
    ///
    /// # Errors
    /// As [`all_reduce_with`](Self::all_reduce_with).
    #[track_caller]
    pub fn scan_with<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        combine: impl FnMut(T, T) -> T,
    ) -> Result<Vec<T>> {
        let values = values.packed()?;
        let _call = self.enter(Call::new("scan_with").slice(&values))?;
        self.scan_in_order(values.into_owned(), combine)
    }

    /// [`exclusive_scan`](Self::exclusive_scan) by an operation of the user's own, as in
    /// [`all_reduce_with`](Self::all_reduce_with); `None` on rank 0. *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// That of [`scan_with`](Self::scan_with), and a message to the next rank.
    ///
    /// # Errors
    /// As [`all_reduce_with`](Self::all_reduce_with).
    #[track_caller]
    pub fn exclusive_scan_with<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        combine: impl FnMut(T, T) -> T,
    ) -> Result<Option<Vec<T>>> {
        let (rank, size) = (self.rank(), self.size());
        let values = values.packed()?;
        let _call = self.enter(Call::new("exclusive_scan_with").slice(&values))?;
        let mut before = values.into_owned();
        let own = self.scan_in_order(before.clone(), combine)?;
        let sent = (rank + 1 < size)
            .then(|| self.start_own_send(own, rank + 1, Purpose::Reduction))
            .transpose()?;
        if rank > 0 {
            self.receive_step(&mut before, rank - 1)?;
        }
        if let Some(sent) = sent {
            sent.wait()?;
        }
        Ok((rank > 0).then_some(before))
    }

    /// [`reduce_scatter`](Self::reduce_scatter) by an operation of the user's own, as in
    /// [`all_reduce_with`](Self::all_reduce_with). *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank, a multiple of the number of ranks.
    ///
    /// # Cost
    /// As [`reduce_scatterv_with`](Self::reduce_scatterv_with).
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`](crate::Error::Shape) when the lengths differ, or are no multiple
    /// of the number of ranks.
    #[track_caller]
    pub fn reduce_scatter_with<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        combine: impl FnMut(T, T) -> T,
    ) -> Result<Vec<T>> {
        let values = values.packed()?;
        let _call = self.enter(Call::new("reduce_scatter_with").slice(&values))?;
        self.agree_on_length("reduce_scatter_with", values.len())?;
        // Replicated.
        let lengths = equal_parts("reduce_scatter_with", values.len(), self.size())?;
        self.reduce_parts_in_order(values.into_owned(), &lengths, combine)
    }

    /// [`reduce_scatterv`](Self::reduce_scatterv) by an operation of the user's own, as in
    /// [`all_reduce_with`](Self::all_reduce_with). *Collective.*
    ///
    /// # Shapes
    /// The same lengths on every rank, one a rank; their sum is the length of `values`.
    ///
    /// # Cost
    /// log₂(size) rounds of messages to rank 0, one a rank, and one from there to each rank with its part.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`](crate::Error::Shape) when the lengths do not fit.
    #[track_caller]
    pub fn reduce_scatterv_with<T: Element>(
        &self,
        values: &(impl SendBuffer<T> + ?Sized),
        lengths: &[usize],
        combine: impl FnMut(T, T) -> T,
    ) -> Result<Vec<T>> {
        let values = values.packed()?;
        let _call = self.enter(Call::new("reduce_scatterv_with").slice(&values))?;
        self.agree_on_length("reduce_scatterv_with", values.len())?;
        // Replicated.
        check_parts("reduce_scatterv_with", values.len(), lengths, self.size())?;
        self.reduce_parts_in_order(values.into_owned(), lengths, combine)
    }

    /// `lengths` are one a rank, and sum up to the number of values.
    fn reduce_parts_in_order<T: Element>(
        &self,
        values: Vec<T>,
        lengths: &[usize],
        combine: impl FnMut(T, T) -> T,
    ) -> Result<Vec<T>> {
        let reduced = self.reduce_in_order(values, combine)?;
        if !self.is_root() {
            let mut own = vector_of_defaults(lengths[self.rank()])?;
            self.receive_step(&mut own, 0)?;
            return Ok(own);
        }
        let (own, mut rest) = reduced.split_at(lengths[0]);
        for (rank, &length) in lengths.iter().enumerate().skip(1) {
            let (part, others) = rest.split_at(length);
            rest = others;
            self.send_step(part, rank)?;
        }
        Ok(own.to_vec())
    }

    /// The values of the ranks up to and with this one, combined in rank order.
    fn scan_in_order<T: Element>(
        &self,
        mut own: Vec<T>,
        mut combine: impl FnMut(T, T) -> T,
    ) -> Result<Vec<T>> {
        let (rank, size) = (self.rank(), self.size());
        // Before each round: the ranks rank − distance + 1 ..= rank, of those that there are.
        let mut before = own.clone();
        let mut distance = 1;
        while distance < size {
            let sent = (rank + distance < size)
                .then(|| self.start_own_send(own.clone(), rank + distance, Purpose::Reduction))
                .transpose()?;
            if rank >= distance {
                self.receive_step(&mut before, rank - distance)?;
                for (own, &before) in own.iter_mut().zip(&before) {
                    *own = combine(before, *own);
                }
            }
            if let Some(sent) = sent {
                sent.wait()?;
            }
            distance *= 2;
        }
        Ok(own)
    }

    /// On rank 0 all ranks' values, combined in rank order.
    fn reduce_in_order<T: Element>(
        &self,
        mut own: Vec<T>,
        mut combine: impl FnMut(T, T) -> T,
    ) -> Result<Vec<T>> {
        let (rank, size) = (self.rank(), self.size());
        let mut after = own.clone();
        // Before each round, on the ranks still in it: the ranks rank .. rank + distance.
        let mut distance = 1;
        while distance < size {
            if !rank.is_multiple_of(2 * distance) {
                self.send_step(&own, rank - distance)?;
                break;
            }
            if rank + distance < size {
                self.receive_step(&mut after, rank + distance)?;
                for (own, &after) in own.iter_mut().zip(&after) {
                    *own = combine(*own, after);
                }
            }
            distance *= 2;
        }
        Ok(own)
    }

    fn send_step<T: Element>(&self, values: &[T], destination: usize) -> Result<()> {
        let tag = Purpose::Reduction.tag();
        self.inner.library.send(values, destination, tag)
    }

    fn receive_step<T: Element>(&self, values: &mut [T], source: usize) -> Result<()> {
        let tag = Purpose::Reduction.tag();
        self.inner
            .library
            .receive(values, Some(source), Some(tag))?;
        Ok(())
    }
}
