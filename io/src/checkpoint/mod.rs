//! Checkpoints: the state of a run, from which it goes on, on any number of ranks.
//!
//! Each checkpoint is a file of its own ([`hdf5`](crate::hdf5): all or nothing, with checksums) in one folder.
//! `requests` is what asks for them besides the number of the step: signals, and a limit of time.

mod folder;
mod requests;
mod run;

use std::cell::Cell;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use partita::layout::Axes;
use partita::{Communicator, DistArray, Error, Operation, Result};

use crate::agreed::{agree_plainly, on_root, same_as_root};
use crate::hdf5::{AttributeValue, File, FromAttribute, Hdf5Element, Placement, Reading, Writing};
use requests::Request;
use run::Run;

/// The attribute of a checkpoint's step.
const STEP: &str = "step";

/// The attribute of what a checkpoint is made like; another number is another arrangement.
const FORMAT: &str = "partita_checkpoint";

/// The number of this arrangement: the run and a checksum of the values are among the attributes.
const OWN_FORMAT: u32 = 2;

/// The attribute of the checksum of all others.
const SUM: &str = "partita_values";

/// When a run saves its state, and where.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use ndarray::Ix2;
/// use partita::{DistArray, ProcessGrid};
/// use partita_io::checkpoint::Checkpoint;
///
/// let grid = ProcessGrid::balanced(world, 2)?;
/// let mut u = DistArray::<f64, Ix2>::zeros(&grid, [512, 512])?;
/// let checkpoint = Checkpoint::in_folder(world, "checkpoints")?.every(100).keep(3);
/// // What the results hang on: a checkpoint of a run with other values is not taken for this one's.
/// let mut checkpoint = checkpoint.of_run("shape", u.shape()).of_run("seed", 42);
/// let mut done = 0;
/// if let Some(saved) = checkpoint.restore()? {
///     u = saved.array("u", &grid)?; // on any number of ranks
///     done = saved.step();
/// }
/// for step in done + 1..=1000 {
///     u.map_inplace(|value| value + 1.0);
///     checkpoint.after(step, |state| state.array("u", &u))?;
/// }
/// # Ok(()) }
/// ```
///
/// SIGUSR1, to any rank, makes a checkpoint after the step that is being done, and the run goes on; one that comes
/// while a checkpoint is being made is answered by that. SIGTERM,
/// and the end of [`max_time`](Self::max_time), make one and end the run with
/// [`Error::Stopped`], whose exit code is 75.
///
/// A launcher hands on what it is sent. Open MPI's `mpiexec`, when it gets a SIGTERM, ends by its own code 1, and kills
/// the ranks a second later: `--mca odls_base_sigkill_timeout 60` gives them a minute, in any case. A SIGTERM to one
/// rank, or `max_time`, leaves all the time that the state takes.
#[derive(Debug)]
pub struct Checkpoint {
    communicator: Communicator,
    folder: PathBuf,
    every: Option<u64>,
    keep: usize,
    deadline: Option<Instant>,
    begun: Instant,
    run: Run,
    /// Whether it is known that the folder's checkpoints are this run's. Replicated.
    are_own: Cell<bool>,
}

impl Checkpoint {
    /// Checkpoints in this folder, which is made if it is not there. *Collective.*
    ///
    /// From here on SIGUSR1 and SIGTERM no longer end the process, see [`after`](Self::after). On all ranks this is so
    /// before the folder is there.
    ///
    /// # Cost
    /// An agreement and a broadcast.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be made; [`Error::Other`] when a signal cannot be watched.
    pub fn in_folder(communicator: &Communicator, folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        // Before the folder is there: who sees it may send a signal to any rank. Local: a limit of the system.
        let watched = requests::watch();
        communicator
            .agree(watched.map_err(|cause| Error::other(format!("checkpoint: {cause}"))))?;
        on_root(communicator, || {
            std::fs::create_dir_all(folder).map_err(|cause| Error::io("make", folder, cause))
        })?;
        Ok(Checkpoint {
            communicator: communicator.clone(),
            folder: folder.to_path_buf(),
            every: None,
            keep: 2,
            deadline: None,
            begun: Instant::now(),
            run: Run::default(),
            are_own: Cell::new(false),
        })
    }

    /// What the results of the run hang on besides the state that is saved: the program, its parameters, the seed, the
    /// digest of its input. *Local*; the same on every rank.
    ///
    /// Values are told apart by how they print ([`Debug`]). [`restore`](Self::restore) refuses checkpoints of a run with
    /// others, more or fewer of them.
    pub fn of_run(mut self, name: &str, value: impl Debug) -> Self {
        self.run.set(name, &value);
        self
    }

    /// One after each multiple of so many steps; without, only those that are asked for. Where ranks say different numbers,
    /// all make those of each. *Local.*
    pub fn every(mut self, steps: u64) -> Self {
        self.every = (steps > 0).then_some(steps);
        self
    }

    /// Keeps the last so many checkpoints (2 unless said otherwise, at least 1). *Local.*
    pub fn keep(mut self, number: usize) -> Self {
        self.keep = number.max(1);
        self
    }

    /// Ends the run by a checkpoint after the first step that ends later than this from now. *Local.*
    pub fn max_time(mut self, limit: Duration) -> Self {
        self.deadline = self.begun.checked_add(limit);
        self
    }

    /// Saves the state if it is time to, after a step is done. *Collective.*
    ///
    /// # Cost
    /// An all-reduce of one integer; a file when it is time.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the run was asked to end, after its state was saved; whatever `state`
    /// returns on any rank, having made the same calls on all; as [`save`](Self::save), in a folder of another run already after the first step.
    pub fn after(&mut self, step: u64, state: impl FnOnce(&mut State) -> Result<()>) -> Result<()> {
        self.check_folder()?;
        let late = self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        let regular = self.every.is_some_and(|every| step.is_multiple_of(every));
        let own = match (requests::take(late), regular) {
            (Request::Nothing, true) => Request::Save,
            (asked, _) => asked,
        };
        // Local: a signal comes to one rank, and clocks differ.
        let asked = self
            .communicator
            .all_reduce_value(own as u64, Operation::Max)?;
        if asked > Request::Nothing as u64 {
            self.save(step, state)?;
            // Whoever asked meanwhile has it: a launcher signals its ranks one after the other.
            requests::saved();
        }
        if asked < Request::Stop as u64 {
            return Ok(());
        }
        Err(Error::Stopped {
            detail: format!("after step {step}, which {} holds", self.folder.display()),
        })
    }

    /// Saves the state after a step, and removes the oldest checkpoints beyond those that are kept.
    /// *Collective.*
    ///
    /// Checkpoints of later steps, which were damaged when this run was resumed, are neither counted nor removed;
    /// [`restore`](Self::restore) takes them first.
    ///
    /// # Cost
    /// The state, written and synced.
    ///
    /// # Errors
    /// As [`File::write`] and [`File::close`]; then all earlier checkpoints are still there. As
    /// [`start_anew`](Self::start_anew), when neither that nor [`restore`](Self::restore) was called before.
    pub fn save(&mut self, step: u64, state: impl FnOnce(&mut State) -> Result<()>) -> Result<()> {
        self.check_folder()?;
        let mut file = File::create(&self.communicator, folder::path(&self.folder, step))?;
        file.attribute(FORMAT, OWN_FORMAT)?;
        file.attribute(STEP, step)?;
        self.run.write(&mut file)?;
        // Local: what the closure does is the user's.
        let filled = state(&mut State { file: &mut file });
        if let Err(error) = agree_plainly(&self.communicator, filled) {
            file.abandon();
            return Err(error);
        }
        let sum = file.sum_of_attributes("sum up the values of", SUM)?;
        file.attribute(SUM, sum)?;
        file.close()?;
        on_root(&self.communicator, || {
            folder::prune(&self.folder, step, self.keep)
        })
    }

    /// Begins a run from its start, in a folder without checkpoints. *Collective.*
    ///
    /// # Cost
    /// A broadcast and an agreement.
    ///
    /// # Errors
    /// [`Error::Usage`] when the folder holds checkpoints: those of two runs in one folder would be taken for each
    /// other's.
    pub fn start_anew(&self) -> Result<()> {
        let steps = self.steps()?;
        let Some(last) = steps.last() else {
            self.are_own.set(true);
            return Ok(());
        };
        // Replicated.
        let folder = self.folder.display();
        Err(Error::usage(format!(
            "{folder} holds checkpoints of an earlier run, the last of step {last}: resume that run, or give a folder \
             without checkpoints"
        )))
    }

    /// The newest checkpoint whose data are what was written; `None` where there is none. *Collective.*
    ///
    /// Older ones are tried when newer ones are damaged, and standard error tells of those.
    ///
    /// # Cost
    /// The checkpoint is read once, for its checksums.
    ///
    /// # Errors
    /// [`Error::Format`], of the newest, when there are checkpoints and none is whole; [`Error::Usage`] when the newest
    /// whole one is of a run with other values ([`of_run`](Self::of_run)).
    pub fn restore(&self) -> Result<Option<Saved>> {
        let steps = self.steps()?;
        let saved = self.newest_of(steps)?;
        if let Some(saved) = &saved {
            self.run.check(&saved.file)?;
        }
        self.are_own.set(true);
        Ok(saved)
    }

    /// The steps that there are checkpoints of; the ranks must be of one run.
    fn steps(&self) -> Result<Vec<u64>> {
        let (of_root, steps) = on_root(&self.communicator, || {
            Ok((self.run.clone(), folder::steps(&self.folder)?))
        })?;
        let same = same_as_root("checkpoint", &of_root, &self.run);
        self.communicator.agree(same)?;
        Ok(steps)
    }

    /// Nobody has asked yet what is in the folder.
    fn check_folder(&self) -> Result<()> {
        match self.are_own.get() {
            true => Ok(()),
            false => self.start_anew(),
        }
    }

    fn newest_of(&self, steps: Vec<u64>) -> Result<Option<Saved>> {
        let mut first = None;
        for step in steps.into_iter().rev() {
            match self.open(step) {
                Ok(saved) => return Ok(Some(saved)),
                Err(error) => {
                    if self.communicator.is_root() {
                        eprintln!("warning: {error}; trying an earlier checkpoint");
                    }
                    first.get_or_insert(error);
                }
            }
        }
        first.map_or(Ok(None), Err)
    }

    fn open(&self, step: u64) -> Result<Saved> {
        let path = folder::path(&self.folder, step);
        let file = File::open(&self.communicator, &path)?;
        let format: u32 = file.read_attribute(FORMAT)?;
        if format != OWN_FORMAT {
            let detail = format!("its format is {format}; this version knows {OWN_FORMAT}");
            return Err(Error::format("restore from", &path, detail));
        }
        let (expected, found): (u64, u64) = (
            file.read_attribute(SUM)?,
            file.sum_of_attributes("verify the values of", SUM)?,
        );
        if found != expected {
            let detail = format!(
                "they are not what was written: their checksum is {found:016x}, its attribute {SUM} says {expected:016x}"
            );
            return Err(Error::format("verify the values of", &path, detail));
        }
        file.verify_all()?;
        Ok(Saved {
            step: file.read_attribute(STEP)?,
            file,
        })
    }
}

/// A checkpoint being saved.
pub struct State<'a> {
    file: &'a mut File<Writing>,
}

impl State<'_> {
    /// An array of the state. *Collective.*
    ///
    /// # Errors
    /// As [`File::write`].
    pub fn array<A: Hdf5Element, D: Axes>(
        &mut self,
        name: &str,
        array: &DistArray<A, D>,
    ) -> Result<()> {
        self.file.write(name, array)
    }

    /// A number, a text or a list of these, the same on every rank: parameters, the state of a generator of
    /// random numbers. *Collective.*
    ///
    /// # Errors
    /// As [`File::attribute`]; [`Error::Usage`] for names that checkpoints use themselves: `step`, and what begins with
    /// `partita_`.
    pub fn value(&mut self, name: &str, value: impl AttributeValue) -> Result<()> {
        // Local, until names are compared: whoever has such a one must be heard before others write a value.
        let is_free = match name == STEP || name.starts_with("partita_") {
            false => Ok(()),
            true => Err(Error::usage(format!(
                "{}: the name {name:?} is the checkpoint's own, and no value's",
                self.file.path().display()
            ))),
        };
        agree_plainly(self.file.communicator(), is_free)?;
        self.file.firm_attribute(name, value)
    }
}

/// A checkpoint whose data are known to be what was saved: each array by its checksum, all values by one.
#[derive(Debug)]
pub struct Saved {
    step: u64,
    file: File<Reading>,
}

impl Saved {
    /// The last step that was done. *Local.*
    pub fn step(&self) -> u64 {
        self.step
    }

    /// An array of the state, on this run's ranks. *Collective.*
    ///
    /// # Errors
    /// As [`File::read`].
    pub fn array<'a, A: Hdf5Element, D: Axes>(
        &self,
        name: &str,
        placement: impl Into<Placement<'a>>,
    ) -> Result<DistArray<A, D>> {
        self.file.read(name, placement)
    }

    /// A value of the state. *Collective.*
    ///
    /// # Errors
    /// As [`File::read_attribute`].
    pub fn value<Value: FromAttribute>(&self, name: &str) -> Result<Value> {
        self.file.read_attribute(name)
    }

    /// Whether the run was begun with this value; the name tells which one was not. *Collective.*
    ///
    /// # Errors
    /// [`Error::Usage`] when it was begun with another one.
    pub fn expect<Value>(&self, name: &str, expected: Value) -> Result<()>
    where
        Value: FromAttribute + PartialEq + std::fmt::Debug,
    {
        let saved: Value = self.value(name)?;
        if saved == expected {
            return Ok(());
        }
        let path = self.file.path().display();
        Err(Error::usage(format!(
            "{path} is of a run with {name} = {saved:?}, this one has {expected:?}"
        )))
    }
}
