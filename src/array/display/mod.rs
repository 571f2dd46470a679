//! Arrays as text, as numpy prints them.

mod element;
mod part;
mod text;

use std::fmt;

use super::DistArray;
use super::view::{DistView, Distributed};
use crate::comm::{Call, Element};
use crate::error::Result;
use crate::layout::{Axes, Layout, Runs, Summary};

pub use element::Printable;

/// Beyond so many elements, as numpy, only the edges are shown.
const THRESHOLD: usize = 1000;

/// So many indices at each end of an axis.
const EDGE: usize = 3;

/// An array as text on the root; nothing on the other ranks, which print it all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    text: String,
}

impl fmt::Display for Printed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl<A: Element, D: Axes> DistArray<A, D> {
    /// The array as numpy prints it, to be printed by the root; of more than 1000 elements the edges only.
    /// *Collective.*
    ///
    /// The array's own `Display` is local, because formatting is: it shows the part of the rank that formats.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// # use partita::prelude::*;
    /// let grid = ProcessGrid::balanced(world, 2)?;
    /// let u = DistArray::from_fn(&grid, [4000, 3000], |[i, j]| i as f64 / (j + 1) as f64)?;
    /// root_println!(world, "{}", u.display()?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// A message of what is shown from each rank that has some of it; never the whole array.
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi).
    #[track_caller]
    pub fn display(&self) -> Result<Printed>
    where
        A: Printable,
    {
        display(self)
    }

    /// How the array is spread over the ranks: its layout, the bytes a rank and of its halo, the imbalance. *Local.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator, u: partita::DistArray<f64, ndarray::Ix2>) {
    /// partita::root_println!(world, "{}", u.summary());
    /// # }
    /// ```
    pub fn summary(&self) -> Summary {
        self.layout
            .summary_with_halo(size_of::<A>(), &self.halo_widths())
    }
}

impl<A: Printable, D: Axes> DistView<'_, A, D> {
    /// The view as numpy prints it; see [`DistArray::display`]. *Collective.*
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn display(&self) -> Result<Printed> {
        display(self)
    }
}

#[track_caller]
fn display<A: Printable, T: Distributed<Element = A>>(array: &T) -> Result<Printed> {
    let (layout, communicator) = (array.layout(), array.grid().communicator());
    let _call = communicator.enter(Call::new("display").array::<A>(layout.shape()))?;
    let shown = Shown::of_shape(layout.shape());
    let (places, values) = own(array, &shown);
    let places = communicator.gatherv(0, &places)?;
    let values = communicator.gatherv(0, &values)?;
    let text = match (places, values) {
        (Some(places), Some(values)) => {
            let count = shown.iter().map(Shown::count).product();
            let mut all = vec![A::default(); count];
            for (place, value) in places.into_vec().into_iter().zip(values.into_vec()) {
                all[place as usize] = value;
            }
            text::of(&A::texts(&all), &shown)
        }
        _ => String::new(),
    };
    Ok(Printed { text })
}

/// What this rank has of the elements that are shown: where each stands among them, and its value.
fn own<A: Element, T: Distributed<Element = A>>(array: &T, shown: &[Shown]) -> (Vec<u64>, Vec<A>) {
    let layout: &Layout<T::Dim> = array.layout();
    let rank = array.grid().communicator().rank();
    // Of several ranks with one part the first brings it.
    if !layout.is_primary(rank) {
        return (vec![], vec![]);
    }
    let axes: Vec<Vec<(usize, usize)>> = shown
        .iter()
        .zip(layout.all_local_runs(rank))
        .map(|(shown, runs)| shown.among(&runs))
        .collect();
    let counts: Vec<usize> = axes.iter().map(Vec::len).collect();
    let local = array.local().into_dyn();
    ndarray::indices(counts)
        .into_iter()
        .filter_map(|chosen| {
            let chosen = axes.iter().zip(ndarray::Dimension::slice(&chosen));
            let (places, indices): (Vec<_>, Vec<_>) =
                chosen.map(|(axis, &number)| axis[number]).unzip();
            let among = places.iter().zip(shown);
            let place = among.fold(0, |place, (here, axis)| place * axis.count() + here);
            Some((place as u64, *local.get(&indices[..])?))
        })
        .unzip()
}

/// Which indices of an axis are shown: all, or the first and the last ones.
struct Shown {
    length: usize,
    edges_only: bool,
}

impl Shown {
    /// Of each axis.
    fn of_shape(shape: &[usize]) -> Vec<Self> {
        let size = shape.iter().product::<usize>();
        // Of nothing, no index of any axis is looked at.
        let summarised = size == 0 || size > THRESHOLD;
        shape.iter().map(|&n| Shown::of(n, summarised)).collect()
    }

    fn of(length: usize, summarised: bool) -> Self {
        Shown {
            length,
            edges_only: summarised && length > 2 * EDGE,
        }
    }

    fn count(&self) -> usize {
        match self.edges_only {
            true => 2 * EDGE,
            false => self.length,
        }
    }

    fn index(&self, place: usize) -> usize {
        match self.edges_only && place >= EDGE {
            true => self.length - 2 * EDGE + place,
            false => place,
        }
    }

    /// Of what is shown what lies among a rank's indices, and where there.
    fn among(&self, runs: &Runs) -> Vec<(usize, usize)> {
        (0..self.count())
            .filter_map(|place| Some((place, runs.position(self.index(place))?)))
            .collect()
    }
}

#[cfg(test)]
mod tests;
