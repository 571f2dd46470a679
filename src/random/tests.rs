//! The streams against published numbers and against another implementation; the distributions against theory.

use proptest::prelude::*;

use super::normal::quantile_of_tail;
use super::*;

fn outputs<const COUNT: usize>(mut generator: Xoshiro256PlusPlus) -> [u64; COUNT] {
    std::array::from_fn(|_| generator.next_u64())
}

/// From state 1, 2, 3, 4: the first outputs of the published C program, at the beginning and after its
/// `jump` and its `long_jump`.
#[test]
fn streams_begin_with_the_published_numbers() -> Result<(), crate::Error> {
    let streams = Streams::from_state([1, 2, 3, 4])?;
    let first = [
        41943041,
        58720359,
        3588806011781223,
        3591011842654386,
        9228616714210784205,
        9973669472204895162,
        14011001112246962877,
        12406186145184390807,
        15849039046786891736,
        10450023813501588000,
    ];
    let after_jump = [
        17043750140134683703,
        2364973248208838314,
        13951431646535487319,
        8066193832155293345,
    ];
    let after_long_jump = [
        13097851138432240629,
        5869259491745178931,
        2145365994275058833,
        16694938170147227233,
    ];
    assert_eq!(outputs(streams.stream(0)), first);
    assert_eq!(outputs(streams.stream(1)), after_jump);
    assert_eq!(outputs(streams.family(1).stream(0)), after_long_jump);
    Ok(())
}

#[test]
fn a_seed_begins_where_the_rand_crates_begin() {
    for seed in [0, 1, 42, u64::MAX] {
        let theirs = Xoshiro256PlusPlus::seed_from_u64(seed);
        assert_eq!(Streams::new(seed).stream(0), theirs);
    }
}

#[test]
fn a_state_of_zeros_is_refused() {
    assert!(Streams::from_state([0; 4]).is_err());
}

#[test]
fn stream_after_stream_is_jump_after_jump() {
    let streams = Streams::new(7);
    let mut jumping = Xoshiro256PlusPlus::seed_from_u64(7);
    for number in 0..300 {
        assert_eq!(streams.stream(number), jumping, "stream {number}");
        jumping.jump();
    }
    let mut jumping = Xoshiro256PlusPlus::seed_from_u64(7);
    for number in 0..20 {
        assert_eq!(streams.family(number).stream(0), jumping, "family {number}");
        jumping.long_jump();
    }
}

/// The numbers of positions as their definition reads: one stream a lane, from its beginning.
fn by_definition<Dist: Distribution>(seed: u64, distribution: &Dist, position: u64) -> Dist::Value {
    let (block, offset) = (position / 8192, position % 8192);
    let mut stream = Streams::new(seed).stream(16 * block + offset % 16);
    let bits = (0..=offset / 16).map(|_| stream.next_u64()).last();
    let mut more = Streams::new(seed).family(1 << 63).stream(position);
    distribution.draw(bits.unwrap_or(0), || more.next_u64())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_stream_is_where_another_implementation_jumps(
        seed: u64,
        stream: u64,
        family: u64,
    ) {
        let mut theirs = Xoshiro256PlusPlus::seed_from_u64(seed);
        theirs.jump_n(&[0, 0, stream, family]);
        prop_assert_eq!(Streams::new(seed).family(family).stream(stream), theirs);
    }

    #[test]
    fn lanes_are_streams_side_by_side(seed: u64, first in 0..u64::MAX / 2, stride in 0..u64::MAX / 2) {
        let streams = Streams::new(seed);
        let mut lanes = streams.lanes(first);
        lanes.advance(&Stride::new(stride));
        lanes.skip(3);
        let found = lanes.next_outputs();
        for (lane, found) in found.into_iter().enumerate() {
            let [.., expected] = outputs::<4>(streams.stream(first + stride + lane as u64));
            prop_assert_eq!(found, expected);
        }
    }

    /// Runs of any length at any place in any order, and single positions among them.
    #[test]
    fn cuts_do_not_matter(
        seed: u64,
        base in prop_oneof![Just(0), 0..u64::MAX / 4],
        pieces in prop::collection::vec((0..40_000u64, 0..300usize), 1..20),
    ) {
        // A quarter of the bits is rejected.
        let integers = Integers::new(0..3u64 << 62)?;
        let mut sequence = Sequence::new(seed, integers.clone());
        for (start, length) in pieces {
            let mut piece = vec![0; length];
            sequence.fill(base + start, &mut piece);
            for at in [0, 1, length / 2, length.saturating_sub(1)] {
                if let Some(&found) = piece.get(at) {
                    let position = base + start + at as u64;
                    prop_assert_eq!(found, by_definition(seed, &integers, position));
                    prop_assert_eq!(found, sequence.at(position));
                }
            }
        }
    }

    #[test]
    fn a_whole_range_is_the_sum_of_its_parts(seed: u64, cut in 0usize..30_000, start in 0u64..20_000) {
        let uniform = Uniform::new(-1.0f32..3.0)?;
        let mut whole = vec![0.0; 30_000];
        Sequence::new(seed, uniform.clone()).fill(start, &mut whole);
        let mut parts = vec![0.0; 30_000];
        let (left, right) = parts.split_at_mut(cut);
        let mut sequence = Sequence::new(seed, uniform);
        sequence.fill(start + cut as u64, right);
        sequence.fill(start, left);
        prop_assert!(whole == parts);
    }

    #[test]
    fn a_permutation_meets_every_number_once(seed: u64, length in 0u64..3000) {
        let permutation = Permutation::new(length, seed);
        let mut met = vec![false; length as usize];
        for place in 0..length {
            met[permutation.image(place) as usize] = true;
        }
        prop_assert!(met.into_iter().all(|met| met));
        prop_assert_eq!(permutation.image(length), length);
    }
}

#[test]
fn permutations_of_the_longest_lengths_stay_below_them() {
    for length in [1 << 40, (1 << 63) - 25, 1 << 63, (1 << 63) + 1, u64::MAX] {
        let permutation = Permutation::new(length, 3);
        for place in [0, 1, 2, length / 2, length - 1] {
            assert!(permutation.image(place) < length);
        }
    }
}

/// Pearson's statistic in standard deviations of its distribution, about a standard normal number.
fn chi_square(observed: &[u64], expected: f64) -> f64 {
    let statistic: f64 = observed
        .iter()
        .map(|&observed| (observed as f64 - expected).powi(2) / expected)
        .sum();
    let freedom = observed.len() as f64 - 1.0;
    (statistic - freedom) / (2.0 * freedom).sqrt()
}

/// Oracle: theory. Every permutation of few numbers comes equally often, odd ones too; so does every image of
/// every place where there are too many permutations to count.
#[test]
fn permutations_are_equally_probable() {
    for (length, permutations) in [(2, 2), (3, 6), (4, 24), (5, 120), (6, 720)] {
        let mut counts = std::collections::BTreeMap::new();
        let seeds = 100 * permutations;
        for seed in 0..seeds {
            let permutation = Permutation::new(length, seed);
            let images: Vec<u64> = (0..length).map(|place| permutation.image(place)).collect();
            *counts.entry(images).or_insert(0) += 1;
        }
        assert_eq!(counts.len() as u64, permutations);
        let counts: Vec<u64> = counts.into_values().collect();
        let deviations = chi_square(&counts, 100.0);
        assert!(deviations.abs() < 4.0, "of {length}: {deviations}");
    }
    for length in [16, 17, 64, 100] {
        let mut counts = vec![0; (length * length) as usize];
        let mut odd = 0;
        for seed in 0..100 * length {
            let permutation = Permutation::new(length, seed);
            let images: Vec<u64> = (0..length).map(|place| permutation.image(place)).collect();
            for (place, image) in images.iter().enumerate() {
                counts[place * length as usize + *image as usize] += 1;
            }
            let inversions = (0..images.len())
                .map(|i| {
                    images[i..]
                        .iter()
                        .filter(|&&later| later < images[i])
                        .count()
                })
                .sum::<usize>();
            odd += inversions as u64 % 2;
        }
        let deviations = chi_square(&counts, 100.0);
        assert!(deviations.abs() < 4.0, "of {length}: {deviations}");
        let deviations = chi_square(&[odd, 100 * length - odd], 50.0 * length as f64);
        assert!(deviations < 11.0, "of {length}, {odd} odd");
    }
}

fn sample<Dist: Distribution>(distribution: Dist, count: usize) -> Vec<Dist::Value> {
    let mut sequence = Sequence::new(2024, distribution);
    let first = sequence.at(0);
    let mut values = vec![first; count];
    sequence.fill(0, &mut values);
    values
}

/// The mean of the k-th powers, and its standard error, of what `expected` says.
fn moment_is(values: &[f64], power: i32, expected: f64, of_twice_the_power: f64) {
    let count = values.len() as f64;
    let mean = values.iter().map(|value| value.powi(power)).sum::<f64>() / count;
    let error = ((of_twice_the_power - expected * expected) / count).sqrt();
    assert!(
        (mean - expected).abs() < 4.0 * error,
        "power {power}: {mean}, expected {expected} within {error}"
    );
}

#[test]
fn uniform_numbers_have_the_moments_and_the_bins_of_theory() -> Result<(), crate::Error> {
    let values = sample(Uniform::new(0.0..1.0)?, 1_000_000);
    for power in 1..=4 {
        let expected = |power: i32| 1.0 / f64::from(power + 1);
        moment_is(&values, power, expected(power), expected(2 * power));
    }
    let mut counts = vec![0; 1000];
    for value in &values {
        counts[(value * 1000.0) as usize] += 1;
    }
    assert!(chi_square(&counts, 1000.0).abs() < 4.0);
    // Pairs of neighbours fill the square.
    let mut counts = vec![0; 32 * 32];
    for pair in values.as_chunks::<2>().0 {
        counts[(pair[0] * 32.0) as usize * 32 + (pair[1] * 32.0) as usize] += 1;
    }
    assert!(chi_square(&counts, 500_000.0 / 1024.0).abs() < 4.0);
    let singles = sample(Uniform::new(-2.0f32..2.0)?, 1_000_000);
    let singles: Vec<f64> = singles.into_iter().map(f64::from).collect();
    moment_is(&singles, 1, 0.0, 4.0 / 3.0);
    moment_is(&singles, 2, 4.0 / 3.0, 16.0 / 5.0);
    Ok(())
}

#[test]
fn normal_numbers_have_the_moments_and_the_tails_of_theory() -> Result<(), crate::Error> {
    let values = sample(Normal::new(0.0, 1.0)?, 1_000_000);
    let moments = [0.0, 1.0, 0.0, 3.0, 0.0, 15.0, 0.0, 105.0];
    for power in 1..=4 {
        moment_is(
            &values,
            power,
            moments[power as usize - 1],
            moments[2 * power as usize - 1],
        );
    }
    // Equally probable bins by the quantiles, which another test holds against the error function.
    let edges: Vec<f64> = (1..200)
        .map(|k| normal_quantile(f64::from(k) / 200.0))
        .collect();
    let mut counts = vec![0; 200];
    for value in &values {
        counts[edges.partition_point(|edge| edge < value)] += 1;
    }
    assert!(chi_square(&counts, 5000.0).abs() < 4.0);
    let scaled = sample(Normal::new(5.0f32, 2.0)?, 1_000_000);
    let scaled: Vec<f64> = scaled
        .into_iter()
        .map(|value| f64::from((value - 5.0) / 2.0))
        .collect();
    moment_is(&scaled, 1, 0.0, 1.0);
    moment_is(&scaled, 2, 1.0, 3.0);
    Ok(())
}

/// Oracle: the complementary error function. An error δ of the quantile z shows in the tail as (z² + 1)·δ/z at most.
#[test]
fn quantiles_are_accurate_to_the_last_digits() {
    let mut worst: f64 = 0.0;
    for exponent in 1..=64 {
        for step in 0..200 {
            let tail = 2f64.powi(-exponent) * (1.0 - f64::from(step) / 400.0);
            let z = quantile_of_tail(tail);
            let found = 0.5 * libm::erfc(z * std::f64::consts::FRAC_1_SQRT_2);
            worst = worst.max((found / tail - 1.0).abs() / (z * z + 1.0));
        }
    }
    assert!(worst < 4.0 * f64::EPSILON, "{} ε", worst / f64::EPSILON);
}

#[test]
fn integers_come_equally_often() -> Result<(), crate::Error> {
    let die = sample(Integers::new(1..=6)?, 600_000);
    let mut counts = [0; 6];
    die.iter()
        .for_each(|face: &i32| counts[*face as usize - 1] += 1);
    assert!(chi_square(&counts, 100_000.0).abs() < 4.0);
    // Three quarters of all 64-bit numbers: without rejection, every third bin would get twice its share.
    let wide = sample(Integers::new(0..3u64 << 62)?, 300_000);
    let mut counts = [0; 300];
    wide.iter()
        .for_each(|value| counts[(value / ((3 << 62) / 300 + 1)) as usize] += 1);
    assert!(chi_square(&counts, 1000.0).abs() < 4.0);
    let mut counts = [0; 3];
    wide.iter()
        .for_each(|value| counts[(value % 3) as usize] += 1);
    assert!(chi_square(&counts, 100_000.0).abs() < 4.0);
    let bytes = sample(Integers::<i8>::new(..)?, 256_000);
    let mut counts = [0; 256];
    bytes
        .iter()
        .for_each(|byte| counts[(i32::from(*byte) + 128) as usize] += 1);
    assert!(chi_square(&counts, 1000.0).abs() < 4.0);
    Ok(())
}

#[test]
fn ranges_are_kept_to_and_bad_ones_refused() -> Result<(), crate::Error> {
    assert_eq!(Integers::new(-3i64..=-3)?.draw(12345, || 0), -3);
    assert_eq!(Integers::<u64>::new(..)?.draw(12345, || 0), 12345);
    assert_eq!(Integers::new(i64::MIN..)?.draw(0, || 0), 0);
    assert_eq!(Integers::new(250u8..)?.draw(u64::MAX, || 0), 255);
    let excluded = std::ops::Bound::Excluded;
    assert_eq!(Integers::new((excluded(3), excluded(5)))?.draw(99, || 0), 4);
    for refused in [
        Integers::new(5..5),
        Integers::new((std::ops::Bound::Included(5), std::ops::Bound::Included(4))),
        Integers::new(..i32::MIN),
        Integers::new((excluded(i32::MAX), std::ops::Bound::Unbounded)),
    ] {
        assert!(refused.is_err());
    }
    for range in [
        1.0..1.0,
        2.0..1.0,
        0.0..f64::NAN,
        f64::MIN..f64::MAX,
        0.0..f64::INFINITY,
    ] {
        assert!(Uniform::new(range).is_err());
    }
    assert!(Uniform::new(f32::MIN..f32::MAX).is_err());
    for (mean, deviation) in [(0.0, -1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
        assert!(Normal::new(mean, deviation).is_err());
    }
    // The end is excluded where the product would be rounded up to it.
    let narrow = Uniform::new(1.0..1.0 + f64::EPSILON)?;
    assert_eq!(narrow.draw(u64::MAX, || 0), 1.0);
    assert!(Uniform::new(0.0f32..1.0)?.draw(u64::MAX, || 0) < 1.0);
    Ok(())
}
