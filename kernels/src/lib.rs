//! Numerical kernels on partita's distributed arrays.
//!
//! Each kernel is one folder and one method, written twice: `serial`, the plain reference, and
//! `parallel`, which gives the same bits on any number of ranks and any grid.
//!
//! * [`matmul`]: products of distributed matrices.
//! * [`heat`]: the heat equation, explicitly, in one, two and three dimensions.
//! * [`life`]: Conway's game of life on a board that closes on itself.
//! * [`monte_carlo`]: π, and any integral, with error bars.
//! * [`statistics`]: moments, covariance, histograms, quantiles, sorting.
#![deny(unsafe_code)]

pub mod heat;
pub mod life;
pub mod matmul;
pub mod monte_carlo;
pub mod statistics;
