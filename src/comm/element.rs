//! What may travel in a buffer.

use bytemuck::CheckedBitPattern;
use mpi::traits::Equivalence;

/// An element of a message or an array: a plain value with an MPI datatype and a default.
///
/// Implemented for every type that has the `mpi` crate's [`Equivalence`] and is plain data: `f32`,
/// `f64`, the integers, `bool`, [`Complex<f32>`](num_complex::Complex) and `Complex<f64>`, and user
/// types that derive it, with `bytemuck`'s [`CheckedBitPattern`]. For enumerations, which cannot, [`element!`](crate::element)
/// implements it.
///
/// MPI moves bytes, and does not ask what they mean: who sends `u8`s to a rank that receives `bool`s may
/// send a 2. Elements for which not every pattern of bits is a value are therefore looked at when they have
/// arrived. What is none becomes the default, and the receiving call returns [`Error::Shape`](crate::Error::Shape).
pub trait Element:
    Equivalence + CheckedBitPattern + Copy + Default + Send + Sync + 'static
{
}

impl<T: Equivalence + CheckedBitPattern + Copy + Default + Send + Sync + 'static> Element for T {}
