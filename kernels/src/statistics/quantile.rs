//! Quantiles and medians.

use num_traits::ToPrimitive;
use partita::reduce::{Along, Count, Ordered, Reduced};
use partita::{DistArray, Distributed, Error, Lines, Reductions, Result};

use super::{length, select, serial};

/// The quantiles of these probabilities, in f64: between the two elements next to (n − 1)p linearly, as numpy's and R's
/// default. *Collective.*
///
/// All of them are NaN if an element is.
///
/// # Cost
/// As [`select`] of two places a quantile, and a pass that looks for NaNs.
///
/// # Errors
/// The same on every rank: [`Error::Usage`] unless all probabilities are in 0..=1, [`Error::Shape`] when there
/// are no elements; as [`select`].
///
/// # Source
/// Definition 7 of R. J. Hyndman and Y. Fan, *Sample quantiles in statistical packages*, The American Statistician 50
/// (1996) 361–365.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// let quartiles = partita_kernels::statistics::quantiles(u, &[0.25, 0.5, 0.75])?;
/// # Ok(()) }
/// ```
#[track_caller]
pub fn quantiles<T>(array: &T, probabilities: &[f64]) -> Result<Vec<f64>>
where
    T: Distributed<Element: Ordered + ToPrimitive>,
{
    // Replicated, as all that follows.
    check(probabilities)?;
    if length(array) == 0 {
        return Err(Error::shape("quantiles", "there are no elements"));
    }
    if T::Element::HAS_NAN && array.any(|value| value.is_nan())? {
        return Ok(vec![f64::NAN; probabilities.len()]);
    }
    among(array, 0, length(array), probabilities)
}

/// [`quantiles`] of the elements that are numbers; NaN of none. *Collective.*
///
/// # Cost, errors
/// As [`quantiles`].
#[track_caller]
pub fn nan_quantiles<T>(array: &T, probabilities: &[f64]) -> Result<Vec<f64>>
where
    T: Distributed<Element: Ordered + ToPrimitive>,
{
    // Replicated, as all that follows.
    check(probabilities)?;
    // In order NaNs are at both ends, by their signs.
    let zero = T::Element::default().place();
    let is_below = move |value: T::Element| value.is_nan() && value.place() < zero;
    let counts = (Count(is_below), Count(|value: T::Element| !value.is_nan()));
    let (below, numbers) = array.reduce_by(&counts)?;
    match numbers {
        0 => Ok(vec![f64::NAN; probabilities.len()]),
        _ => among(array, below as usize, numbers as usize, probabilities),
    }
}

fn check(probabilities: &[f64]) -> Result<()> {
    match probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        Some(wrong) => Err(Error::usage(format!(
            "quantiles: {wrong} is no probability"
        ))),
        None => Ok(()),
    }
}

/// The quantiles of so many elements in order, from a place on.
fn among<T>(array: &T, first: usize, count: usize, probabilities: &[f64]) -> Result<Vec<f64>>
where
    T: Distributed<Element: Ordered + ToPrimitive>,
{
    let steps: Vec<Step> = probabilities.iter().map(|&p| Step::of(p, count)).collect();
    let places: Vec<usize> = steps
        .iter()
        .flat_map(|step| [first + step.below, first + step.above])
        .collect();
    let elements = select(array, &places)?;
    let pairs = steps.iter().zip(elements.as_chunks::<2>().0);
    Ok(pairs.map(|(step, pair)| step.between(pair)).collect())
}

/// Where a quantile is among the elements in order.
pub(super) struct Step {
    pub below: usize,
    pub above: usize,
    share: f64,
}

impl Step {
    pub(super) fn of(probability: f64, length: usize) -> Self {
        let last = length - 1;
        let exact = probability * last as f64;
        let below = (exact.floor() as usize).min(last);
        Step {
            below,
            above: (below + 1).min(last),
            share: exact - exact.floor(),
        }
    }

    pub(super) fn between<A: ToPrimitive>(&self, [below, above]: &[A; 2]) -> f64 {
        let number = |value: &A| value.to_f64().unwrap_or(f64::NAN);
        let (below, above) = (number(below), number(above));
        match self.share == 0.0 || below == above {
            true => below,
            // Of halves, as of a median, nothing but the sum is rounded; and it cannot overflow.
            false => below * (1.0 - self.share) + above * self.share,
        }
    }
}

macro_rules! quantiles_along {
    ($($axis:ident $of_line:ident $median:ident $whole:ident $median_axis:ident;)*) => {
        $(
            #[doc = concat!("[`", stringify!($whole), "`] of each line along an axis, which then has an index for each \
                probability. *Collective.*")]
            ///
            /// # Cost
            /// As [`Lines::map_lines`], and a sort of each line.
            ///
            /// # Errors
            #[doc = concat!("As [`", stringify!($whole), "`] and [`Lines::map_lines`].")]
            #[track_caller]
            pub fn $axis<T>(
                array: &T,
                axis: usize,
                probabilities: &[f64],
            ) -> Result<DistArray<f64, T::Dim>>
            where
                T: Distributed<Element: Ordered + ToPrimitive, Dim: Along>,
            {
                // Replicated.
                check(probabilities)?;
                array.map_lines(axis, probabilities.len(), |line| serial::$of_line(line, probabilities))
            }

            #[doc = concat!("The median, [`", stringify!($whole), "`] of ½. *Collective.*")]
            ///
            /// # Cost, errors
            #[doc = concat!("As [`", stringify!($whole), "`].")]
            #[track_caller]
            pub fn $median<T>(array: &T) -> Result<f64>
            where
                T: Distributed<Element: Ordered + ToPrimitive>,
            {
                Ok($whole(array, &[0.5])?[0])
            }

            #[doc = concat!("[`", stringify!($median), "`] of each line along an axis. *Collective.*")]
            ///
            /// # Cost, errors
            #[doc = concat!("As [`", stringify!($axis), "`].")]
            #[track_caller]
            pub fn $median_axis<T>(array: &T, axis: usize) -> Result<Reduced<T, f64>>
            where
                T: Distributed<Element: Ordered + ToPrimitive, Dim: Along>,
            {
                array.reduce_lines(axis, |line| Ok(serial::$of_line(line, &[0.5])?[0]))
            }
        )*
    };
}

quantiles_along! {
    quantiles_axis quantiles median quantiles median_axis;
    nan_quantiles_axis nan_quantiles nan_median nan_quantiles nan_median_axis;
}
