//! Integers of any length times a power of two: what sums are before they are rounded.

use super::bins::power_of_two;

/// Bits of a digit, and of a bin.
pub(crate) const DIGIT_BITS: u32 = 44;

const MASK: i128 = (1 << DIGIT_BITS) - 1;

/// A number Σ dᵢ·2^(44(i + lowest)), exactly.
///
/// The sums of this room end in one, so that a formula over several of them (such as a variance) is
/// computed without error, and rounded once.
///
/// ```
/// use partita::sum::Wide;
/// let (large, small) = (Wide::from_f64(1e100), Wide::from_f64(1.0));
/// let difference = large.plus(&small).minus(&large);
/// assert_eq!(difference.to_f64(), 1.0);
/// assert_eq!(difference.times(&Wide::from_integer(-3)).to_f64(), -3.0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wide {
    /// Lowest first; all but the last in 0..2⁴⁴.
    digits: Vec<i128>,
    /// The place of the first digit.
    lowest: i32,
}

impl Wide {
    /// From digits of any size (below 2¹²⁰, so that carries fit), the first at the place `lowest`.
    pub(crate) fn from_digits(mut digits: Vec<i128>, lowest: i32) -> Self {
        carry(&mut digits);
        Wide { digits, lowest }
    }

    /// A finite number; of one that is not, zero.
    pub fn from_f64(value: f64) -> Self {
        let Some((mantissa, exponent)) = decompose(value) else {
            return Wide::default();
        };
        let lowest = exponent.div_euclid(DIGIT_BITS as i32);
        let shifted = i128::from(mantissa) << exponent.rem_euclid(DIGIT_BITS as i32);
        Wide::from_digits(vec![shifted], lowest)
    }

    /// An integer.
    pub fn from_integer(value: i128) -> Self {
        let low = value & MASK;
        Wide::from_digits(vec![low, value >> DIGIT_BITS], 0)
    }

    /// The number times 2^(44·`digits`).
    pub(super) fn moved(mut self, digits: i32) -> Wide {
        self.lowest += digits;
        self
    }

    /// The number times 2^`exponent`.
    pub fn scaled(&self, exponent: i32) -> Wide {
        let bits = DIGIT_BITS as i32;
        let within = Wide::from_integer(1 << exponent.rem_euclid(bits));
        self.times(&within).moved(exponent.div_euclid(bits))
    }

    /// ⌊log₂⌋ of the magnitude; `None` of zero.
    pub fn exponent(&self) -> Option<i32> {
        self.magnitude().top_bit()
    }

    /// The sum.
    pub fn plus(&self, other: &Wide) -> Wide {
        self.combine(other, |a, b| a + b)
    }

    /// The difference.
    pub fn minus(&self, other: &Wide) -> Wide {
        self.combine(other, |a, b| a - b)
    }

    fn combine(&self, other: &Wide, operation: impl Fn(i128, i128) -> i128) -> Wide {
        let lowest = match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, _) => other.lowest,
            (_, true) => self.lowest,
            _ => self.lowest.min(other.lowest),
        };
        let top = |wide: &Wide| wide.lowest + wide.digits.len() as i32;
        let length = (top(self).max(top(other)) - lowest).max(0);
        let digits =
            (lowest..lowest + length).map(|place| operation(self.at(place), other.at(place)));
        Wide::from_digits(digits.collect(), lowest)
    }

    /// The product.
    pub fn times(&self, other: &Wide) -> Wide {
        let mut digits = vec![0; self.digits.len() + other.digits.len()];
        for (i, a) in self.digits.iter().enumerate() {
            for (j, b) in other.digits.iter().enumerate() {
                digits[i + j] += a * b;
            }
            // Each product is below 2⁸⁸·2: carried well before an i128 is full.
            carry(&mut digits);
        }
        Wide::from_digits(digits, self.lowest + other.lowest)
    }

    fn at(&self, place: i32) -> i128 {
        let index = usize::try_from(place - self.lowest);
        index
            .ok()
            .and_then(|index| self.digits.get(index))
            .copied()
            .unwrap_or(0)
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.digits.last().is_some_and(|&digit| digit < 0)
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits.iter().all(|&digit| digit == 0)
    }

    /// The nearest double, ties to even; infinite beyond their range.
    pub fn to_f64(&self) -> f64 {
        self.nearest(f64::MANTISSA_DIGITS, -1074)
    }

    /// The nearest single, ties to even.
    pub fn to_f32(&self) -> f32 {
        // Rounded to the precision of a single at once, so that the conversion is exact or overflows.
        self.nearest(f32::MANTISSA_DIGITS, -149) as f32
    }

    /// The square root, to within one unit in the last place, without overflow; NaN below zero.
    pub fn sqrt(&self) -> f64 {
        if self.is_negative() {
            return f64::NAN;
        }
        let (mantissa, exponent) = self.normalised();
        let odd = exponent.rem_euclid(2);
        scale((mantissa * power_of_two(odd)).sqrt(), (exponent - odd) / 2)
    }

    /// self / `divisor` as a double, rounded once, to nearest, ties to even. The divisor is not zero.
    ///
    /// ```
    /// use partita::sum::Wide;
    /// let twice_the_largest = Wide::from_f64(f64::MAX).times(&Wide::from_integer(2));
    /// assert_eq!(twice_the_largest.quotient(2), f64::MAX);
    /// ```
    pub fn quotient(&self, divisor: u64) -> f64 {
        // Digits below: more than the 64 bits that the divisor takes off and the 53 of the result, and by more than another 44,
        // so that what is not even is seen in one of them.
        const BELOW: usize = 4;
        let magnitude = self.magnitude();
        let mut digits = vec![0; BELOW];
        digits.extend(magnitude.digits);
        let (divisor, mut rest) = (i128::from(divisor), 0);
        for digit in digits.iter_mut().rev() {
            let whole = (rest << DIGIT_BITS) + *digit;
            (*digit, rest) = (whole / divisor, whole % divisor);
        }
        let lowest = magnitude.lowest - BELOW as i32;
        let quotient = Wide { digits, lowest }.to_f64();
        if self.is_negative() {
            -quotient
        } else {
            quotient
        }
    }

    /// self / other as a double, to within one unit in the last place. The other is not zero.
    pub fn ratio(&self, other: &Wide) -> f64 {
        let (above, up) = self.normalised();
        let (below, down) = other.normalised();
        scale(above / below, up - down)
    }

    /// The number as m·2^e with |m| in 1..2 (rounded: up to 2).
    fn normalised(&self) -> (f64, i32) {
        let magnitude = self.magnitude();
        let Some(top) = magnitude.top_bit() else {
            return (0.0, 0);
        };
        let (kept, lowest_kept) = keep(&magnitude.digits, f64::MANTISSA_DIGITS as i32, 0);
        let unit = magnitude.lowest * DIGIT_BITS as i32;
        let mantissa = scale(kept as f64, lowest_kept + unit - top);
        (
            if self.is_negative() {
                -mantissa
            } else {
                mantissa
            },
            top,
        )
    }

    fn magnitude(&self) -> Wide {
        match self.is_negative() {
            true => Wide::default().minus(self),
            false => self.clone(),
        }
    }

    /// The place of the highest bit of a number that is not negative.
    fn top_bit(&self) -> Option<i32> {
        let top = self.digits.iter().rposition(|&digit| digit != 0)?;
        let place = (self.lowest + top as i32) * DIGIT_BITS as i32;
        Some(place + self.digits[top].ilog2() as i32)
    }

    /// The nearest number with `precision` bits whose last bit is no smaller than 2^`smallest`.
    fn nearest(&self, precision: u32, smallest: i32) -> f64 {
        let magnitude = self.magnitude();
        let unit = magnitude.lowest * DIGIT_BITS as i32;
        let (kept, lowest_kept) = keep(&magnitude.digits, precision as i32, smallest - unit);
        let rounded = scale(kept as f64, lowest_kept + unit);
        if self.is_negative() {
            -rounded
        } else {
            rounded
        }
    }
}

/// Makes every digit but the last lie in 0..2⁴⁴, without changing the number.
fn carry(digits: &mut Vec<i128>) {
    let mut carried = 0;
    for digit in digits.iter_mut() {
        let value = *digit + carried;
        *digit = value & MASK;
        carried = value >> DIGIT_BITS;
    }
    while carried != 0 && carried != -1 {
        digits.push(carried & MASK);
        carried >>= DIGIT_BITS;
    }
    if carried == -1 {
        digits.push(-1);
    }
}

/// The highest `precision` bits of a number that is not negative, none below the place `smallest`, rounded to nearest,
/// ties to even; and the place of their lowest.
fn keep(digits: &[i128], precision: i32, smallest: i32) -> (u64, i32) {
    const BITS: i32 = DIGIT_BITS as i32;
    let Some(top_digit) = digits.iter().rposition(|&digit| digit != 0) else {
        return (0, 0);
    };
    let top_bit = top_digit as i32 * BITS + digits[top_digit].ilog2() as i32;
    let lowest_kept = (top_bit + 1 - precision).max(smallest).max(0);
    let bit = |place: i32| {
        let digit = digits.get((place / BITS) as usize);
        digit.is_some_and(|digit| digit >> (place % BITS) & 1 == 1)
    };
    let kept = (lowest_kept..=top_bit).rev();
    let mut kept = kept.fold(0, |kept: u64, place| kept << 1 | u64::from(bit(place)));
    let half = lowest_kept > 0 && bit(lowest_kept - 1);
    let beyond_half = || (0..lowest_kept - 1).rev().any(bit);
    if half && (kept & 1 == 1 || beyond_half()) {
        kept += 1;
    }
    (kept, lowest_kept)
}

/// The signed mantissa of a finite number, and the power of two that it counts; `None` of others.
pub(super) fn decompose(value: f64) -> Option<(i64, i32)> {
    let bits = value.to_bits();
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) = match (bits >> 52 & 0x7ff) as i32 {
        0x7ff => return None,
        // A subnormal has the unit of the smallest normal, without its leading one.
        0 => (fraction, -1074),
        exponent => (fraction | 1 << 52, exponent - 1075),
    };
    Some((
        if value.is_sign_negative() {
            -mantissa
        } else {
            mantissa
        },
        exponent,
    ))
}

/// `value`·2^`exponent`, exact where the result is a number of `value`'s precision.
pub fn scale(value: f64, exponent: i32) -> f64 {
    // In steps none of which leaves the range of the powers of two.
    let first = exponent.clamp(-900, 971);
    let second = (exponent - first).clamp(-1022, 1023);
    value * power_of_two(first) * power_of_two(second)
}
