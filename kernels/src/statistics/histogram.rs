//! Histograms.

use num_complex::Complex;
use partita::layout::Axes;
use partita::reduce::{Along, Reducer};
use partita::sum::Reproducible;
use partita::{DistArray, Distributed, Element, Error, Lines, Reductions, Result};
use serde::{Deserialize, Serialize};

/// `count` bins of one width from `low` to `high`, by their `count` + 1 edges. *Local.*
///
/// # Errors
/// [`Error::Usage`], on every rank, unless low < high, both are finite, and there is a bin.
pub fn edges(low: f64, high: f64, count: usize) -> Result<Vec<f64>> {
    if !(low.is_finite() && high.is_finite() && low < high && count > 0) {
        return Err(Error::usage(format!(
            "histogram: no {count} bins from {low} to {high}"
        )));
    }
    let edge = |place: usize| low + (high - low) * (place as f64 / count as f64);
    Ok((0..count).map(edge).chain([high]).collect())
}

/// Counts elements between edges, as a [`Reducer`].
#[derive(Debug, Clone)]
pub struct Histogram {
    edges: Vec<f64>,
}

impl Histogram {
    /// The bins between these edges; an element on an edge belongs to the upper bin, on the last edge to the last bin.
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, unless there are two edges or more, and they ascend.
    pub fn new(edges: &[f64]) -> Result<Self> {
        if edges.len() < 2 || !edges.is_sorted_by(|one, other| one < other) {
            let detail = "histogram: the edges must ascend, two of them at least";
            return Err(Error::usage(detail));
        }
        Ok(Histogram {
            edges: edges.to_vec(),
        })
    }

    /// The slot of a value: 0 below all edges, then the bins, then above, then NaN.
    fn slot(&self, value: f64) -> usize {
        let bins = self.edges.len() - 1;
        if value.is_nan() {
            return bins + 2;
        }
        if value == self.edges[bins] {
            return bins;
        }
        self.edges.partition_point(|&edge| edge <= value)
    }

    fn sorted_out<T: Default>(&self, mut slots: Vec<T>) -> HistogramOf<T> {
        let (not_a_number, above) = (slots.pop(), slots.pop());
        let below = slots.remove(0);
        HistogramOf {
            bins: slots,
            below,
            above: above.unwrap_or_default(),
            not_a_number: not_a_number.unwrap_or_default(),
        }
    }
}

/// What is in each bin, and beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistogramOf<T> {
    /// The bins in order.
    pub bins: Vec<T>,
    /// Below the first edge.
    pub below: T,
    /// Above the last edge.
    pub above: T,
    /// NaNs.
    pub not_a_number: T,
}

impl<A: Copy + Into<f64>> Reducer<A> for Histogram {
    type State = Vec<u64>;
    type Output = HistogramOf<u64>;
    const NAME: &'static str = "histogram";

    fn start(&self) -> Vec<u64> {
        vec![0; self.edges.len() + 2]
    }

    fn add(&self, state: &mut Vec<u64>, _position: usize, values: &[A]) {
        for &value in values {
            state[self.slot(value.into())] += 1;
        }
    }

    fn merge(&self, state: &mut Vec<u64>, other: Vec<u64>) {
        for (count, other) in state.iter_mut().zip(other) {
            *count += other;
        }
    }

    fn finish(&self, state: Vec<u64>) -> Result<HistogramOf<u64>> {
        Ok(self.sorted_out(state))
    }
}

/// Adds the weights of elements between edges; an element and its weight travel as a complex number.
struct Weighted(Histogram);

impl Reducer<Complex<f64>> for Weighted {
    type State = Vec<Reproducible>;
    type Output = HistogramOf<f64>;
    const NAME: &'static str = "weighted histogram";

    fn start(&self) -> Vec<Reproducible> {
        vec![Reproducible::default(); self.0.edges.len() + 2]
    }

    fn add(&self, state: &mut Vec<Reproducible>, _position: usize, values: &[Complex<f64>]) {
        let mut weights: Vec<Vec<f64>> = vec![vec![]; state.len()];
        for value in values {
            weights[self.0.slot(value.re)].push(value.im);
        }
        for (sum, weights) in state.iter_mut().zip(weights) {
            sum.add(&weights);
        }
    }

    fn merge(&self, state: &mut Vec<Reproducible>, other: Vec<Reproducible>) {
        for (sum, other) in state.iter_mut().zip(&other) {
            sum.merge(other);
        }
    }

    fn finish(&self, state: Vec<Reproducible>) -> Result<HistogramOf<f64>> {
        Ok(self
            .0
            .sorted_out(state.iter().map(Reproducible::to_f64).collect()))
    }
}

/// How many elements are between the edges. *Collective.*
///
/// # Cost
/// One pass over the part, with a binary search an element; one all-reduce of the counts.
///
/// # Errors
/// [`Error::Usage`], on every rank, unless there are two edges or more, and they ascend.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// use partita_kernels::statistics::{edges, histogram};
/// let counts = histogram(u, &edges(0.0, 1.0, 100)?)?.bins;
/// # Ok(()) }
/// ```
#[track_caller]
pub fn histogram<T>(array: &T, edges: &[f64]) -> Result<HistogramOf<u64>>
where
    T: Distributed<Element: Into<f64>>,
{
    array.reduce_by(&Histogram::new(edges)?)
}

/// How many elements of each line along an axis are between the edges: an array whose axis has the bins, without what
/// is beside them. *Collective.*
///
/// # Cost
/// As [`Lines::map_lines`].
///
/// # Errors
/// As there, and as [`histogram`].
#[track_caller]
pub fn histogram_axis<T>(array: &T, axis: usize, edges: &[f64]) -> Result<DistArray<u64, T::Dim>>
where
    T: Distributed<Element: Into<f64>, Dim: Along>,
{
    let histogram = Histogram::new(edges)?;
    array.map_lines(axis, edges.len() - 1, |line| {
        Ok(histogram.of_slice(line)?.bins)
    })
}

/// The sums of the weights of the elements between the edges, each as [`sum`](Reductions::sum). *Collective.*
///
/// # Shapes
/// Elements and weights have one shape, and each rank the same part of both.
///
/// # Cost
/// As [`histogram`], and a copy of elements and weights.
///
/// # Errors
/// As [`histogram`]; [`Error::Shape`], on every rank, when the layouts differ.
#[track_caller]
pub fn weighted_histogram<A, D>(
    array: &DistArray<A, D>,
    weights: &DistArray<f64, D>,
    edges: &[f64],
) -> Result<HistogramOf<f64>>
where
    A: Element + Into<f64>,
    D: Axes,
{
    let weighted = Weighted(Histogram::new(edges)?);
    with_weights(array, weights)?.reduce_by(&weighted)
}

/// [`weighted_histogram`] of each line along an axis: an array whose axis has the bins, without what is beside them.
/// *Collective.*
///
/// # Cost
/// As [`Lines::map_lines`], and a copy of elements and weights.
///
/// # Errors
/// As either.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>, w: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// use partita_kernels::statistics::{edges, weighted_histogram_axis};
/// let of_rows = weighted_histogram_axis(u, w, 1, &edges(0.0, 1.0, 100)?)?; // 100 sums a row
/// # Ok(()) }
/// ```
#[track_caller]
pub fn weighted_histogram_axis<A, D>(
    array: &DistArray<A, D>,
    weights: &DistArray<f64, D>,
    axis: usize,
    edges: &[f64],
) -> Result<DistArray<f64, D>>
where
    A: Element + Into<f64>,
    D: Along,
{
    let weighted = Weighted(Histogram::new(edges)?);
    with_weights(array, weights)?.map_lines(axis, edges.len() - 1, |line| {
        Ok(weighted.of_slice(line)?.bins)
    })
}

/// Elements and their weights, as they travel.
#[track_caller]
fn with_weights<A, D>(
    array: &DistArray<A, D>,
    weights: &DistArray<f64, D>,
) -> Result<DistArray<Complex<f64>, D>>
where
    A: Element + Into<f64>,
    D: Axes,
{
    array.zip_with(weights, |value, weight| Complex::new(value.into(), weight))
}
