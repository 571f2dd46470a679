//! Rust values between ranks, as postcard bytes: the one place that encodes and decodes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Communicator;
use crate::error::{Error, Result};

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(|error| Error::other(format!("encode an object: {error}")))
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    postcard::from_bytes(bytes).map_err(|error| Error::other(format!("decode an object: {error}")))
}

impl Communicator {
    /// Hands the root's value to every rank. *Collective.*
    ///
    /// The root gives `Some(value)`, the others `None`.
    ///
    /// # Cost
    /// Two broadcasts: of the length, and of the encoded bytes.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when the root gives no value or is no rank, and
    /// [`Error::Other`] when the value cannot be encoded.
    pub fn broadcast_object<T>(&self, root: usize, value: Option<T>) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        self.broadcast_object_for("broadcast_object", root, value)
    }

    /// [`broadcast_object`](Self::broadcast_object) as a part of `operation`, which its errors name.
    pub(crate) fn broadcast_object_for<T>(
        &self,
        operation: &str,
        root: usize,
        value: Option<T>,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        self.check_rank(operation, root)?;
        let missing = || Error::usage(format!("{operation}: the root gives nothing"));
        let outcome = (self.rank() == root).then(|| value.ok_or_else(missing));
        self.broadcast_outcome(root, outcome)
    }

    /// Hands the root's value, or its failure, to every rank: `agree` where only the root can fail.
    pub(crate) fn broadcast_outcome<T>(&self, root: usize, outcome: Option<Result<T>>) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let outcome = outcome.map(|outcome| outcome.map_err(|error| error.on_rank(root)));
        let encoded = outcome.as_ref().map(|outcome| {
            encode(outcome).or_else(|error| encode(&Result::<T>::Err(error.on_rank(root))))
        });
        let mut bytes = encoded.transpose()?.unwrap_or_default();
        let mut length = [bytes.len() as u64];
        self.inner.library.broadcast(root, &mut length)?;
        bytes.resize(usize::try_from(length[0]).map_err(Error::other)?, 0);
        self.inner.library.broadcast(root, &mut bytes)?;
        decode::<Result<T>>(&bytes)?
    }
}
