//! Darts of one rank, as many at once as there are lanes.

use std::ops::Range;

use multiversion::multiversion;
use partita::random::{LANES, Lanes, Streams, Stride};

use super::BLOCK;
use crate::monte_carlo::family;

/// The outputs of a lane that a dart takes.
const OUTPUTS: usize = 2;

/// Throws darts of ascending global numbers.
pub(super) struct Darts {
    streams: Streams,
    /// The block where `lanes` are at the beginning.
    block: u64,
    lanes: Lanes,
    /// The last distance in blocks.
    stride: (u64, Stride),
}

impl Darts {
    pub(super) fn new(seed: u64) -> Self {
        let streams = Streams::new(seed).family(family::PI);
        Darts {
            lanes: streams.lanes(0),
            streams,
            block: 0,
            stride: (1, Stride::new(LANES as u64)),
        }
    }

    /// The hits among these darts, which are of one block.
    pub(super) fn hits(&mut self, darts: Range<u64>) -> u64 {
        self.move_to(darts.start / BLOCK);
        let [start, end] = [darts.start, darts.end].map(|dart| dart - self.block * BLOCK);
        // Whole groups of lanes, as far as there are; at the ends those of a group that are asked for.
        let (first, last) = (start as usize / LANES, end as usize / LANES);
        let (before, after) = (start as usize % LANES, end as usize % LANES);
        let mut lanes = self.lanes.clone();
        lanes.skip(first * OUTPUTS);
        if first == last {
            return hits_of_one_group(&mut lanes, before..after);
        }
        let mut hits = 0;
        let mut next = first;
        if before > 0 {
            hits += hits_of_one_group(&mut lanes, before..LANES);
            next += 1;
        }
        let groups = last - next;
        hits += (groups * LANES) as u64 - misses(&mut lanes, groups);
        if after > 0 {
            hits += hits_of_one_group(&mut lanes, 0..after);
        }
        hits
    }

    fn move_to(&mut self, block: u64) {
        match block.checked_sub(self.block) {
            Some(0) => {}
            None => self.lanes = self.streams.lanes(block * LANES as u64),
            Some(distance) => {
                if self.stride.0 != distance {
                    self.stride = (distance, Stride::new(distance * LANES as u64));
                }
                self.lanes.advance(&self.stride.1);
            }
        }
        self.block = block;
    }
}

/// One dart a lane, of which only these lanes' count.
fn hits_of_one_group(lanes: &mut Lanes, counted: Range<usize>) -> u64 {
    let (x, y) = (lanes.next_outputs(), lanes.next_outputs());
    counted.map(|lane| 1 - miss(x[lane], y[lane])).sum()
}

/// 1 if two outputs are a point outside the quarter circle, otherwise 0.
#[inline(always)]
fn miss(x: u64, y: u64) -> u64 {
    (square(x) + square(y)) >> 52
}

/// The upper half of the square of the lowest 52 bits, by multiplications of 26 bits, which vectors have.
#[inline(always)]
fn square(bits: u64) -> u64 {
    const HALF: u64 = (1 << 26) - 1;
    let (high, low) = (bits >> 26 & HALF, bits & HALF);
    high * high + ((2 * high * low + ((low * low) >> 26)) >> 26)
}

/// The darts of so many groups that missed, by the best that the machine has.
#[multiversion(targets(
    "x86_64+avx512f+avx512ifma",
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl",
    "x86_64+avx2",
    "aarch64+neon",
))]
fn misses(lanes: &mut Lanes, groups: usize) -> u64 {
    multiversion::target::match_target! {
        "x86_64+avx512f+avx512ifma" => super::simd::misses(lanes, groups),
        _ => misses_of_any_width(lanes, groups),
    }
}

#[inline(always)]
fn misses_of_any_width(lanes: &mut Lanes, groups: usize) -> u64 {
    let mut missed = [0; LANES];
    for _ in 0..groups {
        let (x, y) = (lanes.next_outputs(), lanes.next_outputs());
        for (lane, missed) in missed.iter_mut().enumerate() {
            *missed += miss(x[lane], y[lane]);
        }
    }
    missed.into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a processor has not the instructions, the version without them is called.
    #[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl"))]
    fn misses_of_avx512(lanes: &mut Lanes, groups: usize) -> u64 {
        misses_of_any_width(lanes, groups)
    }

    #[multiversion(targets("x86_64+avx2"))]
    fn misses_of_avx2(lanes: &mut Lanes, groups: usize) -> u64 {
        misses_of_any_width(lanes, groups)
    }

    fn misses_of_the_baseline(lanes: &mut Lanes, groups: usize) -> u64 {
        misses_of_any_width(lanes, groups)
    }

    #[test]
    fn every_width_of_vectors_finds_the_same_misses() {
        for seed in 0..20 {
            let start = Streams::new(seed).lanes(seed * 16);
            let mut expected = start.clone();
            let missed = misses_of_the_baseline(&mut expected, 1000 + seed as usize);
            for version in [misses, misses_of_avx512, misses_of_avx2] {
                let mut lanes = start.clone();
                assert_eq!(version(&mut lanes, 1000 + seed as usize), missed);
                assert_eq!(lanes, expected, "the lanes go on where they stopped");
            }
        }
    }

    #[test]
    fn squares_are_exact_and_cut() {
        let edges = [
            0,
            1,
            (1 << 26) - 1,
            1 << 26,
            (1 << 52) - 1,
            u64::MAX,
            1 << 51,
            (1 << 52) + 5,
        ];
        for bits in edges
            .into_iter()
            .chain((0..10_000).map(|i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        {
            let coordinate = u128::from(bits % (1 << 52));
            assert_eq!(u128::from(square(bits)), (coordinate * coordinate) >> 52);
        }
    }
}
