//! Against rationals, another definition of a slice, and each other.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use proptest::prelude::*;

use super::bins::{COMFORTABLE, bin_of, limit, power_of_two};
use super::slice::{slice_products, slice_values};
use super::wide::{DIGIT_BITS, decompose};
use super::{Exact, Reproducible, Squares, Wide, fast};

/// Numbers of every kind of bits, and many that are alike.
fn finite() -> impl Strategy<Value = f64> {
    let every = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    let powers = (-1074..1024i32, any::<bool>()).prop_map(|(exponent, negative)| {
        power_of_two(exponent) * if negative { -1.0 } else { 1.0 }
    });
    prop_oneof![3 => every, 3 => -1.0..1.0, 1 => powers, 1 => -1e-320..1e-320, 1 => 1e300..f64::MAX]
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        prop::collection::vec(finite(), 0..60),
        prop::collection::vec(-1.0..1.0, 0..2500),
        prop::collection::vec(finite(), 1..4).prop_map(|few| few.repeat(700)),
    ]
}

fn rational(value: f64) -> BigRational {
    BigRational::from_float(value).expect("finite")
}

/// The rational rounded to nearest, ties to even, by comparing candidates.
fn nearest(exact: &BigRational) -> f64 {
    let near = exact.to_f64().expect("a number");
    let candidates = [near.next_down(), near, near.next_up()];
    // An infinity stands for the power of two that would come after the largest number.
    let place = |value: f64| match value.is_infinite() {
        true => BigRational::from(BigInt::from(1) << 1024) * rational(value.signum()),
        false => rational(value),
    };
    let distance = |value: &f64| {
        let off = exact - place(*value);
        let off = if off < BigRational::zero() { -off } else { off };
        (off, value.to_bits() & 1)
    };
    candidates.into_iter().min_by_key(distance).expect("three")
}

fn exact_sum(values: &[f64]) -> BigRational {
    values.iter().map(|&value| rational(value)).sum()
}

fn exact(values: &[f64]) -> f64 {
    let mut sum = Exact::default();
    sum.add(values);
    sum.to_f64()
}

fn reproducible(values: &[f64]) -> Reproducible {
    let mut sum = Reproducible::default();
    sum.add(values);
    sum
}

/// The slices of one value as the words define them, in integers.
fn slices_by_definition(value: f64, top: i32) -> [i64; 3] {
    let mut rest = rational(value);
    [0, 1, 2].map(|fold| {
        let unit_place = DIGIT_BITS as i32 * (top - fold);
        let two = BigRational::from(BigInt::from(2));
        let in_units = rest.clone() / two.pow(unit_place);
        // Half-way cases towards zero.
        let half = BigRational::new(1.into(), 2.into());
        let slice = match in_units < BigRational::zero() {
            true => (in_units + half).floor(),
            false => (in_units - half).ceil(),
        };
        rest -= slice.clone() * two.pow(unit_place);
        slice.to_integer().to_i64().expect("44 bits")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_exact_sum_is_the_rational_one_rounded_once(values in values()) {
        let expected = nearest(&exact_sum(&values));
        prop_assert_eq!(exact(&values), expected);
        prop_assert_eq!(exact(&values).to_bits(), (expected + 0.0).to_bits());
    }

    #[test]
    fn the_reproducible_sum_is_within_its_bound(values in values()) {
        let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let wide = reproducible(&values).to_wide().expect("finite");
        let kept = wide.minus(&{
            let mut sum = Exact::default();
            sum.add(&values);
            sum.to_wide().expect("finite")
        });
        // n·2⁻⁸⁸·m, and the last bit of the smallest number where the bound is below that.
        let bound = (largest * 2f64.powi(-44)) * 2f64.powi(-44) * values.len() as f64 + 5e-324;
        prop_assert!(kept.to_f64().abs() <= bound, "{} > {bound}", kept.to_f64());
    }

    #[test]
    fn neither_order_nor_grouping_matters(values in values(), seed in any::<u64>(), cut in 0..5000usize) {
        let expected = reproducible(&values);
        let mut turned = values.clone();
        turned.sort_by_key(|value| value.to_bits().wrapping_mul(seed | 1));
        prop_assert_eq!(&reproducible(&turned), &expected);
        let (left, right) = values.split_at(cut.min(values.len()));
        let (mut left, right) = (reproducible(left), reproducible(right));
        let mut other_way = right.clone();
        other_way.merge(&left);
        left.merge(&right);
        prop_assert_eq!(&left, &expected);
        prop_assert_eq!(&other_way, &expected);
        let mut one_by_one = Reproducible::default();
        values.iter().take(100).for_each(|&value| one_by_one.add(&[value]));
        prop_assert_eq!(one_by_one, reproducible(&values[..values.len().min(100)]));
    }

    #[test]
    fn slices_are_as_they_are_defined(value in finite(), halves in -99i64..99, above in 0..2i32) {
        let check = |value: f64| {
            if value == 0.0 || !COMFORTABLE.contains(&bin_of(value.abs())) {
                return;
            }
            let top = bin_of(value.abs()) + above;
            if COMFORTABLE.contains(&top) {
                let found = slice_values(&[value], top).sums.expect("below the limit");
                assert_eq!(found, slices_by_definition(value, top), "{value:e}");
            }
        };
        check(value);
        // Half-way cases and their neighbours.
        let half = halves as f64 / 2.0 * power_of_two(DIGIT_BITS as i32 * (above - 1));
        for near in [half.next_down(), half, half.next_up()] {
            check(near);
        }
        let edge = limit(above);
        [edge.next_down(), edge, edge.next_up()].into_iter().for_each(check);
    }

    #[test]
    fn products_are_exact(pairs in prop::collection::vec((-1e9..1e9f64, -1e-9..1e9f64), 0..2100)) {
        let (left, right): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let expected: BigRational = pairs.iter().map(|&(a, b)| rational(a) * rational(b)).sum();
        let mut sum = Exact::default();
        sum.add_products(&left, &right);
        prop_assert_eq!(sum.to_f64(), nearest(&expected));
        let mut sum = Reproducible::default();
        sum.add_products(&left, &right);
        let (near, expected) = (sum.to_f64(), nearest(&expected));
        prop_assert!((near - expected).abs() <= 1e18 * 2f64.powi(-75) * 3000.0 + expected.abs() * f64::EPSILON);
        let (mut plain, mut squares) = (Reproducible::default(), Squares::default());
        squares.add_with_sum(&mut plain, &left);
        let mut alone = Squares::default();
        alone.add(&left);
        prop_assert_eq!(squares, alone);
        prop_assert_eq!(plain, reproducible(&left));
    }

    #[test]
    fn wide_numbers_calculate_as_rationals_do(a in finite(), b in finite(), c in finite()) {
        let [wide_a, wide_b, wide_c] = [a, b, c].map(Wide::from_f64);
        let [a, b, c] = [a, b, c].map(rational);
        let expected = (a.clone() - b.clone()) * c.clone() + b.clone();
        let found = wide_a.minus(&wide_b).times(&wide_c).plus(&wide_b);
        prop_assert_eq!(found.to_f64(), nearest(&expected));
        prop_assert_eq!(found.is_negative(), expected < BigRational::zero());
        let root = wide_a.times(&wide_a).sqrt();
        let size = wide_a.to_f64().abs();
        prop_assert!((root - size).abs() <= size * f64::EPSILON, "{root} {size}");
    }

    #[test]
    fn a_quotient_is_rounded_once(a in finite(), b in finite(), divisor in prop_oneof![1..9u64, any::<u64>().prop_map(|n| n.max(1))]) {
        let whole = Wide::from_f64(a).plus(&Wide::from_f64(b));
        let expected = (rational(a) + rational(b)) / BigRational::from_integer(divisor.into());
        prop_assert_eq!(whole.quotient(divisor).to_bits() << 1, nearest(&expected).to_bits() << 1);
        prop_assert_eq!(whole.is_negative(), expected < BigRational::zero());
        let scaled = Wide::from_f64(a).scaled(-1_100).scaled(1_100);
        prop_assert_eq!(scaled.to_f64(), a);
    }

    #[test]
    fn squares_of_any_size_do_not_depend_on_how_they_come(
        values in prop::collection::vec(prop_oneof![finite(), Just(1e-200), Just(3.0), Just(1e200)], 1..12),
        cut in 0..12usize,
    ) {
        let (head, tail) = values.split_at(cut.min(values.len()));
        let of = |parts: &[&[f64]]| {
            let (mut sum, mut squares) = (Reproducible::default(), Squares::default());
            parts.iter().for_each(|part| squares.add_with_sum(&mut sum, part));
            squares.to_wide()
        };
        let whole = of(&[&values]);
        prop_assert_eq!(of(&[head, tail]).map(|wide| wide.minus(whole.as_ref().unwrap()).is_zero()), Some(true));
        let exact: BigRational = values.iter().map(|&value| rational(value) * rational(value)).sum();
        let (mantissa, exponent) = (whole.unwrap(), exact);
        // Both brought down by a power of two into the range of doubles.
        let down = mantissa.exponent().unwrap_or(0);
        let two = BigRational::from_integer(2.into());
        let expected = nearest(&(exponent / two.pow(down)));
        let found = mantissa.scaled(-down).to_f64();
        prop_assert!((found - expected).abs() <= f64::EPSILON * expected, "{found} {expected}");
    }

    #[test]
    fn the_fast_sum_is_near(values in prop::collection::vec(-1.0..1.0, 0..2100)) {
        prop_assert!((fast(&values) - exact(&values)).abs() <= 3000.0 * 60.0 * f64::EPSILON);
    }
}

/// A block's worth of numbers and some more, whose exponents are at most `span` apart, below 2^`top`.
fn spread_over(span: u64, top: i32, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut bits = move || {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        state >> 11
    };
    (0..3000)
        .map(|_| {
            let mantissa = bits() as f64 * f64::EPSILON - 1.0;
            mantissa * power_of_two(top - (bits() % (span + 1)) as i32)
        })
        .collect()
}

#[test]
fn blocks_of_every_span_after_each_other_are_exact() {
    let spans = [
        (20, 3),
        (150, 60),
        (30, 300),
        (260, -10),
        (900, 500),
        (120, -700),
        (60, -960),
        (40, 1000),
    ];
    for first in 0..spans.len() {
        // Each kind comes after another, and what held the one does not hold the next.
        let mut values = Vec::new();
        for step in 0..3 {
            let (span, top) = spans[(first + step * 3) % spans.len()];
            values.extend(spread_over(span, top, (first + step) as u64));
        }
        let mut sum = Exact::default();
        sum.add(&values);
        // All digits, of which rounding would show the highest only.
        let one_by_one = values.iter().map(|&value| Wide::from_f64(value));
        let expected = one_by_one.fold(Wide::from_f64(0.0), |sum, value| sum.plus(&value));
        assert!(
            sum.to_wide().expect("finite").minus(&expected).is_zero(),
            "from {first}"
        );
        values[7000] = f64::INFINITY;
        assert_eq!(exact(&values), f64::INFINITY);
    }
}

#[test]
fn a_norm_sees_what_is_not_finite_wherever_it_is() {
    let norm = |values: &[f64]| {
        let mut squares = Squares::default();
        squares.add(values);
        squares.norm()
    };
    for size in [1e-310, 1.0, 1e200] {
        for place in [0, 1, 2047, 2048, 4999] {
            let mut values = vec![size; 5000];
            values[place] = f64::NAN;
            assert!(norm(&values).is_nan(), "{size} {place}");
            values[place] = -f64::INFINITY;
            assert_eq!(norm(&values), f64::INFINITY, "{size} {place}");
        }
    }
    assert_eq!(
        norm(&[-f64::NAN; 3]).to_bits() << 1,
        f64::NAN.to_bits() << 1
    );
}

#[test]
fn what_is_not_finite_is_as_ieee_has_it() {
    let infinity = f64::INFINITY;
    for (values, expected) in [
        (vec![infinity, f64::MIN], infinity),
        (vec![-infinity, 1.0], -infinity),
        (vec![f64::MAX, f64::MAX], infinity),
        (vec![f64::MAX, f64::MAX, f64::MIN], f64::MAX),
    ] {
        assert_eq!(exact(&values), expected);
        assert_eq!(reproducible(&values).to_f64(), expected);
    }
    for values in [
        vec![infinity, -infinity],
        vec![1.0, f64::NAN],
        vec![-f64::NAN; 3000],
    ] {
        assert!(exact(&values).is_nan());
        assert!(reproducible(&values).to_f64().is_nan());
    }
}

#[test]
fn singles_are_added_as_doubles_and_rounded_once() {
    let values = [f32::MAX, f32::MAX, -f32::MAX, 1.0, f32::from_bits(1)];
    let mut sum = Exact::default();
    sum.add(&values);
    assert_eq!(sum.to_f32(), f32::MAX);
    let mut sum = Reproducible::default();
    sum.add(&[1.0f32, 2f32.powi(-24), 2f32.powi(-60)]);
    assert_eq!(sum.to_f32(), 1.0 + f32::EPSILON);
    assert_eq!(decompose(f64::NAN), None);
}

#[test]
fn products_beyond_the_range_are_infinite_and_tiny_ones_are_there() {
    let mut sum = Reproducible::default();
    sum.add_products(&[1e200, 1.0], &[1e200, 1.0]);
    assert_eq!(sum.to_f64(), f64::INFINITY);
    let mut sum = Reproducible::default();
    sum.add_products(&[1e-160; 4], &[1e-160; 4]);
    assert_eq!(sum.to_f64(), 4.0 * (1e-160 * 1e-160));
    assert!(slice_products(&[1e-160], &[1e-160], 0).sums.is_some());
}
