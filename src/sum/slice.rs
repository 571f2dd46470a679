//! The inner loops: blocks of numbers cut into the slices of three bins, and the slices added up.
//!
//! Adding a number to a double whose last bit is a bin's unit rounds it to a multiple of the unit; what
//! the double has grown by is the slice, without error, and what the number loses is left for the next
//! bin. It is x(1 − 2⁻⁵³) that is added, in one rounding: its bits reach so far down that it is never
//! half-way, and no sum is asked whether it is even. Half-way cases of x thereby go towards zero. So a slice depends on the number alone. A block's
//! sum of slices is an integer, read off the sum's bits: in which order, and on how many lanes, they are
//! added does not matter.

use multiversion::target::target_cfg_f;

use super::bins::{base, limit};

/// Bins that are kept.
pub(super) const FOLD: usize = 3;

const LANES: usize = 16;

type Lanes = [f64; LANES];

/// The sums of a block's slices, highest bin first, in the bins' units.
pub(super) type Slices = [i64; FOLD];

/// What became of a block.
pub(super) struct Sliced {
    /// The largest magnitude; infinite if a value is infinite or no number.
    pub largest: f64,
    /// The sums of the slices; `None` if a value needs a higher bin or is not finite.
    pub sums: Option<Slices>,
}

/// Sums of slices in three bins, a double a lane each; with fused operations, where the machine has them.
struct Sums<const FUSED: bool>([Lanes; FOLD]);

impl<const FUSED: bool> Sums<FUSED> {
    #[inline(always)]
    fn from_top(top: i32) -> Self {
        Sums(std::array::from_fn(|fold| [base(top - fold as i32); LANES]))
    }

    /// Adds the slices of `values` from the bin `FIRST` on; in the last one without looking at what is left.
    #[inline(always)]
    fn add<const FIRST: usize>(&mut self, values: Lanes) {
        let mut rest = values;
        for fold in FIRST..FOLD - 1 {
            rest = self.cut(fold, rest);
        }
        let last = &mut self.0[FOLD - 1];
        for lane in 0..LANES {
            last[lane] = rounded_sum::<FUSED>(last[lane], rest[lane]);
        }
    }

    /// Adds the slices of one bin; returns what is left.
    #[inline(always)]
    fn cut(&mut self, fold: usize, values: Lanes) -> Lanes {
        let mut rest = values;
        let sums = &mut self.0[fold];
        for lane in 0..LANES {
            let before = sums[lane];
            let after = rounded_sum::<FUSED>(before, values[lane]);
            sums[lane] = after;
            rest[lane] += before - after;
        }
        rest
    }

    /// Adds the slices of all three bins; returns what is left.
    #[inline(always)]
    fn cut_all(&mut self, values: Lanes) -> Lanes {
        let rest = self.cut(0, values);
        let rest = self.cut(1, rest);
        self.cut(2, rest)
    }

    fn are_finite(&self) -> bool {
        self.0.iter().flatten().all(|sum| sum.is_finite())
    }

    /// The lanes together.
    fn total(&self, top: i32) -> Slices {
        std::array::from_fn(|fold| {
            let start = base(top - fold as i32).to_bits();
            let grown = |sum: &f64| sum.to_bits().wrapping_sub(start) as i64;
            self.0[fold].iter().map(grown).sum()
        })
    }
}

/// `sum` + `value`(1 − 2⁻⁵³), rounded once; the value is at most 2⁴³ units in the last place of the sum.
#[inline(always)]
fn rounded_sum<const FUSED: bool>(sum: f64, value: f64) -> f64 {
    if FUSED {
        return value.mul_add(1.0 - f64::EPSILON / 2.0, sum);
    }
    // One unit less, and a last bit for the rest: on the same side of every half-way case.
    let bits = value.to_bits();
    sum + f64::from_bits(if value == 0.0 { bits } else { (bits - 1) | 1 })
}

/// Keeps the larger magnitude of each lane.
#[inline(always)]
fn note_largest(largest: &mut Lanes, values: &Lanes) {
    for lane in 0..LANES {
        let magnitude = values[lane].abs();
        // Not `f64::max`, which is twice the work for NaNs, and those are met elsewhere.
        largest[lane] = if magnitude > largest[lane] {
            magnitude
        } else {
            largest[lane]
        };
    }
}

fn largest_of(lanes: &Lanes) -> f64 {
    lanes.iter().copied().fold(0.0, f64::max)
}

#[inline(always)]
fn load<A: Copy + Into<f64>>(values: &[A; LANES]) -> Lanes {
    values.map(Into::into)
}

/// Fewer values than lanes, and zeros.
#[inline(always)]
fn load_some<A: Copy + Into<f64>>(values: &[A]) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (lane, &value) in lanes.iter_mut().zip(values) {
        *lane = value.into();
    }
    lanes
}

fn sliced<const FUSED: bool>(largest: f64, top: i32, sums: &Sums<FUSED>) -> Sliced {
    if largest >= limit(top) {
        return Sliced {
            largest,
            sums: None,
        };
    }
    if !sums.are_finite() {
        return Sliced {
            largest: f64::INFINITY,
            sums: None,
        };
    }
    Sliced {
        largest,
        sums: Some(sums.total(top)),
    }
}

/// The slices of at most a block of values in the three bins from `top` down.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn slice_values<A: Copy + Into<f64>>(values: &[A], top: i32) -> Sliced {
    let mut sums = Sums::<{ target_cfg_f!(target_feature = "fma") }>::from_top(top);
    let mut largest = [0.0; LANES];
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        let values = load(chunk);
        note_largest(&mut largest, &values);
        sums.add::<0>(values);
    }
    let values = load_some(tail);
    note_largest(&mut largest, &values);
    sums.add::<0>(values);
    sliced(largest_of(&largest), top, &sums)
}

/// The slices of at most a block of values in the three bins from `top` down, if those are all there is of them.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn slice_wholly<A: Copy + Into<f64>>(values: &[A], top: i32) -> Option<Slices> {
    let mut sums = Sums::<{ target_cfg_f!(target_feature = "fma") }>::from_top(top);
    let (mut largest, mut left) = ([0.0; LANES], [0u64; LANES]);
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        let values = load(chunk);
        note_largest(&mut largest, &values);
        note_left(&mut left, sums.cut_all(values));
    }
    let values = load_some(tail);
    note_largest(&mut largest, &values);
    note_left(&mut left, sums.cut_all(values));
    // Zeros of either sign are nothing.
    let nothing_left = left.iter().all(|bits| bits << 1 == 0);
    sliced(largest_of(&largest), top, &sums)
        .sums
        .filter(|_| nothing_left)
}

#[inline(always)]
fn note_left(left: &mut [u64; LANES], rest: Lanes) {
    for lane in 0..LANES {
        left[lane] |= rest[lane].to_bits();
    }
}

/// The slices of at most a block of products in the three bins from `top` down: of each the rounded
/// product and its rounding error, which is a double too unless it is below their range.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn slice_products<A: Copy + Into<f64>>(left: &[A], right: &[A], top: i32) -> Sliced {
    let mut sums = Sums::<{ target_cfg_f!(target_feature = "fma") }>::from_top(top);
    let mut largest = [0.0; LANES];
    let (lefts, left_tail) = left.as_chunks::<LANES>();
    let (rights, right_tail) = right.as_chunks::<LANES>();
    for (left, right) in lefts.iter().zip(rights) {
        let products = add_products(&mut sums, load(left), load(right));
        note_largest(&mut largest, &products);
    }
    let products = add_products(&mut sums, load_some(left_tail), load_some(right_tail));
    note_largest(&mut largest, &products);
    sliced(largest_of(&largest), top, &sums)
}

/// The slices of at most a block of values from one top, and of their squares from another.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn slice_squares<A: Copy + Into<f64>>(
    values: &[A],
    top: i32,
    top_of_squares: i32,
) -> (Sliced, Sliced) {
    let mut sums = Sums::<{ target_cfg_f!(target_feature = "fma") }>::from_top(top);
    let mut squares = Sums::<{ target_cfg_f!(target_feature = "fma") }>::from_top(top_of_squares);
    let mut largest = [0.0; LANES];
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        let values = load(chunk);
        note_largest(&mut largest, &values);
        sums.add::<0>(values);
        add_products(&mut squares, values, values);
    }
    let values = load_some(tail);
    note_largest(&mut largest, &values);
    sums.add::<0>(values);
    add_products(&mut squares, values, values);
    let largest = largest_of(&largest);
    // Rounding keeps the order: the largest value has the largest square.
    let squared = sliced(largest * largest, top_of_squares, &squares);
    (sliced(largest, top, &sums), squared)
}

/// Adds the slices of products and of their rounding errors; returns the rounded products.
#[inline(always)]
fn add_products<const FUSED: bool>(sums: &mut Sums<FUSED>, left: Lanes, right: Lanes) -> Lanes {
    let (mut products, mut errors) = ([0.0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        products[lane] = left[lane] * right[lane];
        errors[lane] = left[lane].mul_add(right[lane], -products[lane]);
    }
    sums.add::<0>(products);
    // 2⁵³ times smaller than a product: nothing of it is in the highest bin.
    sums.add::<1>(errors);
    products
}

/// Takes the slices of three bins off at most a block of values; returns their sums, and the largest
/// magnitude of what is left.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn take_slices(values: &mut [f64], top: i32) -> (Slices, f64) {
    let mut sums = Sums::<{ target_cfg_f!(target_feature = "fma") }>::from_top(top);
    let mut largest = [0.0; LANES];
    let (chunks, tail) = values.as_chunks_mut::<LANES>();
    for chunk in chunks {
        let rest = sums.cut_all(*chunk);
        note_largest(&mut largest, &rest);
        *chunk = rest;
    }
    let rest = sums.cut_all(load_some(tail));
    note_largest(&mut largest, &rest);
    let length = tail.len();
    tail.copy_from_slice(&rest[..length]);
    (sums.total(top), largest_of(&largest))
}

/// The largest magnitude; infinite if a value is infinite or no number.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn largest_magnitude(values: &[f64]) -> f64 {
    // As integers the magnitudes are in their order, and whatever is not finite is above all others.
    let mut largest = [0u64; LANES];
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            largest[lane] = largest[lane].max(chunk[lane].abs().to_bits());
        }
    }
    for (largest, value) in largest.iter_mut().zip(tail) {
        *largest = (*largest).max(value.abs().to_bits());
    }
    let largest = f64::from_bits(largest.into_iter().max().unwrap_or(0));
    if largest.is_nan() {
        f64::INFINITY
    } else {
        largest
    }
}
