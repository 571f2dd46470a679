//! The inner loops: blocks of numbers cut into the slices of three bins, and the slices added up.
//!
//! Adding a number to a double whose last bit is a bin's unit rounds it to a multiple of the unit; what
//! the double has grown by is the slice, without error, and what the number loses is left for the next
//! bin. It is x(1 − 2⁻⁵³) that is added, in one rounding: its bits reach so far down that it is never
//! half-way, and no sum is asked whether it is even. Half-way cases of x thereby go towards zero. So a slice depends on the number alone. A block's
//! sum of slices is an integer, read off the sum's bits: in which order, and on how many lanes, they are
//! added does not matter.
//!
//! What is done of one value is written for one lane, and the lanes are one loop around all of it. So the compiler makes
//! whole vectors of it; of a loop over the lanes for each step it makes half of the speed.

use multiversion::target::target_cfg_f;

use super::bins::{base, limit};

/// Bins that are kept.
pub(super) const FOLD: usize = 3;

const LANES: usize = 16;

type Lanes = [f64; LANES];

/// The sums of a block's slices, highest bin first, in the bins' units.
pub(super) type Slices = [i64; FOLD];

/// What became of a block.
pub(super) struct Sliced<const BINS: usize = FOLD> {
    /// The largest magnitude; infinite if a value is infinite or no number.
    pub largest: f64,
    /// The sums of the slices; `None` if a value needs a higher bin or is not finite.
    pub sums: Option<[i64; BINS]>,
}

/// Sums of slices in some bins, a double a lane each; with fused operations, where the machine has them.
struct Sums<const FUSED: bool, const BINS: usize = FOLD>([Lanes; BINS]);

impl<const FUSED: bool, const BINS: usize> Sums<FUSED, BINS> {
    #[inline(always)]
    fn from_top(top: i32) -> Self {
        Sums(std::array::from_fn(|fold| [base(top - fold as i32); LANES]))
    }

    /// Adds the slices of a value from the bin `FIRST` on; in the last one without looking at what is left.
    #[inline(always)]
    fn add<const FIRST: usize>(&mut self, lane: usize, value: f64) {
        let mut rest = value;
        for fold in FIRST..BINS - 1 {
            rest = self.cut(fold, lane, rest);
        }
        let last = &mut self.0[BINS - 1][lane];
        *last = rounded_sum::<FUSED>(*last, rest);
    }

    /// Adds the slice of one bin; returns what is left.
    #[inline(always)]
    fn cut(&mut self, fold: usize, lane: usize, value: f64) -> f64 {
        let sum = &mut self.0[fold][lane];
        let before = *sum;
        *sum = rounded_sum::<FUSED>(before, value);
        value + (before - *sum)
    }

    /// Adds the slices of all bins; returns what is left.
    #[inline(always)]
    fn cut_all(&mut self, lane: usize, value: f64) -> f64 {
        let mut rest = value;
        for fold in 0..BINS {
            rest = self.cut(fold, lane, rest);
        }
        rest
    }

    /// Adds the slices of a product and of its rounding error; returns the rounded product.
    #[inline(always)]
    fn add_product(&mut self, lane: usize, left: f64, right: f64) -> f64 {
        let product = left * right;
        self.add::<0>(lane, product);
        // 2⁵³ times smaller than a product: nothing of it is in the highest bin.
        self.add::<1>(lane, left.mul_add(right, -product));
        product
    }

    fn are_finite(&self) -> bool {
        self.0.iter().flatten().all(|sum| sum.is_finite())
    }

    /// The lanes together.
    fn total(&self, top: i32) -> [i64; BINS] {
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

/// Keeps the larger of two, the second of which is a magnitude.
#[inline(always)]
fn note_largest(largest: &mut f64, magnitude: f64) {
    // Not `f64::max`, which is twice the work for NaNs, and those are met elsewhere.
    *largest = if magnitude > *largest {
        magnitude
    } else {
        *largest
    };
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

fn sliced<const FUSED: bool, const BINS: usize>(
    largest: f64,
    top: i32,
    sums: &Sums<FUSED, BINS>,
) -> Sliced<BINS> {
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
        add_values(&mut sums, &mut largest, load(chunk));
    }
    add_values(&mut sums, &mut largest, load_some(tail));
    sliced(largest_of(&largest), top, &sums)
}

#[inline(always)]
fn add_values<const FUSED: bool>(sums: &mut Sums<FUSED>, largest: &mut Lanes, values: Lanes) {
    for lane in 0..LANES {
        note_largest(&mut largest[lane], values[lane].abs());
        sums.add::<0>(lane, values[lane]);
    }
}

/// The slices of at most a block of values in so many bins from `top` down, if those are all there is of them.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn slice_wholly<A: Copy + Into<f64>, const BINS: usize>(
    values: &[A],
    top: i32,
) -> Option<[i64; BINS]> {
    let mut sums = Sums::<{ target_cfg_f!(target_feature = "fma") }, BINS>::from_top(top);
    let (mut largest, mut left) = ([0.0; LANES], [0u64; LANES]);
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        add_wholly(&mut sums, &mut largest, &mut left, load(chunk));
    }
    add_wholly(&mut sums, &mut largest, &mut left, load_some(tail));
    // Zeros of either sign are nothing.
    let nothing_left = left.iter().all(|bits| bits << 1 == 0);
    sliced(largest_of(&largest), top, &sums)
        .sums
        .filter(|_| nothing_left)
}

#[inline(always)]
fn add_wholly<const FUSED: bool, const BINS: usize>(
    sums: &mut Sums<FUSED, BINS>,
    largest: &mut Lanes,
    left: &mut [u64; LANES],
    values: Lanes,
) {
    for lane in 0..LANES {
        note_largest(&mut largest[lane], values[lane].abs());
        left[lane] |= sums.cut_all(lane, values[lane]).to_bits();
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
        add_products(&mut sums, &mut largest, load(left), load(right));
    }
    let (left, right) = (load_some(left_tail), load_some(right_tail));
    add_products(&mut sums, &mut largest, left, right);
    sliced(largest_of(&largest), top, &sums)
}

#[inline(always)]
fn add_products<const FUSED: bool>(
    sums: &mut Sums<FUSED>,
    largest: &mut Lanes,
    left: Lanes,
    right: Lanes,
) {
    for lane in 0..LANES {
        let product = sums.add_product(lane, left[lane], right[lane]);
        note_largest(&mut largest[lane], product.abs());
    }
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
        add_squares(&mut sums, &mut squares, &mut largest, load(chunk));
    }
    add_squares(&mut sums, &mut squares, &mut largest, load_some(tail));
    let largest = largest_of(&largest);
    // Rounding keeps the order: the largest value has the largest square.
    let squared = sliced(largest * largest, top_of_squares, &squares);
    (sliced(largest, top, &sums), squared)
}

#[inline(always)]
fn add_squares<const FUSED: bool>(
    sums: &mut Sums<FUSED>,
    squares: &mut Sums<FUSED>,
    largest: &mut Lanes,
    values: Lanes,
) {
    for lane in 0..LANES {
        note_largest(&mut largest[lane], values[lane].abs());
        sums.add::<0>(lane, values[lane]);
        squares.add_product(lane, values[lane], values[lane]);
    }
}

/// The slices of at most a block of values' squares from `top` down, and the largest magnitude of those values that are numbers.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn slice_only_squares<A: Copy + Into<f64>>(values: &[A], top: i32) -> (f64, Sliced) {
    let mut squares = Sums::<{ target_cfg_f!(target_feature = "fma") }>::from_top(top);
    let mut largest = [0.0; LANES];
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        add_only_squares(&mut squares, &mut largest, load(chunk));
    }
    add_only_squares(&mut squares, &mut largest, load_some(tail));
    let largest = largest_of(&largest);
    (largest, sliced(largest * largest, top, &squares))
}

#[inline(always)]
fn add_only_squares<const FUSED: bool>(
    squares: &mut Sums<FUSED>,
    largest: &mut Lanes,
    values: Lanes,
) {
    for lane in 0..LANES {
        note_largest(&mut largest[lane], values[lane].abs());
        squares.add_product(lane, values[lane], values[lane]);
    }
}

/// Takes the slices of three bins off at most a block of values; returns their sums, and the largest
/// magnitude of what is left.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn take_slices(values: &mut [f64], top: i32) -> (Slices, f64) {
    let mut sums = Sums::<{ target_cfg_f!(target_feature = "fma") }>::from_top(top);
    let mut largest = [0.0; LANES];
    let (chunks, tail) = values.as_chunks_mut::<LANES>();
    for chunk in chunks {
        take_lanes(&mut sums, &mut largest, chunk);
    }
    let mut rest = load_some(tail);
    take_lanes(&mut sums, &mut largest, &mut rest);
    let length = tail.len();
    tail.copy_from_slice(&rest[..length]);
    (sums.total(top), largest_of(&largest))
}

#[inline(always)]
fn take_lanes<const FUSED: bool>(sums: &mut Sums<FUSED>, largest: &mut Lanes, values: &mut Lanes) {
    for lane in 0..LANES {
        values[lane] = sums.cut_all(lane, values[lane]);
        note_largest(&mut largest[lane], values[lane].abs());
    }
}

/// The largest magnitude; infinite if a value is infinite or no number.
#[multiversion::multiversion(targets = "simd")]
pub(super) fn largest_magnitude<A: Copy + Into<f64>>(values: &[A]) -> f64 {
    let (mut largest, mut sums) = ([0.0; LANES], [0.0; LANES]);
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        note_lanes(&mut largest, &mut sums, load(chunk));
    }
    note_lanes(&mut largest, &mut sums, load_some(tail));
    match sums.iter().any(|sum| sum.is_nan()) {
        true => f64::INFINITY,
        false => largest_of(&largest),
    }
}

#[inline(always)]
fn note_lanes(largest: &mut Lanes, sums: &mut Lanes, values: Lanes) {
    for lane in 0..LANES {
        note_largest(&mut largest[lane], values[lane].abs());
        // Zero of what is finite, and no number for ever of what is not: comparisons would overlook it.
        sums[lane] += values[lane] * 0.0;
    }
}
