//! Skewness and kurtosis.

use partita::reduce::{Along, Reduced, Reducer};
use partita::sum::{Reproducible, Squares, scale};
use partita::{Distributed, Lines, Reductions, Result};
use serde::{Deserialize, Serialize};

use super::mean::over;
use super::moments::{Moments, deviations};

/// The central moments of all elements, and what is made of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The number of elements.
    pub count: u64,
    /// Σx/n.
    pub mean: f64,
    /// Σ(x − mean)², Σ(x − mean)³/n and Σ(x − mean)⁴/n, of elements in units of 2^`exponent`.
    squares: f64,
    third: f64,
    fourth: f64,
    exponent: i32,
}

impl Shape {
    /// Σ(x − mean)²/n.
    pub fn second(&self) -> f64 {
        scale(self.in_units(), 2 * self.exponent)
    }

    /// Σ(x − mean)³/n.
    pub fn third(&self) -> f64 {
        scale(self.third, 3 * self.exponent)
    }

    /// Σ(x − mean)⁴/n.
    pub fn fourth(&self) -> f64 {
        scale(self.fourth, 4 * self.exponent)
    }

    /// m₃/m₂^(3/2): 0 of what is symmetric.
    pub fn skewness(&self) -> f64 {
        self.third / self.in_units().powf(1.5)
    }

    /// m₄/m₂² − 3: 0 of a normal distribution.
    pub fn excess_kurtosis(&self) -> f64 {
        self.fourth / (self.in_units() * self.in_units()) - 3.0
    }

    fn in_units(&self) -> f64 {
        self.squares / self.count as f64
    }

    /// Σ(x − mean)² of elements in units of a power of two, and its exponent.
    pub(super) fn deviations(&self) -> (f64, i32) {
        (self.squares, self.exponent)
    }
}

/// The moments about their mean of elements of which a number near the mean is known, as a [`Reducer`].
///
/// The powers of x − centre are rounded, their sums [`Reproducible`]; the centre's distance from the mean is
/// corrected for. Elements that are very large or small are counted in units of a power of two, so that their
/// powers stay within the range.
#[derive(Debug, Clone, Copy)]
pub struct CentralMoments {
    centre: f64,
    exponent: i32,
}

impl CentralMoments {
    /// About `centre`, of elements the largest of which is about 2^`size`.
    pub fn about(centre: f64, size: i32) -> Self {
        /// The fourth powers of such numbers, and of their last bits, are within the range.
        const COMFORTABLE: i32 = 100;
        let exponent = match size.abs() > COMFORTABLE {
            // A smaller unit than that has no reciprocal.
            true => size.max(-1000),
            false => 0,
        };
        CentralMoments { centre, exponent }
    }
}

/// The sums of the first four powers of x − centre.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PowerSums {
    count: u64,
    first: Reproducible,
    second: Squares,
    third: Reproducible,
    fourth: Reproducible,
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
        let unit = scale(1.0, -self.exponent);
        let centre = self.centre * unit;
        for piece in values.chunks(2048) {
            let distance = |&value: &A| value.into() * unit - centre;
            let distances: Vec<f64> = piece.iter().map(distance).collect();
            let squares: Vec<f64> = distances.iter().map(|off| off * off).collect();
            let products = |left: &[f64]| -> Vec<f64> {
                let pairs = left.iter().zip(&squares);
                pairs.map(|(left, square)| left * square).collect()
            };
            state.third.add(&products(&distances));
            state.fourth.add(&products(&squares));
            state.second.add_with_sum(&mut state.first, &distances);
        }
    }

    fn merge(&self, state: &mut PowerSums, other: PowerSums) {
        state.count += other.count;
        state.first.merge(&other.first);
        state.second.merge(&other.second);
        state.third.merge(&other.third);
        state.fourth.merge(&other.fourth);
    }

    fn finish(&self, state: PowerSums) -> Result<Shape> {
        let of = |sum: &Reproducible| over(state.count, sum.to_wide()).unwrap_or(sum.to_f64());
        let (off, third, fourth) = (of(&state.first), of(&state.third), of(&state.fourth));
        let wides = state.first.to_wide().zip(state.second.to_wide());
        let (squares, square) = match wides {
            Some((first, second)) if state.count > 0 => {
                // In the units of the distances, whose squares need no others.
                let (squares, exponent) = deviations(state.count, &first, &second);
                (scale(squares, 2 * exponent), second.quotient(state.count))
            }
            _ => (f64::NAN, f64::NAN),
        };
        Ok(Shape {
            count: state.count,
            mean: self.centre + scale(off, self.exponent),
            squares,
            third: third - 3.0 * off * square + 2.0 * off.powi(3),
            fourth: fourth - 4.0 * off * third + 6.0 * off * off * square - 3.0 * off.powi(4),
            exponent: self.exponent,
        })
    }
}

/// The central moments of all elements, for their skewness and kurtosis. *Collective.*
///
/// # Cost
/// Two passes over the part, and two all-reduces of some 300 bytes.
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
pub fn shape<T: Distributed<Element: Into<f64>>>(array: &T) -> Result<Shape> {
    let spread = array.reduce_by(&Moments)?;
    array.reduce_by(&spread.central())
}

/// [`shape`] of a line on one rank.
fn shape_of<A: Copy + Into<f64>>(line: &[A]) -> Result<Shape> {
    Moments.of_slice(line)?.central().of_slice(line)
}

/// The skewness of each line along an axis. *Collective.*
///
/// # Cost, errors
/// As [`Lines::reduce_lines`].
#[track_caller]
pub fn skewness_axis<T>(array: &T, axis: usize) -> Result<Reduced<T, f64>>
where
    T: Distributed<Element: Into<f64>, Dim: Along>,
{
    array.reduce_lines(axis, |line| Ok(shape_of(line)?.skewness()))
}

/// The excess kurtosis of each line along an axis. *Collective.*
///
/// # Cost, errors
/// As [`Lines::reduce_lines`].
#[track_caller]
pub fn kurtosis_axis<T>(array: &T, axis: usize) -> Result<Reduced<T, f64>>
where
    T: Distributed<Element: Into<f64>, Dim: Along>,
{
    array.reduce_lines(axis, |line| Ok(shape_of(line)?.excess_kurtosis()))
}
