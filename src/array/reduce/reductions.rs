//! What arrays and views of them can be reduced to.

use super::along::{dot_axis, reduce_axis_by};
use super::methods::{extremes, norms, places, sums_along};
use super::*;
use crate::array::Distributed;
use crate::comm::Element;
use crate::error::{Error, Result};
use crate::layout::Axes;

/// The reductions of everything that is [`Distributed`]: of arrays, and of views without copying them.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// # use partita::prelude::*;
/// use ndarray::s;
/// let grid = ProcessGrid::balanced(world, 2)?;
/// let u = DistArray::from_fn(&grid, [40, 30], |[i, j]| i as f64 - j as f64)?;
/// let total = u.sum()?; // the same bits on any number of ranks
/// let interior = u.slice(s![1..-1, 1..-1])?.max()?;
/// let of_rows = u.argmin_axis(1)?; // a distributed array of 40 indices
/// # Ok(()) }
/// ```
pub trait Reductions: Distributed + Sized {
    /// Reduces all elements; the same result on every rank, for any number of ranks and any layout.
    /// *Collective.*
    ///
    /// # Cost
    /// One pass over the rank's part, and one all-reduce of the reducer's state.
    ///
    /// # Errors
    /// As the reducer's [`finish`](Reducer::finish), on every rank.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::Reductions;
    /// use partita::reduce::{Max, Min, Sum};
    /// let (total, least, most) = u.reduce_by(&(Sum, Min, Max))?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    fn reduce_by<R: Reducer<Self::Element>>(&self, reducer: &R) -> Result<R::Output> {
        whole::reduce_by(self, reducer)
    }

    /// Reduces the elements along `axis`: an array of the other axes, each dealt out as it was, and the same for
    /// any number of ranks and any layout. *Collective.*
    ///
    /// Ranks that had different parts of `axis` get copies of the result.
    ///
    /// # Cost
    /// One pass over the rank's part, and an agreement. Where the axis is cut, each rank along it merges a share of
    /// the result: an all-to-all of the reducer's states for the others' shares, and an all-gather of the results,
    /// among the ranks along that axis alone (whose communicator is made the first time, and kept by the grid).
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when there is no such axis; as the reducer's
    /// [`finish`](Reducer::finish) for any element of the result.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::Reductions;
    /// use partita::reduce::Sum;
    /// let of_columns = u.reduce_axis_by(0, &Sum)?;
    /// assert_eq!(of_columns.shape(), [u.shape()[1]]);
    /// # Ok(()) }
    /// ```
    #[track_caller]
    fn reduce_axis_by<R>(&self, axis: usize, reducer: &R) -> Result<Reduced<Self, R::Output>>
    where
        Self::Dim: Along,
        R: Reducer<Self::Element, Output: Element>,
    {
        reduce_axis_by(self, axis, reducer)
    }

    /// All elements combined by `combine(left, right)`, in C order; `None` of no elements. *Collective.*
    ///
    /// The elements at the positions 2i and 2i + 1 are combined, then those pairs, and so on: in a tree that depends
    /// on the number of elements alone. So `combine` need not be commutative, and even where it is associative only
    /// nearly (as a floating-point sum, which becomes a pairwise one) the bits are the same for any number of ranks
    /// and any layout. A panic in it ends the job, as any other.
    ///
    /// # Cost
    /// `combine` once an element; two all-to-alls and two all-gathers of what each rank's runs of consecutive
    /// elements come to: two nodes of the tree for each doubling of their length. Where elements are dealt out one
    /// by one, that is all elements.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::Reductions;
    /// let product = u.reduce(|left, right| left * right)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    fn reduce(
        &self,
        combine: impl Fn(Self::Element, Self::Element) -> Self::Element,
    ) -> Result<Option<Self::Element>> {
        fold::reduce(self, combine)
    }

    /// [`reduce`](Self::reduce) along an axis: each line in its own tree. *Collective.*
    ///
    /// # Cost
    /// As [`Lines::map_lines`].
    ///
    /// # Errors
    /// As there; [`Error::Shape`], on every rank, when lines have no elements.
    #[track_caller]
    fn reduce_axis(
        &self,
        axis: usize,
        combine: impl Fn(Self::Element, Self::Element) -> Self::Element,
    ) -> Result<Reduced<Self, Self::Element>>
    where
        Self::Dim: Along,
    {
        self.reduce_lines(axis, |line| {
            fold::reduce_slice(line, &combine)
                .ok_or_else(|| Error::shape("reduce_axis", "there are no elements"))
        })
    }

    /// The sum of all elements: the same bits on every rank, for any number of ranks and any layout, at
    /// the speed of memory. *Collective.*
    ///
    /// Of n floating-point numbers of magnitude at most m (and of the parts of complex ones) the sum is off by at
    /// most n·2⁻⁸⁸·m and half a unit in its last place; f32 is added as f64. NaN and infinities give what IEEE
    /// addition in any order would. Integers are added in 128 bits. No elements: zero.
    ///
    /// # Cost
    /// One pass over the part, and one all-reduce of some 60 bytes.
    ///
    /// # Errors
    /// [`Error::Numerical`], on every rank, when an integer sum does not fit the element type.
    ///
    /// # Source
    /// Indexed summation after J. Demmel and H. D. Nguyen; see [`sum::Reproducible`](crate::sum::Reproducible).
    #[track_caller]
    fn sum(&self) -> Result<Self::Element>
    where
        Self::Element: Summable,
    {
        self.reduce_by(&Sum)
    }

    /// The sum of all elements, rounded once, to nearest: 1e100 + 1 − 1e100 is 1. The same bits on any number of
    /// ranks. *Collective.*
    ///
    /// Complex numbers by their parts; everything else as in [`sum`](Self::sum).
    ///
    /// # Cost
    /// One pass over the part where exponents are not far apart, a pass for each 2⁹⁰ between them where they
    /// are; one all-reduce of at most half a kilobyte.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    ///
    /// # Source
    /// The long accumulator of U. Kulisch and R. Neal; see [`sum::Exact`](crate::sum::Exact).
    #[track_caller]
    fn sum_exact(&self) -> Result<Self::Element>
    where
        Self::Element: Summable,
    {
        self.reduce_by(&SumExact)
    }

    /// The plain sum, in vectors: its last bits depend on the number of ranks and the layout. *Collective.*
    ///
    /// f32 is added as f64, integers as in [`sum`](Self::sum).
    ///
    /// # Cost
    /// One pass over the part, and one all-reduce.
    ///
    /// # Errors
    /// As [`sum`](Self::sum).
    #[track_caller]
    fn sum_fast(&self) -> Result<Self::Element>
    where
        Self::Element: Summable,
    {
        self.reduce_by(&SumFast)
    }

    /// [`sum`](Self::sum) of the elements that are numbers; of none zero. *Collective.*
    ///
    /// # Cost, errors
    /// As [`sum`](Self::sum).
    #[track_caller]
    fn nan_sum(&self) -> Result<Self::Element>
    where
        Self::Element: Summable + PartialEq,
    {
        self.reduce_by(&SkipNan(Sum))
    }

    sums_along!(sum_axis sum Sum, sum_exact_axis sum_exact SumExact, sum_fast_axis sum_fast SumFast);

    /// [`nan_sum`](Self::nan_sum) along an axis, as [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    fn nan_sum_axis(&self, axis: usize) -> Result<Reduced<Self, Self::Element>>
    where
        Self::Dim: Along,
        Self::Element: Summable + PartialEq,
    {
        self.reduce_axis_by(axis, &SkipNan(Sum))
    }

    /// The inner product Σ aᵢ* bᵢ (complex numbers of this array are conjugated): the same bits for any number of
    /// ranks and any layout. *Collective.*
    ///
    /// Every product is taken with its rounding error, so that n products of magnitude at most m come to a sum that
    /// is off by at most 2n·2⁻⁸⁸·m and half a unit in its last place, where none of them is below 2⁻⁹⁶⁸.
    ///
    /// # Shapes
    /// Both of one shape, and each rank has the same part of both.
    ///
    /// # Cost
    /// One pass over both parts, and one all-reduce of some 60 bytes.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the layouts differ, [`Error::Numerical`] when an integer
    /// result does not fit.
    ///
    /// # Source
    /// Products without error: T. Ogita, S. M. Rump and S. Oishi, *Accurate sum and dot product*, SIAM J. Sci.
    /// Comput. 26 (2005) 1955–1988; their sum: [`sum::Reproducible`](crate::sum::Reproducible).
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::Reductions;
    /// let squares = u.dot(u)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    fn dot<U>(&self, other: &U) -> Result<Self::Element>
    where
        Self::Element: Dot,
        U: Distributed<Element = Self::Element, Dim = Self::Dim>,
    {
        dot::dot(self, other)
    }

    /// [`dot`](Self::dot) of each two lines along an axis at the same place, as
    /// [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*
    ///
    /// # Errors
    /// As either.
    #[track_caller]
    fn dot_axis<U>(&self, other: &U, axis: usize) -> Result<Reduced<Self, Self::Element>>
    where
        Self::Dim: Along,
        Self::Element: Dot,
        U: Distributed<Element = Self::Element, Dim = Self::Dim>,
    {
        dot_axis(self, other, axis)
    }

    norms!(
        norm1 norm1_axis Norm1 "Σ|x|, with the error bound of [`sum`](Self::sum)",
        norm2 norm2_axis Norm2 "√Σ|x|², of a matrix the Frobenius norm, to within one unit in the last place: no \
            square overflows or underflows; see [`sum::Squares`](crate::sum::Squares)",
        norm_inf norm_inf_axis NormInf "max|x|"
    );

    extremes!(
        min min_axis Min "smallest element, a NaN if there is one; −0 is smaller than +0",
        max max_axis Max "largest element, a NaN if there is one; −0 is smaller than +0",
        nan_min nan_min_axis NanMin "smallest element that is a number",
        nan_max nan_max_axis NanMax "largest element that is a number"
    );

    places!(
        argmin argmin_axis ArgMin "smallest element, or of a NaN if there is one",
        argmax argmax_axis ArgMax "largest element, or of a NaN if there is one",
        nan_argmin nan_argmin_axis NanArgMin "smallest element that is a number",
        nan_argmax nan_argmax_axis NanArgMax "largest element that is a number"
    );

    /// How many elements `holds` is true of. *Collective.*
    ///
    /// # Cost
    /// `holds` of every element; one all-reduce of a number.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::Reductions;
    /// let negative = u.count(|value| value < 0.0)?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    fn count(&self, holds: impl Fn(Self::Element) -> bool) -> Result<u64> {
        self.reduce_by(&Count(holds))
    }

    /// Whether `holds` is true of at least one element. *Collective.*
    ///
    /// # Cost
    /// As [`count`](Self::count).
    #[track_caller]
    fn any(&self, holds: impl Fn(Self::Element) -> bool) -> Result<bool> {
        Ok(self.count(holds)? > 0)
    }

    /// Whether `holds` is true of every element, as of none. *Collective.*
    ///
    /// # Cost
    /// As [`count`](Self::count).
    #[track_caller]
    fn all(&self, holds: impl Fn(Self::Element) -> bool) -> Result<bool> {
        Ok(self.count(|value| !holds(value))? == 0)
    }

    /// [`count`](Self::count) along an axis, as [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    fn count_axis(
        &self,
        axis: usize,
        holds: impl Fn(Self::Element) -> bool,
    ) -> Result<Reduced<Self, u64>>
    where
        Self::Dim: Along,
    {
        self.reduce_axis_by(axis, &Count(holds))
    }

    /// [`any`](Self::any) along an axis, as [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    fn any_axis(
        &self,
        axis: usize,
        holds: impl Fn(Self::Element) -> bool,
    ) -> Result<Reduced<Self, bool>>
    where
        Self::Dim: Along,
    {
        Ok(self.count_axis(axis, holds)?.map(|count| count > 0))
    }

    /// [`all`](Self::all) along an axis, as [`reduce_axis_by`](Self::reduce_axis_by) has it. *Collective.*
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    fn all_axis(
        &self,
        axis: usize,
        holds: impl Fn(Self::Element) -> bool,
    ) -> Result<Reduced<Self, bool>>
    where
        Self::Dim: Along,
    {
        let against = self.count_axis(axis, |value| !holds(value))?;
        Ok(against.map(|count| count == 0))
    }

    /// A hash of shape and elements, the same for any number of ranks and any layout: to compare runs, files and
    /// machines without gathering anything. *Collective.*
    ///
    /// It goes by bits: −0 and +0 are different, NaNs too; integers of all widths go by their values. Arrays that
    /// differ by accident have one digest with a probability of about 2⁻¹²⁸; it is no protection against those who
    /// want it to be the same.
    ///
    /// # Cost
    /// One pass over the part, and one all-reduce of 16 bytes.
    ///
    /// # Source
    /// A sum of keyed hashes, as in M. Bellare and D. Micciancio, *A new paradigm for collision-free hashing:
    /// incrementality at reduced cost* (1997), AdHash, with hashes that are fast instead of cryptographic.
    ///
    /// ```no_run
    /// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
    /// use partita::Reductions;
    /// let before = u.digest()?;
    /// println!("{before}"); // e.g. 1f0c…, on 1 rank or on 1000
    /// # Ok(()) }
    /// ```
    #[track_caller]
    fn digest(&self) -> Result<Digest>
    where
        Self::Element: Digestible,
    {
        digest::digest(self)
    }
}

impl<T: Distributed> Reductions for T {}
