//! Numbers of axes known to the compiler, with their global indices as arrays.

use crate::error::{Error, Result};
use ndarray::{Dimension, Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6};

/// A number of axes, 0 to 6, whose indices are arrays: `Ix2`'s are `[usize; 2]`.
pub trait Axes: Dimension + std::hash::Hash {
    /// An index of this many axes.
    type Index: Copy + std::fmt::Debug + AsRef<[usize]> + AsMut<[usize]>;

    /// A distance of two indices along each of this many axes.
    type Offset: Copy + std::fmt::Debug + AsRef<[isize]> + AsMut<[isize]>;

    /// An index of zeros.
    fn origin() -> Self::Index;

    /// No distance along any axis.
    fn no_offset() -> Self::Offset;

    /// A shape that is known at run time only.
    ///
    /// # Errors
    /// [`Error::Shape`] when it has another number of axes.
    fn from_slice(shape: &[usize]) -> Result<Self> {
        let mut dimension = Self::zeros(Self::origin().as_ref().len());
        if dimension.ndim() != shape.len() {
            let detail = format!("{shape:?} has not {} axes", dimension.ndim());
            return Err(Error::shape("shape", detail));
        }
        dimension.slice_mut().copy_from_slice(shape);
        Ok(dimension)
    }
}

macro_rules! axes {
    ($($dimension:ty: $count:literal),*) => {
        $(impl Axes for $dimension {
            type Index = [usize; $count];

            type Offset = [isize; $count];

            fn origin() -> Self::Index {
                [0; $count]
            }

            fn no_offset() -> Self::Offset {
                [0; $count]
            }
        })*
    };
}

axes!(Ix0: 0, Ix1: 1, Ix2: 2, Ix3: 3, Ix4: 4, Ix5: 5, Ix6: 6);
