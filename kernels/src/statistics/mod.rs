//! Statistics of distributed arrays: the same bits for any number of ranks, grid and layout.
//!
//! | | |
//! |---|---|
//! | [`moments`], [`Moments`] | number, mean, variance and standard deviation, in one pass |
//! | [`shape`] | skewness and kurtosis |
//! | [`covariance`], [`correlation`] | matrices, of columns |
//! | [`histogram`], [`weighted_histogram`] | how many elements between edges |
//! | [`select`], [`quantiles`], [`median`] | elements by their rank in order, exactly |
//! | [`top`] | the largest elements, and where they are |
//! | [`cumulative_sum`] | the sums up to each element |
//! | [`sort`], [`sort_by_key`], [`unique`] | the elements in order |
//!
//! [`serial`] has all of them for a slice on one rank, in a few plain lines each.
//!
//! # NaN
//! A NaN among the elements makes moments, medians and quantiles NaN. Histograms count NaNs apart, [`top`] passes over them,
//! and in [`sort`] they stand at the ends, by their sign.

mod covariance;
mod cumulative;
mod histogram;
mod moments;
mod quantile;
pub mod serial;
mod shape;
mod sort;
mod top;
mod unique;

pub use covariance::{correlation, covariance};
pub use cumulative::cumulative_sum;
pub use histogram::{Histogram, HistogramOf, edges, histogram, weighted_histogram};
pub use moments::{Mean, Moments, Spread, Variance, moments};
pub use quantile::{median, quantiles, select};
pub use shape::{CentralMoments, Shape, shape};
pub use sort::{sort, sort_by_key};
pub use top::{Top, top};
pub use unique::unique;
