//! A progress bar for long work: on rank 0, where somebody watches.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal;
use crate::comm::Communicator;

/// A bar on rank 0's standard error, if a person is looking at it; nothing in a pipe or a file.
///
/// Under `mpiexec` a rank's standard error is a pipe to the launcher: what counts is whether the
/// launcher's is a terminal. `PARTITA_PROGRESS=always` or `never` decides otherwise.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) {
/// let progress = partita::Progress::new(world, 1000, "steps");
/// for step in 0..1000 {
///     // work
///     progress.advance(1);
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for `total` units of work. *Local.*
    pub fn new(communicator: &Communicator, total: u64, unit: &str) -> Self {
        let shown = communicator.is_root() && terminal::is_watched();
        let target = match shown {
            true => ProgressDrawTarget::term_like_with_hz(Box::new(terminal::Watched), 5),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let template = format!("{{bar:40}} {{pos}}/{{len}} {unit}  {{eta}} left {{msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Progress { bar }
    }

    /// Tells that `units` more are done. *Local.*
    pub fn advance(&self, units: u64) {
        self.bar.inc(units);
    }

    /// Shows a word beside the bar, such as the estimate so far. *Local.*
    pub fn message(&self, message: impl Into<String>) {
        self.bar.set_message(message.into());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
