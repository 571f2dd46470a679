//! Norms.

use num_complex::Complex;

use super::Reducer;
use crate::comm::Element;
use crate::error::Result;
use crate::sum::{Reproducible, Squares};

/// An element type whose arrays have norms.
pub trait Normed: Element {
    /// Appends the magnitudes.
    fn magnitudes(values: &[Self], into: &mut Vec<f64>);

    /// Adds the squares of the magnitudes.
    fn add_squares(values: &[Self], squares: &mut Squares);
}

macro_rules! normed {
    ($($float:ty),*) => {
        $(impl Normed for $float {
            fn magnitudes(values: &[Self], into: &mut Vec<f64>) {
                into.extend(values.iter().map(|&value| f64::from(value).abs()));
            }

            fn add_squares(values: &[Self], squares: &mut Squares) {
                squares.add(values);
            }
        }

        impl Normed for Complex<$float> {
            fn magnitudes(values: &[Self], into: &mut Vec<f64>) {
                into.extend(values.iter().map(|value| f64::from(value.re).hypot(value.im.into())));
            }

            fn add_squares(values: &[Self], squares: &mut Squares) {
                for piece in values.chunks(PIECE) {
                    let parts: Vec<$float> = piece.iter().flat_map(|value| [value.re, value.im]).collect();
                    squares.add(&parts);
                }
            }
        })*
    };
}

normed!(f32, f64);

/// Elements that are turned into doubles at once.
const PIECE: usize = 2048;

/// [`norm1`](super::Reductions::norm1) as a [`Reducer`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Norm1;

impl<A: Normed> Reducer<A> for Norm1 {
    type State = Reproducible;
    type Output = f64;
    const NAME: &'static str = "norm1";

    fn start(&self) -> Reproducible {
        Reproducible::default()
    }

    fn add(&self, state: &mut Reproducible, _position: usize, values: &[A]) {
        let mut magnitudes = Vec::with_capacity(PIECE);
        for piece in values.chunks(PIECE) {
            magnitudes.clear();
            A::magnitudes(piece, &mut magnitudes);
            state.add(&magnitudes);
        }
    }

    fn merge(&self, state: &mut Reproducible, other: Reproducible) {
        state.merge(&other);
    }

    fn finish(&self, state: Reproducible) -> Result<f64> {
        Ok(state.to_f64())
    }
}

/// [`norm2`](super::Reductions::norm2) as a [`Reducer`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Norm2;

impl<A: Normed> Reducer<A> for Norm2 {
    type State = Squares;
    type Output = f64;
    const NAME: &'static str = "norm2";

    fn start(&self) -> Squares {
        Squares::default()
    }

    fn add(&self, state: &mut Squares, _position: usize, values: &[A]) {
        A::add_squares(values, state);
    }

    fn merge(&self, state: &mut Squares, other: Squares) {
        state.merge(&other);
    }

    fn finish(&self, state: Squares) -> Result<f64> {
        Ok(state.norm())
    }
}

/// [`norm_inf`](super::Reductions::norm_inf) as a [`Reducer`].
#[derive(Debug, Clone, Copy, Default)]
pub struct NormInf;

impl<A: Normed> Reducer<A> for NormInf {
    type State = f64;
    type Output = f64;
    const NAME: &'static str = "norm_inf";

    fn start(&self) -> f64 {
        0.0
    }

    fn add(&self, state: &mut f64, _position: usize, values: &[A]) {
        let mut magnitudes = Vec::with_capacity(values.len());
        A::magnitudes(values, &mut magnitudes);
        *state = magnitudes.into_iter().fold(*state, larger);
    }

    fn merge(&self, state: &mut f64, other: f64) {
        *state = larger(*state, other);
    }

    fn finish(&self, state: f64) -> Result<f64> {
        Ok(state)
    }
}

/// The larger one; a NaN if there is one.
fn larger(one: f64, other: f64) -> f64 {
    if one.is_nan() || other.is_nan() {
        f64::NAN
    } else if other > one {
        other
    } else {
        one
    }
}
