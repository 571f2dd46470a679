//! Sums of which the numbers leave little or nothing, against rationals.

use ndarray::Ix1;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};
use partita::layout::Distribution::{Block, BlockCyclic, Cyclic, Parts, Replicated};
use partita::sum::Reproducible;
use partita::{Communicator, DistArray, ProcessGrid, Reductions, Result};
use partita_testing::spmd_test;

fn rational(value: f64) -> BigRational {
    BigRational::from_float(value).expect("finite")
}

fn exact_sum(values: &[f64]) -> BigRational {
    values.iter().map(|&value| rational(value)).sum()
}

/// Numbers in −1..1, the same on every rank.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn number(&mut self) -> f64 {
        (self.next() >> 11) as f64 * 2f64.powi(-52) - 1.0
    }

    fn shuffled(&mut self, mut values: Vec<f64>) -> Vec<f64> {
        for place in (1..values.len()).rev() {
            let other = self.next() as usize % (place + 1);
            values.swap(place, other);
        }
        values
    }
}

/// A sum of condition Σ|x|/|Σx| about 2^`bits`: half of it at random up to 2^(bits/2), the other half what brings the sum
/// down again, step by step.
///
/// After algorithm 6.1 of T. Ogita, S. M. Rump and S. Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26 (2005).
fn generated(random: &mut Random, length: usize, bits: i32) -> Vec<f64> {
    let half = length / 2;
    let mut values: Vec<f64> = (0..half)
        .map(|place| {
            let exponent = match place {
                0 => bits / 2,
                1 => 0,
                _ => (random.next() % (bits as u64 / 2 + 1)) as i32,
            };
            random.number() * 2f64.powi(exponent)
        })
        .collect();
    let mut sum = exact_sum(&values);
    for place in half..length {
        let left = (length - 1 - place) as f64 / (length - half) as f64;
        let exponent =
            (f64::from(bits / 2) * left) as i32 - bits / 2 * i32::from(place + 1 == length);
        let value = random.number() * 2f64.powi(exponent) - sum.to_f64().expect("a number");
        sum += rational(value);
        values.push(value);
    }
    random.shuffled(values)
}

fn cases() -> Vec<(String, Vec<f64>)> {
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut cases = vec![];
    for digits in [4, 8, 12, 16, 20, 24, 28, 32] {
        let bits = (f64::from(digits) * 10f64.log2()) as i32;
        cases.push((
            format!("condition 1e{digits}"),
            generated(&mut random, 200, bits),
        ));
    }
    // I. J. Anderson, A distillation algorithm for floating-point summation (1999): less their mean.
    let some: Vec<f64> = (0..500).map(|_| random.number()).collect();
    let mean = some.iter().sum::<f64>() / 500.0;
    cases.push((
        "Anderson".into(),
        some.iter().map(|value| value - mean).collect(),
    ));
    let harmonic: Vec<f64> = (1..1000).map(|n| 1.0 / f64::from(n)).collect();
    cases.push(("harmonic".into(), harmonic.clone()));
    let back = harmonic
        .iter()
        .flat_map(|&value| [value, -value.next_up()])
        .collect();
    cases.push(("harmonic, there and back".into(), back));
    let alternating = (0..300).map(|n| [1e100, 1.0, -1e100][n % 3]).collect();
    cases.push(("alternating 1e100".into(), alternating));
    cases.push((
        "nothing".into(),
        (0..300)
            .map(|n| [1e308, 1e308, -1e308, -1e308][n % 4])
            .collect(),
    ));
    cases
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn ill_conditioned_sums_are_exact_or_within_their_bound_in_every_layout(
    world: &Communicator,
) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    for (name, values) in cases() {
        let exact = exact_sum(&values);
        let magnitudes: BigRational = values.iter().map(|value| rational(value.abs())).sum();
        if let (Some(digits), false) = (name.strip_prefix("condition 1e"), exact.is_zero()) {
            // The generator keeps its word, within some orders of magnitude.
            let condition = (magnitudes / exact.abs())
                .to_f64()
                .expect("a number")
                .log10();
            let wanted: f64 = digits.parse().expect("digits");
            assert!((condition - wanted).abs() < 4.0, "{name}: 1e{condition}");
        }
        let mut alone = Reproducible::default();
        alone.add(&values);
        let largest = values
            .iter()
            .fold(0.0f64, |largest, value| largest.max(value.abs()));
        let rounded = exact.to_f64().expect("a number");
        let unit = rational(rounded.abs().next_up() - rounded.abs());
        let two = BigRational::from(BigInt::from(2));
        let bound =
            rational(largest) * BigRational::from(BigInt::from(values.len())) / two.pow(88) + unit;
        let sizes =
            (0..world.size()).map(|rank| usize::from(rank + 1 == world.size()) * values.len());
        for distribution in [
            Block,
            Cyclic,
            BlockCyclic(3),
            Replicated,
            Parts(sizes.collect()),
        ] {
            let layout = grid.layout([values.len()], &[distribution])?;
            let array: DistArray<f64, Ix1> = DistArray::from_fn(&grid, layout, |[i]| values[i])?;
            assert_eq!(array.sum_exact()?, rounded, "{name}, exactly");
            let found = array.sum()?;
            assert_eq!(
                found.to_bits(),
                alone.to_f64().to_bits(),
                "{name} on one rank"
            );
            assert!(
                (rational(found) - exact.clone()).abs() <= bound,
                "{name}: {found:e} for {rounded:e}"
            );
        }
    }
    Ok(())
}
