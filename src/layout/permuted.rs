//! A layout with its axes in another order.

use super::{Axes, Layout};
use crate::error::{Error, Result};

impl<D: Axes> Layout<D> {
    /// The layout of the array whose axis i is this one's axis `permutation[i]`: every rank has the same
    /// elements.
    ///
    /// ```
    /// use partita::layout::{Distribution::*, GridShape, Layout};
    /// let rows = Layout::new([5, 4], GridShape::new(&[2]), &[Block, Replicated])?;
    /// assert_eq!(rows.permuted(&[1, 0])?.to_string(), "4×5 [replicated, block/2] on 2");
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when that is no order of the axes.
    pub fn permuted(&self, permutation: &[usize]) -> Result<Self> {
        let mut sorted = permutation.to_vec();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.axes.len()) {
            let detail = format!("{permutation:?} is no order of {} axes", self.axes.len());
            return Err(Error::shape("permute_axes", detail));
        }
        let mut permuted = self.clone();
        for (place, &axis) in permutation.iter().enumerate() {
            permuted.shape[place] = self.shape[axis];
            permuted.axes[place] = self.axes[axis].clone();
            permuted.over[place] = self.over[axis];
        }
        Ok(permuted)
    }
}
