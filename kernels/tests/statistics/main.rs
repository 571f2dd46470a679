//! Statistics in several layouts against those of a slice.

mod along_axes;
mod cases;
mod moments;
mod order;
