//! A hash of an array that depends on its elements alone.

use std::fmt;

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::Reducer;
use super::whole::reduce_by;
use crate::array::Distributed;
use crate::comm::{Call, Element};
use crate::error::Result;

/// 128 bits that tell arrays apart. Prints as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digest(pub u128);

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// An element type whose arrays have a [`Digest`].
pub trait Digestible: Element {
    /// 64-bit words that hold one element.
    const WORDS: usize = 1;

    /// One of them.
    fn word(self, number: usize) -> u64;
}

macro_rules! digestible {
    ($($type:ty: $value:ident => $word:expr;)*) => {
        $(impl Digestible for $type {
            #[inline(always)]
            fn word(self, _number: usize) -> u64 {
                let $value = self;
                $word
            }
        })*
    };
}

digestible! {
    f32: value => u64::from(value.to_bits());
    f64: value => value.to_bits();
    i8: value => value as u64;
    i16: value => value as u64;
    i32: value => value as u64;
    i64: value => value as u64;
    isize: value => value as u64;
    u8: value => u64::from(value);
    u16: value => u64::from(value);
    u32: value => u64::from(value);
    u64: value => value;
    usize: value => value as u64;
    bool: value => u64::from(value);
}

impl<Part: Digestible> Digestible for Complex<Part>
where
    Complex<Part>: Element,
{
    const WORDS: usize = 2;

    #[inline(always)]
    fn word(self, number: usize) -> u64 {
        if number == 0 {
            self.re.word(0)
        } else {
            self.im.word(0)
        }
    }
}

/// Odd numbers without a pattern: the fractions of the golden ratio, and of √2, √3 and √5.
const KEYS: [u64; 4] = [
    0x9e37_79b9_7f4a_7c15,
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
];

/// Every bit of the input changes every bit of the output with probability ½: the finaliser of A. Appleby's
/// MurmurHash3 with the multipliers of D. Stafford's variant 13.
#[inline(always)]
fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Two keyed hashes of a word and its place.
#[inline(always)]
fn hashes(place: u64, word: u64) -> [u64; 2] {
    let one = place.wrapping_mul(KEYS[0]).wrapping_add(KEYS[1]);
    let other = place.wrapping_mul(KEYS[2]).wrapping_add(KEYS[3]);
    [mix(word ^ one), mix(word.rotate_left(32) ^ other)]
}

/// The sums of the hashes of values that begin at a position.
#[multiversion::multiversion(targets = "simd")]
fn sum_of_hashes<A: Digestible>(position: usize, values: &[A]) -> [u64; 2] {
    let mut sums = [0u64; 2];
    for part in 0..A::WORDS {
        let mut place = (position * A::WORDS + part) as u64;
        for &value in values {
            let [one, other] = hashes(place, value.word(part));
            sums[0] = sums[0].wrapping_add(one);
            sums[1] = sums[1].wrapping_add(other);
            place = place.wrapping_add(A::WORDS as u64);
        }
    }
    sums
}

/// The sum over all words of two 64-bit hashes: it can be made in any order.
struct Hashes;

impl<A: Digestible> Reducer<A> for Hashes {
    type State = [u64; 2];
    type Output = [u64; 2];
    const NAME: &'static str = "digest";
    const POSITIONED: bool = true;

    fn start(&self) -> [u64; 2] {
        [0; 2]
    }

    fn add(&self, state: &mut [u64; 2], position: usize, values: &[A]) {
        self.merge_sums(state, sum_of_hashes(position, values));
    }

    fn merge(&self, state: &mut [u64; 2], other: [u64; 2]) {
        self.merge_sums(state, other);
    }

    fn finish(&self, state: [u64; 2]) -> Result<[u64; 2]> {
        Ok(state)
    }
}

impl Hashes {
    fn merge_sums(&self, state: &mut [u64; 2], other: [u64; 2]) {
        for (sum, other) in state.iter_mut().zip(other) {
            *sum = sum.wrapping_add(other);
        }
    }
}

#[track_caller]
pub(super) fn digest<T: Distributed<Element: Digestible>>(array: &T) -> Result<Digest> {
    let shape = array.layout().shape();
    let call = Call::new("digest").array::<T::Element>(shape);
    let _call = array.grid().communicator().enter(call)?;
    let mut sums = reduce_by(array, &Hashes)?;
    // Places from the end, where no element is.
    let lengths = shape.iter().map(|&length| length as u64);
    for (axis, length) in lengths.enumerate() {
        Hashes.merge_sums(&mut sums, hashes(u64::MAX - axis as u64, length));
    }
    Ok(Digest(u128::from(sums[0]) << 64 | u128::from(sums[1])))
}
