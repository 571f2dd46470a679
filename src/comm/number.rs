//! Elements of memory that MPI writes from outside: of a window, of a file.

use num_complex::Complex;
use num_traits::PrimInt;

use super::Element;

/// An element of which every pattern of bits is a value, and which has no padding: what another rank or
/// another program left in memory or in a file can be read as one, whatever it is.
///
/// Implemented for the integers, `f32`, `f64` and their [`Complex`]; not for `bool`.
pub trait Number: Element + private::Sealed {}

/// A [`Number`] that can be compared and swapped in one step: an integer.
pub trait Integer: Number + PrimInt {}

mod private {
    pub trait Sealed {}
}

macro_rules! numbers {
    ($kind:ident: $($number:ty),*) => {
        $(numbers!(@ $kind $number);)*
    };
    (@ number $number:ty) => {
        impl private::Sealed for $number {}
        impl Number for $number {}
    };
    (@ integer $number:ty) => {
        numbers!(@ number $number);
        impl Integer for $number {}
    };
}

numbers!(number: f32, f64, Complex<f32>, Complex<f64>);
numbers!(integer: i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);
