//! What can go wrong before a job runs.
#![forbid(unsafe_code)]

use std::io;
use std::path::PathBuf;

/// Why a launch could not take place. A job that ran and failed is an [`Outcome`](crate::Outcome),
/// not an error.
///
/// ```
/// let error = partita_launch::LaunchError::NotFound { looked_for: "mpiexec, mpirun".into() };
/// assert!(error.to_string().contains("PARTITA_MPIEXEC"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// No launcher on this machine.
    #[error(
        "no MPI launcher found (looked for {looked_for}): install MPI (Debian and Ubuntu: `apt-get install \
         openmpi-bin libopenmpi-dev`; on a cluster: `module load` its MPI), or name the launcher in PARTITA_MPIEXEC"
    )]
    NotFound {
        /// The names that were tried.
        looked_for: String,
    },
    /// A launcher is there, but does not answer `--version`.
    #[error("the MPI launcher {} does not work: {reason}; name another one in PARTITA_MPIEXEC", path.display())]
    Unusable {
        /// The launcher.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
    /// A job of no ranks, or of more than any MPI can count.
    #[error(
        "cannot launch on {ranks} ranks: the number of ranks is at least 1 and at most 2147483647"
    )]
    Ranks {
        /// What was asked for.
        ranks: usize,
    },
    /// The operating system refused.
    #[error("cannot {doing}: {source}")]
    System {
        /// The operation that failed.
        doing: String,
        /// The operating system's reason.
        source: io::Error,
    },
}

impl LaunchError {
    /// For `map_err`, where the operating system refuses something.
    pub(crate) fn system(doing: impl Into<String>) -> impl FnOnce(io::Error) -> LaunchError {
        let doing = doing.into();
        move |source| LaunchError::System { doing, source }
    }
}
