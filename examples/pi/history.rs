//! The estimates on the way, and as a file from which a run goes on.

use std::fmt;
use std::path::Path;

use ndarray::Ix1;
use partita::prelude::*;
use partita_io::hdf5::{File, Hdf5Element, Reading, Writing};
use partita_kernels::monte_carlo::Estimate;

use super::Method;

/// An estimate after so many darts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Entry {
    pub samples: u64,
    pub hits: u64,
    pub estimate: f64,
    pub standard_error: f64,
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
        });
    }

    /// Writes the file: the same bytes for any number of ranks. *Collective.*
    pub fn write(&self, world: &Communicator, mut file: File<Writing>) -> Result<()> {
        let column =
            |value: fn(&Entry) -> f64| -> Result<DistArray<f64, Ix1>> { self.column(world, value) };
        let count =
            |value: fn(&Entry) -> u64| -> Result<DistArray<u64, Ix1>> { self.column(world, value) };
        file.write("samples", &count(|entry| entry.samples)?)?;
        file.write("hits", &count(|entry| entry.hits)?)?;
        file.write("estimate", &column(|entry| entry.estimate)?)?;
        file.write("standard_error", &column(|entry| entry.standard_error)?)?;
        file.attribute("seed", self.seed)?;
        file.attribute("method", self.method)?;
        file.attribute("generator", "xoshiro256++")?;
        file.close()
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

    /// What a run of random darts wrote. *Collective.*
    pub fn read(world: &Communicator, path: &Path) -> Result<Self> {
        let file = File::open(world, path)?;
        let wrong = |detail: &str| Err(Error::format("resume from", path, detail));
        let method: String = file.read_attribute("method")?;
        if method != Method::Random.name() {
            return wrong(&format!(
                "it is of --method {method}, which cannot be gone on with"
            ));
        }
        let samples: Vec<u64> = column_of(world, &file, "samples")?;
        let hits: Vec<u64> = column_of(world, &file, "hits")?;
        let estimates: Vec<f64> = column_of(world, &file, "estimate")?;
        let errors: Vec<f64> = column_of(world, &file, "standard_error")?;
        let length = samples.len();
        if [hits.len(), estimates.len(), errors.len()]
            .iter()
            .any(|&other| other != length)
        {
            return wrong("its datasets have different lengths");
        }
        let entries: Vec<Entry> = (0..length)
            .map(|i| Entry {
                samples: samples[i],
                hits: hits[i],
                estimate: estimates[i],
                standard_error: errors[i],
            })
            .collect();
        if !entries.is_sorted_by(|one, next| one.samples < next.samples && one.hits <= next.hits)
            || entries.iter().any(|entry| entry.hits > entry.samples)
        {
            return wrong("its counts do not rise, or are more hits than darts");
        }
        Ok(History {
            seed: file.read_attribute("seed")?,
            method: Method::Random.name(),
            entries,
        })
    }
}

/// A dataset of one axis, whole on every rank.
fn column_of<A: Hdf5Element>(
    world: &Communicator,
    file: &File<Reading>,
    name: &str,
) -> Result<Vec<A>> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let column: DistArray<A, Ix1> = file.read(name, &grid)?;
    Ok(column.all_gather()?.to_vec())
}
