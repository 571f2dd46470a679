//! Statistics of distributed arrays and views: the same bits for any number of ranks, grid and layout.
//!
//! | of all elements | along an axis | |
//! |---|---|---|
//! | [`mean`], [`mean_exact`] | [`mean_axis`], [`mean_exact_axis`] | Σx/n, of the reproducible or the exact sum, rounded once |
//! | [`moments`], [`Moments`] | [`variance_axis`], [`standard_deviation_axis`] | number, mean, variance and standard deviation, in one pass |
//! | [`shape`] | [`skewness_axis`], [`kurtosis_axis`] | skewness and kurtosis |
//! | [`covariance`], [`correlation`] | | matrices, of columns |
//! | [`histogram`], [`weighted_histogram`] | [`histogram_axis`], [`weighted_histogram_axis`] | how many elements between edges |
//! | [`select`], [`quantiles`], [`median`] | [`quantiles_axis`], [`median_axis`] | elements by their rank in order, exactly |
//! | [`top`] | [`top_axis`] | the largest elements, and where they are |
//! | [`cumulative_sum`] | [`cumulative_sum_axis`] | the sums up to each element |
//! | [`sort`], [`sort_by_key`] | [`sort_axis`] | the elements in order |
//! | [`unique`] | [`unique_axis`] | the different elements, and how often each is there |
//!
//! Means, moments, covariances and histograms are of elements that an `f64` holds as they are; arrays of `i64`, `u64` or
//! `usize` are first [`cast`](partita::DistArray::cast) to `f64`, or by [`try_cast`](partita::DistArray::try_cast), which
//! refuses what is not a number of that type.
//!
//! Sums, norms, extremes, counts and digests are [`Reductions`](partita::Reductions). [`serial`] has all of them for a slice
//! on one rank, in a few plain lines each.
//!
//! NaNs are treated as [`partita::reduce`] says. The forms `nan_…` pass over them, and so does
//! [`SkipNan`](partita::reduce::SkipNan) around [`Mean`], [`Moments`], [`Variance`] or [`Histogram`].

mod covariance;
mod cumulative;
mod histogram;
mod mean;
mod moments;
mod quantile;
mod select;
pub mod serial;
mod shape;
mod sort;
mod top;
mod unique;

use partita::Distributed;

pub use covariance::{correlation, covariance};
pub use cumulative::{cumulative_sum, cumulative_sum_axis};
pub use histogram::{
    Histogram, HistogramOf, edges, histogram, histogram_axis, weighted_histogram,
    weighted_histogram_axis,
};
pub use mean::{
    Mean, MeanExact, mean, mean_axis, mean_exact, mean_exact_axis, nan_mean, nan_mean_axis,
};
pub use moments::{
    Moments, Spread, StandardDeviation, Variance, moments, nan_moments,
    nan_standard_deviation_axis, nan_variance_axis, standard_deviation_axis, variance_axis,
};
pub use quantile::{
    median, median_axis, nan_median, nan_median_axis, nan_quantiles, nan_quantiles_axis, quantiles,
    quantiles_axis,
};
pub use select::select;
pub use shape::{CentralMoments, Shape, kurtosis_axis, shape, skewness_axis};
pub use sort::{sort, sort_axis, sort_by_key};
pub use top::{Top, top, top_axis};
pub use unique::{unique, unique_axis};

/// The number of elements.
fn length<T: Distributed>(array: &T) -> usize {
    array.layout().shape().iter().product()
}
