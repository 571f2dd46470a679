//! What the run found and did, for people or for a script.

use std::f64::consts::PI;
use std::path::PathBuf;

use partita_kernels::monte_carlo::Estimate;

use super::history::{Entry, History};

pub struct Summary<'run> {
    pub ranks: usize,
    /// The darts of this run, without those of the one it resumed.
    pub thrown: u64,
    pub seconds: f64,
    pub history: &'run History,
    pub written: [&'run Option<PathBuf>; 2],
}

impl Summary<'_> {
    /// Darts a second on all ranks.
    fn rate(&self) -> f64 {
        self.thrown as f64 / self.seconds
    }

    pub fn as_text(&self) -> String {
        let last = self.history.last();
        let Entry {
            samples,
            hits,
            estimate,
            standard_error,
            ..
        } = last;
        let [low, high] = interval(&last);
        let (seed, method, ranks) = (self.history.seed(), self.history.method(), self.ranks);
        let error = estimate - PI;
        let (rate, seconds) = (self.rate(), self.seconds);
        let rank_rate = rate / ranks as f64;
        let mut text = format!(
            "pi          {last}, with 95 % between {low:.9} and {high:.9}\n\
             error       {error:.1e}, {:.1} standard errors\n\
             hits        {hits} of {samples} {method} darts of seed {seed}\n\
             speed       {rate:.2e} darts/s on {ranks} ranks, {rank_rate:.2e} a rank, in {seconds:.2} s",
            (error / standard_error).abs()
        );
        for path in self.written.into_iter().flatten() {
            text += &format!("\nwrote       {}", path.display());
        }
        text
    }

    pub fn as_json(&self) -> String {
        let Entry {
            samples,
            hits,
            estimate,
            standard_error,
            ..
        } = self.history.last();
        // JSON has no infinities, and the error of a single dart is one.
        let number = |value: f64| match value.is_finite() {
            true => format!("{value:e}"),
            false => "null".into(),
        };
        format!(
            "{{\"estimate\":{},\"standard_error\":{},\"error\":{},\"hits\":{hits},\"samples\":{samples},\
             \"seed\":{},\"method\":\"{}\",\"ranks\":{},\"seconds\":{},\"samples_per_second_per_rank\":{}}}",
            number(estimate),
            number(standard_error),
            number(estimate - PI),
            self.history.seed(),
            self.history.method(),
            self.ranks,
            number(self.seconds),
            number(self.rate() / self.ranks as f64)
        )
    }
}

/// The interval of 95 %.
fn interval(entry: &Entry) -> [f64; 2] {
    let estimate = Estimate {
        samples: entry.samples,
        mean: entry.estimate,
        standard_error: entry.standard_error,
        degrees_of_freedom: entry.degrees_of_freedom,
    };
    estimate.confidence_interval(0.95)
}
