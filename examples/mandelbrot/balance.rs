//! Who has how much to do, for the way the rows were dealt out and for others.

use partita::layout::{AxisLayout, Distribution};

use super::Arguments;

/// The steps of each row, and how long each rank took.
pub struct Balance {
    rows: Distribution,
    work: Vec<u64>,
    seconds: Vec<f64>,
}

impl Balance {
    pub fn new(rows: &Distribution, work: Vec<u64>, seconds: Vec<f64>) -> Self {
        Balance {
            rows: rows.clone(),
            work,
            seconds,
        }
    }

    /// The way the rows were dealt out, and before it another one to compare it with.
    pub fn compared(&self) -> [Distribution; 2] {
        match self.rows {
            Distribution::Block => [Distribution::Cyclic, Distribution::Block],
            _ => [Distribution::Block, self.rows.clone()],
        }
    }

    /// How many rows and steps each rank has if the rows are dealt out like this.
    pub fn shares(&self, rows: &Distribution) -> Vec<(usize, u64)> {
        let ranks = self.seconds.len();
        // The distributions here fit any number of rows.
        let Ok(axis) = AxisLayout::new(self.work.len(), rows.clone(), ranks) else {
            return vec![];
        };
        (0..ranks)
            .map(|rank| {
                let own = axis.runs(rank);
                (own.len(), own.indices().map(|row| self.work[row]).sum())
            })
            .collect()
    }

    /// The busiest rank's steps to the average.
    pub fn imbalance(&self, rows: &Distribution) -> f64 {
        let steps = || self.shares(rows).into_iter().map(|(_, steps)| steps);
        match steps().sum::<u64>() {
            0 => 1.0,
            sum => (steps().max().unwrap_or(0) * self.seconds.len() as u64) as f64 / sum as f64,
        }
    }

    fn slowest(&self) -> f64 {
        self.seconds.iter().copied().fold(0.0, f64::max)
    }

    pub fn as_text(&self, arguments: &Arguments, inside: u64) -> String {
        let ([rows, columns], ranks) = (arguments.shape, self.seconds.len());
        let (most, name) = (arguments.iterations, &self.rows);
        let mut text = format!(
            "mandelbrot  {rows} × {columns} points, at most {most} steps, rows {name} on {ranks} ranks\n{}",
            self.table()
        );
        let [other, own] = self.compared();
        text += &format!(
            "\nimbalance   {other} {:.2}, {own} {:.2}, the busiest rank's steps to the average",
            self.imbalance(&other),
            self.imbalance(&own)
        );
        let (points, steps) = (rows * columns, self.work.iter().sum::<u64>());
        let (share, slowest) = (inside as f64 / points.max(1) as f64, self.slowest());
        text += &format!(
            "\ninside      {inside} of {points} points ({:.1} %)\n\
             speed       {steps} steps in {slowest:.2} s, {:.1e} steps/s",
            100.0 * share,
            steps as f64 / slowest.max(f64::MIN_POSITIVE)
        );
        for path in [&arguments.output, &arguments.png].into_iter().flatten() {
            text += &format!("\nwrote       {}", path.display());
        }
        text
    }

    /// A line a rank, the numbers below each other.
    fn table(&self) -> String {
        let shares = self.shares(&self.rows);
        let mean = self.work.iter().sum::<u64>() as f64 / shares.len().max(1) as f64;
        let head = ["rank", "rows", "steps", "of the mean", "seconds"].map(str::to_string);
        let line = |(rank, (rows, steps)): (usize, &(usize, u64))| {
            let of_mean = if mean > 0.0 {
                *steps as f64 / mean
            } else {
                1.0
            };
            [
                rank.to_string(),
                rows.to_string(),
                steps.to_string(),
                format!("{of_mean:.2}"),
                format!("{:.3}", self.seconds[rank]),
            ]
        };
        let lines: Vec<_> = [head]
            .into_iter()
            .chain(shares.iter().enumerate().map(line))
            .collect();
        let width = |column: usize| {
            lines
                .iter()
                .map(|cells| cells[column].len())
                .max()
                .unwrap_or(0)
        };
        let lines = lines.iter().map(|cells| {
            let cells = cells.iter().enumerate();
            let cells: Vec<_> = cells
                .map(|(column, cell)| format!("{cell:>0$}", width(column)))
                .collect();
            cells.join("  ")
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    pub fn as_json(&self, arguments: &Arguments, inside: u64) -> String {
        let shares = self.shares(&self.rows);
        let steps: Vec<u64> = shares.iter().map(|(_, steps)| *steps).collect();
        let [other, own] = self.compared();
        format!(
            "{{\"shape\":{:?},\"ranks\":{},\"iterations\":{},\"distribution\":\"{own}\",\"inside\":{inside},\
             \"steps\":{},\"steps_of_ranks\":{steps:?},\"imbalance\":{},\"imbalance_of_{}\":{},\"seconds\":{}}}",
            arguments.shape,
            shares.len(),
            arguments.iterations,
            steps.iter().sum::<u64>(),
            self.imbalance(&own),
            other,
            self.imbalance(&other),
            self.slowest()
        )
    }
}
