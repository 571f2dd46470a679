//! Samples to medians, and medians to an aligned table of ratios.

/// The samples of one thing that was measured several times.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Forgets what was taken so far, to warm up.
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

/// The medians of what was sampled alternately, pair by pair, as one ratio.
pub fn median_ratio(numerators: &Samples, denominators: &Samples) -> f64 {
    let mut ratios = Samples::default();
    for (numerator, denominator) in numerators.0.iter().zip(&denominators.0) {
        ratios.push(numerator / denominator);
    }
    ratios.median()
}

/// Prints rows of equal length under a head, the first column left, the others right aligned.
pub fn print_table(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([head[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(column, cell)| match column {
                0 => format!("{cell:<width$}", width = width(column)),
                _ => format!("{cell:>width$}", width = width(column)),
            })
            .collect();
        padded.join("  ").trim_end().to_string()
    };
    println!("{}", line(head.to_vec()));
    for row in rows {
        println!("{}", line(row.iter().map(String::as_str).collect()));
    }
}
