//! The statistics of a slice, on one rank: plain, to be read aloud.

use num_traits::ToPrimitive;
use partita::reduce::{Accumulator, Digest, Digestible, Ordered, Summable};
use partita::{Error, Result};

use super::quantile::Step;

/// Σx, rounded once.
pub fn sum<A: Summable>(values: &[A]) -> Result<A> {
    let mut sum = A::Exact::default();
    sum.add(values);
    sum.finish()
}

/// Σxᵢyᵢ, each product rounded, their sum rounded once.
pub fn dot(left: &[f64], right: &[f64]) -> Result<f64> {
    let products: Vec<f64> = left
        .iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .collect();
    sum(&products)
}

/// √Σx², of numbers scaled by the largest.
pub fn norm2(values: &[f64]) -> Result<f64> {
    let largest = values
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()));
    if largest == 0.0 {
        return Ok(0.0);
    }
    let scaled: Vec<f64> = values.iter().map(|value| value / largest).collect();
    Ok(largest * dot(&scaled, &scaled)?.sqrt())
}

/// Σ|x|, rounded once.
pub fn norm1(values: &[f64]) -> Result<f64> {
    sum(&values.iter().map(|value| value.abs()).collect::<Vec<_>>())
}

/// max|x|; a NaN if there is one.
pub fn norm_inf(values: &[f64]) -> f64 {
    let magnitudes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    max(&magnitudes).unwrap_or(0.0)
}

/// Σx/n, both rounded.
pub fn mean(values: &[f64]) -> Result<f64> {
    Ok(sum(values)? / values.len() as f64)
}

/// Σ(x − mean)ᵖ/n.
pub fn central_moment(values: &[f64], power: i32) -> Result<f64> {
    let mean = mean(values)?;
    let powers: Vec<f64> = values
        .iter()
        .map(|value| (value - mean).powi(power))
        .collect();
    Ok(sum(&powers)? / values.len() as f64)
}

/// Σ(x − mean)²/(n − 1).
pub fn variance(values: &[f64]) -> Result<f64> {
    let count = values.len() as f64;
    Ok(central_moment(values, 2)? * count / (count - 1.0))
}

/// m₃/m₂^(3/2).
pub fn skewness(values: &[f64]) -> Result<f64> {
    Ok(central_moment(values, 3)? / central_moment(values, 2)?.powf(1.5))
}

/// m₄/m₂² − 3.
pub fn excess_kurtosis(values: &[f64]) -> Result<f64> {
    Ok(central_moment(values, 4)? / central_moment(values, 2)?.powi(2) - 3.0)
}

/// Σ(x − x̄)(y − ȳ)/(n − 1).
pub fn covariance(left: &[f64], right: &[f64]) -> Result<f64> {
    let (left_mean, right_mean) = (mean(left)?, mean(right)?);
    let off =
        |values: &[f64], mean: f64| values.iter().map(|value| value - mean).collect::<Vec<_>>();
    Ok(dot(&off(left, left_mean), &off(right, right_mean))? / (left.len() - 1) as f64)
}

/// The covariance over both standard deviations.
pub fn correlation(left: &[f64], right: &[f64]) -> Result<f64> {
    let deviations = variance(left)?.sqrt() * variance(right)?.sqrt();
    Ok(covariance(left, right)? / deviations)
}

/// The smallest element; a NaN if there is one; `None` of nothing.
pub fn min<A: Ordered>(values: &[A]) -> Option<A> {
    let nan = values.iter().find(|value| value.is_nan());
    nan.or_else(|| values.iter().min_by_key(|value| value.key()))
        .copied()
}

/// The largest element; a NaN if there is one; `None` of nothing.
pub fn max<A: Ordered>(values: &[A]) -> Option<A> {
    let nan = values.iter().find(|value| value.is_nan());
    nan.or_else(|| values.iter().max_by_key(|value| value.key()))
        .copied()
}

/// The place of the first smallest element, zeros of either sign being equal, or of the first NaN; `None` of nothing.
pub fn argmin<A: Ordered>(values: &[A]) -> Option<usize> {
    let least = min(values)?;
    values
        .iter()
        .position(|value| *value == least || value.is_nan())
}

/// The place of the first largest element, zeros of either sign being equal, or of the first NaN; `None` of nothing.
pub fn argmax<A: Ordered>(values: &[A]) -> Option<usize> {
    let most = max(values)?;
    values
        .iter()
        .position(|value| *value == most || value.is_nan())
}

/// How many elements a predicate holds for.
pub fn count<A: Copy>(values: &[A], holds: impl Fn(A) -> bool) -> u64 {
    values.iter().filter(|&&value| holds(value)).count() as u64
}

/// Whether it holds for one of them at least.
pub fn any<A: Copy>(values: &[A], holds: impl Fn(A) -> bool) -> bool {
    values.iter().any(|&value| holds(value))
}

/// Whether it holds for each.
pub fn all<A: Copy>(values: &[A], holds: impl Fn(A) -> bool) -> bool {
    values.iter().all(|&value| holds(value))
}

/// All elements combined: those before the largest power of two that is less than their number, and those after, each in
/// the same way.
pub fn reduce<A: Copy>(values: &[A], combine: &impl Fn(A, A) -> A) -> Option<A> {
    if values.len() < 2 {
        return values.first().copied();
    }
    let (left, right) = values.split_at(values.len().next_power_of_two() / 2);
    Some(combine(reduce(left, combine)?, reduce(right, combine)?))
}

/// The hash of an array of this shape: the sum over its elements in C order of two hashes of their place and their bits,
/// and over its axes of those of their lengths, at the last places that there are.
pub fn digest<A: Digestible>(shape: &[usize], values: &[A]) -> Digest {
    let words = values
        .iter()
        .flat_map(|&value| (0..A::WORDS).map(move |number| value.word(number)));
    let lengths = shape.iter().map(|&length| length as u64);
    let all = (0..).zip(words).chain((0..=u64::MAX).rev().zip(lengths));
    let (mut high, mut low) = (0u64, 0u64);
    for (place, word) in all {
        let key = |factor: u64, term: u64| place.wrapping_mul(factor).wrapping_add(term);
        let key_of_high = key(0x9e37_79b9_7f4a_7c15, 0x6a09_e667_f3bc_c909);
        let key_of_low = key(0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b);
        high = high.wrapping_add(stafford13(word ^ key_of_high));
        low = low.wrapping_add(stafford13(word.rotate_left(32) ^ key_of_low));
    }
    Digest(u128::from(high) << 64 | u128::from(low))
}

/// D. Stafford's variant 13 of the finaliser of MurmurHash3.
fn stafford13(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// The elements that are numbers: what the `nan_…` forms reduce.
pub fn numbers<A: Ordered>(values: &[A]) -> Vec<A> {
    values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect()
}

/// How many elements are between each two edges, the last one included.
pub fn histogram(values: &[f64], edges: &[f64]) -> Vec<u64> {
    let last = edges.len().saturating_sub(2);
    let is_in = |bin: usize, value: f64| {
        value >= edges[bin] && (value < edges[bin + 1] || bin == last && value == edges[bin + 1])
    };
    let count = |bin| values.iter().filter(|&&value| is_in(bin, value)).count() as u64;
    (0..=last).map(count).collect()
}

/// The sums of the weights of the elements between each two edges, the last one included.
pub fn weighted_histogram(values: &[f64], weights: &[f64], edges: &[f64]) -> Result<Vec<f64>> {
    let in_bin = |bin| {
        let pairs = values.iter().zip(weights);
        let inside = pairs.filter(|(value, _)| histogram(&[**value], edges)[bin] == 1);
        sum(&inside.map(|(_, &weight)| weight).collect::<Vec<_>>())
    };
    (0..edges.len() - 1).map(in_bin).collect()
}

/// The quantile of a probability, between two elements linearly.
///
/// # Errors
/// [`Error::Shape`] of nothing.
pub fn quantile<A: Ordered + ToPrimitive>(values: &[A], probability: f64) -> Result<f64> {
    Ok(quantiles(values, &[probability])?[0])
}

/// The quantiles of some probabilities.
///
/// # Errors
/// [`Error::Shape`] of nothing.
pub fn quantiles<A>(values: &[A], probabilities: &[f64]) -> Result<Vec<f64>>
where
    A: Ordered + ToPrimitive,
{
    if values.is_empty() {
        return Err(Error::shape("quantile", "there are no elements"));
    }
    if values.iter().any(|value| value.is_nan()) {
        return Ok(vec![f64::NAN; probabilities.len()]);
    }
    let sorted = sort(values);
    let quantile = |&probability: &f64| {
        let step = Step::of(probability, sorted.len());
        step.between(&[sorted[step.below], sorted[step.above]])
    };
    Ok(probabilities.iter().map(quantile).collect())
}

/// The quantiles of the elements that are numbers; NaN of none.
pub fn nan_quantiles<A>(values: &[A], probabilities: &[f64]) -> Result<Vec<f64>>
where
    A: Ordered + ToPrimitive,
{
    match numbers(values) {
        none if none.is_empty() => Ok(vec![f64::NAN; probabilities.len()]),
        numbers => quantiles(&numbers, probabilities),
    }
}

/// The largest elements, descending, with their places.
pub fn top<A: Ordered>(values: &[A], count: usize) -> Vec<(A, usize)> {
    let mut all: Vec<(A, usize)> = values.iter().copied().zip(0..).collect();
    all.retain(|(value, _)| !value.is_nan());
    all.sort_by_key(|(value, _)| std::cmp::Reverse(value.key()));
    all.truncate(count);
    all
}

/// The sum up to each element, each of them as [`sum`](partita::Reductions::sum) has it.
pub fn cumulative_sum<A: Summable>(values: &[A]) -> Result<Vec<A>> {
    (1..=values.len())
        .map(|length| {
            let mut sum = A::Reproducible::default();
            sum.add(&values[..length]);
            sum.finish()
        })
        .collect()
}

/// The elements in ascending order.
pub fn sort<A: Ordered>(values: &[A]) -> Vec<A> {
    let mut sorted = values.to_vec();
    sorted.sort_by_key(|value| value.key());
    sorted
}

/// The different elements in ascending order, and how often each is there.
pub fn unique<A: Ordered>(values: &[A]) -> Vec<(A, u64)> {
    let sorted = sort(values);
    let runs = sorted.chunk_by(|one, other| one.key() == other.key());
    runs.map(|run| (run[0], run.len() as u64)).collect()
}
