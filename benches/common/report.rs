//! Samples to medians, and medians to an aligned table of ratios.

/// The samples of one thing that was measured several times.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Forgets what was taken so far, to warm up.
    #[allow(dead_code)]
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes one more.
    pub fn push(&mut self, sample: f64) {
        self.0.push(sample);
    }

    /// The middle one; of an even number the mean of both.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            length if length % 2 == 1 => sorted[middle],
            _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
        }
    }

    /// The least; not a number, of none.
    #[allow(dead_code)]
    pub fn quickest(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::min)
    }

    /// The distance of the quartiles as a share of the median: how far the figure can be trusted.
    pub fn spread(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            length => (sorted[length * 3 / 4] - sorted[length / 4]) / self.median(),
        }
    }
}

/// The ratio of the quickest samples: what is left where the machine disturbed the others.
#[allow(dead_code)]
pub fn quickest_ratio(numerators: &Samples, denominators: &Samples) -> f64 {
    numerators.quickest() / denominators.quickest()
}

/// The medians of what was sampled alternately, pair by pair, as one ratio.
pub fn median_ratio(numerators: &Samples, denominators: &Samples) -> f64 {
    let mut ratios = Samples::default();
    for (numerator, denominator) in numerators.0.iter().zip(&denominators.0) {
        ratios.push(numerator / denominator);
    }
    ratios.median()
}

/// Prints rows of equal length under a head, the first column left, the others right aligned.
#[allow(dead_code)]
pub fn print_table(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let table = Table::new(head, |column, _| width(column));
    for row in rows {
        table.print(row);
    }
}

/// A table that is printed row by row, as its figures come in.
pub struct Table {
    widths: Vec<usize>,
}

impl Table {
    /// Prints the head; the columns are as wide as it and as `least(column, head)` says.
    pub fn new(head: &[&str], least: impl Fn(usize, &str) -> usize) -> Self {
        let columns = head.iter().enumerate();
        let widths = columns
            .map(|(column, head)| head.chars().count().max(least(column, head)))
            .collect();
        let table = Table { widths };
        table.print(head);
        table
    }

    /// Prints a row.
    pub fn print(&self, cells: &[impl AsRef<str>]) {
        let padded = cells.iter().zip(&self.widths).enumerate();
        let padded: Vec<String> = padded
            .map(|(column, (cell, &width))| match column {
                0 => format!("{:<width$}", cell.as_ref()),
                _ => format!("{:>width$}", cell.as_ref()),
            })
            .collect();
        println!("{}", padded.join("  ").trim_end());
    }
}
