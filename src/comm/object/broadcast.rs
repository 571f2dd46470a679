use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{decode, encode_outcome};
use crate::comm::{Call, Communicator};
use crate::error::{Error, Result};

impl Communicator {
    /// Hands the root's value to every rank. *Collective.*
    ///
    /// The root gives `Some(value)`, the others `None`.
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
        let mut bytes = outcome.map_or_else(Vec::new, |outcome| {
            encode_outcome(outcome.as_ref().map_err(Error::clone), root)
        });
        let mut length = [bytes.len() as u64];
        self.inner.library.broadcast(root, &mut length)?;
        bytes.resize(usize::try_from(length[0]).map_err(Error::other)?, 0);
        self.inner.library.broadcast(root, &mut bytes)?;
        decode(&bytes)
    }
}
