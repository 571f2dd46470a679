//! Darts on one process, one after the other: the reference, to be read rather than to be fast.

use std::ops::Range;

use partita::random::{LANES, Rng, Streams, Xoshiro256PlusPlus};

use super::{BLOCK, Tally};
use crate::monte_carlo::family;

/// The hits among the darts of these global numbers. *Local.*
///
/// # Cost
/// Some 3 ns a dart, from the beginning of a block on.
///
/// ```
/// use partita_kernels::monte_carlo::pi::serial;
/// let tally = serial::count(42, 0..100_000);
/// assert!((tally.estimate().mean - std::f64::consts::PI).abs() < 0.02);
/// let halves = serial::count(42, 0..12_345) + serial::count(42, 12_345..100_000);
/// assert_eq!(halves, tally);
/// ```
pub fn count(seed: u64, darts: Range<u64>) -> Tally {
    let streams = Streams::new(seed).family(family::PI);
    let mut tally = Tally::default();
    for block in darts.start / BLOCK..darts.end.div_ceil(BLOCK) {
        let first = block * LANES as u64;
        let mut lanes: [Xoshiro256PlusPlus; LANES] =
            std::array::from_fn(|lane| streams.stream(first + lane as u64));
        for offset in 0..BLOCK {
            let dart = block * BLOCK + offset;
            if dart >= darts.end {
                break;
            }
            let lane = &mut lanes[offset as usize % LANES];
            let hit = is_hit(lane.next_u64(), lane.next_u64());
            if dart >= darts.start {
                tally += Tally {
                    samples: 1,
                    hits: hit.into(),
                };
            }
        }
    }
    tally
}

/// Whether two outputs are a point in the quarter circle.
fn is_hit(x: u64, y: u64) -> bool {
    let square = |bits: u64| {
        let coordinate = u128::from(bits % (1 << 52));
        (coordinate * coordinate) >> 52
    };
    square(x) + square(y) < 1 << 52
}
