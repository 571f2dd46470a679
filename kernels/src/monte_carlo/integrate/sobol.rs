//! The Sobol sequence, and Owen's scrambling of it.
//!
//! Along each axis, point i of the sequence is the sum over GF(2) of the direction numbers that the digits of i (in Gray's
//! code) choose: any 2^m points in a row of it fill the 2^m intervals of that length evenly. Owen's scrambling turns every
//! digit by a random bit that depends on the digits before it: the points become random ones, uniform each by itself,
//! without losing that evenness, so that independent scramblings tell the error.
//!
//! Source: I. M. Sobol', *On the distribution of points in a cube and the approximate evaluation of integrals*, USSR
//! Computational Mathematics and Mathematical Physics 7 (1967); P. Bratley and B. L. Fox, ACM Algorithm 659 (1988); A. B. Owen,
//! *Randomly permuted (t,m,s)-nets and (t,s)-sequences* (1995).

use partita::random::mix;

use super::direction_numbers::INITIAL;
use super::points::unit;

/// The digits of a point, as many as the sequence has before it repeats: 2^32 points.
pub(super) const DIGITS: u32 = u32::BITS;

/// The direction numbers of each axis, the first digit highest.
#[derive(Debug, Clone)]
pub(super) struct Sobol {
    directions: Vec<[u32; DIGITS as usize]>,
}

impl Sobol {
    pub(super) fn new(ndim: usize) -> Self {
        let others = INITIAL
            .iter()
            .map(|initial| directions(initial.inner, initial.numbers));
        let first = std::array::from_fn(|k| 1 << (31 - k));
        Sobol {
            directions: std::iter::once(first).chain(others).take(ndim).collect(),
        }
    }

    /// The digits of point `index` along an axis.
    pub(super) fn digits(&self, axis: usize, index: u32) -> u32 {
        let chosen = index ^ index >> 1;
        let directions = self.directions[axis].iter().enumerate();
        directions
            .filter(|(k, _)| chosen >> k & 1 == 1)
            .fold(0, |sum, (_, direction)| sum ^ direction)
    }

    /// The digits of the points from `start` on: each differs from the one before by one direction number.
    pub(super) fn fill(&self, axis: usize, start: u32, digits: &mut [u32]) {
        let mut here = self.digits(axis, start);
        for (offset, value) in digits.iter_mut().enumerate() {
            *value = here;
            let turned = (start.wrapping_add(offset as u32)).trailing_ones();
            // After the last point of all nothing comes.
            here ^= self.directions[axis].get(turned as usize).unwrap_or(&0);
        }
    }
}

/// The recurrence of the polynomial from its first numbers on.
fn directions(inner: u32, initial: &[u32]) -> [u32; DIGITS as usize] {
    let degree = initial.len();
    let mut directions = [0; DIGITS as usize];
    for k in 0..directions.len() {
        directions[k] = match initial.get(k) {
            Some(number) => number << (31 - k),
            None => {
                let back = directions[k - degree];
                let terms = (1..degree).filter(|term| inner >> (degree - 1 - term) & 1 == 1);
                terms.fold(back ^ back >> degree, |sum, term| {
                    sum ^ directions[k - term]
                })
            }
        };
    }
    directions
}

/// The digits scrambled by the permutations of `key`, and random ones after the last of them, as a number of 0 < u < 1.
///
/// Digit k is turned by a bit that k and the digits before it choose among those of the key.
#[inline(always)]
pub(super) fn scrambled(digits: u32, key: u64) -> f64 {
    // Output n of SplitMix64.
    let output = |n: u64| mix(key.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let mut turned = digits;
    for k in 0..DIGITS {
        let before = (u64::from(digits) | 1 << DIGITS) >> (DIGITS - k);
        turned ^= (output(before) >> 63 << (31 - k)) as u32;
    }
    let rest = output(u64::from(digits) | 1 << DIGITS) >> DIGITS;
    unit(u64::from(turned) << DIGITS | rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monte_carlo::integrate::domain::MOST_AXES;

    /// The first eight points along the first axes, as the literature prints them, in eighths.
    #[test]
    fn the_sequence_begins_as_published() {
        let sobol = Sobol::new(3);
        let expected = [
            [0, 4, 6, 2, 3, 7, 5, 1],
            [0, 4, 2, 6, 3, 7, 1, 5],
            [0, 4, 2, 6, 5, 1, 7, 3],
        ];
        for (axis, expected) in expected.iter().enumerate() {
            let found: Vec<u32> = (0..8)
                .map(|index| sobol.digits(axis, index) >> 29)
                .collect();
            assert_eq!(found, expected, "axis {axis}");
        }
    }

    /// The property that makes the sequence one: the points of every aligned run of 2^m have every first m digits once,
    /// scrambled or not.
    #[test]
    fn every_axis_is_even_scrambled_or_not() {
        let sobol = Sobol::new(MOST_AXES);
        for axis in 0..MOST_AXES {
            for (start, m) in [(0, 10), (1024, 10), (7 << 8, 8), (1 << 31, 9)] {
                let mut digits = vec![0; 1 << m];
                sobol.fill(axis, start, &mut digits);
                let (mut plain, mut turned) = (vec![0; 1 << m], vec![0; 1 << m]);
                for (offset, &digits) in digits.iter().enumerate() {
                    assert_eq!(digits, sobol.digits(axis, start + offset as u32));
                    plain[digits as usize >> (32 - m)] += 1;
                    let unit = scrambled(digits, 99 + axis as u64);
                    turned[(unit * f64::from(1 << m)) as usize] += 1;
                }
                assert!(
                    plain.iter().chain(&turned).all(|&count| count == 1),
                    "axis {axis}"
                );
            }
        }
    }

    /// Pairs of the first axes are even too: of 2^8 points, each of 16 × 16 squares has one.
    #[test]
    fn the_first_axes_are_even_in_pairs() {
        let sobol = Sobol::new(2);
        let mut counts = [0; 256];
        for index in 0..256 {
            let [x, y] = [0, 1].map(|axis| scrambled(sobol.digits(axis, index), 5 + axis as u64));
            counts[(x * 16.0) as usize * 16 + (y * 16.0) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| count == 1), "{counts:?}");
    }
}
