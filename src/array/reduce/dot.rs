//! Inner products.

use ndarray::ArrayView;
use num_complex::Complex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Reducer;
use super::runs::is_primary;
use super::whole::merged;
use crate::array::Distributed;
use crate::array::view::check_same_layout;
use crate::comm::{Call, Element};
use crate::error::{Error, Result};
use crate::layout::Axes;
use crate::sum::Reproducible;

/// Pairs of elements handed over at once.
const PIECE: usize = 8192;

/// An element type whose arrays have inner products.
pub trait Dot: Element {
    /// What the products are added in.
    type Sum: Default + Clone + Serialize + DeserializeOwned;

    /// Adds the products of elements at the same place.
    fn add_products(sum: &mut Self::Sum, left: &[Self], right: &[Self]);

    /// Adds another sum.
    fn merge(sum: &mut Self::Sum, other: &Self::Sum);

    /// The sum.
    ///
    /// # Errors
    /// [`Error::Numerical`] when an integer type does not hold it.
    fn finish(sum: &Self::Sum) -> Result<Self>;
}

macro_rules! dot_of_floats {
    ($($float:ty: $rounded:ident),*) => {
        $(impl Dot for $float {
            type Sum = Reproducible;

            fn add_products(sum: &mut Reproducible, left: &[$float], right: &[$float]) {
                sum.add_products(left, right);
            }

            fn merge(sum: &mut Reproducible, other: &Reproducible) {
                sum.merge(other);
            }

            fn finish(sum: &Reproducible) -> Result<$float> {
                Ok(sum.$rounded())
            }
        }

        impl Dot for Complex<$float> {
            type Sum = [Reproducible; 2];

            fn add_products(sum: &mut [Reproducible; 2], left: &[Self], right: &[Self]) {
                let parts = |values: &[Self], sign: $float| -> [Vec<$float>; 2] {
                    let real = values.iter().map(|value| value.re).collect();
                    [real, values.iter().map(|value| value.im * sign).collect()]
                };
                let ([a, b], [c, d]) = (parts(left, 1.0), parts(right, 1.0));
                let minus_b = parts(left, -1.0)[1].clone();
                // (a − ib)(c + id)
                sum[0].add_products(&a, &c);
                sum[0].add_products(&b, &d);
                sum[1].add_products(&a, &d);
                sum[1].add_products(&minus_b, &c);
            }

            fn merge(sum: &mut [Reproducible; 2], other: &[Reproducible; 2]) {
                sum[0].merge(&other[0]);
                sum[1].merge(&other[1]);
            }

            fn finish(sum: &[Reproducible; 2]) -> Result<Self> {
                Ok(Complex::new(sum[0].$rounded(), sum[1].$rounded()))
            }
        })*
    };
}

dot_of_floats!(f32: to_f32, f64: to_f64);

/// A sum of integers of 128 bits, by their upper and lower halves, so that it cannot overflow.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ProductSum {
    high: i128,
    low: i128,
}

macro_rules! dot_of_integers {
    ($($integer:ty),*) => {
        $(impl Dot for $integer {
            type Sum = ProductSum;

            fn add_products(sum: &mut ProductSum, left: &[$integer], right: &[$integer]) {
                for (&left, &right) in left.iter().zip(right) {
                    // Of unsigned numbers of 64 bits the product may need all 128.
                    let (low, high) = match (i128::try_from(left), i128::try_from(right)) {
                        (Ok(left), Ok(right)) => match left.checked_mul(right) {
                            Some(product) => (product as u64, product >> 64),
                            None => {
                                let product = left as u128 * right as u128;
                                (product as u64, (product >> 64) as i128)
                            }
                        },
                        _ => (0, 0),
                    };
                    sum.low += i128::from(low);
                    sum.high += high;
                }
            }

            fn merge(sum: &mut ProductSum, other: &ProductSum) {
                sum.low += other.low;
                sum.high += other.high;
            }

            fn finish(sum: &ProductSum) -> Result<$integer> {
                let whole = sum.high.checked_mul(1 << 64);
                let whole = whole.and_then(|high| high.checked_add(sum.low));
                whole.and_then(|whole| <$integer>::try_from(whole).ok()).ok_or_else(|| {
                    Error::numerical("dot", concat!("the sum does not fit ", stringify!($integer)))
                })
            }
        })*
    };
}

dot_of_integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

/// Merges the ranks' sums.
pub(super) struct OfProducts;

impl<A: Dot> Reducer<A> for OfProducts {
    type State = A::Sum;
    type Output = A;
    const NAME: &'static str = "dot";

    fn start(&self) -> A::Sum {
        A::Sum::default()
    }

    fn add(&self, state: &mut A::Sum, _position: usize, values: &[A]) {
        A::add_products(state, values, values);
    }

    fn merge(&self, state: &mut A::Sum, other: A::Sum) {
        A::merge(state, &other);
    }

    fn finish(&self, state: A::Sum) -> Result<A> {
        A::finish(&state)
    }
}

#[track_caller]
pub(super) fn dot<T, U>(one: &T, other: &U) -> Result<T::Element>
where
    T: Distributed<Element: Dot>,
    U: Distributed<Element = T::Element, Dim = T::Dim>,
{
    let communicator = one.grid().communicator();
    let call = Call::new("dot").array::<T::Element>(one.layout().shape());
    let _call = communicator.enter(call)?;
    // Replicated: both layouts are the same on every rank.
    let (left, right) = ((one.grid(), one.layout()), (other.grid(), other.layout()));
    check_same_layout("dot", left, right)?;
    let mut state = <T::Element as Dot>::Sum::default();
    if is_primary(one) {
        add_all(&mut state, one.local(), other.local());
    }
    merged::<T::Element, _>(communicator, &OfProducts, state)
}

fn add_all<A: Dot, D: Axes>(
    state: &mut A::Sum,
    left: ArrayView<'_, A, D>,
    right: ArrayView<'_, A, D>,
) {
    if let (Some(left), Some(right)) = (left.as_slice(), right.as_slice()) {
        let pieces = left.chunks(PIECE).zip(right.chunks(PIECE));
        return pieces.for_each(|(left, right)| A::add_products(state, left, right));
    }
    let (mut lefts, mut rights) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE));
    for (&left, &right) in left.iter().zip(&right) {
        lefts.push(left);
        rights.push(right);
        if lefts.len() == PIECE {
            A::add_products(state, &lefts, &rights);
            lefts.clear();
            rights.clear();
        }
    }
    A::add_products(state, &lefts, &rights);
}
