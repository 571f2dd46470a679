//! The plain sum, in vectors.

/// Enough sums side by side that none has to wait for its last addition.
const LANES: usize = 64;

/// The sum in the order that is fastest: of every 64th number each, then of those. Not that of any other order.
///
/// # Source
/// The error is bounded by that of recursive summation, (n/64 + 6)·2⁻⁵³·Σ|x|: N. J. Higham, *Accuracy and
/// Stability of Numerical Algorithms*, 2nd ed. (2002), section 4.2.
pub fn fast<A: Copy + Into<f64>>(values: &[A]) -> f64 {
    let (mut lanes, tail) = lane_sums(values);
    for (lane, &value) in lanes.iter_mut().zip(tail) {
        *lane += value.into();
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[multiversion::multiversion(targets = "simd")]
fn lane_sums<A: Copy + Into<f64>>(values: &[A]) -> ([f64; LANES], &[A]) {
    let mut sums = [0.0; LANES];
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane].into();
        }
    }
    (sums, tail)
}
