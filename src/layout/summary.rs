//! How evenly a layout spreads an array.

use std::fmt;

use super::Layout;
use super::axes::Axes;

/// How an array is spread over the ranks.
///
/// ```
/// use partita::layout::{GridShape, Layout};
/// let layout = Layout::block([5, 1000], GridShape::new(&[2, 2]))?;
/// let summary = layout.summary(8);
/// assert_eq!((summary.smallest(), summary.largest()), (1000, 1500));
/// assert_eq!(summary.imbalance(), 1.2);
/// assert_eq!(
///     summary.to_string(),
///     "layout     5×1000 [block/2, block/2] on 2×2\n\
///      elements   5000 of 8 bytes\n\
///      a rank     9.8 KiB on average, 7.8 KiB to 11.7 KiB\n\
///      imbalance  1.20, the largest part to the average"
/// );
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    layout: String,
    elements: usize,
    element_bytes: usize,
    copies: usize,
    /// The elements of each rank.
    parts: Vec<usize>,
}

impl<D: Axes> Layout<D> {
    /// How an array of this layout with elements of so many bytes is spread over the ranks.
    pub fn summary(&self, element_bytes: usize) -> Summary {
        Summary {
            layout: self.to_string(),
            elements: self.shape().iter().product(),
            element_bytes,
            copies: self.copies(),
            parts: (0..self.grid().size())
                .map(|rank| self.local_shape(rank).size())
                .collect(),
        }
    }
}

impl Summary {
    /// The elements of each rank, copies among them.
    pub fn parts(&self) -> &[usize] {
        &self.parts
    }

    /// The elements of the rank with fewest.
    pub fn smallest(&self) -> usize {
        self.parts.iter().copied().min().unwrap_or(0)
    }

    /// The elements of the rank with most.
    pub fn largest(&self) -> usize {
        self.parts.iter().copied().max().unwrap_or(0)
    }

    /// The largest part over the average: 1 where all have as much, the number of ranks where one has all.
    pub fn imbalance(&self) -> f64 {
        match self.parts.iter().sum::<usize>() {
            0 => 1.0,
            sum => (self.largest() * self.parts.len()) as f64 / sum as f64,
        }
    }

    /// The ranks that have nothing.
    pub fn idle(&self) -> usize {
        self.parts.iter().filter(|&&part| part == 0).count()
    }

    fn bytes(&self, elements: f64) -> String {
        const UNITS: [&str; 6] = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
        let bytes = elements * self.element_bytes as f64;
        let mut unit = 0;
        while unit + 1 < UNITS.len() && bytes >= 1024f64.powi(unit as i32 + 1) {
            unit += 1;
        }
        let digits = usize::from(unit > 0);
        format!(
            "{:.digits$} {}",
            bytes / 1024f64.powi(unit as i32),
            UNITS[unit]
        )
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranks = self.parts.len();
        let average = self.parts.iter().sum::<usize>() as f64 / ranks.max(1) as f64;
        let [average, least, most] =
            [average, self.smallest() as f64, self.largest() as f64].map(|size| self.bytes(size));
        writeln!(formatter, "layout     {}", self.layout)?;
        write!(
            formatter,
            "elements   {} of {} bytes",
            self.elements, self.element_bytes
        )?;
        if self.copies > 1 {
            write!(formatter, ", each {} times", self.copies)?;
        }
        write!(
            formatter,
            "\na rank     {average} on average, {least} to {most}"
        )?;
        if self.idle() > 0 {
            write!(formatter, "; {} of {ranks} ranks have nothing", self.idle())?;
        }
        let imbalance = self.imbalance();
        write!(
            formatter,
            "\nimbalance  {imbalance:.2}, the largest part to the average"
        )
    }
}
