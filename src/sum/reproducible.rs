//! A sum that does not depend on the order, accurate to 88 bits below the largest value.

use serde::{Deserialize, Serialize};

use super::bins::{BLOCK, COMFORTABLE, bin_of, power_of_two};
use super::products::with_errors;
use super::slice::{FOLD, Sliced, slice_products, slice_values};
use super::special::Specials;
use super::wide::{DIGIT_BITS, Wide};

/// A sum of floating-point numbers whose bits depend neither on their order nor on how they are grouped.
///
/// The exponents are cut into bins of 44 bits, the same for all numbers. The bin of the largest magnitude
/// and the two below are kept: every number is rounded to a multiple of the third one's unit, a rounding
/// that depends on that number and that bin only, and the rounded numbers are added without error, as integers.
///
/// Error of the result, with n numbers of magnitude at most m: n·2⁻⁸⁸·m, and half a unit in its last place.
/// That is below the bound of recursive summation, n·2⁻⁵³·Σ|x|, by more than ten digits.
///
/// Infinities and NaN give what IEEE addition in any order would; finite sums that pass beyond the range and
/// come back are not lost.
///
/// ```
/// use partita::sum::Reproducible;
/// let mut sum = Reproducible::default();
/// sum.add(&[1e20, 3.0]);
/// let mut other = Reproducible::default();
/// other.add(&[-1e20]);
/// sum.merge(&other);
/// assert_eq!(sum.to_f64(), 3.0);
/// ```
///
/// # Source
/// Indexed summation: J. Demmel and H. D. Nguyen, *Parallel reproducible summation*, IEEE Trans. Computers
/// 64 (2015) 2060–2070; W. Ahrens, J. Demmel and H. D. Nguyen, *Algorithms for efficient reproducible
/// floating point summation*, ACM TOMS 46 (2020), with wider bins and sums of slices kept as integers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reproducible {
    /// The highest bin that is kept; `None` before the first number that is not zero.
    top: Option<i32>,
    sums: [i128; FOLD],
    specials: Specials,
}

impl Reproducible {
    /// Adds numbers.
    pub fn add<A: Copy + Into<f64>>(&mut self, values: &[A]) {
        for block in values.chunks(BLOCK) {
            self.add_block(|top| slice_values(block, top), || widened(block));
        }
    }

    /// Adds the products of numbers at the same place: of each the rounded product and its rounding
    /// error, so that they are exact unless the error is below the range of doubles (a product below 2⁻⁹⁶⁸)
    /// or the product above it. The slices are of one length.
    pub fn add_products<A: Copy + Into<f64>>(&mut self, left: &[A], right: &[A]) {
        for (left, right) in left.chunks(BLOCK).zip(right.chunks(BLOCK)) {
            let slice = |top| slice_products(left, right, top);
            self.add_block(slice, || with_errors(left, right));
        }
    }

    /// Adds another sum: the same as all its numbers.
    pub fn merge(&mut self, other: &Self) {
        self.specials.merge(&other.specials);
        if let Some(top) = other.top {
            self.raise(top);
            self.add_below(top, other.sums);
        }
    }

    /// The sum before it is rounded; `None` if it is not finite.
    pub fn to_wide(&self) -> Option<Wide> {
        self.specials.are_none().then(|| {
            let digits = self.sums.iter().rev().copied().collect();
            Wide::from_digits(digits, self.top.unwrap_or(0) - (FOLD as i32 - 1))
        })
    }

    /// The sum, rounded to nearest.
    pub fn to_f64(&self) -> f64 {
        self.to_wide()
            .map_or(self.specials.sum(), |wide| wide.to_f64())
    }

    /// The sum, rounded to nearest single.
    pub fn to_f32(&self) -> f32 {
        self.to_wide()
            .map_or(self.specials.sum() as f32, |wide| wide.to_f32())
    }

    /// The highest bin that is kept.
    pub(super) fn top(&self) -> Option<i32> {
        self.top
    }

    /// The bin to try a block with.
    pub(super) fn guess(&self) -> i32 {
        let (least, most) = COMFORTABLE.into_inner();
        self.top.unwrap_or(least).clamp(least, most)
    }

    /// Adds the sums of a block that was sliced from the guessed bin, if it is the right one.
    pub(super) fn take(&mut self, Sliced { largest, sums }: Sliced) -> bool {
        if largest == 0.0 {
            return true;
        }
        let (Some(top), Some(sums)) = (self.top, sums) else {
            return false;
        };
        let right = top == self.guess() && bin_of(largest) <= top;
        if right {
            self.add_below(top, sums.map(i128::from));
        }
        right
    }

    /// Adds a block by `slice` of a bin; where doubles cannot do it, by the `values`.
    fn add_block(&mut self, slice: impl Fn(i32) -> Sliced, values: impl FnOnce() -> Vec<f64>) {
        loop {
            let sliced = slice(self.guess());
            let largest = sliced.largest;
            if largest == f64::INFINITY {
                let mut values = values();
                self.specials.take(&mut values);
                return self.add(&values);
            }
            if self.take(sliced) {
                return;
            }
            self.raise(bin_of(largest));
            if self.top != Some(self.guess()) {
                return self.add_scaled(values());
            }
        }
    }

    /// Adds a block at an end of the range, by moving it towards the middle; its top is set.
    fn add_scaled(&mut self, mut values: Vec<f64>) {
        let Some(top) = self.top else { return };
        // What comes out of the range at its lower end by that is far below the bins that are kept.
        let moved: i32 = if top > 0 { -2 } else { 6 };
        let factor = power_of_two(moved * DIGIT_BITS as i32);
        values.iter_mut().for_each(|value| *value *= factor);
        for block in values.chunks(BLOCK) {
            if let Some(sums) = slice_values(block, top + moved).sums {
                self.add_below(top, sums.map(i128::from));
            }
        }
    }

    /// Makes `top` the highest bin, unless a higher one is; what falls below the third is dropped.
    fn raise(&mut self, top: i32) {
        let Some(old) = self.top else {
            self.top = Some(top);
            return;
        };
        if top > old {
            let below = std::mem::take(&mut self.sums);
            self.top = Some(top);
            self.add_below(old, below);
        }
    }

    /// Adds sums of slices of the bins from `top` down, which is not above this one's.
    fn add_below(&mut self, top: i32, sums: [i128; FOLD]) {
        let down = (self.top.unwrap_or(top) - top) as usize;
        for (own, other) in self.sums.iter_mut().skip(down).zip(sums) {
            *own += other;
        }
    }
}

pub(super) fn widened<A: Copy + Into<f64>>(values: &[A]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}
