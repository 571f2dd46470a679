//! Two datasets, element by element.

use std::fmt;

use num_complex::Complex;
use partita::{Error, Operation, Result};
use serde::{Deserialize, Serialize};

use super::dataset::Description;
use super::dtype::Hdf5Element;
use super::file::{Access, File};
use super::read::share;
use super::slab::slabs;
use super::transfer::BUFFER_LIMIT;

/// How far two datasets are from each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// How many elements each has.
    pub elements: usize,
    /// How many differ by more than was allowed.
    pub different: usize,
    /// The largest difference there is; infinite where one is no number and the other is.
    pub largest: f64,
    /// The index of the first element, in C order, that differs by more than was allowed.
    pub first: Option<Vec<usize>>,
}

/// An element that has a distance from another.
trait Distance: Hdf5Element {
    /// 0 where they are equal, two that are not a number among them.
    fn distance(self, other: Self) -> f64;
}

impl Distance for bool {
    fn distance(self, other: Self) -> f64 {
        f64::from(self != other)
    }
}

impl Distance for i64 {
    fn distance(self, other: Self) -> f64 {
        self.abs_diff(other) as f64
    }
}

impl Distance for u64 {
    fn distance(self, other: Self) -> f64 {
        self.abs_diff(other) as f64
    }
}

impl Distance for f64 {
    fn distance(self, other: Self) -> f64 {
        match (self.is_nan(), other.is_nan()) {
            (true, true) => 0.0,
            (false, false) if self == other => 0.0,
            (false, false) => (self - other).abs(),
            _ => f64::INFINITY,
        }
    }
}

impl Distance for Complex<f64> {
    fn distance(self, other: Self) -> f64 {
        let (real, imaginary) = (self.re.distance(other.re), self.im.distance(other.im));
        real.hypot(imaginary)
    }
}

impl<Mode: Access> File<Mode> {
    /// Compares a dataset with one of another file, by value: elements that differ by more than `tolerance`
    /// count as different. Texts are equal or differ by 1. *Collective.*
    ///
    /// # Cost
    /// Every byte of both once, in bounded memory; a few all-reduces.
    ///
    /// # Errors
    /// [`Error::Usage`] when the tolerance is negative or not a number; [`Error::Shape`] when they have different
    /// shapes; [`Error::Format`] when there is no type that holds
    /// both, and as [`read`](Self::read).
    pub fn compare<Other: Access>(
        &self,
        name: &str,
        other: &File<Other>,
        other_name: &str,
        tolerance: f64,
    ) -> Result<Comparison> {
        if tolerance.is_nan() || tolerance < 0.0 {
            // Replicated: the tolerance is. No difference is larger than what is not a number.
            let text = format!("compare: a tolerance of {tolerance} allows nothing");
            return Err(Error::usage(text));
        }
        if let Some(texts) = self.compare_texts(name, other, other_name, tolerance)? {
            return Ok(texts);
        }
        let pair = Pair {
            one: (self, name),
            other: (other, other_name),
            tolerance,
        };
        // Replicated: what a dataset can be read as is told to every rank.
        let attempts = [
            Pair::compare_as::<bool>,
            Pair::compare_as::<i64>,
            Pair::compare_as::<u64>,
            Pair::compare_as::<f64>,
        ];
        for attempt in attempts {
            if let Some(comparison) = attempt(&pair)? {
                return Ok(comparison);
            }
        }
        pair.compare_as::<Complex<f64>>()?.ok_or_else(|| {
            let there = other.path.display();
            let detail =
                format!("its elements and those of {there}:{other_name} have no type in common");
            Error::format(format!("compare {name:?} of"), &self.path, detail)
        })
    }
}

/// Two datasets to be compared.
struct Pair<'a, One, Other> {
    one: (&'a File<One>, &'a str),
    other: (&'a File<Other>, &'a str),
    tolerance: f64,
}

impl<One: Access, Other: Access> Pair<'_, One, Other> {
    /// The comparison, if every element of both can be read as `A`.
    fn compare_as<A: Distance>(&self) -> Result<Option<Comparison>> {
        let (Some(one), Some(other)) = (
            describe::<A, One>(self.one)?,
            describe::<A, Other>(self.other)?,
        ) else {
            return Ok(None);
        };
        if one.shape != other.shape {
            let (own, shape) = (&one.shape, &other.shape);
            let detail = format!("the shapes are {own:?} and {shape:?}");
            return Err(Error::shape(self.one.0.on_path("compare"), detail));
        }
        let communicator = &self.one.0.communicator;
        let (rank, ranks) = (communicator.rank(), communicator.size());
        let mut found = Found::default();
        for slab in slabs(&one.shape, 1, BUFFER_LIMIT * ranks / size_of::<A>()) {
            let own = slab.selection(&share(&slab.shape(), rank, ranks));
            let read = |operation: &str| -> Result<(Vec<A>, Vec<A>)> {
                let own_elements = self
                    .one
                    .0
                    .read_elements(operation, self.one.1, &one, &own)?;
                let others = self
                    .other
                    .0
                    .read_elements(operation, self.other.1, &other, &own)?;
                Ok((own_elements, others))
            };
            let (elements, others) = read("compare")?;
            let mut pairs = elements.into_iter().zip(others);
            own.for_each_run(&one.shape, |run| {
                for (number, (element, other)) in run.zip(&mut pairs) {
                    found.add(number, element.distance(other), self.tolerance);
                }
            });
        }
        let sum = |value: u64| communicator.all_reduce_value(value, Operation::Sum);
        let first = communicator.all_reduce_value(found.first, Operation::Min)?;
        Ok(Some(Comparison {
            elements: one.shape.iter().product(),
            different: sum(found.different)? as usize,
            largest: communicator.all_reduce_value(found.largest, Operation::Max)?,
            first: (first != u64::MAX).then(|| index_of(first as usize, &one.shape)),
        }))
    }
}

/// A dataset as one of `A`s; `None` where some of its values might not be.
fn describe<A: Hdf5Element, Mode: Access>(
    (file, name): (&File<Mode>, &str),
) -> Result<Option<Description>> {
    let memory = A::type_descriptor();
    file.ask_and_release("compare", name, |source| {
        match source.describe(name, &memory, false) {
            Ok(description) => Ok(Some(description)),
            Err(Error::Format { .. }) if source.dataset(name).is_ok() => Ok(None),
            Err(error) => Err(error),
        }
    })
}

/// What a rank found.
struct Found {
    different: u64,
    largest: f64,
    /// By its number in C order.
    first: u64,
}

impl Default for Found {
    fn default() -> Self {
        Found {
            different: 0,
            largest: 0.0,
            first: u64::MAX,
        }
    }
}

impl Found {
    fn add(&mut self, number: usize, distance: f64, tolerance: f64) {
        self.largest = self.largest.max(distance);
        if distance > tolerance {
            self.different += 1;
            self.first = self.first.min(number as u64);
        }
    }
}

pub(super) fn index_of(number: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = number;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&length| {
            let index = rest % length;
            rest /= length;
            index
        })
        .collect();
    index.reverse();
    index
}

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (different, elements, largest) = (self.different, self.elements, self.largest);
        match &self.first {
            None => write!(
                formatter,
                "{elements} elements, largest difference {largest:e}"
            ),
            Some(first) => write!(
                formatter,
                "{different} of {elements} elements differ, the first at {first:?}, \
                 by {largest:e} at most"
            ),
        }
    }
}
