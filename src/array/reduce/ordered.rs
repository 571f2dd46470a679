//! Element types with an order, as integers that are ordered alike.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::comm::Element;

/// A real number with a total order: of floating-point numbers IEEE 754's `totalOrder`, in which −0 comes
/// before +0, and NaNs come after the infinities of their sign.
pub trait Ordered: Element + PartialOrd + Debug {
    /// An integer for each value, in the same order.
    type Key: Element + Ord + Debug + Serialize + DeserializeOwned;
    /// Below, or at, the key of every number.
    const LEAST: Self::Key;
    /// Above, or at, the key of every number.
    const MOST: Self::Key;
    /// Whether there are values that are no number.
    const HAS_NAN: bool;

    /// The key.
    fn key(self) -> Self::Key;

    /// The value of a key.
    fn from_key(key: Self::Key) -> Self;

    /// The key as an unsigned integer, in the same order.
    fn place(self) -> u64;

    /// The value of a place.
    fn from_place(place: u64) -> Self;

    /// Whether it is no number.
    fn is_nan(self) -> bool;

    /// The value, +0 in place of −0.
    fn without_sign_of_zero(self) -> Self;
}

/// What turns the order of signed integers into that of unsigned ones.
const SIGN: u64 = 1 << 63;

macro_rules! ordered_integers {
    ($($integer:ty),*) => {
        $(impl Ordered for $integer {
            type Key = $integer;
            const LEAST: $integer = <$integer>::MIN;
            const MOST: $integer = <$integer>::MAX;
            const HAS_NAN: bool = false;

            #[inline(always)]
            fn key(self) -> $integer {
                self
            }

            fn from_key(key: $integer) -> $integer {
                key
            }

            fn place(self) -> u64 {
                (self as i64 as u64) ^ SIGN * u64::from(<$integer>::MIN != 0)
            }

            fn from_place(place: u64) -> $integer {
                (place ^ SIGN * u64::from(<$integer>::MIN != 0)) as $integer
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                false
            }

            #[inline(always)]
            fn without_sign_of_zero(self) -> $integer {
                self
            }
        })*
    };
}

ordered_integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

macro_rules! ordered_floats {
    ($($float:ty: $integer:ty, $unsigned:ty),*) => {
        $(impl Ordered for $float {
            type Key = $integer;
            const LEAST: $integer = <$integer>::MIN;
            const MOST: $integer = <$integer>::MAX;
            const HAS_NAN: bool = true;

            #[inline(always)]
            fn key(self) -> $integer {
                // Negative numbers have their magnitudes' bits turned over: the larger, the lower.
                let bits = self.to_bits() as $integer;
                bits ^ ((bits >> (<$integer>::BITS - 1)) as $unsigned >> 1) as $integer
            }

            fn from_key(key: $integer) -> $float {
                let bits = key ^ ((key >> (<$integer>::BITS - 1)) as $unsigned >> 1) as $integer;
                <$float>::from_bits(bits as $unsigned)
            }

            fn place(self) -> u64 {
                Ordered::place(self.key())
            }

            fn from_place(place: u64) -> $float {
                <$float>::from_key(<$integer as Ordered>::from_place(place))
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                <$float>::is_nan(self)
            }

            #[inline(always)]
            fn without_sign_of_zero(self) -> $float {
                self + 0.0
            }
        })*
    };
}

ordered_floats!(f32: i32, u32, f64: i64, u64);
