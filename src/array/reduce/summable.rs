//! What can be added up, and what holds the sums.

use num_complex::Complex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::comm::Element;
use crate::error::{Error, Result};
use crate::sum::{Exact, Reproducible, fast};

/// An element type whose arrays have sums.
pub trait Summable: Element {
    /// What [`sum`](super::Reductions::sum) adds in.
    type Reproducible: Accumulator<Self>;
    /// What [`sum_exact`](super::Reductions::sum_exact) adds in.
    type Exact: Accumulator<Self>;
    /// What [`sum_fast`](super::Reductions::sum_fast) adds in.
    type Fast: Accumulator<Self>;
}

/// A sum that is being made.
pub trait Accumulator<A>: Default + Clone + Serialize + DeserializeOwned {
    /// Adds elements.
    fn add(&mut self, values: &[A]);

    /// Adds another sum.
    fn merge(&mut self, other: &Self);

    /// The sum.
    ///
    /// # Errors
    /// [`Error::Numerical`] when an integer type does not hold it.
    fn finish(&self) -> Result<A>;
}

/// A plain sum.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Plain(f64);

impl Plain {
    fn add<A: Copy + Into<f64>>(&mut self, values: &[A]) {
        self.0 += fast(values);
    }

    fn merge(&mut self, other: &Self) {
        self.0 += other.0;
    }

    fn to_f64(&self) -> f64 {
        self.0
    }

    fn to_f32(&self) -> f32 {
        self.0 as f32
    }
}

macro_rules! float_sums {
    ($float:ty, $rounded:ident: $($sum:ty),*) => {
        $(impl Accumulator<$float> for $sum {
            fn add(&mut self, values: &[$float]) {
                <$sum>::add(self, values);
            }

            fn merge(&mut self, other: &Self) {
                <$sum>::merge(self, other);
            }

            fn finish(&self) -> Result<$float> {
                Ok(self.$rounded())
            }
        })*

        impl Summable for $float {
            type Reproducible = Reproducible;
            type Exact = Exact;
            type Fast = Plain;
        }

        impl Summable for Complex<$float> {
            type Reproducible = ComplexSum<Reproducible>;
            type Exact = ComplexSum<Exact>;
            type Fast = ComplexSum<Plain>;
        }
    };
}

float_sums!(f64, to_f64: Reproducible, Exact, Plain);
float_sums!(f32, to_f32: Reproducible, Exact, Plain);

/// The sums of the real and of the imaginary parts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ComplexSum<Sum> {
    real: Sum,
    imaginary: Sum,
}

impl<Part, Sum> Accumulator<Complex<Part>> for ComplexSum<Sum>
where
    Part: Copy,
    Sum: Accumulator<Part>,
{
    fn add(&mut self, values: &[Complex<Part>]) {
        // Parts of complex numbers lie alternately in memory: they are sorted out by pieces.
        for piece in values.chunks(2048) {
            let real: Vec<Part> = piece.iter().map(|value| value.re).collect();
            let imaginary: Vec<Part> = piece.iter().map(|value| value.im).collect();
            self.real.add(&real);
            self.imaginary.add(&imaginary);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.real.merge(&other.real);
        self.imaginary.merge(&other.imaginary);
    }

    fn finish(&self) -> Result<Complex<Part>> {
        Ok(Complex::new(self.real.finish()?, self.imaginary.finish()?))
    }
}

/// A sum of integers, in 128 bits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct IntegerSum(pub(super) i128);

macro_rules! integer_sums {
    ($($integer:ty),*) => {
        $(impl Accumulator<$integer> for IntegerSum {
            fn add(&mut self, values: &[$integer]) {
                const HALF: u32 = <$integer>::BITS / 2;
                const LOW: $integer = (1 << HALF) - 1;
                // The halves of so many fit 64 bits, in which machines add several at once.
                for piece in values.chunks(1 << 30) {
                    let (mut high, mut low) = (0i64, 0i64);
                    for &value in piece {
                        high += (value >> HALF) as i64;
                        low += (value & LOW) as i64;
                    }
                    self.0 += (i128::from(high) << HALF) + i128::from(low);
                }
            }

            fn merge(&mut self, other: &Self) {
                self.0 += other.0;
            }

            fn finish(&self) -> Result<$integer> {
                <$integer>::try_from(self.0).map_err(|_| {
                    let name = stringify!($integer);
                    Error::numerical("sum", format!("{} does not fit {name}", self.0))
                })
            }
        }

        impl Summable for $integer {
            type Reproducible = IntegerSum;
            type Exact = IntegerSum;
            type Fast = IntegerSum;
        })*
    };
}

integer_sums!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);
