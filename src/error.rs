//! One error type for every room, made to travel between ranks.

use std::fmt::Display;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The result of everything in partita that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong: the operation, the path or shape, the cause, and after
/// [`agree`](crate::Communicator::agree) the rank.
///
/// An error is a plain value (no handles, no pointers), so that the failing rank's error can be
/// handed to all the others: after an agreed failure every rank holds an equal `Error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program was called wrongly: an unknown flag, a value out of its range.
    #[error("{0}")]
    Usage(String),
    /// Shapes, layouts or lengths that do not fit each other.
    #[error("{operation}: {detail}")]
    Shape {
        /// What was attempted, e.g. `zip_with`.
        operation: String,
        /// Both shapes, and what to do.
        detail: String,
    },
    /// An input that is not what it should be: not HDF5, no such dataset, another element type.
    #[error("cannot {operation} {path}: {detail}")]
    Format {
        /// What was attempted, e.g. `read "u" from`.
        operation: String,
        /// The file.
        path: String,
        /// What is wrong with it.
        detail: String,
    },
    /// Something valid that partita does not do.
    #[error("cannot {operation} {path}: {feature} is not supported")]
    Unsupported {
        /// What was attempted.
        operation: String,
        /// The file.
        path: String,
        /// The feature that is missing.
        feature: String,
    },
    /// The operating system refused: no such file, no space, no permission.
    #[error("cannot {operation} {path}: {cause}")]
    Io {
        /// What was attempted, e.g. `create`.
        operation: String,
        /// The file or folder.
        path: String,
        /// The system's words, with the sizes where space is short.
        cause: String,
    },
    /// A file that another program is writing.
    #[error("cannot write {path}: {holder} is writing it")]
    Busy {
        /// The file.
        path: String,
        /// The program, its process and its machine.
        holder: String,
    },
    /// A numerical condition that makes the answer worthless: an unstable step, an overflow.
    #[error("{operation}: {detail}")]
    Numerical {
        /// The method.
        operation: String,
        /// The condition, its value, and what would satisfy it.
        detail: String,
    },
    /// Memory that could not be had.
    #[error("{operation}: cannot allocate {bytes} bytes")]
    Memory {
        /// What the memory was for.
        operation: String,
        /// How much was asked for.
        bytes: u64,
    },
    /// An MPI call that returned an error code.
    #[error("{call} failed: {message} ({class})")]
    Mpi {
        /// The MPI function.
        call: String,
        /// The error class by its name in the standard, e.g. `MPI_ERR_TRUNCATE`.
        class: String,
        /// The MPI library's text.
        message: String,
    },
    /// Ranks that are not in the same collective call, found before any of them began it.
    #[error("the ranks' calls do not match: {calls}")]
    Mismatch {
        /// Which ranks called what, and in which line.
        calls: String,
    },
    /// A run that was asked to end before it was done, and whose state is saved.
    #[error("stopped {detail}")]
    Stopped {
        /// After which step, and where its state is.
        detail: String,
    },
    /// Any other failure, of the user's own code.
    #[error("{0}")]
    Other(String),
    /// The failure of one rank, as every rank sees it once it is agreed.
    #[error("rank {rank}: {error}")]
    OnRank {
        /// The first rank that failed.
        rank: usize,
        /// What failed there.
        error: Box<Error>,
    },
    /// The failure of one task of a [farm](crate::Farm), as every rank sees it.
    #[error("task {task}: {error}")]
    OnTask {
        /// The first task that failed, by its place among the tasks.
        task: usize,
        /// What failed there.
        error: Box<Error>,
    },
    /// The same failure on every rank, as of an argument that all of them were given.
    #[error("{0}")]
    OnEveryRank(Box<Error>),
}

impl Error {
    /// A wrong call of the program; see [`Error::Usage`].
    pub fn usage(message: impl Display) -> Self {
        Error::Usage(message.to_string())
    }

    /// Shapes that do not fit; see [`Error::Shape`].
    pub fn shape(operation: impl Display, detail: impl Display) -> Self {
        Error::Shape {
            operation: operation.to_string(),
            detail: detail.to_string(),
        }
    }

    /// A numerical condition; see [`Error::Numerical`].
    pub fn numerical(operation: impl Display, detail: impl Display) -> Self {
        Error::Numerical {
            operation: operation.to_string(),
            detail: detail.to_string(),
        }
    }

    /// A bad input; see [`Error::Format`].
    pub fn format(operation: impl Display, path: &Path, detail: impl Display) -> Self {
        Error::Format {
            operation: operation.to_string(),
            path: path.display().to_string(),
            detail: detail.to_string(),
        }
    }

    /// A refusal of the system; see [`Error::Io`].
    pub fn io(operation: impl Display, path: &Path, cause: impl Display) -> Self {
        Error::Io {
            operation: operation.to_string(),
            path: path.display().to_string(),
            cause: cause.to_string(),
        }
    }

    /// A failure of another kind; see [`Error::Other`].
    pub fn other(message: impl Display) -> Self {
        Error::Other(message.to_string())
    }

    /// This error as it is told to all ranks: with the rank it happened on, once.
    pub fn on_rank(self, rank: usize) -> Self {
        if self.is_agreed() {
            return self;
        }
        Error::OnRank {
            rank,
            error: Box::new(self),
        }
    }

    /// Whether every rank is known to hold this same error.
    pub fn is_agreed(&self) -> bool {
        matches!(
            self,
            Error::OnRank { .. }
                | Error::OnTask { .. }
                | Error::OnEveryRank(_)
                | Error::Mismatch { .. }
        )
    }

    /// The process exit code of a program that ends with this error, the same on every rank:
    /// 2 usage; 3 input, format or shape; 4 I/O; 5 numerical; 75 stopped, to be resumed; 1 anything else.
    ///
    /// ```
    /// use partita::Error;
    /// assert_eq!(Error::usage("unknown flag --shap").exit_code(), 2);
    /// assert_eq!(Error::numerical("heat", "r = 0.7 > 0.5").on_rank(3).exit_code(), 5);
    /// ```
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            Error::Shape { .. } | Error::Format { .. } | Error::Unsupported { .. } => 3,
            Error::Io { .. } | Error::Busy { .. } => 4,
            Error::Numerical { .. } => 5,
            Error::Stopped { .. } => 75,
            Error::Memory { .. } | Error::Mpi { .. } | Error::Mismatch { .. } | Error::Other(_) => {
                1
            }
            Error::OnRank { error, .. }
            | Error::OnTask { error, .. }
            | Error::OnEveryRank(error) => error.exit_code(),
        }
    }
}

impl From<ndarray::ShapeError> for Error {
    fn from(error: ndarray::ShapeError) -> Self {
        Error::shape("ndarray", error)
    }
}
