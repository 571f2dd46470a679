//! Mean and variance in one pass.

use partita::layout::Axes;
use partita::reduce::Reducer;
use partita::sum::{Reproducible, Wide};
use partita::{DistArray, Element, Result};
use serde::{Deserialize, Serialize};

use super::shape::CentralMoments;

/// Number, mean and variance as a [`Reducer`], whole or along an axis, alone or in a tuple with others.
///
/// The sums of the elements and of their squares are [`Reproducible`], the squares with their rounding errors; and
/// n Σx² − (Σx)² is computed without error. So the variance of n elements of magnitude at most m is off by at most
/// n·2⁻⁸⁶·m², and some units in its last place: its digits are good where the mean is not more than 2¹⁵ standard
/// deviations from zero. (The function [`moments`] goes over the data again where it is.)
#[derive(Debug, Clone, Copy, Default)]
pub struct Moments;

/// What [`Moments`] knows of some elements.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    count: u64,
    sum: Reproducible,
    squares: Reproducible,
}

/// How many elements there are, their mean, and how they spread about it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The number of elements.
    pub count: u64,
    /// Σx/n; NaN of no elements.
    pub mean: f64,
    /// Σ(x − mean)².
    pub deviations: f64,
}

impl Spread {
    /// Σ(x − mean)²/(n − 1), of a sample; NaN of less than two elements.
    pub fn variance(&self) -> f64 {
        match self.count {
            0 | 1 => f64::NAN,
            count => self.deviations / (count - 1) as f64,
        }
    }

    /// Σ(x − mean)²/n, of a whole population; NaN of no elements.
    pub fn population_variance(&self) -> f64 {
        match self.count {
            0 => f64::NAN,
            count => self.deviations / count as f64,
        }
    }

    /// The root of [`variance`](Self::variance).
    pub fn standard_deviation(&self) -> f64 {
        self.variance().sqrt()
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
        state.sum.add_with_squares(&mut state.squares, values);
    }

    fn merge(&self, state: &mut Sums, other: Sums) {
        state.count += other.count;
        state.sum.merge(&other.sum);
        state.squares.merge(&other.squares);
    }

    fn finish(&self, state: Sums) -> Result<Spread> {
        Ok(spread(state.count, &state.sum, &state.squares))
    }
}

/// Mean and deviations from the sums of elements and of their squares.
fn spread(count: u64, sum: &Reproducible, squares: &Reproducible) -> Spread {
    let mean = mean(count, sum);
    let deviations = match (sum.to_wide(), squares.to_wide()) {
        _ if count == 0 => 0.0,
        (Some(sum), Some(squares)) => deviations(count, &sum, &squares),
        _ => f64::NAN,
    };
    Spread {
        count,
        mean,
        deviations,
    }
}

pub(super) fn mean(count: u64, sum: &Reproducible) -> f64 {
    match (count, sum.to_wide()) {
        (0, _) => f64::NAN,
        (_, Some(wide)) => wide.ratio(&Wide::from_integer(count.into())),
        // Infinite, or NaN.
        _ => sum.to_f64(),
    }
}

/// Σx² − (Σx)²/n, rounded once, and never below zero.
pub(super) fn deviations(count: u64, sum: &Wide, squares: &Wide) -> f64 {
    let count = Wide::from_integer(count.into());
    let difference = count.times(squares).minus(&sum.times(sum));
    if difference.is_negative() {
        0.0
    } else {
        difference.ratio(&count)
    }
}

/// [`Moments`] of which only the mean is wanted: numbers, so that they can be an array.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mean;

/// [`Moments`] of which only the variance of a sample is wanted: numbers, so that they can be an array.
#[derive(Debug, Clone, Copy, Default)]
pub struct Variance;

macro_rules! one_of_moments {
    ($($reducer:ident $name:literal: $spread:ident => $value:expr;)*) => {
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
                let $spread = spread(state.count, &state.sum, &state.squares);
                Ok($value)
            }
        })*
    };
}

one_of_moments! {
    Mean "mean": spread => spread.mean;
    Variance "variance": spread => spread.variance();
}

/// Number, mean and variance of all elements. *Collective.*
///
/// # Cost
/// One pass over the part and one all-reduce of some 120 bytes; both again where the mean is more than 2¹² standard
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
pub fn moments<A, D>(array: &DistArray<A, D>) -> Result<Spread>
where
    A: Element + Into<f64>,
    D: Axes,
{
    const FAR: f64 = (1 << 12) as f64;
    let spread = array.reduce_by(&Moments)?;
    // Replicated: every rank has the same moments.
    let far = spread.mean * spread.mean > FAR * FAR * spread.population_variance();
    if !far || spread.count < 2 {
        return Ok(spread);
    }
    let about_mean = array.reduce_by(&CentralMoments {
        centre: spread.mean,
    })?;
    Ok(Spread {
        deviations: about_mean.second * spread.count as f64,
        ..spread
    })
}
