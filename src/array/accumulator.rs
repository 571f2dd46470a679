//! Sums without rounding, as integers that may be added in any order.

use num_complex::Complex;

use crate::comm::Element;
use crate::error::{Error, Result};

/// An element type that [`DistArray::sum`](super::DistArray::sum) adds up.
pub trait Summable: Element {
    /// What holds a sum of such elements without rounding.
    type Sum: Sum<Self>;
}

/// An exact sum. Its digits may be added to those of other sums, as integers, in any order.
pub trait Sum<A>: Default {
    /// Adds one element.
    fn add(&mut self, value: A);

    /// The sum as digits in base 2³², each far from overflow.
    fn into_digits(self) -> Vec<i64>;

    /// The sum of added-up digits, rounded once.
    ///
    /// # Errors
    /// [`Error::Numerical`] when an integer does not hold it.
    fn round(digits: &[i64]) -> Result<A>;
}

const DIGIT_BITS: u32 = 32;

/// The digits that hold every sum of `f64`s: from 2⁻¹⁰⁷⁴ to 2¹⁰²⁴, and 2⁶² of the largest.
const DIGITS: usize = (1074 + 1024 + 62usize).div_ceil(DIGIT_BITS as usize);

/// Every addition changes a digit by less than 2³², so that 2³⁰ of them leave an `i64` room.
const ADDITIONS_BETWEEN_CARRIES: u32 = 1 << 30;

/// A fixed-point number with a unit of 2⁻¹⁰⁷⁴, and how many values were not finite.
pub struct FloatSum {
    digits: [i64; DIGITS],
    additions: u32,
    not_a_number: i64,
    infinite: i64,
    negative_infinite: i64,
}

impl Default for FloatSum {
    fn default() -> Self {
        FloatSum {
            digits: [0; DIGITS],
            additions: 0,
            not_a_number: 0,
            infinite: 0,
            negative_infinite: 0,
        }
    }
}

impl FloatSum {
    fn add_f64(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as usize;
        let fraction = bits & ((1 << 52) - 1);
        if exponent == 0x7ff {
            return self.add_non_finite(value);
        }
        // A subnormal has the unit of the smallest normal, without its leading one.
        let (mantissa, shift) = match exponent {
            0 => (fraction, 0),
            _ => (fraction | 1 << 52, exponent - 1),
        };
        let (digit, offset) = (shift / DIGIT_BITS as usize, shift % DIGIT_BITS as usize);
        let shifted = u128::from(mantissa) << offset;
        let sign = if value.is_sign_negative() { -1 } else { 1 };
        for place in 0..3 {
            let part = (shifted >> (place as u32 * DIGIT_BITS)) as u32;
            self.digits[digit + place] += sign * i64::from(part);
        }
        self.additions += 1;
        if self.additions == ADDITIONS_BETWEEN_CARRIES {
            carry(&mut self.digits);
            self.additions = 0;
        }
    }

    fn add_non_finite(&mut self, value: f64) {
        if value.is_nan() {
            self.not_a_number += 1;
        } else if value > 0.0 {
            self.infinite += 1;
        } else {
            self.negative_infinite += 1;
        }
    }

    fn digits(mut self) -> Vec<i64> {
        carry(&mut self.digits);
        let mut digits = self.digits.to_vec();
        digits.extend([self.not_a_number, self.infinite, self.negative_infinite]);
        digits
    }

    /// The nearest number with `precision` bits whose last bit is no smaller than 2^`smallest`.
    fn nearest(digits: &[i64], precision: u32, smallest: i32) -> f64 {
        let (finite, specials) = digits.split_at(DIGITS);
        match specials {
            [0, 0, 0] => {}
            [0, _, 0] => return f64::INFINITY,
            [0, 0, _] => return f64::NEG_INFINITY,
            _ => return f64::NAN,
        }
        let mut magnitude = finite.to_vec();
        carry(&mut magnitude);
        let negative = magnitude[DIGITS - 1] < 0;
        if negative {
            magnitude.iter_mut().for_each(|digit| *digit = -*digit);
            carry(&mut magnitude);
        }
        let rounded = round_magnitude(&magnitude, precision, smallest);
        if negative { -rounded } else { rounded }
    }
}

/// Makes every digit but the last lie in 0..2³², without changing the number.
fn carry(digits: &mut [i64]) {
    let mut carried = 0;
    let last = digits.len() - 1;
    for digit in &mut digits[..last] {
        let value = *digit + carried;
        *digit = value & ((1 << DIGIT_BITS) - 1);
        carried = value >> DIGIT_BITS;
    }
    digits[last] += carried;
}

/// A non-negative number of carried digits, rounded to nearest, ties to even.
fn round_magnitude(digits: &[i64], precision: u32, smallest: i32) -> f64 {
    const UNIT: i32 = -1074;
    let Some(top_digit) = digits.iter().rposition(|&digit| digit != 0) else {
        return 0.0;
    };
    let top_bit = top_digit as i32 * DIGIT_BITS as i32 + digits[top_digit].ilog2() as i32;
    let lowest_kept = (top_bit + 1 - precision as i32).max(smallest - UNIT).max(0);
    let bit = |position: i32| {
        let (digit, offset) = (position / DIGIT_BITS as i32, position % DIGIT_BITS as i32);
        digits
            .get(digit as usize)
            .is_some_and(|digit| digit >> offset & 1 == 1)
    };
    let mut kept: u64 = 0;
    for position in (lowest_kept..=top_bit).rev() {
        kept = kept << 1 | u64::from(bit(position));
    }
    let half = lowest_kept > 0 && bit(lowest_kept - 1);
    let beyond_half = half && (0..lowest_kept - 1).rev().any(bit);
    if half && (beyond_half || kept & 1 == 1) {
        kept += 1;
    }
    scale(kept as f64, lowest_kept + UNIT)
}

/// `value`·2^`exponent`, exact where the result is a number of `value`'s precision.
fn scale(value: f64, exponent: i32) -> f64 {
    // In two steps, neither of which leaves the range of the powers of two.
    let first = exponent.clamp(-1022, 971);
    value * 2f64.powi(first) * 2f64.powi(exponent - first)
}

impl Summable for f64 {
    type Sum = FloatSum;
}

impl Sum<f64> for FloatSum {
    fn add(&mut self, value: f64) {
        self.add_f64(value);
    }

    fn into_digits(self) -> Vec<i64> {
        self.digits()
    }

    fn round(digits: &[i64]) -> Result<f64> {
        Ok(FloatSum::nearest(digits, f64::MANTISSA_DIGITS, -1074))
    }
}

impl Summable for f32 {
    type Sum = FloatSum;
}

impl Sum<f32> for FloatSum {
    fn add(&mut self, value: f32) {
        self.add_f64(f64::from(value));
    }

    fn into_digits(self) -> Vec<i64> {
        self.digits()
    }

    fn round(digits: &[i64]) -> Result<f32> {
        // Rounded to f32's precision directly, so that the conversion is exact or overflows.
        Ok(FloatSum::nearest(digits, f32::MANTISSA_DIGITS, -149) as f32)
    }
}

/// The sums of the real and of the imaginary parts.
#[derive(Default)]
pub struct ComplexSum {
    real: FloatSum,
    imaginary: FloatSum,
}

macro_rules! complex_sum {
    ($($part:ty),*) => {
        $(impl Summable for Complex<$part> {
            type Sum = ComplexSum;
        }

        impl Sum<Complex<$part>> for ComplexSum {
            fn add(&mut self, value: Complex<$part>) {
                Sum::<$part>::add(&mut self.real, value.re);
                Sum::<$part>::add(&mut self.imaginary, value.im);
            }

            fn into_digits(self) -> Vec<i64> {
                let mut digits = self.real.digits();
                digits.extend(self.imaginary.digits());
                digits
            }

            fn round(digits: &[i64]) -> Result<Complex<$part>> {
                let (real, imaginary) = digits.split_at(digits.len() / 2);
                Ok(Complex::new(
                    <FloatSum as Sum<$part>>::round(real)?,
                    <FloatSum as Sum<$part>>::round(imaginary)?,
                ))
            }
        })*
    };
}

complex_sum!(f32, f64);

/// A sum of integers.
#[derive(Default)]
pub struct IntegerSum(i128);

macro_rules! integer_sum {
    ($($integer:ty),*) => {
        $(impl Summable for $integer {
            type Sum = IntegerSum;
        }

        impl Sum<$integer> for IntegerSum {
            fn add(&mut self, value: $integer) {
                self.0 += value as i128;
            }

            fn into_digits(self) -> Vec<i64> {
                let digit = |place: u32| i64::from((self.0 >> (place * DIGIT_BITS)) as u32);
                let highest = (self.0 >> (3 * DIGIT_BITS)) as i64;
                vec![digit(0), digit(1), digit(2), highest]
            }

            fn round(digits: &[i64]) -> Result<$integer> {
                let sum = digits.iter().rev().fold(0i128, |sum, &digit| {
                    (sum << DIGIT_BITS) + i128::from(digit)
                });
                <$integer>::try_from(sum).map_err(|_| {
                    let name = stringify!($integer);
                    Error::numerical("sum", format!("{sum} does not fit {name}"))
                })
            }
        })*
    };
}

integer_sum!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum_of<A: Summable>(values: &[A]) -> A {
        let mut sum = A::Sum::default();
        values.iter().for_each(|&value| sum.add(value));
        A::Sum::round(&sum.into_digits()).expect("fits")
    }

    #[test]
    fn sums_are_rounded_once() {
        assert_eq!(sum_of(&[1e100, 1.0, -1e100]), 1.0);
        assert_eq!(sum_of(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX);
        assert_eq!(sum_of(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum_of(&[5e-324, 5e-324]), 1e-323);
        assert_eq!(sum_of(&[1.0, 2f64.powi(-53)]), 1.0);
        assert_eq!(sum_of(&[1.0, 2f64.powi(-53), 5e-324]), 1.0 + f64::EPSILON);
        assert_eq!(
            sum_of(&[1.0f32, 2f32.powi(-24), f32::from_bits(1)]),
            1.0 + f32::EPSILON
        );
        assert_eq!(sum_of(&[f32::MAX, f32::MAX]), f32::INFINITY);
        assert_eq!(sum_of::<f64>(&[]), 0.0);
    }

    #[test]
    fn what_is_not_finite_is_as_ieee_has_it() {
        assert_eq!(sum_of(&[f64::INFINITY, -f64::MAX]), f64::INFINITY);
        assert_eq!(sum_of(&[f64::NEG_INFINITY, 1.0]), f64::NEG_INFINITY);
        assert!(sum_of(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
        assert!(sum_of(&[f64::NAN, 1.0]).is_nan());
    }

    #[test]
    fn integers_use_128_bits_and_say_when_the_type_is_too_small() {
        assert_eq!(sum_of(&[i64::MAX, i64::MAX, i64::MIN, i64::MIN]), -2);
        assert_eq!(sum_of(&[u64::MAX]), u64::MAX);
        let mut sum = IntegerSum::default();
        [100i8, 100].iter().for_each(|&value| sum.add(value));
        let digits = Sum::<i8>::into_digits(sum);
        assert!(matches!(
            <IntegerSum as Sum<i8>>::round(&digits),
            Err(Error::Numerical { .. })
        ));
    }

    proptest! {
        #[test]
        fn two_numbers_add_as_the_hardware_adds_them(a in any::<u64>(), b in any::<u64>()) {
            let (a, b) = (f64::from_bits(a), f64::from_bits(b));
            let (exact, hardware) = (sum_of(&[a, b]), a + b);
            prop_assert!(exact == hardware || (exact.is_nan() && hardware.is_nan()));
        }

        #[test]
        fn two_singles_add_as_the_hardware_adds_them(a in any::<u32>(), b in any::<u32>()) {
            let (a, b) = (f32::from_bits(a), f32::from_bits(b));
            let (exact, hardware) = (sum_of(&[a, b]), a + b);
            prop_assert!(exact == hardware || (exact.is_nan() && hardware.is_nan()));
        }

        #[test]
        fn the_order_and_the_cut_do_not_matter(
            values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL, 1..100),
            cut in 0usize..100,
        ) {
            let whole = sum_of(&values);
            let (left, right) = values.split_at(cut.min(values.len()));
            let digits = |values: &[f64]| {
                let mut sum = FloatSum::default();
                values.iter().rev().for_each(|&value| sum.add(value));
                Sum::<f64>::into_digits(sum)
            };
            let added: Vec<i64> = digits(left).iter().zip(digits(right)).map(|(a, b)| a + b).collect();
            prop_assert_eq!(<FloatSum as Sum<f64>>::round(&added)?.to_bits(), whole.to_bits());
        }
    }
}
