//! Mean and variance in one pass.

use partita::reduce::{Along, Reduced, Reducer, SkipNan};
use partita::sum::{Reproducible, Squares, Wide, scale};
use partita::{Distributed, Reductions, Result};
use serde::{Deserialize, Serialize};

use super::mean::over;
use super::shape::{CentralMoments, Shape};

/// Number, mean and variance as a [`Reducer`], whole or along an axis, alone or in a tuple with others.
///
/// The sum of the elements is [`Reproducible`], that of their squares too, with their rounding errors and whatever their
/// size ([`Squares`]); and n Σx² − (Σx)² is computed without error. So the variance of n elements of magnitude at most m
/// is off by at most n·2⁻⁸⁶·m², and some units in its last place: its digits are good where the mean is not more than
/// 2¹⁵ standard deviations from zero. (The function [`moments`] goes over the data again where it is.)
///
/// # Range
/// All finite elements: nothing overflows or underflows but a result that is itself beyond the range of doubles. The standard
/// deviation of numbers about 1e300 is right, while their variance is infinite.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moments;

/// What [`Moments`] knows of some elements.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    count: u64,
    sum: Reproducible,
    squares: Squares,
}

/// How many elements there are, their mean, and how they spread about it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The number of elements.
    pub count: u64,
    /// Σx/n; NaN of no elements.
    pub mean: f64,
    /// Σ(x − mean)², of elements in units of 2^`exponent`.
    deviations: f64,
    /// 0 unless the deviations would be beyond the range otherwise.
    exponent: i32,
    /// ⌊log₂ √Σx²⌋: the size of the largest, within √n.
    size: i32,
}

impl Spread {
    /// Σ(x − mean)².
    pub fn deviations(&self) -> f64 {
        scale(self.deviations, 2 * self.exponent)
    }

    /// Σ(x − mean)²/(n − 1), of a sample; NaN of less than two elements.
    pub fn variance(&self) -> f64 {
        scale(self.over_one_less(), 2 * self.exponent)
    }

    /// Σ(x − mean)²/n, of a whole population; NaN of no elements.
    pub fn population_variance(&self) -> f64 {
        scale(self.deviations / self.count as f64, 2 * self.exponent)
    }

    /// The root of [`variance`](Self::variance), also where that is beyond the range.
    pub fn standard_deviation(&self) -> f64 {
        scale(self.over_one_less().sqrt(), self.exponent)
    }

    fn over_one_less(&self) -> f64 {
        match self.count {
            0 | 1 => f64::NAN,
            count => self.deviations / (count - 1) as f64,
        }
    }

    /// Whether the mean is so far from zero that the deviations want another pass about it.
    fn is_far(&self) -> bool {
        const FAR: f64 = (1 << 12) as f64;
        let deviation = (self.deviations / self.count as f64).sqrt();
        self.count > 1 && self.mean.abs() > FAR * scale(deviation, self.exponent)
    }

    /// The moments about a number near the mean, by which elements are far from it.
    pub(super) fn central(&self) -> CentralMoments {
        CentralMoments::about(self.mean, self.size)
    }

    fn with_deviations(self, about_mean: &Shape) -> Self {
        let (deviations, exponent) = about_mean.deviations();
        Spread {
            deviations,
            exponent,
            ..self
        }
    }
}

impl<A: Copy + Into<f64>> Reducer<A> for Moments {
    type State = Sums;
    type Output = Spread;
    const NAME: &'static str = "moments";

    fn start(&self) -> Sums {
        Sums::default()
    }

    fn add(&self, state: &mut Sums, _position: usize, values: &[A]) {
        state.count += values.len() as u64;
        state.squares.add_with_sum(&mut state.sum, values);
    }

    fn merge(&self, state: &mut Sums, other: Sums) {
        state.count += other.count;
        state.sum.merge(&other.sum);
        state.squares.merge(&other.squares);
    }

    fn finish(&self, state: Sums) -> Result<Spread> {
        let (sum, squares) = (state.sum.to_wide(), state.squares.to_wide());
        let size = squares.as_ref().and_then(Wide::exponent).unwrap_or(0) / 2;
        let (deviations, exponent) = match sum.as_ref().zip(squares) {
            _ if state.count == 0 => (0.0, 0),
            Some((sum, squares)) => deviations(state.count, sum, &squares),
            None => (f64::NAN, 0),
        };
        Ok(Spread {
            count: state.count,
            mean: over(state.count, sum).unwrap_or(state.sum.to_f64()),
            deviations,
            exponent,
            size,
        })
    }
}

/// Σx² − (Σx)²/n, rounded once, and never below zero; of numbers in units of a power of two, whose exponent comes second.
pub(super) fn deviations(count: u64, sum: &Wide, squares: &Wide) -> (f64, i32) {
    /// Deviations of numbers within 2^±400 are comfortably within the range of doubles.
    const WITHIN: i32 = 800;
    let count = Wide::from_integer(count.into());
    let difference = count.times(squares).minus(&sum.times(sum));
    let Some(place) = difference.exponent().filter(|_| !difference.is_negative()) else {
        return (0.0, 0);
    };
    let exponent = match place.abs() > WITHIN {
        true => place.div_euclid(2),
        false => 0,
    };
    (difference.scaled(-2 * exponent).ratio(&count), exponent)
}

/// [`Moments`] of which only the variance of a sample is wanted: numbers, so that they can be an array.
#[derive(Debug, Clone, Copy, Default)]
pub struct Variance;

/// [`Moments`] of which only the standard deviation of a sample is wanted: numbers, so that they can be an array.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardDeviation;

macro_rules! one_of_moments {
    ($($reducer:ident $value:ident $axis:ident $nan_axis:ident $name:literal;)*) => {
        $(impl<A: Copy + Into<f64>> Reducer<A> for $reducer {
            type State = Sums;
            type Output = f64;
            const NAME: &'static str = $name;

            fn start(&self) -> Sums {
                Sums::default()
            }

            fn add(&self, state: &mut Sums, position: usize, values: &[A]) {
                Moments.add(state, position, values);
            }

            fn merge(&self, state: &mut Sums, other: Sums) {
                Reducer::<A>::merge(&Moments, state, other);
            }

            fn finish(&self, state: Sums) -> Result<f64> {
                Ok(Reducer::<A>::finish(&Moments, state)?.$value())
            }
        }

        #[doc = concat!("The ", $name, " of each line along an axis, as a sample, with the digits that [`Moments`] tells, \
            and as [`Reductions::reduce_axis_by`] has it. *Collective.*")]
        ///
        /// # Errors
        /// As there.
        #[track_caller]
        pub fn $axis<T>(array: &T, axis: usize) -> Result<Reduced<T, f64>>
        where
            T: Distributed<Element: Into<f64>, Dim: Along>,
        {
            array.reduce_axis_by(axis, &$reducer)
        }

        #[doc = concat!("[`", stringify!($axis), "`] of the elements that are numbers. *Collective.*")]
        ///
        /// # Errors
        /// As there.
        #[track_caller]
        pub fn $nan_axis<T>(array: &T, axis: usize) -> Result<Reduced<T, f64>>
        where
            T: Distributed<Element: Into<f64> + PartialEq, Dim: Along>,
        {
            array.reduce_axis_by(axis, &SkipNan($reducer))
        })*
    };
}

one_of_moments! {
    Variance variance variance_axis nan_variance_axis "variance";
    StandardDeviation standard_deviation standard_deviation_axis nan_standard_deviation_axis "standard deviation";
}

/// Number, mean and variance of all elements, with the range that [`Moments`] tells. *Collective.*
///
/// # Cost
/// One pass over the part and one all-reduce of some 250 bytes; both again where the mean is more than 2¹² standard
/// deviations from zero.
///
/// # Errors
/// [`Error::Mpi`](partita::Error::Mpi) when a message is lost.
///
/// # Source
/// T. F. Chan, G. H. Golub and R. J. LeVeque, *Algorithms for computing the sample variance*, The American
/// Statistician 37 (1983) 242–247: the textbook formula, which is right when nothing in it is rounded, and the
/// two passes with their correction.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// let of_all = partita_kernels::statistics::moments(u)?;
/// println!("{} ± {}", of_all.mean, of_all.standard_deviation());
/// # Ok(()) }
/// ```
#[track_caller]
pub fn moments<T: Distributed<Element: Into<f64>>>(array: &T) -> Result<Spread> {
    let spread = array.reduce_by(&Moments)?;
    // Replicated: every rank has the same moments.
    if !spread.is_far() {
        return Ok(spread);
    }
    Ok(spread.with_deviations(&array.reduce_by(&spread.central())?))
}

/// [`moments`] of the elements that are numbers. *Collective.*
///
/// # Cost, errors
/// As [`moments`].
#[track_caller]
pub fn nan_moments<T: Distributed<Element: Into<f64> + PartialEq>>(array: &T) -> Result<Spread> {
    let spread = array.reduce_by(&SkipNan(Moments))?;
    // Replicated: every rank has the same moments.
    if !spread.is_far() {
        return Ok(spread);
    }
    Ok(spread.with_deviations(&array.reduce_by(&SkipNan(spread.central()))?))
}
