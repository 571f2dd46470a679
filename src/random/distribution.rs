//! Numbers of a distribution from 64 random bits each, so that the n-th number has its place in a stream.

use std::ops::{Bound, Range, RangeBounds};

use super::normal::quantile_of_tail;
use crate::error::{Error, Result};

/// A distribution each of whose numbers takes one output of the generator.
pub trait Distribution {
    /// What it gives.
    type Value: Copy;

    /// The number that 64 random bits stand for. *Local.*
    ///
    /// `more` gives further bits, of a stream of this number's own, to a distribution that must reject some.
    fn draw(&self, bits: u64, more: impl FnMut() -> u64) -> Self::Value;
}

/// A floating-point type: `f32` or `f64`.
pub trait Real: Copy + PartialOrd + std::fmt::Debug + private::Sealed {
    /// Uniform in 0 ≤ u < 1, a multiple of ε/2: 53 bits of an `f64`, 24 of an `f32`.
    fn unit(bits: u64) -> Self;
    /// The nearest number of this type.
    fn from_f64(value: f64) -> Self;
    /// The number in double precision, exactly.
    fn to_f64(self) -> f64;
    /// `low` + (`high` − `low`)·`unit`, below `high`.
    fn between(range: &Range<Self>, unit: Self) -> Self;
}

mod private {
    pub trait Sealed {}
}

macro_rules! real {
    ($($real:ty),*) => {
        $(impl private::Sealed for $real {}

        impl Real for $real {
            #[inline(always)]
            fn unit(bits: u64) -> Self {
                (bits >> (64 - Self::MANTISSA_DIGITS)) as Self * (Self::EPSILON / 2.0)
            }

            fn from_f64(value: f64) -> Self {
                value as Self
            }

            fn to_f64(self) -> f64 {
                self.into()
            }

            #[inline(always)]
            fn between(range: &Range<Self>, unit: Self) -> Self {
                let value = range.start + (range.end - range.start) * unit;
                // The sum may have been rounded up to the end.
                if value < range.end { value } else { range.end.next_down() }
            }
        })*
    };
}

real!(f32, f64);

/// Uniform in a range, the end excluded.
///
/// ```
/// use partita::random::{Distribution, Uniform};
/// let uniform = Uniform::new(-1.0..1.0)?;
/// assert_eq!(uniform.draw(u64::MAX / 4 + 1, || 0), -0.5);
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Uniform<A> {
    range: Range<A>,
}

impl<A: Real> Uniform<A> {
    /// The uniform distribution in a range. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] unless the range has a positive, finite length.
    pub fn new(range: Range<A>) -> Result<Self> {
        let length = A::from_f64(range.end.to_f64() - range.start.to_f64()).to_f64();
        if !(length > 0.0 && length.is_finite()) {
            let text = format!("uniform: {range:?} is no range of positive, finite length");
            return Err(Error::usage(text));
        }
        Ok(Uniform { range })
    }
}

impl<A: Real> Distribution for Uniform<A> {
    type Value = A;

    #[inline(always)]
    fn draw(&self, bits: u64, _: impl FnMut() -> u64) -> A {
        A::between(&self.range, A::unit(bits))
    }
}

/// The normal distribution of a mean and a standard deviation, by inversion: 63 bits choose the
/// probability of the tail, one the side, so that ±9.2 standard deviations are reached.
///
/// ```
/// use partita::random::{Distribution, Normal};
/// let normal = Normal::new(10.0_f64, 2.0)?;
/// let farthest = normal.draw(0, || 0); // of all, on this side
/// assert!((farthest - (10.0 + 2.0 * 9.155293772686074)).abs() < 1e-13);
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Source
/// Algorithm AS 241 (PPND16): M. J. Wichura, *The percentage points of the normal distribution*, Applied
/// Statistics 37 (1988), accurate to a few units in the last place; an `f32` is its value rounded.
#[derive(Debug, Clone, PartialEq)]
pub struct Normal<A> {
    mean: A,
    deviation: A,
}

impl<A: Real> Normal<A> {
    /// The normal distribution of this mean and standard deviation. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] unless both are finite, and the deviation is not negative.
    pub fn new(mean: A, deviation: A) -> Result<Self> {
        let [wide_mean, wide_deviation] = [mean, deviation].map(A::to_f64);
        if !(wide_mean.is_finite() && wide_deviation.is_finite() && wide_deviation >= 0.0) {
            let text =
                format!("normal: no distribution has mean {mean:?}, deviation {deviation:?}");
            return Err(Error::usage(text));
        }
        Ok(Normal { mean, deviation })
    }
}

impl<A: Real> Distribution for Normal<A> {
    type Value = A;

    #[inline(always)]
    fn draw(&self, bits: u64, _: impl FnMut() -> u64) -> A {
        // The middle of one of 2^63 equal parts of (0, 1/2).
        let tail = ((bits >> 1) as f64 + 0.5) * (0.5 * f64::EPSILON / 2048.0);
        let distance = quantile_of_tail(tail);
        let standard = if bits & 1 == 0 { distance } else { -distance };
        A::from_f64(self.mean.to_f64() + self.deviation.to_f64() * standard)
    }
}

/// An integer type, of up to 64 bits.
pub trait IntegerValue: Copy + PartialOrd + std::fmt::Debug {
    /// The smallest and the largest.
    const LIMITS: [Self; 2];
    /// Its bits, extended to 64.
    fn to_bits(self) -> u64;
    /// The integer of the lowest bits.
    fn from_bits(bits: u64) -> Self;
}

macro_rules! integer_value {
    ($($integer:ty),*) => {
        $(impl IntegerValue for $integer {
            const LIMITS: [Self; 2] = [Self::MIN, Self::MAX];

            fn to_bits(self) -> u64 {
                self as u64
            }

            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
        })*
    };
}

integer_value!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

/// Integers of a range, every one with exactly the same probability.
///
/// The 64 bits times the number n of integers, divided by 2^64, is the integer's place in the range; those of
/// the bits that would favour some of them (a share below n/2^64) are rejected, and replaced by bits of a
/// stream that belongs to the number's own position.
///
/// ```
/// use partita::random::{Distribution, Integers};
/// let die = Integers::new(1..=6)?;
/// assert_eq!(die.draw(u64::MAX, || 0), 6);
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Source
/// D. Lemire, *Fast random integer generation in an interval*, ACM Transactions on Modeling and Computer
/// Simulation 29 (2019).
#[derive(Debug, Clone, PartialEq)]
pub struct Integers<A> {
    first: A,
    /// How many there are; 0 stands for 2^64.
    count: u64,
    /// 2^64 mod `count`: the products whose lower half is below are rejected.
    rejected: u64,
}

impl<A: IntegerValue> Integers<A> {
    /// The integers of a range. *Local.*
    ///
    /// # Errors
    /// [`Error::Usage`] when there are none.
    pub fn new(range: impl RangeBounds<A>) -> Result<Self> {
        let [smallest, largest] = A::LIMITS;
        let (first, nothing_above) = match range.start_bound() {
            Bound::Included(&first) => (first, false),
            Bound::Excluded(&before) => (neighbour(before, 1), before >= largest),
            Bound::Unbounded => (smallest, false),
        };
        let (last, nothing_below) = match range.end_bound() {
            Bound::Included(&last) => (last, false),
            Bound::Excluded(&after) => (neighbour(after, u64::MAX), after <= smallest),
            Bound::Unbounded => (largest, false),
        };
        if nothing_above || nothing_below || first > last {
            return Err(Error::usage("integers: the range has none"));
        }
        let count = last.to_bits().wrapping_sub(first.to_bits()).wrapping_add(1);
        Ok(Integers {
            first,
            count,
            rejected: count.wrapping_neg().checked_rem(count).unwrap_or(0),
        })
    }
}

/// The integer at this distance, modulo the type's range.
fn neighbour<A: IntegerValue>(integer: A, distance: u64) -> A {
    A::from_bits(integer.to_bits().wrapping_add(distance))
}

impl<A: IntegerValue> Distribution for Integers<A> {
    type Value = A;

    #[inline(always)]
    fn draw(&self, bits: u64, mut more: impl FnMut() -> u64) -> A {
        if self.count == 0 {
            return A::from_bits(bits);
        }
        let mut product = u128::from(bits) * u128::from(self.count);
        while (product as u64) < self.rejected {
            product = u128::from(more()) * u128::from(self.count);
        }
        neighbour(self.first, (product >> 64) as u64)
    }
}
