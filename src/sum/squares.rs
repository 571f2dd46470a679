//! Sums of squares of which none overflows or underflows.

use serde::{Deserialize, Serialize};

use super::bins::{BLOCK, power_of_two};
use super::reproducible::widened;
use super::slice::{Sliced, slice_only_squares, slice_squares};
use super::wide::DIGIT_BITS;
use super::{Reproducible, Wide};

/// Digits by which large and small numbers are moved before they are squared.
const MOVED: i32 = 14;

/// Squares of numbers of this magnitude or above may overflow.
const LARGE: f64 = power_of_two(500);

/// Squares of numbers below this may lose bits.
const SMALL: f64 = power_of_two(-400);

/// In a block with a number of this magnitude or above, squares of small ones are nothing in the bins that are kept.
const NOT_SMALL: f64 = power_of_two(-300);

/// The bin of that number's square, which with the two below it reaches down to 2⁻⁷⁰⁴.
const BIN_NOT_SMALL: i32 = -14;

/// A reproducible sum of squares of numbers of any size, and so a norm that neither overflows nor underflows.
///
/// ```
/// use partita::sum::Squares;
/// let mut squares = Squares::default();
/// squares.add(&[3e300, 4e300]);
/// assert_eq!(squares.norm(), 5e300);
/// ```
///
/// # Source
/// Numbers of three sizes in three sums: J. L. Blue, *A portable Fortran program to find the Euclidean norm of a
/// vector*, ACM TOMS 4 (1978) 15–23; the sums as [`Reproducible`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Squares {
    large: Reproducible,
    middle: Reproducible,
    small: Reproducible,
}

impl Squares {
    /// Adds the squares of numbers.
    pub fn add<A: Copy + Into<f64>>(&mut self, values: &[A]) {
        for block in values.chunks(BLOCK) {
            let (largest, squared) = slice_only_squares(block, self.middle.guess());
            self.add_squared(block, largest, squared);
        }
    }

    /// Adds numbers to a sum, and their squares to this one.
    pub fn add_with_sum<A: Copy + Into<f64>>(&mut self, sum: &mut Reproducible, values: &[A]) {
        for block in values.chunks(BLOCK) {
            let (plain, squared) = slice_squares(block, sum.guess(), self.middle.guess());
            let largest = plain.largest;
            if !sum.take(plain) {
                sum.add(block);
            }
            self.add_squared(block, largest, squared);
        }
    }

    /// Adds a block whose squares were sliced from the bin that was guessed, where that was right.
    fn add_squared<A: Copy + Into<f64>>(&mut self, block: &[A], largest: f64, squared: Sliced) {
        if !is_of_one_size(largest) {
            self.add_of_any_size(&widened(block));
        } else if !self.middle.take(squared) {
            self.middle.add_products(block, block);
        }
    }

    fn add_of_any_size(&mut self, block: &[f64]) {
        let down = power_of_two(-MOVED * DIGIT_BITS as i32);
        let up = power_of_two(MOVED * DIGIT_BITS as i32);
        let part = |belongs: &dyn Fn(f64) -> bool, factor: f64| -> Vec<f64> {
            let values = block.iter().filter(|value| belongs(**value));
            values.map(|value| value * factor).collect()
        };
        let large = part(&|value| value.abs() >= LARGE, down);
        let middle = part(&|value| is_middle(value) || value.is_nan(), 1.0);
        let small = part(&|value| value.abs() < SMALL && value != 0.0, up);
        self.large.add_products(&large, &large);
        self.middle.add_products(&middle, &middle);
        self.small.add_products(&small, &small);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.large.merge(&other.large);
        self.middle.merge(&other.middle);
        self.small.merge(&other.small);
    }

    /// The sum before it is rounded; `None` if it is not finite.
    pub fn to_wide(&self) -> Option<Wide> {
        let large = self.large.to_wide()?.moved(2 * MOVED);
        let whole = large.plus(&self.middle.to_wide()?);
        // Whether small numbers came in a block with others, or alone, must make no difference.
        if self.middle.top() >= Some(BIN_NOT_SMALL) {
            return Some(whole);
        }
        Some(whole.plus(&self.small.to_wide()?.moved(-2 * MOVED)))
    }

    /// The square root of the sum, to within one unit in its last place.
    pub fn norm(&self) -> f64 {
        let not_finite = self.large.to_f64() + self.middle.to_f64();
        self.to_wide().map_or(not_finite, |wide| wide.sqrt())
    }
}

/// Whether all numbers of a block with this largest magnitude may be taken for middle ones.
fn is_of_one_size(largest: f64) -> bool {
    largest == 0.0 || (NOT_SMALL..LARGE).contains(&largest)
}

fn is_middle(value: f64) -> bool {
    let magnitude = value.abs();
    value == 0.0 || (SMALL..LARGE).contains(&magnitude)
}
