//! Values of every element type.

use std::fmt::Debug;

use num_complex::Complex;
use partita::Element;

/// An element type with values to tell apart.
pub trait Sample: Element + PartialEq + Debug {
    /// Some value for each number; near numbers give different values where the type has room.
    fn sample(number: usize) -> Self;
}

macro_rules! samples {
    ($($element:ty: $number:ident => $value:expr;)*) => {
        $(impl Sample for $element {
            fn sample($number: usize) -> Self {
                $value
            }
        })*
    };
}

samples! {
    f32: number => number as f32 * 0.25 - 3.0;
    f64: number => number as f64 * 0.1 - 3.0;
    i8: number => number as i8;
    i16: number => (number as i16).wrapping_mul(257);
    i32: number => (number as i32).wrapping_mul(65_537) - 5;
    i64: number => number as i64 - (1 << 40);
    isize: number => number as isize - (1 << 41);
    u8: number => number as u8;
    u16: number => (number as u16).wrapping_mul(257);
    u32: number => (number as u32).wrapping_mul(65_537);
    u64: number => number as u64 + (1 << 63);
    usize: number => number + (1 << 62);
    bool: number => number.count_ones() % 2 == 1;
    Complex<f32>: number => Complex::new(number as f32, -0.5);
    Complex<f64>: number => Complex::new(0.5, number as f64 + 0.1);
}

/// Calls a function that is generic over [`Sample`] with every element type, and hands on its error.
#[macro_export]
macro_rules! with_every_element_type {
    ($check:ident($($argument:expr),*)) => {{
        $check::<bool>($($argument),*)?;
        $crate::with_every_number!($check($($argument),*));
    }};
}

/// The same for numbers only.
#[macro_export]
macro_rules! with_every_number {
    ($check:ident($($argument:expr),*)) => {{
        $check::<f32>($($argument),*)?;
        $check::<f64>($($argument),*)?;
        $check::<i8>($($argument),*)?;
        $check::<i16>($($argument),*)?;
        $check::<i32>($($argument),*)?;
        $check::<i64>($($argument),*)?;
        $check::<isize>($($argument),*)?;
        $check::<u8>($($argument),*)?;
        $check::<u16>($($argument),*)?;
        $check::<u32>($($argument),*)?;
        $check::<u64>($($argument),*)?;
        $check::<usize>($($argument),*)?;
        $check::<num_complex::Complex<f32>>($($argument),*)?;
        $check::<num_complex::Complex<f64>>($($argument),*)?;
    }};
}

/// What rank `from` has for rank `to`, told apart from every other part.
pub fn part<A: Sample>(from: usize, to: usize, length: usize) -> Vec<A> {
    (0..length)
        .map(|place| A::sample(1000 * from + 100 * to + place))
        .collect()
}
