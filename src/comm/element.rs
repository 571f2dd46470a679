//! What may travel in a buffer.

use mpi::traits::Equivalence;

/// An element of a message or an array: a plain value with an MPI datatype and a default.
///
/// Implemented for every type that has the `mpi` crate's [`Equivalence`] and is plain data: `f32`,
/// `f64`, the integers, `bool`, [`Complex<f32>`](num_complex::Complex) and `Complex<f64>`, and user
/// types that derive it.
pub trait Element: Equivalence + Copy + Default + Send + Sync + 'static {}

impl<T: Equivalence + Copy + Default + Send + Sync + 'static> Element for T {}
