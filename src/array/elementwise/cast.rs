//! The same numbers as another type.

use std::fmt::Display;

use num_traits::{AsPrimitive, NumCast};

use crate::array::DistArray;
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::Axes;

impl<A: Element, D: Axes> DistArray<A, D> {
    /// Every element as a `B`, as `as` converts: rounded or cut off where it does not fit. *Local.*
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) {
    /// let single = u.cast::<f32>();
    /// # }
    /// ```
    pub fn cast<B: Element>(&self) -> DistArray<B, D>
    where
        A: AsPrimitive<B>,
    {
        self.map(|value| value.as_())
    }

    /// Every element as a `B` of exactly the same value. *Collective.*
    ///
    /// NaN is NaN in another floating-point type, and no integer; -0 is the integer 0.
    ///
    /// # Cost
    /// One agreement.
    ///
    /// # Errors
    /// [`Error::Numerical`], the same on every rank, with an element that a `B` does not hold: the first one
    /// of the first rank that has any.
    #[track_caller]
    pub fn try_cast<B: Element + NumCast>(&self) -> Result<DistArray<B, D>>
    where
        A: NumCast + PartialEq + Display,
    {
        let call = Call::new("try_cast").array::<A>(self.shape());
        let _call = self.communicator().enter(call)?;
        // Local: each rank sees its own values.
        let inexact = self
            .indexed_iter()
            .find(|(_, value)| exactly::<A, B>(**value).is_none());
        self.communicator()
            .agree(inexact.map_or(Ok(()), |(index, value)| {
                let (index, target) = (index.as_ref(), std::any::type_name::<B>());
                let detail = format!("{value} at {index:?} is no {target}");
                Err(Error::numerical("try_cast", detail))
            }))?;
        Ok(self.map(|value| exactly(value).unwrap_or_default()))
    }
}

/// The value as a `B`, if it comes back from there as it was.
fn exactly<A: NumCast + PartialEq + Copy, B: NumCast + Copy>(value: A) -> Option<B> {
    let cast: B = NumCast::from(value)?;
    let back: A = NumCast::from(cast)?;
    let is_nan = |value: &A| !value.eq(value);
    (back == value || is_nan(&value) && is_nan(&back)).then_some(cast)
}
