//! Elements by their rank in order, found without sorting.

use std::ops::Range;

use partita::reduce::Ordered;
use partita::{Distributed, Error, Operation, Result};

use super::length;

/// Bits of the elements' order that each round finds out.
const BITS: u32 = 8;
const SLOTS: usize = 1 << BITS;

/// The elements at these places in ascending order (of floating-point numbers IEEE 754's total order). *Collective.*
///
/// # Cost
/// A copy of the part in 8 bytes an element. Eight rounds, each with a pass over those elements that may still be one of them
/// and one all-reduce of 2 KiB for each place, or for several that are not yet told apart.
///
/// # Errors
/// The same on every rank: [`Error::Shape`] when a place is not below the number of elements, [`Error::Memory`] when a
/// rank cannot hold the copy.
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
pub fn select<T: Distributed<Element: Ordered>>(
    array: &T,
    places: &[usize],
) -> Result<Vec<T::Element>> {
    // Replicated: shape and places are the same on every rank.
    if let Some(place) = places.iter().find(|&&place| place >= length(array)) {
        let detail = format!("there is no place {place} among {} elements", length(array));
        return Err(Error::shape("select", detail));
    }
    let communicator = array.grid().communicator();
    // Local: memory differs.
    let mut candidates = communicator.agree(own_places(array))?;
    let sought = places.iter().map(|&place| place as u64).enumerate();
    let mut groups = vec![Group {
        range: 0..candidates.len(),
        sought: sought.collect(),
        prefix: 0,
    }];
    for round in 0..u64::BITS / BITS {
        let shift = u64::BITS - BITS * (round + 1);
        let counts = groups
            .iter()
            .flat_map(|group| group.counts(&candidates, shift));
        let counts = communicator.all_reduce(&counts.collect::<Vec<u64>>(), Operation::Sum)?;
        let narrowed = groups.iter().zip(counts.chunks(SLOTS));
        groups = narrowed
            .flat_map(|(group, counts)| group.narrowed(&mut candidates, shift, counts))
            .collect();
    }
    let mut found = vec![0; places.len()];
    for group in groups {
        group
            .sought
            .iter()
            .for_each(|&(number, _)| found[number] = group.prefix);
    }
    Ok(found.into_iter().map(T::Element::from_place).collect())
}

/// This rank's elements, as integers in the same order.
fn own_places<T: Distributed<Element: Ordered>>(array: &T) -> Result<Vec<u64>> {
    let rank = array.grid().communicator().rank();
    let (local, mut places) = (array.local(), Vec::new());
    if array.layout().is_primary(rank) {
        let reserved = places.try_reserve_exact(local.len());
        reserved.map_err(|_| Error::Memory {
            operation: "select".to_string(),
            bytes: 8 * local.len() as u64,
        })?;
        places.extend(local.iter().map(|value| value.place()));
    }
    Ok(places)
}

/// What is known of some of the sought elements: their first bits, which they have in common.
struct Group {
    /// Where this rank's elements with these bits are.
    range: Range<usize>,
    /// The number of each sought element, and how many with these bits are before it.
    sought: Vec<(usize, u64)>,
    prefix: u64,
}

impl Group {
    /// How many candidates have each pattern of the next bits.
    fn counts(&self, candidates: &[u64], shift: u32) -> [u64; SLOTS] {
        let mut counts = [0; SLOTS];
        for candidate in &candidates[self.range.clone()] {
            counts[slot(*candidate, shift)] += 1;
        }
        counts
    }

    /// The groups by their next bits, from the counts of all ranks; the candidates are put in the same order.
    fn narrowed(&self, candidates: &mut [u64], shift: u32, counts: &[u64]) -> Vec<Group> {
        let (mut narrowed, mut start, mut before) = (vec![], self.range.start, 0);
        for (pattern, &count) in counts.iter().enumerate() {
            let within = before..before + count;
            let sought = self
                .sought
                .iter()
                .filter(|(_, place)| within.contains(place));
            let sought: Vec<_> = sought
                .map(|&(number, place)| (number, place - before))
                .collect();
            before += count;
            if sought.is_empty() {
                continue;
            }
            let chosen = |candidate: u64| slot(candidate, shift) == pattern;
            let end = start + to_the_front(&mut candidates[start..self.range.end], chosen);
            narrowed.push(Group {
                range: start..end,
                sought,
                prefix: self.prefix | (pattern as u64) << shift,
            });
            start = end;
        }
        narrowed
    }
}

fn slot(candidate: u64, shift: u32) -> usize {
    (candidate >> shift) as usize % SLOTS
}

/// Brings what is chosen to the front; returns how many those are.
fn to_the_front(candidates: &mut [u64], chosen: impl Fn(u64) -> bool) -> usize {
    let mut front = 0;
    for place in 0..candidates.len() {
        if chosen(candidates[place]) {
            candidates.swap(front, place);
            front += 1;
        }
    }
    front
}
