//! Starts programs under `mpiexec`, with a time limit, and hides what nobody should have to know
//! about it.
//!
//! ```no_run
//! use partita_launch::{Launch, Mpiexec};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), partita_launch::LaunchError> {
//! let mpiexec = Mpiexec::find()?;
//! let outcome = Launch::new(&mpiexec, 4, "target/release/examples/heat")
//!     .arguments(["--steps", "100"])
//!     .time_limit(Duration::from_secs(60))
//!     .run_captured()?;
//! assert!(outcome.success(), "{}", outcome.stderr);
//! # Ok(())
//! # }
//! ```
//!
//! In reading order: `mpiexec` finds the launcher, [`launch`](Launch) describes one job,
//! `environment` says which variables the job gets and which it must not inherit, `running` waits
//! for it, `processes` ends what is left of it. The crate links no MPI, so that tools can use it on
//! machines where MPI is yet to be installed.
#![forbid(unsafe_code)]

mod environment;
mod error;
mod launch;
mod mpiexec;
mod outcome;
mod processes;
mod running;

pub use error::LaunchError;
pub use launch::Launch;
pub use mpiexec::{Flavour, Mpiexec};
pub use outcome::Outcome;
