//! Elements by their rank in order, found without sorting.

use num_traits::ToPrimitive;
use partita::layout::Axes;
use partita::reduce::{Count, Ordered};
use partita::{DistArray, Error, Operation, Result};

/// Bits of the elements' order that each round finds out.
const BITS: u32 = 8;
const SLOTS: usize = 1 << BITS;

/// The elements at these places in ascending order (of floating-point numbers IEEE 754's total order). *Collective.*
///
/// # Cost
/// Eight rounds, each with a pass over those elements that may still be it and one all-reduce of 2 KiB for each place.
///
/// # Errors
/// [`Error::Shape`], on every rank, when a place is not below the number of elements.
///
/// # Source
/// Selection by radix: D. E. Knuth, *The Art of Computer Programming*, vol. 3, 2nd ed. (1998), sections 5.2.5 and 5.3.3.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// use partita_kernels::statistics::select;
/// let extremes = select(u, &[0, u.len() - 1])?;
/// # Ok(()) }
/// ```
#[track_caller]
pub fn select<A: Ordered, D: Axes>(array: &DistArray<A, D>, places: &[usize]) -> Result<Vec<A>> {
    // Replicated: shape and places are the same on every rank.
    if let Some(place) = places.iter().find(|&&place| place >= array.len()) {
        let detail = format!("there is no place {place} among {} elements", array.len());
        return Err(Error::shape("select", detail));
    }
    let communicator = array.communicator();
    let mut own = Vec::new();
    if array.layout().is_primary(communicator.rank()) {
        own.extend(array.local().iter().map(|value| value.place()));
    }
    let mut searches: Vec<Search> = places
        .iter()
        .map(|&place| Search::new(place, &own))
        .collect();
    drop(own);
    for round in 0..u64::BITS / BITS {
        let shift = u64::BITS - BITS * (round + 1);
        let counts: Vec<u64> = searches
            .iter()
            .flat_map(|search| search.counts(shift))
            .collect();
        let counts = communicator.all_reduce(&counts, Operation::Sum)?;
        for (search, counts) in searches.iter_mut().zip(counts.chunks(SLOTS)) {
            search.narrow(shift, counts);
        }
    }
    Ok(searches
        .into_iter()
        .map(|search| A::from_place(search.prefix))
        .collect())
}

/// What is known of the element at one place.
struct Search {
    /// How many of the candidates are before it.
    before: u64,
    /// The elements of this rank that it can be.
    candidates: Vec<u64>,
    /// Its first bits.
    prefix: u64,
}

impl Search {
    fn new(place: usize, own: &[u64]) -> Self {
        Search {
            before: place as u64,
            candidates: own.to_vec(),
            prefix: 0,
        }
    }

    /// How many candidates have each pattern of the next bits.
    fn counts(&self, shift: u32) -> [u64; SLOTS] {
        let mut counts = [0; SLOTS];
        for candidate in &self.candidates {
            counts[slot(*candidate, shift)] += 1;
        }
        counts
    }

    /// Chooses the next bits by the counts of all ranks.
    fn narrow(&mut self, shift: u32, counts: &[u64]) {
        let mut chosen = 0;
        for (pattern, &count) in counts.iter().enumerate() {
            chosen = pattern;
            if self.before < count {
                break;
            }
            self.before -= count;
        }
        self.candidates
            .retain(|&candidate| slot(candidate, shift) == chosen);
        self.prefix |= (chosen as u64) << shift;
    }
}

fn slot(candidate: u64, shift: u32) -> usize {
    (candidate >> shift) as usize % SLOTS
}

/// The quantiles of these probabilities, in f64: between the two elements next to (n − 1)p linearly, as numpy's and R's
/// default. *Collective.*
///
/// All of them are NaN if an element is.
///
/// # Cost
/// As [`select`] of two places a quantile, and a pass that looks for NaNs.
///
/// # Errors
/// The same on every rank: [`Error::Usage`] unless all probabilities are in 0..=1, [`Error::Shape`] when there
/// are no elements.
///
/// # Source
/// Definition 7 of R. J. Hyndman and Y. Fan, *Sample quantiles in statistical packages*, The American Statistician 50
/// (1996) 361–365.
///
/// ```no_run
/// # fn example(u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// let quartiles = partita_kernels::statistics::quantiles(u, &[0.25, 0.5, 0.75])?;
/// # Ok(()) }
/// ```
#[track_caller]
pub fn quantiles<A, D>(array: &DistArray<A, D>, probabilities: &[f64]) -> Result<Vec<f64>>
where
    A: Ordered + ToPrimitive,
    D: Axes,
{
    // Replicated, as all that follows.
    if let Some(wrong) = probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(Error::usage(format!(
            "quantiles: {wrong} is no probability"
        )));
    }
    if array.is_empty() {
        return Err(Error::shape("quantiles", "there are no elements"));
    }
    if A::HAS_NAN && array.reduce_by(&Count(|value: A| value.is_nan()))? > 0 {
        return Ok(vec![f64::NAN; probabilities.len()]);
    }
    let steps: Vec<Step> = probabilities
        .iter()
        .map(|&p| Step::of(p, array.len()))
        .collect();
    let places: Vec<usize> = steps
        .iter()
        .flat_map(|step| [step.below, step.above])
        .collect();
    let elements = select(array, &places)?;
    let pairs = elements.as_chunks::<2>().0.iter();
    Ok(steps
        .iter()
        .zip(pairs)
        .map(|(step, pair)| step.between(pair))
        .collect())
}

/// Where a quantile is among the elements in order.
pub(super) struct Step {
    pub below: usize,
    pub above: usize,
    share: f64,
}

impl Step {
    pub(super) fn of(probability: f64, length: usize) -> Self {
        let last = length - 1;
        let exact = probability * last as f64;
        let below = (exact.floor() as usize).min(last);
        Step {
            below,
            above: (below + 1).min(last),
            share: exact - exact.floor(),
        }
    }

    pub(super) fn between<A: ToPrimitive>(&self, [below, above]: &[A; 2]) -> f64 {
        let number = |value: &A| value.to_f64().unwrap_or(f64::NAN);
        let (below, above) = (number(below), number(above));
        match self.share == 0.0 || below == above {
            true => below,
            // Of halves, as of a median, nothing but the sum is rounded; and it cannot overflow.
            false => below * (1.0 - self.share) + above * self.share,
        }
    }
}

/// The element in the middle, or the mean of the two: the quantile of ½. *Collective.*
///
/// # Cost, errors
/// As [`quantiles`].
#[track_caller]
pub fn median<A, D>(array: &DistArray<A, D>) -> Result<f64>
where
    A: Ordered + ToPrimitive,
    D: Axes,
{
    Ok(quantiles(array, &[0.5])?[0])
}
