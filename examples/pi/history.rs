//! The estimates on the way.

use std::fmt;

use ndarray::Ix1;
use partita::prelude::*;
use partita_io::hdf5::{File, Writing};
use partita_kernels::monte_carlo::Estimate;

use super::Method;

/// An estimate after so many darts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Entry {
    pub samples: u64,
    pub hits: u64,
    pub estimate: f64,
    pub standard_error: f64,
    pub degrees_of_freedom: f64,
}

/// `3.141593 ± 1.6e-5`
impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry {
            estimate,
            standard_error,
            ..
        } = self;
        // One digit more than the error leaves certain.
        let digits = (1.0 - standard_error.log10().floor()).clamp(1.0, 15.0);
        let digits = if digits.is_nan() { 6 } else { digits as usize };
        write!(formatter, "{estimate:.digits$} ± {standard_error:.1e}")
    }
}

/// A column of the entries and its name.
pub type Named<A> = (&'static str, DistArray<A, Ix1>);

/// The estimates of a run, in ascending order of darts.
#[derive(Debug, Clone)]
pub struct History {
    seed: u64,
    method: &'static str,
    entries: Vec<Entry>,
}

impl History {
    pub fn new(seed: u64, method: Method) -> Self {
        History {
            seed,
            method: method.name(),
            entries: Vec::new(),
        }
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub fn method(&self) -> &str {
        self.method
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last one; before the first, no darts.
    pub fn last(&self) -> Entry {
        self.entries.last().copied().unwrap_or_default()
    }

    pub fn push(&mut self, hits: u64, estimate: &Estimate) {
        self.entries.push(Entry {
            samples: estimate.samples,
            hits,
            estimate: estimate.mean,
            standard_error: estimate.standard_error,
            degrees_of_freedom: estimate.degrees_of_freedom,
        });
    }

    /// Writes the file: the same bytes for any number of ranks. *Collective.*
    pub fn write(&self, world: &Communicator, mut file: File<Writing>) -> Result<()> {
        for (name, counts) in self.counts(world)? {
            file.write(name, &counts)?;
        }
        for (name, values) in self.values(world)? {
            file.write(name, &values)?;
        }
        file.attribute("seed", self.seed)?;
        file.attribute("method", self.method)?;
        file.attribute("generator", "xoshiro256++")?;
        file.close()
    }

    /// The whole numbers of the entries, by their names. *Collective.*
    pub fn counts(&self, world: &Communicator) -> Result<[Named<u64>; 2]> {
        Ok([
            ("samples", self.column(world, |entry| entry.samples)?),
            ("hits", self.column(world, |entry| entry.hits)?),
        ])
    }

    /// The other numbers of the entries, by their names. *Collective.*
    pub fn values(&self, world: &Communicator) -> Result<[Named<f64>; 2]> {
        let errors = self.column(world, |entry| entry.standard_error)?;
        Ok([
            ("estimate", self.column(world, |entry| entry.estimate)?),
            ("standard_error", errors),
        ])
    }

    fn column<A: partita::Element>(
        &self,
        world: &Communicator,
        value: fn(&Entry) -> A,
    ) -> Result<DistArray<A, Ix1>> {
        let grid = ProcessGrid::balanced(world, 1)?;
        DistArray::from_fn(&grid, [self.entries.len()], |[place]| {
            value(&self.entries[place])
        })
    }

    /// A history of these entries, or what is wrong with them.
    pub fn of_entries(seed: u64, entries: Vec<Entry>) -> std::result::Result<Self, &'static str> {
        if !entries.is_sorted_by(|one, next| one.samples < next.samples && one.hits <= next.hits)
            || entries.iter().any(|entry| entry.hits > entry.samples)
        {
            return Err("its counts do not rise, or are more hits than darts");
        }
        Ok(History {
            seed,
            method: Method::Random.name(),
            entries,
        })
    }
}
