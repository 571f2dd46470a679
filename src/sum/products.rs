//! Products of doubles without error.

/// The rounded products and their rounding errors; no error beside a product that is not finite.
pub(super) fn with_errors<A: Copy + Into<f64>>(left: &[A], right: &[A]) -> Vec<f64> {
    let mut values = Vec::with_capacity(2 * left.len());
    for (&left, &right) in left.iter().zip(right) {
        let (left, right): (f64, f64) = (left.into(), right.into());
        let product = left * right;
        values.push(product);
        if product.is_finite() {
            values.push(left.mul_add(right, -product));
        }
    }
    values
}
