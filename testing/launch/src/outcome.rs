//! How a job ended.
#![forbid(unsafe_code)]

/// How a job ended, and what it printed.
///
/// ```
/// use partita_launch::Outcome;
/// let outcome = Outcome { exit_code: Some(0), ..Outcome::default() };
/// assert!(outcome.success());
/// assert_eq!(outcome.to_string(), "exit code 0");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The launcher's exit code, if it left by itself.
    pub exit_code: Option<i32>,
    /// The signal that ended the launcher, if one did.
    pub signal: Option<i32>,
    /// Whether the time limit passed, and the job was ended for it.
    pub timed_out: bool,
    /// Standard output of all ranks, as the launcher mixed it; empty where it was inherited.
    /// Invalid UTF-8 is replaced.
    pub stdout: String,
    /// Standard error of all ranks and of the launcher, likewise.
    pub stderr: String,
}

impl Outcome {
    /// Exit code 0 within the time limit.
    pub fn success(&self) -> bool {
        self.exit_code == Some(0) && !self.timed_out
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.timed_out {
            return write!(formatter, "ended at its time limit");
        }
        match (self.exit_code, self.signal) {
            (Some(code), _) => write!(formatter, "exit code {code}"),
            (None, Some(signal)) => write!(formatter, "ended by signal {signal}"),
            (None, None) => write!(formatter, "ended without an exit code"),
        }
    }
}
