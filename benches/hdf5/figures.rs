//! What was measured, and the row of the table that tells it.

use super::report::{Samples, median_ratio, quickest_ratio};

/// The columns: ratios are others' seconds by partita's, of the medians round by round, and in brackets of the quickest
/// samples.
pub const HEAD: [&str; 9] = [
    "ranks, blocks, storage",
    "GB/s",
    "spread",
    "others'",
    "of pwrite, pread",
    "of pwrite over",
    "of HDF5 in C",
    "of h5py",
    "for the checksum",
];

/// Who writes a file, or reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contender {
    Partita,
    /// Partita without the checksum.
    Unsummed,
    /// Plain system calls.
    System,
    /// HDF5's interface in C.
    C,
    H5py,
}

/// How long everyone took for one thing.
#[derive(Default)]
pub struct Contest {
    pub partita: Samples,
    pub unsummed: Samples,
    pub system: Samples,
    /// Plain system calls into a file that is there.
    pub over: Samples,
    pub c: Samples,
    pub h5py: Samples,
}

impl Contest {
    /// A row of the table.
    pub fn cells(&self, name: String, bytes: f64) -> Vec<String> {
        let peers = [&self.system, &self.over, &self.c, &self.h5py];
        let spread = peers.map(Samples::spread).into_iter().fold(0.0, f64::max);
        let mut cells = vec![
            name,
            format!("{:.2}", bytes / self.partita.median() / 1e9),
            per_cent(self.partita.spread()),
            per_cent(spread),
        ];
        cells.extend(peers.map(|peer| both(peer, &self.partita, |ratio| format!("{ratio:.2}"))));
        cells.push(both(&self.partita, &self.unsummed, |ratio| {
            per_cent(ratio - 1.0)
        }));
        cells
    }
}

fn both(numerators: &Samples, denominators: &Samples, shown: impl Fn(f64) -> String) -> String {
    let middle = median_ratio(numerators, denominators);
    match middle.is_nan() {
        true => "-".to_string(),
        false => {
            let quickest = shown(quickest_ratio(numerators, denominators));
            format!("{} ({quickest})", shown(middle))
        }
    }
}

fn per_cent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
