//! Workers: another program's processes, started by this one.

use std::path::{Path, PathBuf};

use super::InterCommunicator;
use crate::comm::ffi::Handle;
use crate::comm::{Call, Communicator};
use crate::error::{Error, Result};

impl Communicator {
    /// Starts `number` processes of another program, and returns the way to talk to them. *Collective*: the
    /// ranks have the workers together.
    ///
    /// The workers are a job of their own: a program that calls [`run`](crate::run) finds them in its `world`,
    /// and this one through [`InterCommunicator::parent`]. They run where the launcher has room for them;
    /// Open MPI wants to be told that there may be more processes than cores (`mpiexec --oversubscribe`).
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let workers = world.spawn("./worker", &["--quick"], 3)?;
    /// if world.is_root() {
    ///     for worker in 0..workers.remote_size() {
    ///         workers.send_object(&format!("task {worker}"), worker)?;
    ///     }
    /// }
    /// workers.disconnect()
    /// # }
    /// ```
    ///
    /// # Cost
    /// That of starting programs; some agreements.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when no process is asked for, [`Error::Io`] when there is no such
    /// program, [`Error::Mpi`] of class `MPI_ERR_SPAWN` when MPI cannot start it, with the worker it was.
    #[track_caller]
    pub fn spawn(
        &self,
        program: impl AsRef<Path>,
        arguments: &[&str],
        number: usize,
    ) -> Result<InterCommunicator> {
        let _call = self.enter(Call::new("spawn"))?;
        let arguments: Vec<String> = arguments.iter().map(|text| text.to_string()).collect();
        let own = (program.as_ref().to_path_buf(), arguments, number);
        let of_root = self.broadcast_object(0, self.is_root().then(|| own.clone()))?;
        // Local: each rank knows its own arguments, and the root looks for the program.
        self.agree(match () {
            () if own != of_root => Err(Error::usage(format!(
                "spawn: {} of {} here, {} of {} on rank 0, or other arguments",
                own.2,
                own.0.display(),
                of_root.2,
                of_root.0.display()
            ))),
            () if number == 0 => Err(Error::usage("spawn: no process to start")),
            () if self.is_root() => find(&own.0).map(drop),
            () => Ok(()),
        })?;
        let (program, arguments, number) = own;
        let spawned = self.inner.user.spawn(&program, &arguments, number);
        InterCommunicator::new(self.agree(spawned)?, self, true)
    }
}

impl InterCommunicator {
    /// The way from a worker to the program that [started](Communicator::spawn) it; `None` in a program that
    /// `mpiexec` started. *Local.*
    ///
    /// `world` is what [`run`](crate::run) gave to the program.
    ///
    /// # Errors
    /// [`Error::Mpi`].
    pub fn parent(world: &Communicator) -> Result<Option<Self>> {
        Handle::of_parent()?
            .map(|handle| InterCommunicator::new(handle, world, false))
            .transpose()
    }
}

/// Where the program is: some MPI libraries end the job when there is none.
fn find(program: &Path) -> Result<PathBuf> {
    let missing = |cause: &str| Err(Error::io("start", program, cause));
    if program.components().count() > 1 {
        return match program.metadata() {
            Ok(file) if file.is_file() => Ok(program.to_path_buf()),
            Ok(_) => missing("it is no file"),
            Err(cause) => missing(&cause.to_string()),
        };
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|place| place.is_file());
    found.map_or_else(|| missing("no folder of PATH has it"), Ok)
}
