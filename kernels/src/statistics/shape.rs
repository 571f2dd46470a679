//! Skewness and kurtosis.

use partita::layout::Axes;
use partita::reduce::Reducer;
use partita::sum::Reproducible;
use partita::{DistArray, Element, Result};
use serde::{Deserialize, Serialize};

use super::moments::{Moments, deviations, mean};

/// The central moments of all elements, and what is made of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The number of elements.
    pub count: u64,
    /// Σx/n.
    pub mean: f64,
    /// Σ(x − mean)²/n.
    pub second: f64,
    /// Σ(x − mean)³/n.
    pub third: f64,
    /// Σ(x − mean)⁴/n.
    pub fourth: f64,
}

impl Shape {
    /// m₃/m₂^(3/2): 0 of what is symmetric.
    pub fn skewness(&self) -> f64 {
        self.third / self.second.powf(1.5)
    }

    /// m₄/m₂² − 3: 0 of a normal distribution.
    pub fn excess_kurtosis(&self) -> f64 {
        self.fourth / (self.second * self.second) - 3.0
    }
}

/// The moments about their mean of elements of which a number near the mean is known, as a [`Reducer`].
///
/// The powers of x − centre are rounded, their sums [`Reproducible`]; the centre's distance from the mean is
/// corrected for.
#[derive(Debug, Clone, Copy)]
pub struct CentralMoments {
    /// Near the mean.
    pub centre: f64,
}

/// The sums of the first four powers of x − centre.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PowerSums {
    count: u64,
    powers: [Reproducible; 4],
}

impl<A: Copy + Into<f64>> Reducer<A> for CentralMoments {
    type State = PowerSums;
    type Output = Shape;
    const NAME: &'static str = "central moments";

    fn start(&self) -> PowerSums {
        PowerSums::default()
    }

    fn add(&self, state: &mut PowerSums, _position: usize, values: &[A]) {
        state.count += values.len() as u64;
        for piece in values.chunks(2048) {
            let distances: Vec<f64> = piece
                .iter()
                .map(|&value| value.into() - self.centre)
                .collect();
            let [first, second, third, fourth] = &mut state.powers;
            let squares: Vec<f64> = distances
                .iter()
                .map(|distance| distance * distance)
                .collect();
            let products = |left: &[f64]| -> Vec<f64> {
                left.iter()
                    .zip(&squares)
                    .map(|(left, square)| left * square)
                    .collect()
            };
            third.add(&products(&distances));
            fourth.add(&products(&squares));
            first.add_with_squares(second, &distances);
        }
    }

    fn merge(&self, state: &mut PowerSums, other: PowerSums) {
        state.count += other.count;
        for (sum, other) in state.powers.iter_mut().zip(&other.powers) {
            sum.merge(other);
        }
    }

    fn finish(&self, state: PowerSums) -> Result<Shape> {
        let [first, second, third, fourth] = &state.powers;
        let of = |sum: &Reproducible| mean(state.count, sum);
        let (off, square) = (of(first), of(second));
        let about_mean = match (first.to_wide(), second.to_wide()) {
            (Some(first), Some(second)) if state.count > 0 => {
                deviations(state.count, &first, &second) / state.count as f64
            }
            _ => f64::NAN,
        };
        Ok(Shape {
            count: state.count,
            mean: self.centre + off,
            second: about_mean,
            third: of(third) - 3.0 * off * square + 2.0 * off.powi(3),
            fourth: of(fourth) - 4.0 * off * of(third) + 6.0 * off * off * square
                - 3.0 * off.powi(4),
        })
    }
}

/// The central moments of all elements, for their skewness and kurtosis. *Collective.*
///
/// # Cost
/// Two passes over the part, and two all-reduces of some 300 bytes. Powers overflow where elements are more than 10⁷⁷
/// from the mean.
///
/// # Errors
/// [`Error::Mpi`](partita::Error::Mpi) when a message is lost.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// let skewness = partita_kernels::statistics::shape(u)?.skewness();
/// # Ok(()) }
/// ```
#[track_caller]
pub fn shape<A, D>(array: &DistArray<A, D>) -> Result<Shape>
where
    A: Element + Into<f64>,
    D: Axes,
{
    let centre = array.reduce_by(&Moments)?.mean;
    array.reduce_by(&CentralMoments { centre })
}
