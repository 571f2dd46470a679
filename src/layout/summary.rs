//! How evenly a layout spreads an array.

use std::fmt;

use super::axes::Axes;
use super::{HaloWidths, Layout};

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
    /// The cells of the halo around them.
    margins: Vec<usize>,
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
            margins: vec![0; self.grid().size()],
        }
    }

    /// Likewise, with a halo around each part.
    ///
    /// ```
    /// use partita::layout::{Edge, GridShape, HaloWidths, Layout};
    /// let layout = Layout::block([5, 10], GridShape::new(&[2, 1]))?;
    /// let widths = HaloWidths {
    ///     lower: vec![1, 1],
    ///     upper: vec![1, 1],
    ///     edges: vec![[Edge::Periodic; 2]; 2],
    ///     corners: false,
    /// };
    /// let summary = layout.summary_with_halo(8, &widths);
    /// assert_eq!((summary.parts(), summary.margins()), (&[30, 20][..], &[30, 28][..]));
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn summary_with_halo(&self, element_bytes: usize, halo: &HaloWidths) -> Summary {
        let mut summary = self.summary(element_bytes);
        for (rank, margin) in summary.margins.iter_mut().enumerate() {
            let own = self.local_shape(rank);
            let widths = halo.lower.iter().zip(&halo.upper);
            let lengths = own.slice().iter().zip(widths);
            let padded: usize = lengths
                .map(|(own, (lower, upper))| lower + own + upper)
                .product();
            *margin = padded - own.size();
        }
        summary
    }
}

impl Summary {
    /// The elements of each rank, copies among them.
    pub fn parts(&self) -> &[usize] {
        &self.parts
    }

    /// The cells of the halo around each rank's part, for which it has memory besides.
    pub fn margins(&self) -> &[usize] {
        &self.margins
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

    fn spread(&self, elements: &[usize]) -> String {
        let average = elements.iter().sum::<usize>() as f64 / elements.len().max(1) as f64;
        let extreme = |one: Option<&usize>| self.bytes(one.copied().unwrap_or(0) as f64);
        let (least, most) = (
            extreme(elements.iter().min()),
            extreme(elements.iter().max()),
        );
        format!("{} on average, {least} to {most}", self.bytes(average))
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
        writeln!(formatter, "layout     {}", self.layout)?;
        write!(
            formatter,
            "elements   {} of {} bytes",
            self.elements, self.element_bytes
        )?;
        if self.copies > 1 {
            write!(formatter, ", each {} times", self.copies)?;
        }
        write!(formatter, "\na rank     {}", self.spread(&self.parts))?;
        if self.idle() > 0 {
            write!(formatter, "; {} of {ranks} ranks have nothing", self.idle())?;
        }
        if self.margins.iter().any(|&cells| cells > 0) {
            let spread = self.spread(&self.margins);
            write!(formatter, "\nits halo   {spread}")?;
        }
        let imbalance = self.imbalance();
        write!(
            formatter,
            "\nimbalance  {imbalance:.2}, the largest part to the average"
        )
    }
}
