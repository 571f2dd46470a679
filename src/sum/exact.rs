//! A sum without any error.

use serde::{Deserialize, Serialize};

use super::bins::{BLOCK, COMFORTABLE, HIGHEST, LOWEST, bin_of, exponent_of};
use super::products::with_errors;
use super::slice::{FOLD, largest_magnitude, slice_wholly, take_slices};
use super::special::Specials;
use super::wide::{DIGIT_BITS, Wide, decompose};

/// Bins that are tried at once where three are too few.
const WIDE: usize = 6;

/// The lowest bin with which that may begin.
const LOWEST_WIDE: i32 = *COMFORTABLE.start() + (WIDE - FOLD) as i32;

const BINS: usize = (HIGHEST - LOWEST + 1) as usize;

/// The exact sum of any floating-point numbers: cancellation, subnormals, sums that pass beyond the range
/// and come back. Rounded once, to nearest, ties to even.
///
/// A long accumulator of 49 digits of 44 bits, each in an `i128`, which overflows after some 2⁷⁰ numbers.
/// A block of numbers is cut into slices of three digits, in vectors and without error: once where its exponents span
/// no more than 36 or so. Where they span up to 168 or so, it is cut into slices of six at once; beyond that, what is
/// left of a block after three is cut again, until nothing is left.
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
        let mut guess = Held::guessed(values);
        let mut copy = Vec::new();
        for block in values.chunks(BLOCK) {
            guess = guess.and_then(|held| self.add_wholly(block, held));
            if guess.is_none() {
                copy.clear();
                copy.extend(block.iter().map(|&value| value.into()));
                guess = self.consume(&mut copy);
            }
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

    /// Adds a block if the bins that are tried hold all of it; returns those that did.
    fn add_wholly<A: Copy + Into<f64>>(&mut self, block: &[A], held: Held) -> Option<Held> {
        let Held { top, wide } = held;
        if !wide && let Some(sums) = slice_wholly(block, top) {
            self.add_slices::<FOLD>(top, sums);
            return Some(held);
        }
        if top < LOWEST_WIDE {
            return None;
        }
        self.add_slices::<WIDE>(top, slice_wholly(block, top)?);
        Some(Held { top, wide: true })
    }

    /// Adds a block, of which nothing is left; returns what may hold the next one.
    fn consume(&mut self, block: &mut [f64]) -> Option<Held> {
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
        let wide = passes > 1;
        first.filter(|_| passes <= 2).map(|top| Held { top, wide })
    }

    fn add_slices<const BINS: usize>(&mut self, top: i32, sums: [i64; BINS]) {
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

/// Which bins hold all of a block: most blocks are like the one before them.
#[derive(Clone, Copy)]
struct Held {
    top: i32,
    /// [`WIDE`] bins, not [`FOLD`].
    wide: bool,
}

impl Held {
    /// From a few of the values: what is wrong is found out by cutting, and costs time only.
    fn guessed<A: Copy + Into<f64>>(values: &[A]) -> Option<Self> {
        const FEW: usize = 64;
        let few = values.iter().take(FEW).map(|&value| value.into().abs());
        let (smallest, largest) = few
            .filter(|&magnitude| magnitude > 0.0)
            .fold((f64::INFINITY, 0.0), |(smallest, largest), magnitude| {
                (magnitude.min(smallest), magnitude.max(largest))
            });
        let top = comfortable(largest)?;
        let last_bit = exponent_of(smallest) - 52;
        let wide = last_bit < (top + 1 - FOLD as i32) * DIGIT_BITS as i32;
        Some(Held { top, wide })
    }
}

/// The bin of a number in which doubles can do it.
fn comfortable(magnitude: f64) -> Option<i32> {
    let finite = magnitude > 0.0 && magnitude.is_finite();
    finite
        .then(|| bin_of(magnitude))
        .filter(|top| COMFORTABLE.contains(top))
}
