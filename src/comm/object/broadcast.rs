use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Bytes, decode, encode, encode_failure, numbers};
use crate::comm::{Call, Communicator};
use crate::error::{Error, Result};

/// What the root sends, told along with how many bytes it is: an encoded outcome.
const ENCODED: u64 = 0;

/// The memory of a vector of numbers.
const NUMBERS: u64 = 1;

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
    /// Two broadcasts, of the length and of the encoded bytes, and an agreement. A vector of `f64`, `f32`, `u8`
    /// or `i8` is not encoded: it goes from memory to memory.
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
            return self.receive_outcome(root);
        };
        if let Some((_, memory)) = outcome.as_ref().ok().and_then(numbers::memory_of) {
            library.broadcast(root, &mut [memory.len() as u64, NUMBERS])?;
            library.send_broadcast(root, memory)?;
            return outcome;
        }
        let encoded = outcome.and_then(|value| Ok((encode(&value)?, value)));
        let (bytes, outcome) = match encoded {
            Ok((bytes, value)) => (bytes, Ok(value)),
            Err(error) => (
                encode_failure(error.clone(), root),
                Err(error.on_rank(root)),
            ),
        };
        library.broadcast(root, &mut [bytes.len() as u64, ENCODED])?;
        library.send_broadcast(root, &bytes)?;
        outcome
    }

    fn receive_outcome<T: DeserializeOwned>(&self, root: usize) -> Result<T> {
        let library = self.inner.library;
        let mut told = [0u64; 2];
        library.broadcast(root, &mut told)?;
        let length = usize::try_from(told[0]).map_err(Error::other)?;
        if told[1] == NUMBERS
            && let Some(outcome) = numbers::receive_broadcast(library, root, length)
        {
            return outcome;
        }
        let memory = library.receive_broadcast(root, length, Bytes::spare())?;
        decode(&Bytes::from(memory))
    }
}
