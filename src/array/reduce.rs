//! Reductions that are the same on any number of ranks.

use super::DistArray;
use super::accumulator::{Sum, Summable};
use crate::comm::{Call, Element, Operation};
use crate::error::Result;
use crate::layout::Axes;

impl<A: Element + Summable, D: Axes> DistArray<A, D> {
    /// The sum of all elements, rounded once: the same bits on every rank, for any number of ranks and
    /// any grid. *Collective.*
    ///
    /// Floating-point numbers (and the parts of complex ones) are added exactly, in a fixed-point
    /// number wide enough for all of them, and rounded to nearest-even at the end. NaN and infinities
    /// give what IEEE addition in any order would. Integers are added in 128 bits. No elements: zero.
    ///
    /// # Cost
    /// One all-reduce of half a kilobyte; locally some nanoseconds an element.
    ///
    /// # Errors
    /// [`Error::Numerical`](crate::Error::Numerical), on every rank, when an integer sum does not fit
    /// the element type.
    ///
    /// # Source
    /// The long accumulator of U. Kulisch, *Computer Arithmetic and Validity* (2008), ch. 8, in 32-bit
    /// digits with late carries as in R. Neal, *Fast exact summation using small and large
    /// superaccumulators* (2015), arXiv:1505.05571.
    #[track_caller]
    pub fn sum(&self) -> Result<A> {
        let call = Call::new("sum").array::<A>(self.shape());
        let _call = self.communicator().enter(call)?;
        let mut sum = A::Sum::default();
        // Copies of an element count once.
        if self.layout.is_primary(self.communicator().rank()) {
            self.local().iter().for_each(|&value| sum.add(value));
        }
        let digits = self
            .communicator()
            .all_reduce(&sum.into_digits(), Operation::Sum)?;
        A::Sum::round(&digits)
    }
}
