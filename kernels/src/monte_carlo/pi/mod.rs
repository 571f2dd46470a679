//! π from darts: the share of random points of a square that lie in the quarter of a circle is π/4.
//!
//! Dart d belongs to block d / 2^18; its coordinates are two outputs, one after the other, of lane d mod 16 of the
//! block, whose lanes are the streams 16·(d / 2^18) and up of family 1 of the seed. The lowest 52 bits of an output are
//! a coordinate x in units of 2^-52, and the dart is a hit when
//!
//! ```text
//! ⌊x²⌋ + ⌊y²⌋ < 1,    ⌊ ⌋ to whole multiples of 2^-52
//! ```
//!
//! in which nothing is rounded in a way that depends on the machine. (The cut squares add some 2^-52 to the area.) So the
//! number of hits is one integer, for any number of ranks, width of vectors, and way a run was cut and continued.
//!
//! [`serial`] throws one dart after the other, [`parallel`] sixteen at once on each rank.

pub mod parallel;
pub mod serial;

mod darts;
mod simd;

use std::ops::{Add, AddAssign};

use super::Estimate;

/// The darts that share their streams.
pub const BLOCK: u64 = 1 << 18;

/// Darts thrown, and how many of them hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// The darts.
    pub samples: u64,
    /// Those in the quarter circle.
    pub hits: u64,
}

impl Tally {
    /// The estimate of π. *Local.*
    ///
    /// Its error counts one more hit and one more miss, so that a few darts which all hit are not taken for certain.
    ///
    /// # Source
    /// Of the error: A. Agresti and B. A. Coull, *Approximate is better than "exact" for interval estimation of
    /// binomial proportions*, The American Statistician 52 (1998), with the uniform prior's one and one.
    ///
    /// ```
    /// use partita_kernels::monte_carlo::pi::Tally;
    /// let tally = Tally { samples: 1000, hits: 785 };
    /// assert_eq!(tally.estimate().mean, 3.14);
    /// assert!((tally.estimate().standard_error - 0.052).abs() < 1e-3);
    /// ```
    pub fn estimate(&self) -> Estimate {
        let samples = self.samples as f64;
        let share = (self.hits as f64 + 1.0) / (samples + 2.0);
        Estimate {
            samples: self.samples,
            mean: 4.0 * self.hits as f64 / samples,
            standard_error: 4.0 * (share * (1.0 - share) / (samples - 1.0)).sqrt(),
            degrees_of_freedom: samples - 1.0,
        }
    }
}

impl Add for Tally {
    type Output = Tally;

    fn add(self, other: Tally) -> Tally {
        Tally {
            samples: self.samples + other.samples,
            hits: self.hits + other.hits,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_darts_that_all_hit_are_not_certain() {
        for hits in [0, 2] {
            let estimate = Tally { samples: 2, hits }.estimate();
            assert!(estimate.standard_error > 1.0, "{estimate:?}");
        }
    }
}
