//! The darts in AVX-512 instructions, for their 52-bit multiplication, which no plain Rust becomes.

#![cfg(target_arch = "x86_64")]

use std::arch::x86_64::*;

use partita::random::{LANES, Lanes};

/// The 64-bit numbers in a vector.
const WIDTH: usize = 8;

/// The vectors of one word of all lanes' states.
const VECTORS: usize = LANES / WIDTH;

/// The darts of so many groups that missed: a dart a lane a group.
#[target_feature(enable = "avx512f,avx512ifma")]
pub fn misses(lanes: &mut Lanes, groups: usize) -> u64 {
    let mut states = [0, 1].map(|vector| load(lanes, vector));
    let mut missed = [_mm512_setzero_si512(); VECTORS];
    for _ in 0..groups {
        for (state, missed) in states.iter_mut().zip(&mut missed) {
            let (x, y) = (next_outputs(state), next_outputs(state));
            // Each adds the upper half of the square of 52 bits.
            let square = _mm512_madd52hi_epu64(_mm512_setzero_si512(), x, x);
            let squares = _mm512_madd52hi_epu64(square, y, y);
            *missed = _mm512_add_epi64(*missed, _mm512_srli_epi64::<52>(squares));
        }
    }
    for (vector, state) in states.iter().enumerate() {
        store(lanes, vector, state);
    }
    _mm512_reduce_add_epi64(_mm512_add_epi64(missed[0], missed[1])) as u64
}

/// One step of xoshiro256++ in every lane of a vector; see `partita::random::Lanes`.
#[inline]
#[target_feature(enable = "avx512f")]
fn next_outputs([s0, s1, s2, s3]: &mut [__m512i; 4]) -> __m512i {
    let sum = _mm512_add_epi64(*s0, *s3);
    let outputs = _mm512_add_epi64(_mm512_rol_epi64::<23>(sum), *s0);
    let shifted = _mm512_slli_epi64::<17>(*s1);
    *s2 = _mm512_xor_si512(*s2, *s0);
    *s3 = _mm512_xor_si512(*s3, *s1);
    *s1 = _mm512_xor_si512(*s1, *s2);
    *s0 = _mm512_xor_si512(*s0, *s3);
    *s2 = _mm512_xor_si512(*s2, shifted);
    *s3 = _mm512_rol_epi64::<45>(*s3);
    outputs
}

#[target_feature(enable = "avx512f")]
fn load(lanes: &Lanes, vector: usize) -> [__m512i; 4] {
    lanes.words().map(|word| {
        let lane = |lane: usize| word[WIDTH * vector + lane] as i64;
        _mm512_set_epi64(
            lane(7),
            lane(6),
            lane(5),
            lane(4),
            lane(3),
            lane(2),
            lane(1),
            lane(0),
        )
    })
}

#[target_feature(enable = "avx512f")]
fn store(lanes: &mut Lanes, vector: usize, state: &[__m512i; 4]) {
    for (word, state) in lanes.words_mut().iter_mut().zip(state) {
        for (lane, value) in word[WIDTH * vector..][..WIDTH].iter_mut().enumerate() {
            let place = _mm512_set1_epi64(lane as i64);
            let moved = _mm512_permutexvar_epi64(place, *state);
            *value = _mm_cvtsi128_si64(_mm512_castsi512_si128(moved)) as u64;
        }
    }
}
