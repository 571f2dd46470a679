//! Work that one rank does for all of them.

use partita::{Communicator, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Does `work` on the root and hands its outcome, good or bad, to every rank. *Collective.*
///
/// # Cost
/// One broadcast of an object.
pub(crate) fn on_root<T, Work>(communicator: &Communicator, work: Work) -> Result<T>
where
    T: Serialize + DeserializeOwned,
    Work: FnOnce() -> Result<T>,
{
    let outcome = communicator
        .is_root()
        .then(|| work().map_err(|error| error.on_rank(0)));
    communicator.broadcast_object(0, outcome)?
}

/// Whether this rank was called with what the root was called with. *Local*, for `agree`.
pub(crate) fn same_as_root<T>(operation: &str, of_root: &T, own: &T) -> Result<()>
where
    T: PartialEq + std::fmt::Debug + ?Sized,
{
    if of_root == own {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{operation}: called here with {own:?}, on rank 0 with {of_root:?}: all ranks work on one file together"
    )))
}

/// What a rank found by itself, and whether it found anything: ranks whose arguments differ must all hear of it. *Local*,
/// for `agree`.
pub(crate) fn for_all_to_hear<T: Default>(found: Result<T>) -> (T, Result<()>) {
    match found {
        Ok(found) => (found, Ok(())),
        Err(error) => (T::default(), Err(error)),
    }
}

/// As `agree`; what every rank was given, and has found alike, is the plain error. *Collective.*
pub(crate) fn agree_plainly<T>(communicator: &Communicator, outcome: Result<T>) -> Result<T> {
    communicator.agree(outcome).map_err(|error| match error {
        Error::OnEveryRank(error) => *error,
        error => error,
    })
}
