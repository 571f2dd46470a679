//! What one rank has, as text: formatting is local, and sends nothing.

use std::fmt;

use ndarray::Dimension;

use super::element::{Printable, texts_if_printable};
use super::{Shown, text};
use crate::array::DistArray;
use crate::array::view::{DistView, DistViewMut, Distributed};
use crate::comm::Element;
use crate::layout::{Axes, Runs};

/// So many runs of indices that are dealt in turn are named.
const NAMED_RUNS: usize = 3;

macro_rules! formatted {
    ($($array:ty, $name:literal;)*) => {$(
        /// What this rank has, as numpy prints it, and where that is in the global array unless it is all of
        /// it. *Local*; [`display`](DistArray::display) prints the whole.
        impl<A: Printable, D: Axes> fmt::Display for $array {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let layout = self.layout();
                if !is_all(self) {
                    writeln!(formatter, "{} of {layout}:", place(self))?;
                }
                formatter.write_str(&values(self, A::texts))
            }
        }

        /// The layout, what this rank has of it, and the values of elements that can be printed. *Local.*
        impl<A: Element, D: Axes> fmt::Debug for $array {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({}, {})", $name, self.layout(), place(self))?;
                match texts_if_printable::<A>() {
                    Some(texts) => write!(formatter, ":\n{}", values(self, texts)),
                    None => Ok(()),
                }
            }
        }
    )*};
}

formatted! {
    DistArray<A, D>, "DistArray";
    DistView<'_, A, D>, "DistView";
    DistViewMut<'_, A, D>, "DistViewMut";
}

/// `rank 1 has [2..4, 0..3]`
fn place<T: Distributed>(array: &T) -> String {
    let rank = array.grid().communicator().rank();
    let axes = array.layout().all_local_runs(rank);
    let axes: Vec<String> = axes.iter().map(indices).collect();
    format!("rank {rank} has [{}]", axes.join(", "))
}

/// `2..4`, or `{1, 4, 7, …}` of those that are dealt in turn.
fn indices(runs: &Runs) -> String {
    if let Some(range) = runs.as_range() {
        return format!("{}..{}", range.start, range.end);
    }
    let named = runs.iter().take(NAMED_RUNS).map(|run| match run.len() {
        1 => run.start.to_string(),
        _ => format!("{}..{}", run.start, run.end),
    });
    let more = (runs.count() > NAMED_RUNS).then(|| "…".to_string());
    let words: Vec<String> = named.chain(more).collect();
    format!("{{{}}}", words.join(", "))
}

fn is_all<T: Distributed>(array: &T) -> bool {
    let (layout, rank) = (array.layout(), array.grid().communicator().rank());
    layout.local_shape(rank).slice() == layout.shape()
}

/// This rank's part as numpy prints an array.
fn values<T: Distributed>(array: &T, texts: impl FnOnce(&[T::Element]) -> Vec<String>) -> String {
    let local = array.local().into_dyn();
    let shown = Shown::of_shape(local.shape());
    let counts: Vec<usize> = shown.iter().map(Shown::count).collect();
    let values: Vec<T::Element> = ndarray::indices(counts)
        .into_iter()
        .filter_map(|places| {
            let places = shown.iter().zip(places.slice());
            let index: Vec<usize> = places.map(|(axis, &place)| axis.index(place)).collect();
            local.get(&index[..]).copied()
        })
        .collect();
    text::of(&texts(&values), &shown)
}
