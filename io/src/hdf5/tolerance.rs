//! How far numbers are from each other, and how far they may be.

use num_complex::Complex;
use serde::{Deserialize, Serialize};

/// How far two numbers may be from each other and count as the same. Made from a number, it is that distance.
///
/// As in numpy's `allclose(equal_nan=True)`: `|one - other| <= absolute + relative * |other|`, where two that are not a
/// number are the same, as are the two zeros and two equal infinities. What is infinitely far, or a number on one side
/// only, always differs. Integers are compared exactly, whatever their types.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Tolerance {
    absolute: f64,
    relative: f64,
}

impl Tolerance {
    /// The same, and a share of the other number besides.
    #[must_use]
    pub fn with_relative(self, relative: f64) -> Self {
        Tolerance { relative, ..self }
    }

    /// What is wrong with it, if anything is: no difference is larger than what is not a number.
    pub(super) fn flaw(&self) -> Option<String> {
        let mut parts = [self.absolute, self.relative].into_iter();
        let wrong = parts.find(|part| part.is_nan() || *part < 0.0)?;
        Some(format!("a tolerance of {wrong} allows nothing"))
    }

    fn beside(&self, magnitude: f64) -> f64 {
        match magnitude.is_finite() {
            true => self.absolute + self.relative * magnitude,
            false => self.absolute,
        }
    }
}

impl From<f64> for Tolerance {
    fn from(absolute: f64) -> Self {
        Tolerance {
            absolute,
            relative: 0.0,
        }
    }
}

/// A number, as wide as there is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Integer(i128),
    Float(f64),
    Complex(Complex<f64>),
}

/// What two elements, or parts of them, are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Difference {
    /// The largest distance.
    pub largest: f64,
    /// Whether one is larger than is allowed.
    pub counts: bool,
}

impl Difference {
    /// Of what is no number: 0 where they are equal, 1 where they are not.
    pub fn of_equality(is_equal: bool, tolerance: &Tolerance) -> Self {
        let largest = f64::from(u8::from(!is_equal));
        Difference {
            largest,
            counts: largest > tolerance.absolute,
        }
    }

    /// Of two parts together.
    pub fn and(self, other: Self) -> Self {
        Difference {
            largest: self.largest.max(other.largest),
            counts: self.counts || other.counts,
        }
    }
}

impl Number {
    pub fn difference(self, other: Self, tolerance: &Tolerance) -> Difference {
        let allowed = tolerance.beside(other.magnitude());
        if let (Number::Integer(one), Number::Integer(other)) = (self, other) {
            // No float: from 2⁵³ on those are not all integers.
            let distance = one.abs_diff(other);
            return Difference {
                largest: distance as f64,
                counts: distance > allowed as u128,
            };
        }
        let largest = self.distance(other);
        Difference {
            largest,
            counts: largest > allowed || largest.is_infinite(),
        }
    }

    fn magnitude(self) -> f64 {
        match self {
            Number::Integer(integer) => integer.unsigned_abs() as f64,
            Number::Float(float) => float.abs(),
            Number::Complex(complex) => complex.re.hypot(complex.im),
        }
    }

    fn distance(self, other: Self) -> f64 {
        use Number::{Complex, Float, Integer};
        match (self, other) {
            (Integer(one), Integer(other)) => one.abs_diff(other) as f64,
            (Float(one), Float(other)) => between(one, other),
            (Integer(integer), Float(float)) | (Float(float), Integer(integer)) => {
                from_integer(float, integer)
            }
            (Complex(one), Complex(other)) => {
                between(one.re, other.re).hypot(between(one.im, other.im))
            }
            (Complex(complex), real) | (real, Complex(complex)) => {
                let along = Float(complex.re).distance(real);
                along.hypot(between(complex.im, 0.0))
            }
        }
    }
}

/// 0 where they are equal, two that are not a number among them.
fn between(one: f64, other: f64) -> f64 {
    match (one.is_nan(), other.is_nan()) {
        (true, true) => 0.0,
        (false, false) if one == other => 0.0,
        (false, false) => (one - other).abs(),
        _ => f64::INFINITY,
    }
}

/// Not by the nearest float of the integer, which a float can be equal to that the integer is not.
fn from_integer(float: f64, integer: i128) -> f64 {
    match float.is_finite() && float.abs() < 2f64.powi(100) {
        true => ((integer - float as i128) as f64 - float.fract()).abs(),
        false => between(float, integer as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::Number::{Complex as OfComplex, Float, Integer};
    use super::*;
    use proptest::prelude::*;

    fn counts(one: Number, other: Number, tolerance: impl Into<Tolerance>) -> bool {
        one.difference(other, &tolerance.into()).counts
    }

    #[test]
    fn what_is_not_a_number_is_the_same_as_itself_alone_and_so_are_infinities_and_zeros() {
        let (nan, infinite) = (f64::NAN, f64::INFINITY);
        for tolerance in [0.0, 1e300, infinite] {
            let differ = |one, other| counts(Float(one), Float(other), tolerance);
            assert!(!differ(nan, -nan) && !differ(infinite, infinite) && !differ(-0.0, 0.0));
            assert!(differ(nan, 1.0) && differ(1.0, nan) && differ(nan, infinite));
            assert!(differ(infinite, -infinite) && differ(infinite, 1.0) && differ(0.0, infinite));
            assert!(counts(Integer(1), Float(nan), tolerance));
            let relative = Tolerance::from(tolerance).with_relative(0.5);
            assert!(counts(Float(1.0), Float(infinite), relative));
            let complex = |re, im| OfComplex(Complex::new(re, im));
            assert!(counts(complex(nan, 0.0), complex(0.0, 0.0), tolerance));
            assert!(!counts(complex(nan, -0.0), complex(nan, 0.0), tolerance));
        }
        let complex = |im| OfComplex(Complex::new(infinite, im));
        assert!(counts(
            complex(1.0),
            complex(2.0),
            Tolerance::from(0.5).with_relative(9.0)
        ));
    }

    #[test]
    fn a_share_is_of_the_other_number_and_comes_on_top() {
        let tolerance = Tolerance::from(1.0).with_relative(0.125);
        assert!(!counts(Float(6.0), Float(8.0), tolerance));
        assert!(counts(Float(8.0), Float(5.75), tolerance));
        assert!(!counts(Integer(1000), Integer(1144), tolerance));
        assert!(counts(Integer(1144), Integer(1000), tolerance));
        assert!(Tolerance::from(0.0).with_relative(-1.0).flaw().is_some());
        assert!(Tolerance::from(f64::NAN).flaw().is_some());
        assert!(tolerance.flaw().is_none());
    }

    #[test]
    fn integers_are_told_apart_where_floats_are_not() {
        let wide = 1i128 << 53;
        assert!(counts(Integer(wide + 1), Integer(wide), 0.0));
        assert!(counts(Integer(wide + 1), Integer(0), wide as f64));
        assert!(!counts(Integer(wide), Integer(0), wide as f64));
        assert!(counts(Integer(wide + 1), Float(wide as f64), 0.0));
        assert!(!counts(
            Integer(u64::MAX.into()),
            Integer(u64::MAX.into()),
            0.0
        ));
        let largest = Integer(u64::MAX.into()).difference(Integer(-1), &0.0.into());
        assert_eq!(largest.largest, 2f64.powi(64));
        let eighth = Integer(3).difference(Float(2.875), &0.125.into());
        assert_eq!((eighth.largest, eighth.counts), (0.125, false));
        assert!(counts(Integer(i64::MIN.into()), Float(-1e300), 0.0));
    }

    proptest! {
        #[test]
        fn distances_are_the_same_both_ways(one in any::<i64>(), float in any::<f64>(), im in any::<f64>()) {
            let numbers = [Integer(one.into()), Float(float), OfComplex(Complex::new(float, im))];
            for one in numbers {
                for other in numbers {
                    prop_assert_eq!(one.distance(other), other.distance(one));
                    prop_assert!(!one.distance(other).is_nan());
                }
                prop_assert_eq!(one.distance(one), 0.0);
            }
        }
    }
}
