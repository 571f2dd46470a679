//! Collective calls of HDF5 that not every rank comes out of.
//!
//! Where a rank's part of a call fails, HDF5 leaves it on that rank alone, or goes on to another call of MPI than the
//! others wait in. The former rank waits for the others a while; of the latter, no rank ever comes back.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use partita::{Error, Result};

use super::ffi::Cause;
use super::transfer::Session;

/// How long a rank whose call failed waits for the others to come out of theirs.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a call may take that moves no data, unless `PARTITA_TIMEOUT` says so: longer than file systems are known to.
const LONGEST_CALL: Duration = Duration::from_secs(120);

fn longest_call() -> Duration {
    let seconds = std::env::var("PARTITA_TIMEOUT").ok();
    // That it is a number was seen when the program started.
    let seconds = seconds.and_then(|seconds| seconds.trim().parse::<f64>().ok());
    let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    limit
        .filter(|limit| !limit.is_zero())
        .unwrap_or(LONGEST_CALL)
}

impl Session<'_> {
    /// Ends the job unless a collective call that moves no data (opening, closing) comes back in time.
    pub(super) fn in_time<T>(&self, call: impl FnOnce() -> T) -> T {
        let (back, waiting) = mpsc::channel::<()>();
        let limit = longest_call();
        let what = format!("HDF5 has not come back for {} s", limit.as_secs_f64());
        let error = Error::io(self.operation, self.path, what).on_rank(self.communicator.rank());
        let watch = move || {
            if waiting.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                partita::runtime::end_job(&error);
            }
        };
        // Where no thread can be had, nobody looks at the clock.
        let _ = std::thread::Builder::new().spawn(watch);
        let outcome = call();
        drop(back);
        outcome
    }

    /// Agrees on what a collective call of HDF5 came to, once every rank has left it. A rank that failed in it
    /// waits only so long: whether the others are let go then depends on the call, and on the MPI library. Its own
    /// error is all that it has in that case, and ends the job.
    pub(super) fn agree_together<T>(&self, outcome: Result<T, Cause>) -> Result<T> {
        let limit = outcome.is_err().then(|| PATIENCE.min(longest_call()));
        match (self.communicator.arrive_within(limit)?, outcome) {
            (false, Err(cause)) => Err(self.failure(cause)),
            (_, outcome) => self.agree(outcome),
        }
    }
}
