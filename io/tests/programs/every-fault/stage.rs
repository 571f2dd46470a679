//! A save, rehearsed without faults and then played with each.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use ndarray::{Ix1, Ix2};
use partita::layout::Axes;
use partita::{Communicator, DistArray, Error, Operation, ProcessGrid, Result};
use partita_io::hdf5::{File, Reading, TransferMode};

use crate::fault::{Extent, Fault, Seen, Shim, hash};

/// No save may take longer.
const LIMIT: Duration = Duration::from_secs(10);

/// How the data went, array by array.
pub type Modes = Vec<TransferMode>;

pub type Save = fn(&Communicator, &Path) -> Result<Modes>;

pub struct Stage<'a> {
    world: &'a Communicator,
    shim: Shim,
    target: &'a Path,
    save: Save,
    old: Vec<u8>,
    /// What the target is when nothing fails.
    pub new: Vec<u8>,
    /// How its data went then.
    modes: Modes,
    datasets: Vec<String>,
    /// The calls of each rank when nothing fails, in their order.
    calls: Vec<Vec<String>>,
}

impl<'a> Stage<'a> {
    /// Saves twice over the old content, without a fault: with the same calls, and before each of them the target is
    /// old or new, as a crash would leave it. *Collective.*
    pub fn rehearse(
        world: &'a Communicator,
        (folder, target): (&Path, &'a Path),
        save: Save,
        old: Vec<u8>,
    ) -> Result<Self> {
        let mut stage = Stage {
            world,
            shim: Shim::of_rank(folder, world.rank()),
            target,
            save,
            old,
            new: Vec::new(),
            modes: Vec::new(),
            datasets: Vec::new(),
            calls: Vec::new(),
        };
        let (_, first) = stage.rehearsal()?;
        stage.new = stage.content();
        stage.datasets = stage.names_of(&File::open(world, target)?)?;
        (stage.modes, stage.calls) = stage.rehearsal()?;
        let checked = stage.check_rehearsals(&first, &stage.calls[world.rank()]);
        world.agree(checked.map_err(Error::other))?;
        for calls in &mut stage.calls {
            calls.retain(|word| word.len() < hash(&[]).len());
        }
        Ok(stage)
    }

    /// Whether some data went straight to the file, and some by HDF5.
    pub fn ways(&self) -> [bool; 2] {
        let straight = |mode: &TransferMode| *mode == TransferMode::Direct;
        [
            self.modes.iter().any(straight),
            !self.modes.iter().all(straight),
        ]
    }

    fn rehearsal(&self) -> Result<(Modes, Vec<Vec<String>>)> {
        self.set_up()?;
        self.shim.watch(self.target)?;
        self.world.barrier()?;
        let (outcome, seen, _) = self.save()?;
        Ok((outcome?, self.world.all_gather_objects(&seen.words)?))
    }

    fn check_rehearsals(
        &self,
        first: &[Vec<String>],
        own: &[String],
    ) -> std::result::Result<(), String> {
        if first != self.calls {
            return Err(format!("other calls: {first:?}, then {:?}", self.calls));
        }
        if self.new == self.old || self.new != self.content() {
            return Err("not the same new content twice".into());
        }
        let known = [hash(&self.old), hash(&self.new)];
        let mut contents = own.iter().filter(|word| word.len() == known[0].len());
        if !contents.all(|content| known.contains(content)) {
            return Err("before some call the target is neither old nor new".into());
        }
        let last = |call: &str| own.iter().rposition(|word| word == call);
        match last("fsync") > last("pwrite").max(last("ftruncate")) {
            true => Ok(()),
            false => Err(format!("written and not synced: {own:?}")),
        }
    }

    /// What is to fail.
    pub fn faults(&self, extent: Extent) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (rank, calls) in self.calls.iter().enumerate() {
            let mut numbers = BTreeMap::new();
            for call in calls {
                let number = numbers.entry(call).or_insert(0);
                *number += 1;
                let count = calls.iter().filter(|other| *other == call).count();
                let kinds = extent.kinds(rank, call, (*number, count));
                faults.extend(kinds.iter().map(|kind| Fault {
                    rank,
                    call: call.clone(),
                    kind,
                    number: *number,
                }));
            }
        }
        faults
    }

    /// Saves with a fault; what is wrong with what came of it, the same on every rank. *Collective.*
    pub fn play(&self, fault: &Fault) -> Result<Option<String>> {
        let world = self.world;
        self.set_up()?;
        if fault.rank == world.rank() {
            self.shim.arm(fault)?;
        }
        world.barrier()?;
        let (outcome, seen, took) = self.save()?;
        if let Err(error) = &outcome
            && !error.is_agreed()
        {
            // The others are left waiting: the job ends here.
            return Err(error.clone());
        }
        let happened = world.all_reduce_value(seen.happened, Operation::LogicalOr)?;
        let late = world.all_reduce_value(took > LIMIT, Operation::LogicalOr)?;
        let said = outcome.err().map(|error| error.to_string());
        let all_said = world.all_gather_objects(&said)?;
        world.barrier()?;
        let differs = said.is_none() && self.content() != self.new;
        // HDF5 may have written the same data to other places.
        let is_right = match differs {
            true => self.is_right(),
            false => Ok(true),
        };
        let problem = match is_right {
            _ if !happened => Some("did not happen".into()),
            _ if late => Some(format!("took {took:?}")),
            _ if all_said.iter().any(|other| *other != said) => Some("not everyone's".into()),
            Ok(false) => Some("a wrong file, and nobody says so".into()),
            Err(error) if !self.may_be_noticed_later(fault) => Some(error.to_string()),
            _ => self.wrong_in_folder(fault, said.as_deref(), differs),
        };
        let problem = problem.map(|problem| format!("{fault}: {problem}: {all_said:?}"));
        let of_root = world.is_root().then_some(problem);
        world.broadcast_object(0, of_root)
    }

    /// Whether the checksums are all that tells of a fault: nobody sees a bit flip, and Open MPI 4.1 takes a write that
    /// it makes for several ranks to be done when half of it is.
    fn may_be_noticed_later(&self, fault: &Fault) -> bool {
        fault.kind == "flip" || fault.kind == "short" && self.world.size() > 1
    }

    /// Whether the target is the right one of old and new, and alone.
    fn wrong_in_folder(&self, fault: &Fault, said: Option<&str>, differs: bool) -> Option<String> {
        let content = self.content();
        // Only that its name is on the disk cannot be said of a new file then.
        let may_be_new = said.is_none_or(|said| said.contains("sync the folder of"));
        let may_be_old = said.is_some();
        if !(differs || may_be_new && content == self.new || may_be_old && content == self.old) {
            return Some(format!("{} bytes, neither old nor new", content.len()));
        }
        let mut names = self.names();
        names.retain(|name| self.target.file_name() != Some(name.as_ref()));
        (!names.is_empty() && fault.call != "unlink").then(|| format!("left {names:?}"))
    }

    /// The datasets with numbers that count.
    fn names_of(&self, file: &File<Reading>) -> Result<Vec<String>> {
        let mut names = file.datasets()?;
        names.retain(|name| !name.contains("axis") && name != "/time");
        Ok(names)
    }

    /// Whether a file that verifies has the data that were saved.
    fn is_right(&self) -> Result<bool> {
        let file = File::open(self.world, self.target)?;
        file.verify_all()?;
        let names = self.names_of(&file)?;
        let mut right = names == self.datasets;
        for name in &names {
            right &= match file.shape(name)?.len() {
                1 => are_numbers::<Ix1>(&file, name)?,
                _ => are_numbers::<Ix2>(&file, name)?,
            };
        }
        Ok(right)
    }

    fn save(&self) -> Result<(Result<Modes>, Seen, Duration)> {
        let start = Instant::now();
        let outcome = (self.save)(self.world, self.target);
        let took = start.elapsed();
        let seen = self.shim.disarm()?;
        Ok((outcome, seen, took))
    }

    /// The old file, alone in its folder.
    fn set_up(&self) -> Result<()> {
        if self.world.is_root() {
            for name in self.names() {
                let _ = fs::remove_file(self.target.with_file_name(name));
            }
            fs::write(self.target, &self.old).expect("a folder to write to");
        }
        self.world.barrier()
    }

    fn content(&self) -> Vec<u8> {
        fs::read(self.target).expect("a target")
    }

    fn names(&self) -> Vec<String> {
        let folder = self.target.parent().expect("a folder");
        let entries = fs::read_dir(folder).expect("a folder to list");
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
        names.map(|name| name.expect("ASCII")).collect()
    }

    /// What was called how often by each rank, and how many faults that made.
    pub fn account(&self, name: &str, faults: &[Fault]) -> String {
        let mut names: Vec<&String> = self.calls.iter().flatten().collect();
        names.sort();
        names.dedup();
        let lines = names.into_iter().map(|call| {
            let of_rank = |calls: &Vec<String>| calls.iter().filter(|other| *other == call).count();
            let counts: Vec<_> = self.calls.iter().map(of_rank).collect();
            let number = faults.iter().filter(|fault| fault.call == *call).count();
            format!("account {name} {call} {number} faults of calls {counts:?}")
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Whether each row of a dataset counts from 0.
fn are_numbers<D: Axes>(file: &File<Reading>, name: &str) -> Result<bool> {
    let grid = ProcessGrid::balanced(file.communicator(), 1)?;
    let elements: DistArray<f64, D> = file.read(name, &grid)?;
    let row = elements.shape().last().copied().unwrap_or(1);
    let elements = elements.all_gather()?;
    let mut numbers = elements.iter().enumerate();
    Ok(numbers.all(|(at, &value)| value == (at % row) as f64))
}
