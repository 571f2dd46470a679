//! Bins of 44 bits: where a number's bits lie on a grid that is the same for all numbers.

use super::wide::DIGIT_BITS;

/// Values in one block, of which no lane's sum can leave the bits that a double has above a bin.
pub(super) const BLOCK: usize = 2048;

/// A finite `f64` reaches no higher bin than this, and no lower one than [`LOWEST`].
pub(super) const HIGHEST: i32 = 23;
pub(super) const LOWEST: i32 = -25;

/// The bins from which three can be summed up in doubles, and no subnormal number leaves a slice in any of them.
pub(super) const COMFORTABLE: std::ops::RangeInclusive<i32> = -20..=22;

/// The bin to begin with, for numbers of at most this magnitude, positive and finite: those above hold nothing
/// of them.
///
/// Bin b has the unit 2^(44b). A number's slice there is what is left of it after the bins above, rounded to a
/// multiple of the unit (half-way cases towards zero). It depends on nothing but the number.
pub(super) fn bin_of(magnitude: f64) -> i32 {
    (exponent_of(magnitude) + 1).div_euclid(DIGIT_BITS as i32)
}

/// ⌊log₂⌋ of a positive finite number.
pub(super) fn exponent_of(magnitude: f64) -> i32 {
    let bits = magnitude.to_bits();
    match (bits >> 52) as i32 {
        0 => bits.ilog2() as i32 - 1074,
        exponent => exponent - 1023,
    }
}

/// 2^`exponent` as a double: infinite above its range, zero below.
pub(super) const fn power_of_two(exponent: i32) -> f64 {
    match exponent {
        1024.. => f64::INFINITY,
        -1022..1024 => f64::from_bits(((exponent + 1023) as u64) << 52),
        -1074..-1022 => f64::from_bits(1 << (exponent + 1074)),
        _ => 0.0,
    }
}

/// What is of this magnitude or above begins in a bin above `top`: half that one's unit.
pub(super) fn limit(top: i32) -> f64 {
    power_of_two(DIGIT_BITS as i32 * (top + 1) - 1)
}

/// What a sum of slices of a bin starts from: it leaves room for [`BLOCK`] slices of either sign
/// within one binade, in which the last bit is the bin's unit.
pub(super) fn base(bin: i32) -> f64 {
    1.5 * power_of_two(DIGIT_BITS as i32 * bin + 52)
}
