//! What can go wrong in a project command, and the exit code it ends with.

use std::io;

use thiserror::Error;

/// An error that says what failed and what to do about it.
#[derive(Debug, Error)]
pub enum Error {
    /// An outside command could not be started.
    #[error("cannot start `{command}`: {cause}{}", on_its_own_line(advice))]
    NotStarted {
        command: String,
        cause: io::Error,
        advice: String,
    },
    /// An outside command ended badly.
    #[error("`{command}` {outcome}{}", on_its_own_line(advice))]
    Failed {
        command: String,
        outcome: String,
        advice: String,
    },
    /// A job under `mpiexec` ended with this exit code; what went wrong its ranks have said.
    #[error("the job ended with {outcome}")]
    Job { outcome: String, code: u8 },
    /// The machine or the project is not as it has to be.
    #[error("{0}")]
    Wrong(String),
    /// The command line asks for something that is not there.
    #[error("{0}")]
    Usage(String),
}

/// The result of a project command.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The exit code of `cargo xtask` after this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Job { code, .. } => *code,
            Self::NotStarted { .. } | Self::Failed { .. } | Self::Wrong(_) => 1,
        }
    }
}

fn on_its_own_line(advice: &str) -> String {
    if advice.is_empty() {
        String::new()
    } else {
        format!("\n  {advice}")
    }
}
