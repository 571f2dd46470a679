//! The description of one job.
#![forbid(unsafe_code)]

use crate::running::{self, Output};
use crate::{LaunchError, Mpiexec, Outcome, environment, processes};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// One job to be run: a program on a number of ranks.
///
/// Beyond what it is told, a launch sees to it that the job runs as root, on fewer cores than
/// ranks, beside other jobs, and from within another job. Variables that the user has set, in this
/// process's environment or by [`environment`](Launch::environment), are never overruled.
///
/// ```no_run
/// # fn main() -> Result<(), partita_launch::LaunchError> {
/// use partita_launch::{Launch, Mpiexec};
/// let outcome = Launch::new(&Mpiexec::find()?, 2, "hostname").run_captured()?;
/// assert_eq!(outcome.stdout.lines().count(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Launch {
    mpiexec: Mpiexec,
    ranks: usize,
    program: OsString,
    arguments: Vec<OsString>,
    beside: Vec<Launch>,
    environment: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    time_limit: Option<Duration>,
}

impl Launch {
    /// `program` on `ranks` ranks, without a time limit.
    pub fn new(mpiexec: &Mpiexec, ranks: usize, program: impl AsRef<OsStr>) -> Launch {
        Launch {
            mpiexec: mpiexec.clone(),
            ranks,
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            beside: Vec::new(),
            environment: Vec::new(),
            directory: None,
            time_limit: None,
        }
    }

    /// One more argument of the program.
    #[must_use]
    pub fn argument(self, argument: impl AsRef<OsStr>) -> Launch {
        self.arguments([argument])
    }

    /// More arguments of the program.
    #[must_use]
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Launch {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    /// Another program of the same job, behind a colon of the launcher's line: its ranks follow. Of `other`
    /// only the program, its arguments and its number of ranks count.
    ///
    /// ```
    /// use partita_launch::{Flavour, Launch, Mpiexec};
    /// let mpiexec = Mpiexec { path: "mpiexec".into(), flavour: Flavour::Mpich, version: String::new() };
    /// let python = Launch::new(&mpiexec, 1, "python3").argument("peer.py");
    /// let command = Launch::new(&mpiexec, 2, "./heat").beside(python).command();
    /// let words = ["-n", "2", "./heat", ":", "-n", "1", "python3", "peer.py"];
    /// assert_eq!(command.get_args().collect::<Vec<_>>(), words);
    /// ```
    #[must_use]
    pub fn beside(mut self, other: Launch) -> Launch {
        self.beside.push(other);
        self
    }

    /// A variable in the environment of the launcher and of every rank on this machine.
    #[must_use]
    pub fn environment(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Launch {
        self.environment
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// The directory that the job runs in; this process's own unless said otherwise.
    #[must_use]
    pub fn directory(mut self, directory: impl AsRef<Path>) -> Launch {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// How long the job may take. When the time has passed, every process of it on this machine is
    /// ended.
    #[must_use]
    pub fn time_limit(mut self, time_limit: Duration) -> Launch {
        self.time_limit = Some(time_limit);
        self
    }

    /// The command that this launch amounts to, for those who run it themselves. It knows no time
    /// limit.
    ///
    /// ```
    /// use partita_launch::{Flavour, Launch, Mpiexec};
    /// let mpiexec = Mpiexec { path: "mpiexec".into(), flavour: Flavour::Mpich, version: String::new() };
    /// let command = Launch::new(&mpiexec, 3, "./heat").argument("--steps").argument("7").command();
    /// assert_eq!(command.get_args().collect::<Vec<_>>(), ["-n", "3", "./heat", "--steps", "7"]);
    /// ```
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.mpiexec.path);
        self.name_program(&mut command);
        for other in &self.beside {
            command.arg(":");
            other.name_program(&mut command);
        }
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let inherited: Vec<String> = std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .collect();
        let foreign = environment::of_a_surrounding_job(&inherited);
        for name in &foreign {
            command.env_remove(name);
        }
        let ranks = self.ranks + self.beside.iter().map(|other| other.ranks).sum::<usize>();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let root = rustix::process::geteuid().is_root();
        for (name, value) in environment::defaults(self.mpiexec.flavour, ranks, cores, root) {
            if foreign.contains(&name) || std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn name_program(&self, command: &mut Command) {
        command
            .arg("-n")
            .arg(self.ranks.to_string())
            .arg(&self.program)
            .args(&self.arguments);
    }

    /// Runs the job, without standard input, and returns what it printed.
    ///
    /// # Errors
    /// When the job cannot be started. A job that fails, or reaches its time limit, is an
    /// [`Outcome`].
    pub fn run_captured(self) -> Result<Outcome, LaunchError> {
        self.run(Output::Collected, |command| {
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
        })
    }

    /// Runs the job on this process's own standard input, output and error. When nobody reads the
    /// output any more, the job goes on without.
    ///
    /// # Errors
    /// As [`run_captured`](Launch::run_captured).
    pub fn run_inherited(self) -> Result<Outcome, LaunchError> {
        self.run(Output::Relayed, |command| command.stdout(Stdio::piped()))
    }

    fn run(
        self,
        output: Output,
        connect: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Outcome, LaunchError> {
        if self.ranks == 0 || i32::try_from(self.ranks).is_err() {
            return Err(LaunchError::Ranks { ranks: self.ranks });
        }
        let session = tempfile::Builder::new()
            .prefix("partita-")
            .tempdir()
            .map_err(LaunchError::system(
                "create a temporary directory for the launcher",
            ))?;
        let mut command = self.command();
        for name in environment::SESSION_DIRECTORY {
            let set_here = command
                .get_envs()
                .any(|(set, value)| set == name && value.is_some());
            let removed = command
                .get_envs()
                .any(|(set, value)| set == name && value.is_none());
            if !set_here && (removed || std::env::var_os(name).is_none()) {
                command.env(name, session.path());
            }
        }
        let mark = processes::Mark::new(session.path());
        mark.put_on(&mut command);
        connect(&mut command);
        running::run(command, &mark, self.time_limit, output)
    }
}
