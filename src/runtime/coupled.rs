//! Programs beside others in one MPI job.

use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::start;
use crate::comm::ffi::Handle;
use crate::comm::{Communicator, Job};
use crate::error::Result;

/// After how long a rank tells that it still waits for others to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// [`run`](crate::run) for a program that `mpiexec` starts beside others which know nothing of partita:
/// `mpiexec -n 4 simulation : -n 1 python3 analysis.py`.
///
/// `program` gets the communicator of its own ranks, in which everything is as ever, and the [`Job`] of all
/// ranks, by which it exchanges arrays with the others.
///
/// Programs find each other by the one call that couplers use: at its start each splits `MPI_COMM_WORLD`
/// by a colour of its own (partita's is `MPI_APPNUM`, the program's number in `mpiexec`'s line). In Python:
///
/// ```python
/// from mpi4py import MPI
/// everyone = MPI.COMM_WORLD
/// own = everyone.Split(everyone.Get_attr(MPI.APPNUM))  # the ranks of this program
/// ```
///
/// A rank that waits for that longer than ten seconds says so. An error of the program ends the whole job,
/// because others may be waiting for its messages; so does an uncaught exception of a Python that was started
/// as `python3 -m mpi4py analysis.py`. MPI ends when all programs end it.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     partita::run_coupled(|world, job| {
///         if world.is_root() {
///             for other in job.others() {
///                 job.send(&[0.5, 1.5, 2.5], other)?;
///             }
///         }
///         Ok(())
///     })
/// }
/// ```
pub fn run_coupled<Program>(program: Program) -> ExitCode
where
    Program: FnOnce(&Communicator, &Job) -> Result<()> + Send + 'static,
{
    super::exit(start(Members::Program, |world| {
        program(world, &Job::of(world)?)
    }))
}

/// Whose communicator a program gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// All ranks that `mpiexec` started.
    Job,
    /// The ranks of this program.
    Program,
}

impl Members {
    /// Their communicator, as soon as all ranks of the job have asked for theirs. Collective.
    pub(super) fn meet(self) -> Result<Handle> {
        let (done, told) = mpsc::channel::<()>();
        let job = Handle::job()?;
        let (rank, size) = (job.rank()?, job.size()?);
        // Of the first and the last rank one is of this program, if there are two.
        let tells = rank == 0 || rank + 1 == size;
        let waiting = tells.then(|| {
            std::thread::spawn(move || {
                if told.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    eprintln!("rank {rank} of {size}: {}", self.hint());
                }
            })
        });
        let members = match self {
            Members::Job => Handle::duplicate_world(),
            Members::Program => Handle::program(),
        };
        drop(done);
        if let Some(waiting) = waiting {
            let _ = waiting.join();
        }
        members
    }

    fn hint(self) -> &'static str {
        match self {
            Members::Job => {
                "still waiting until all ranks have started; beside programs without partita, a program \
                 starts with partita::run_coupled"
            }
            Members::Program => {
                "still waiting until every program has split MPI_COMM_WORLD; in Python: \
                 MPI.COMM_WORLD.Split(MPI.COMM_WORLD.Get_attr(MPI.APPNUM))"
            }
        }
    }
}
