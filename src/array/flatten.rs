//! The elements in one line.

use ndarray::{Array, Ix1};

use super::{DistArray, ProcessGrid};
use crate::comm::{Call, Element, Parts};
use crate::error::{Error, Result};
use crate::layout::{Axes, Layout, block_range};

impl<A: Element, D: Axes> DistArray<A, D> {
    /// All elements in C order, as an array of one axis in blocks. *Collective.*
    ///
    /// # Cost
    /// Two all-to-alls: of the elements, and of two numbers for each run of consecutive ones.
    ///
    /// # Errors
    /// [`Error::Memory`], on every rank, when a rank cannot hold its block.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// let line = u.flatten()?;
    /// assert_eq!(line.shape(), [u.len()]);
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn flatten(&self) -> Result<DistArray<A, Ix1>> {
        let call = Call::new("flatten").array::<A>(self.shape());
        let _call = self.communicator().enter(call)?;
        let size = self.communicator().size();
        let lengths: Vec<usize> = (0..size)
            .map(|rank| block_range(self.len(), size, rank).len())
            .collect();
        let block = self.in_order(&lengths)?;
        let grid = ProcessGrid::new(self.communicator(), &[size])?;
        let layout = Layout::block([self.len()], grid.shape().clone())?;
        Ok(DistArray::from_parts(&grid, layout, Array::from_vec(block)))
    }

    /// All elements in C order, the first `lengths[0]` of them on rank 0, and so on. *Collective.*
    ///
    /// # Shapes
    /// One length a rank, the same on every rank; together the number of elements.
    ///
    /// # Cost
    /// As [`flatten`](Self::flatten).
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the lengths are not like that, [`Error::Memory`] when a rank
    /// cannot hold its elements.
    #[track_caller]
    pub fn in_order(&self, lengths: &[usize]) -> Result<Vec<A>> {
        let communicator = self.communicator();
        let call = Call::new("in_order").array::<A>(self.shape());
        let _call = communicator.enter(call)?;
        // Replicated: lengths and shape are the same on every rank.
        if lengths.len() != communicator.size() || lengths.iter().sum::<usize>() != self.len() {
            let detail = format!("{} elements cannot be cut into {lengths:?}", self.len());
            return Err(Error::shape("in_order", detail));
        }
        let ends: Vec<usize> = lengths
            .iter()
            .scan(0, |end, length| {
                *end += length;
                Some(*end)
            })
            .collect();
        let mut values: Vec<Vec<A>> = vec![vec![]; lengths.len()];
        let mut places: Vec<Vec<u64>> = vec![vec![]; lengths.len()];
        self.for_each_run(|position, run| {
            let (mut start, mut rest) = (position, run);
            while !rest.is_empty() {
                let owner = ends.partition_point(|&end| end <= start);
                let (here, after) = rest.split_at(rest.len().min(ends[owner] - start));
                values[owner].extend_from_slice(here);
                places[owner].extend([start as u64, here.len() as u64]);
                start += here.len();
                rest = after;
            }
        });
        let values = communicator.all_to_allv(&values.into_iter().collect::<Parts<A>>())?;
        let places = communicator.all_to_allv(&places.into_iter().collect::<Parts<u64>>())?;
        let rank = communicator.rank();
        // Local: memory differs.
        let whole = super::construct::try_default(ndarray::Ix1(lengths[rank]), "in_order");
        let mut block = communicator.agree(whole)?.into_raw_vec_and_offset().0;
        let begin = ends[rank] - lengths[rank];
        let mut rest = values.as_slice();
        for [start, length] in places.as_slice().as_chunks::<2>().0 {
            let (here, after) = rest.split_at(*length as usize);
            let place = *start as usize - begin;
            block[place..place + here.len()].copy_from_slice(here);
            rest = after;
        }
        Ok(block)
    }
}
