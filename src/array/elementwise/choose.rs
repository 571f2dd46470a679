//! One of two values by a mask.

use super::copied;
use crate::array::DistArray;
use crate::array::view::{Distributed, check_same_layout};
use crate::error::Result;
use crate::layout::Axes;

impl<D: Axes> DistArray<bool, D> {
    /// The element of `yes` where the mask is true, that of `no` where it is not, as `numpy.where`. *Local.*
    ///
    /// A mask is what a comparison gives: `a.map(|a| a > 0.0)`, `a.zip_with(&b, |a, b| a < b)?`.
    ///
    /// ```no_run
    /// # fn example(a: &partita::DistArray<f64, ndarray::Ix2>, b: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// let larger = a.zip_with(b, |a, b| a > b)?.where_(a, b)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`zip_with`](Self::zip_with), unless all three have the same layout.
    pub fn where_<T, U>(&self, yes: &T, no: &U) -> Result<DistArray<T::Element, D>>
    where
        T: Distributed<Dim = D>,
        U: Distributed<Element = T::Element, Dim = D>,
    {
        check_same_layout(
            "where",
            (self.grid(), self.layout()),
            (yes.grid(), yes.layout()),
        )?;
        check_same_layout(
            "where",
            (self.grid(), self.layout()),
            (no.grid(), no.layout()),
        )?;
        let mut values = copied(no.local());
        ndarray::Zip::from(&mut values)
            .and(self.local())
            .and(yes.local())
            .for_each(|value, &mask, &yes| *value = if mask { yes } else { *value });
        Ok(DistArray::from_parts(
            self.grid(),
            self.layout().clone(),
            values,
        ))
    }
}
