//! A sum without any error.

use serde::{Deserialize, Serialize};

use super::bins::{BLOCK, COMFORTABLE, HIGHEST, LOWEST, bin_of};
use super::products::with_errors;
use super::slice::{Slices, largest_magnitude, slice_wholly, take_slices};
use super::special::Specials;
use super::wide::{DIGIT_BITS, Wide, decompose};

const BINS: usize = (HIGHEST - LOWEST + 1) as usize;

/// The exact sum of any floating-point numbers: cancellation, subnormals, sums that pass beyond the range
/// and come back. Rounded once, to nearest, ties to even.
///
/// A long accumulator of 49 digits of 44 bits, each in an `i128`, which overflows after some 2⁷⁰ numbers.
/// A block of numbers is cut into slices of three digits, in vectors and without error, and what is left of
/// it again, until nothing is left: once where a block's exponents span no more than 36 or so.
///
/// ```
/// use partita::sum::Exact;
/// let mut sum = Exact::default();
/// sum.add(&[1e100, 1.0, -1e100, 5e-324]);
/// assert_eq!(sum.to_f64(), 1.0);
/// ```
///
/// # Source
/// The long accumulator of U. Kulisch, *Computer Arithmetic and Validity* (2008), ch. 8, with late carries as in
/// R. Neal, *Fast exact summation using small and large superaccumulators* (2015), arXiv:1505.05571; the slices
/// by error-free extraction as in S. M. Rump, T. Ogita and S. Oishi, *Accurate floating-point summation part I*,
/// SIAM J. Sci. Comput. 31 (2008) 189–224.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exact {
    /// Lowest first, of any sign and size.
    digits: Vec<i128>,
    specials: Specials,
}

impl Default for Exact {
    fn default() -> Self {
        Exact {
            digits: vec![0; BINS],
            specials: Specials::default(),
        }
    }
}

impl Exact {
    /// Adds numbers.
    pub fn add<A: Copy + Into<f64>>(&mut self, values: &[A]) {
        let mut copy = [0.0; BLOCK];
        // Most blocks are like the one before them: where that one had too much for three bins, this one has too.
        let mut guess = self.highest();
        for block in values.chunks(BLOCK) {
            if let Some((top, sums)) = guess.and_then(|top| Some((top, slice_wholly(block, top)?)))
            {
                self.add_slices(top, sums);
                continue;
            }
            let copy = &mut copy[..block.len()];
            for (copy, &value) in copy.iter_mut().zip(block) {
                *copy = value.into();
            }
            guess = self.consume(copy);
        }
    }

    /// Adds the products of numbers at the same place, as
    /// [`Reproducible::add_products`](super::Reproducible::add_products) has them.
    pub fn add_products<A: Copy + Into<f64>>(&mut self, left: &[A], right: &[A]) {
        for (left, right) in left.chunks(BLOCK / 2).zip(right.chunks(BLOCK / 2)) {
            self.consume(&mut with_errors(left, right));
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.specials.merge(&other.specials);
        for (own, other) in self.digits.iter_mut().zip(&other.digits) {
            *own += other;
        }
    }

    /// The sum before it is rounded; `None` if it is not finite.
    pub fn to_wide(&self) -> Option<Wide> {
        let finite = self.specials.are_none();
        finite.then(|| Wide::from_digits(self.digits.clone(), LOWEST))
    }

    /// The sum, rounded once.
    pub fn to_f64(&self) -> f64 {
        self.to_wide()
            .map_or(self.specials.sum(), |wide| wide.to_f64())
    }

    /// The sum, rounded once to a single.
    pub fn to_f32(&self) -> f32 {
        self.to_wide()
            .map_or(self.specials.sum() as f32, |wide| wide.to_f32())
    }

    /// The bin of the largest numbers so far, unless they have cancelled.
    fn highest(&self) -> Option<i32> {
        let place = self.digits.iter().rposition(|&digit| digit != 0)?;
        Some(place as i32 + LOWEST).filter(|bin| COMFORTABLE.contains(bin))
    }

    /// Adds a block, of which nothing is left; returns the bin of its largest number, if three bins held all of it.
    fn consume(&mut self, block: &mut [f64]) -> Option<i32> {
        let mut largest = largest_magnitude(block);
        if largest == f64::INFINITY {
            self.specials.take(block);
            largest = largest_magnitude(block);
        }
        let (first, mut passes) = (comfortable(largest), 0);
        while largest > 0.0 {
            passes += 1;
            largest = match comfortable(largest) {
                Some(top) => {
                    let (sums, left) = take_slices(block, top);
                    self.add_slices(top, sums);
                    left
                }
                None => self.consume_extremes(block),
            };
        }
        first.filter(|_| passes == 1)
    }

    fn add_slices(&mut self, top: i32, sums: Slices) {
        for (fold, sum) in sums.into_iter().enumerate() {
            self.digits[(top - LOWEST) as usize - fold] += i128::from(sum);
        }
    }

    /// Adds the values at the ends of the range one by one.
    fn consume_extremes(&mut self, block: &mut [f64]) -> f64 {
        let extreme =
            |value: &&mut f64| **value != 0.0 && !COMFORTABLE.contains(&bin_of(value.abs()));
        for value in block.iter_mut().filter(extreme) {
            if let Some((mantissa, exponent)) = decompose(std::mem::take(value)) {
                let place = exponent.div_euclid(DIGIT_BITS as i32);
                let shifted = i128::from(mantissa) << exponent.rem_euclid(DIGIT_BITS as i32);
                self.digits[(place - LOWEST) as usize] += shifted;
            }
        }
        largest_magnitude(block)
    }
}

/// The bin of a number in which doubles can do it.
fn comfortable(magnitude: f64) -> Option<i32> {
    let finite = magnitude > 0.0 && magnitude.is_finite();
    finite
        .then(|| bin_of(magnitude))
        .filter(|top| COMFORTABLE.contains(top))
}
