//! Means and their errors, of observations that come in blocks.

use partita::random::normal_quantile;

/// The number, the mean and the squared deviations of observations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// How many there are.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The sum of their squared distances from the mean.
    pub squares: f64,
}

/// The partial sums of [`Moments::of`]: as many as the widest vectors hold.
const PARTIAL_SUMS: usize = 8;

impl Moments {
    /// Of these observations. *Local.*
    ///
    /// Number i is added to sum i mod 8, and those sums in order: the same bits wherever it is done.
    pub fn of(observations: &[f64]) -> Self {
        let count = observations.len() as u64;
        if count == 0 {
            return Moments::default();
        }
        let mean = sum_of(observations, |value| value) / count as f64;
        let squares = sum_of(observations, |value| (value - mean) * (value - mean));
        Moments {
            count,
            mean,
            squares,
        }
    }

    /// Of one observation. *Local.*
    pub fn of_one(observation: f64) -> Self {
        Moments {
            count: 1,
            mean: observation,
            squares: 0.0,
        }
    }

    /// Of both together, in this order as far as rounding goes. *Local.*
    ///
    /// # Source
    /// T. F. Chan, G. H. Golub and R. J. LeVeque, *Updating formulae and a pairwise algorithm for computing sample
    /// variances*, COMPSTAT 1982.
    pub fn and(self, later: Moments) -> Self {
        let count = self.count + later.count;
        if later.count == 0 || self.count == 0 {
            return if later.count == 0 { self } else { later };
        }
        let share = later.count as f64 / count as f64;
        let distance = later.mean - self.mean;
        Moments {
            count,
            mean: self.mean + distance * share,
            squares: self.squares + later.squares + distance * distance * share * self.count as f64,
        }
    }

    /// The estimate of the mean that they are, of so many samples. *Local.*
    pub fn estimate(&self, samples: u64) -> Estimate {
        let freedom = self.count as f64 - 1.0;
        Estimate {
            samples,
            mean: self.mean,
            standard_error: (self.squares / freedom / self.count as f64).sqrt(),
            degrees_of_freedom: freedom,
        }
    }
}

#[inline(always)]
fn sum_of(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let (whole, rest) = values.as_chunks::<PARTIAL_SUMS>();
    let mut sums = [0.0; PARTIAL_SUMS];
    for chunk in whole {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += of(value);
        }
    }
    for (sum, &value) in sums.iter_mut().zip(rest) {
        *sum += of(value);
    }
    sums.into_iter().sum()
}

/// A mean, and how far it may be from the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// How often the function was asked.
    pub samples: u64,
    /// The estimate.
    pub mean: f64,
    /// Its standard error; infinite or NaN before there are two observations.
    pub standard_error: f64,
    /// Of the standard error: the number of independent observations less one.
    pub degrees_of_freedom: f64,
}

impl Estimate {
    /// The interval in which the truth lies with this probability, as Student's distribution has it. *Local.*
    ///
    /// ```
    /// use partita_kernels::monte_carlo::Moments;
    /// let measured = Moments::of(&[9.8, 10.2, 10.4, 9.6, 10.0]).estimate(5);
    /// let [low, high] = measured.confidence_interval(0.95);
    /// assert!((low - 9.607).abs() < 2e-3 && (high - 10.393).abs() < 2e-3);
    /// ```
    pub fn confidence_interval(&self, probability: f64) -> [f64; 2] {
        let quantile = student_quantile(0.5 + probability / 2.0, self.degrees_of_freedom);
        [-1.0, 1.0].map(|side| self.mean + side * quantile * self.standard_error)
    }

    /// Both factors applied: of the mean and of its error. *Local.*
    pub fn scaled(&self, factor: f64) -> Self {
        Estimate {
            mean: self.mean * factor,
            standard_error: self.standard_error * factor.abs(),
            ..*self
        }
    }
}

/// The quantile of Student's distribution, to four digits from 4 degrees of freedom and six from 10.
///
/// Source: M. Abramowitz and I. A. Stegun, *Handbook of Mathematical Functions* (1964), 26.7.5.
pub(super) fn student_quantile(probability: f64, freedom: f64) -> f64 {
    let z = normal_quantile(probability);
    // Polynomials in z² times z, the lowest power first.
    let times_z = |coefficients: &[f64]| {
        z * coefficients
            .iter()
            .rev()
            .fold(0.0, |value, coefficient| value * z * z + coefficient)
    };
    let corrections = [
        times_z(&[1.0, 1.0]) / 4.0,
        times_z(&[3.0, 16.0, 5.0]) / 96.0,
        times_z(&[-15.0, 17.0, 19.0, 3.0]) / 384.0,
        times_z(&[-945.0, -1920.0, 1482.0, 776.0, 79.0]) / 92160.0,
    ];
    let of_inverse = |value, correction| (value + correction) / freedom;
    z + corrections.iter().rev().fold(0.0, of_inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle: the printed table of quantiles, e.g. in Abramowitz and Stegun, table 26.10.
    #[test]
    fn student_quantiles_are_the_table_s() {
        for (probability, freedom, expected) in [
            (0.975, 4.0, 2.776),
            (0.975, 15.0, 2.131),
            (0.995, 15.0, 2.947),
            (0.95, 30.0, 1.697),
            (0.975, 1e9, 1.960),
        ] {
            let found = student_quantile(probability, freedom);
            let bound = if freedom < 10.0 { 3e-3 } else { 6e-4 };
            assert!((found - expected).abs() < bound, "{found}, not {expected}");
        }
    }

    #[test]
    fn moments_of_parts_are_those_of_the_whole() {
        let values: Vec<f64> = (0..1001).map(|i| 1e6 + f64::from(i).sin()).collect();
        let whole = Moments::of(&values);
        let mean = 1e6 + values.iter().map(|value| value - 1e6).sum::<f64>() / 1001.0;
        assert!((whole.mean - mean).abs() < 1e-9);
        for cut in [0, 1, 7, 500, 1001] {
            let parts = Moments::of(&values[..cut]).and(Moments::of(&values[cut..]));
            assert_eq!(parts.count, whole.count);
            assert!((parts.mean - whole.mean).abs() < 1e-9);
            assert!((parts.squares / whole.squares - 1.0).abs() < 1e-9);
        }
    }
}
