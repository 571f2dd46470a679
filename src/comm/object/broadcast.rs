use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Bytes, decode, encode, encode_failure};
use crate::comm::{Call, Communicator};
use crate::error::{Error, Result};

impl Communicator {
    /// Hands the root's value to every rank. *Collective.*
    ///
    /// The root gives `Some(value)`, and gets it back; the others give `None`.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let table = world.is_root().then(|| vec![0.5; 1_000_000]);
    /// let table = world.broadcast_object(0, table)?;
    /// assert_eq!(table.len(), 1_000_000);
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// Two broadcasts, of the length and of the encoded bytes, and an agreement.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when the root gives no value or is no rank, and
    /// [`Error::Other`] when the value cannot be encoded, or not be decoded on some rank.
    #[track_caller]
    pub fn broadcast_object<T>(&self, root: usize, value: Option<T>) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        self.broadcast_object_for("broadcast_object", root, value)
    }

    /// [`broadcast_object`](Self::broadcast_object) as a part of `operation`, which its errors name.
    #[track_caller]
    pub(crate) fn broadcast_object_for<T>(
        &self,
        operation: &'static str,
        root: usize,
        value: Option<T>,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let _call = self.enter(Call::new(operation).element::<T>().root(root))?;
        self.check_rank(operation, root)?;
        let missing = || Error::usage(format!("{operation}: the root gives nothing"));
        let outcome = (self.rank() == root).then(|| value.ok_or_else(missing));
        // Local: a type may decode here and not there.
        self.agree(self.broadcast_outcome(root, outcome))
    }

    /// Hands the root's value, or its failure, to every rank: `agree` where only the root can fail.
    /// `T` is a type that decodes alike everywhere.
    pub(crate) fn broadcast_outcome<T>(&self, root: usize, outcome: Option<Result<T>>) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let library = self.inner.library;
        let Some(outcome) = outcome else {
            let mut length = [0u64];
            library.broadcast(root, &mut length)?;
            let length = usize::try_from(length[0]).map_err(Error::other)?;
            let memory = library.receive_broadcast(root, length, Bytes::spare())?;
            return decode(&Bytes::at_front_of(memory, length));
        };
        let encoded = outcome.and_then(|value| Ok((encode(&value)?, value)));
        let (bytes, outcome) = match encoded {
            Ok((bytes, value)) => (bytes, Ok(value)),
            Err(error) => (
                encode_failure(error.clone(), root),
                Err(error.on_rank(root)),
            ),
        };
        library.broadcast(root, &mut [bytes.len() as u64])?;
        library.send_broadcast(root, &bytes)?;
        outcome
    }
}
