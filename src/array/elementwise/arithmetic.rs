//! `+ - * / %` between arrays of one layout, and with scalars.
//!
//! Between two arrays they give a [`Result`], because layouts may differ: `(&a + &b)?`. With a scalar
//! nothing can go wrong, and they give the array: `2.0 * &a`. What changes an array by another one is a
//! method, `a.add_assign(&b)?`, because `+=` has no place for an error; `a += 2.0` is there. Views take part: of
//! `&a.slice(s![1.., ..])?` as of an array, and what `a.slice_mut(s![1.., ..])?` shows is changed through it.

use std::ops::{
    Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign,
};

use num_complex::Complex;

use super::{zip, zip_inplace};
use crate::array::DistArray;
use crate::array::view::{DistView, DistViewMut, Distributed};
use crate::comm::Element;
use crate::error::Result;
use crate::layout::Axes;

macro_rules! operators {
    ($($Operator:ident $operator:ident $Assign:ident $assign:ident $verb:literal;)*) => {$(
        operators!(@ $Operator $operator: &DistArray<A, D>, &DistArray<A, D>);
        operators!(@ $Operator $operator: &DistArray<A, D>, &DistView<'_, A, D>);
        operators!(@ $Operator $operator: &DistView<'_, A, D>, &DistArray<A, D>);
        operators!(@ $Operator $operator: &DistView<'_, A, D>, &DistView<'_, A, D>);

        impl<A: Element + $Operator<Output = A>, D: Axes> $Operator<A> for &DistArray<A, D> {
            type Output = DistArray<A, D>;

            fn $operator(self, scalar: A) -> DistArray<A, D> {
                self.map(|value| value.$operator(scalar))
            }
        }

        impl<A: Element + $Operator<Output = A>, D: Axes> $Operator<A> for &DistView<'_, A, D> {
            type Output = DistArray<A, D>;

            fn $operator(self, scalar: A) -> DistArray<A, D> {
                self.map(|value| value.$operator(scalar))
            }
        }

        impl<A: Element + $Operator<Output = A>, D: Axes> $Operator<A> for DistArray<A, D> {
            type Output = DistArray<A, D>;

            fn $operator(mut self, scalar: A) -> DistArray<A, D> {
                self.map_inplace(|value| value.$operator(scalar));
                self
            }
        }

        impl<A: Element + $Operator<Output = A>, D: Axes> $Assign<A> for DistArray<A, D> {
            fn $assign(&mut self, scalar: A) {
                self.map_inplace(|value| value.$operator(scalar));
            }
        }

        impl<A: Element + $Operator<Output = A>, D: Axes> DistArray<A, D> {
            #[doc = concat!($verb, " each element that of `other` at the same index. *Local.*")]
            ///
            /// # Errors
            /// As [`zip_with`](Self::zip_with).
            pub fn $assign(&mut self, other: &impl Distributed<Element = A, Dim = D>) -> Result<()> {
                self.view_mut().$assign(other)
            }
        }

        impl<A: Element + $Operator<Output = A>, D: Axes> $Assign<A> for DistViewMut<'_, A, D> {
            fn $assign(&mut self, scalar: A) {
                self.map_inplace(|value| value.$operator(scalar));
            }
        }

        impl<A: Element + $Operator<Output = A>, D: Axes> DistViewMut<'_, A, D> {
            #[doc = concat!($verb, " each element that of `other` at the same index. *Local.*")]
            ///
            /// # Errors
            /// As [`DistArray::zip_with`].
            pub fn $assign(&mut self, other: &impl Distributed<Element = A, Dim = D>) -> Result<()> {
                zip_inplace(stringify!($assign), self, other, |a, b| a.$operator(b))
            }
        }
    )*};
    (@ $Operator:ident $operator:ident: $Left:ty, $Right:ty) => {
        impl<A: Element + $Operator<Output = A>, D: Axes> $Operator<$Right> for $Left {
            type Output = Result<DistArray<A, D>>;

            fn $operator(self, other: $Right) -> Result<DistArray<A, D>> {
                zip(stringify!($operator), self, other, |a, b| a.$operator(b))
            }
        }
    };
}

operators! {
    Add add AddAssign add_assign "Adds to";
    Sub sub SubAssign sub_assign "Subtracts from";
    Mul mul MulAssign mul_assign "Multiplies";
    Div div DivAssign div_assign "Divides";
    Rem rem RemAssign rem_assign "Replaces by its remainder on division";
}

impl<A: Element + Neg<Output = A>, D: Axes> Neg for &DistArray<A, D> {
    type Output = DistArray<A, D>;

    fn neg(self) -> DistArray<A, D> {
        self.map(|value| -value)
    }
}

impl<A: Element + Neg<Output = A>, D: Axes> Neg for &DistView<'_, A, D> {
    type Output = DistArray<A, D>;

    fn neg(self) -> DistArray<A, D> {
        self.map(|value| -value)
    }
}

/// Scalars on the left, of which there can be only known ones.
macro_rules! scalars {
    ($($scalar:ty),*) => {$(
        scalars!(@ $scalar: Add add, Sub sub, Mul mul, Div div, Rem rem);
    )*};
    (@ $scalar:ty: $($Operator:ident $operator:ident),*) => {$(
        impl<D: Axes> $Operator<&DistArray<$scalar, D>> for $scalar {
            type Output = DistArray<$scalar, D>;

            fn $operator(self, array: &DistArray<$scalar, D>) -> DistArray<$scalar, D> {
                array.map(|value| self.$operator(value))
            }
        }

        impl<D: Axes> $Operator<&DistView<'_, $scalar, D>> for $scalar {
            type Output = DistArray<$scalar, D>;

            fn $operator(self, view: &DistView<'_, $scalar, D>) -> DistArray<$scalar, D> {
                view.map(|value| self.$operator(value))
            }
        }

        impl<D: Axes> $Operator<DistArray<$scalar, D>> for $scalar {
            type Output = DistArray<$scalar, D>;

            fn $operator(self, mut array: DistArray<$scalar, D>) -> DistArray<$scalar, D> {
                array.map_inplace(|value| self.$operator(value));
                array
            }
        }
    )*};
}

scalars!(f32, f64, Complex<f32>, Complex<f64>);
scalars!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);
