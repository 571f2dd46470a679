//! Where an integral is taken, and how densely its points lie there.

use std::ops::Range;

use partita::random::normal_quantile;
use partita::{Error, Result};

/// One axis of a [`Domain`]: a range, and the density with which its points are chosen.
///
/// A density that follows the function (importance sampling) lets each sample tell more; each counts with the inverse of
/// its density, so that the integral is the same. The infinite ranges are integrated over in this way.
#[derive(Debug, Clone)]
pub enum Axis {
    /// Equally dense in a finite range.
    Uniform(Range<f64>),
    /// From −∞ to ∞, dense about `mean`.
    Normal {
        /// Where the points are densest.
        mean: f64,
        /// How far they spread: the standard deviation.
        deviation: f64,
    },
    /// From `from` to ∞, with a density falling as exp(−`rate`·x).
    Exponential {
        /// Where the range begins.
        from: f64,
        /// How fast the density falls.
        rate: f64,
    },
    /// Any other: the inverse of the density's distribution function, and the density.
    Density {
        /// The point below which the share u of all points lies, of 0 < u < 1.
        quantile: fn(f64) -> f64,
        /// The density at a point.
        density: fn(f64) -> f64,
    },
}

impl From<Range<f64>> for Axis {
    fn from(range: Range<f64>) -> Self {
        Axis::Uniform(range)
    }
}

impl Axis {
    fn is_sensible(&self) -> bool {
        match *self {
            Axis::Uniform(Range { start, end }) => start < end && (end - start).is_finite(),
            Axis::Normal { mean, deviation } => {
                mean.is_finite() && deviation > 0.0 && deviation.is_finite()
            }
            Axis::Exponential { from, rate } => from.is_finite() && rate > 0.0 && rate.is_finite(),
            Axis::Density { .. } => true,
        }
    }

    /// The point of a unit u of 0 < u < 1, and the inverse of the density there.
    pub(super) fn point(&self, unit: f64) -> (f64, f64) {
        match *self {
            Axis::Uniform(Range { start, end }) => (start + (end - start) * unit, end - start),
            Axis::Normal { mean, deviation } => {
                const ROOT_OF_TAU: f64 = 2.506_628_274_631_000_5;
                let z = normal_quantile(unit);
                let inverse = deviation * ROOT_OF_TAU * (0.5 * z * z).exp();
                (mean + deviation * z, inverse)
            }
            Axis::Exponential { from, rate } => {
                (from - (1.0 - unit).ln() / rate, 1.0 / (rate * (1.0 - unit)))
            }
            Axis::Density { quantile, density } => {
                let point = quantile(unit);
                (point, 1.0 / density(point))
            }
        }
    }
}

/// The most axes of a domain.
pub const MOST_AXES: usize = 64;

/// The product of one to 64 [axes](Axis).
///
/// ```
/// use partita_kernels::monte_carlo::{Axis, Domain};
/// let square = Domain::cube(0.0..1.0, 2)?;
/// let strip = Domain::new([Axis::from(0.0..1.0), Axis::Normal { mean: 0.0, deviation: 2.0 }])?;
/// assert_eq!((square.ndim(), strip.ndim()), (2, 2));
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Domain {
    axes: Vec<Axis>,
}

impl Domain {
    /// The product of these axes. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] when there are none or more than 64, or one is no range of points: empty, reversed, infinite
    /// where it may not be.
    pub fn new(axes: impl IntoIterator<Item = Axis>) -> Result<Self> {
        let axes: Vec<Axis> = axes.into_iter().collect();
        if !(1..=MOST_AXES).contains(&axes.len()) {
            let text = format!(
                "integrate: {} axes; 1 to {MOST_AXES} are possible",
                axes.len()
            );
            return Err(Error::usage(text));
        }
        match axes.iter().find(|axis| !axis.is_sensible()) {
            Some(axis) => Err(Error::usage(format!("integrate: {axis:?} has no points"))),
            None => Ok(Domain { axes }),
        }
    }

    /// The same finite range along each axis. *Local.*
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn cube(range: Range<f64>, ndim: usize) -> Result<Self> {
        Domain::new(std::iter::repeat_n(Axis::Uniform(range), ndim))
    }

    /// The number of axes. *Local.*
    pub fn ndim(&self) -> usize {
        self.axes.len()
    }

    /// The axes. *Local.*
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }
}
