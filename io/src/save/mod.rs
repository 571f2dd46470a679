//! All or nothing, for a file of any kind: the old one byte for byte, or the new one whole.
//!
//! A [`Replacement`] is written beside its target (`beside`), after what can be known beforehand was
//! looked at (`preflight`); room for large data is taken before the data is written (`space`);
//! [`commit`](Replacement::commit) syncs the file, renames it over the target and syncs the folder.
//! One program at a time replaces a file (`lock`). At every earlier moment, a crash included, the target is what it was. An interrupt, unlike a crash,
//! takes the file beside it along (`interrupt`).

mod beside;
mod interrupt;
mod lock;
mod preflight;
mod space;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use partita::{Communicator, Error, Result};

use crate::agreed::{on_root, same_as_root};
use beside::Temporary;
use interrupt::RemovedOnInterrupt;
pub(crate) use interrupt::let_sigterm_ask;
use lock::Lock;
pub(crate) use preflight::irregular_kind;
pub(crate) use space::check_room;
pub use space::reserve;

/// A file being written beside the one it will replace.
///
/// Dropped without [`commit`](Replacement::commit), it removes what was written (on the root,
/// without communication) and the target stays what it was.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita::Error;
/// use partita_io::save::Replacement;
///
/// let new = Replacement::begin(world, "summary.txt".as_ref())?;
/// let written = match world.is_root() {
///     true => std::fs::write(new.path(), "all is well"),
///     false => Ok(()),
/// };
/// world.agree(written.map_err(|cause| Error::io("write", new.target(), cause)))?;
/// new.commit() // now, and only now, summary.txt is new
/// # }
/// ```
#[derive(Debug)]
pub struct Replacement {
    communicator: Communicator,
    target: PathBuf,
    plan: Plan,
    /// Removes the file when dropped; on the root alone.
    temporary: Option<Temporary>,
    /// Nobody else replaces the target meanwhile; on the root alone.
    _lock: Option<Lock>,
    _on_interrupt: RemovedOnInterrupt,
    _lock_on_interrupt: Option<RemovedOnInterrupt>,
}

/// What the root decided, and every rank follows.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Plan {
    given: PathBuf,
    destination: preflight::Destination,
    temporary: PathBuf,
    lock: Option<PathBuf>,
}

impl Replacement {
    /// Looks at the target and makes an empty file beside it, to be filled under
    /// [`path`](Replacement::path). *Collective.*
    ///
    /// A symbolic link stays, and the file that it points to is replaced. What a killed run left beside it is
    /// removed, where there are locks to tell that nobody writes it.
    ///
    /// # Cost
    /// The root alone touches the file system; one broadcast and one all-reduce.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Io`] when the target is a directory, a FIFO or a device, or
    /// is write-protected, when its folder is missing or may not be written to; [`Error::Busy`] when
    /// another program is replacing it; [`Error::Usage`] when the ranks name different targets.
    pub fn begin(communicator: &Communicator, target: &Path) -> Result<Self> {
        let (mut temporary, mut lock) = (None, None);
        let plan = on_root(communicator, || {
            let destination = preflight::examine(target)?;
            lock = Lock::take(&destination.path, target)?;
            if lock.is_some() {
                beside::remove_left(&destination.path);
            }
            let file = Temporary::create_beside(&destination.path)
                .map_err(|(folder, cause)| refused_folder(target, &folder, cause))?;
            let plan = Plan {
                given: target.to_path_buf(),
                destination,
                temporary: file.path().to_path_buf(),
                lock: lock.as_ref().map(|lock| lock.path().to_path_buf()),
            };
            temporary = Some(file);
            Ok(plan)
        })?;
        communicator.agree(same_as_root("save", plan.given.as_path(), target))?;
        Ok(Replacement {
            communicator: communicator.clone(),
            target: target.to_path_buf(),
            _on_interrupt: RemovedOnInterrupt::new(&plan.temporary),
            _lock_on_interrupt: plan.lock.as_deref().map(RemovedOnInterrupt::new),
            plan,
            temporary,
            _lock: lock,
        })
    }

    /// Where to write: the absolute path of the temporary, the same on every rank. *Local.*
    pub fn path(&self) -> &Path {
        &self.plan.temporary
    }

    /// The file that will be replaced, as the caller named it. *Local.*
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Makes the target new: syncs what was written, renames it over the target, syncs the folder.
    /// *Collective.*
    ///
    /// Permissions of a target that was there are kept.
    ///
    /// # Cost
    /// An all-reduce and a broadcast; the time the disk needs.
    ///
    /// # Errors
    /// The same [`Error::Io`] on every rank. The target is then the old file, unless only the last step
    /// failed, the syncing of its folder: then it is the new one, and may be the old one after a crash.
    pub fn commit(mut self) -> Result<()> {
        self.communicator.agree(self.sync())?;
        let temporary = &mut self.temporary;
        on_root(&self.communicator, || {
            let destination = &self.plan.destination.path;
            fs::rename(&self.plan.temporary, destination)
                .map_err(|cause| Error::io("replace", &self.target, cause))?;
            if let Some(temporary) = temporary.take() {
                temporary.keep();
            }
            sync_folder(destination)
                .map_err(|cause| Error::io("sync the folder of", &self.target, cause))
        })
    }

    /// Every rank syncs, because each may have written from another machine.
    fn sync(&self) -> Result<()> {
        let file = || -> std::io::Result<()> {
            if let (true, Some(mode)) = (self.communicator.is_root(), self.plan.destination.mode) {
                fs::set_permissions(&self.plan.temporary, Permissions::from_mode(mode))?;
            }
            File::open(&self.plan.temporary)?.sync_all()
        };
        file().map_err(|cause| Error::io("sync", &self.target, cause))
    }
}

fn refused_folder(target: &Path, folder: &Path, cause: std::io::Error) -> Error {
    let detail = format!("no file can be made in {}: {cause}", folder.display());
    Error::io("create", target, detail)
}

/// A rename is durable only once the folder that holds the name is.
fn sync_folder(of: &Path) -> std::io::Result<()> {
    File::open(beside::folder(of))?.sync_all()
}
