use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{decode, encode_failure, encode_outcome};
use crate::comm::{Call, Communicator, Parts};
use crate::error::{Error, Result};

/// One value a part, in rank order.
fn decode_all<T: DeserializeOwned>(parts: &Parts<u8>) -> Result<Vec<T>> {
    parts.iter().map(decode).collect()
}

impl Communicator {
    /// Every rank's value, in rank order, on the root; `None` elsewhere. *Collective.*
    ///
    /// # Cost
    /// A gather of the lengths, one message from each rank, and an agreement.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when `root` is no rank, [`Error::Other`] when a value
    /// cannot be encoded or decoded.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// let host = std::env::var("HOSTNAME").unwrap_or_default();
    /// if let Some(hosts) = world.gather_objects(0, &host)? {
    ///     println!("{hosts:?}");
    /// }
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn gather_objects<T>(&self, root: usize, value: &T) -> Result<Option<Vec<T>>>
    where
        T: Serialize + DeserializeOwned,
    {
        let _call = self.enter(Call::new("gather_objects").element::<T>().root(root))?;
        self.check_rank("gather_objects", root)?;
        let parts = self.gatherv(root, &*encode_outcome(Ok(value), self.rank()))?;
        // Local: the root alone decodes.
        self.agree(parts.as_ref().map(decode_all).transpose())
    }

    /// Every rank's value, in rank order, on every rank. *Collective.*
    ///
    /// # Cost
    /// An all-gather of the lengths, one of the encoded bytes, and an agreement.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Other`] when a value cannot be encoded or decoded.
    #[track_caller]
    pub fn all_gather_objects<T>(&self, value: &T) -> Result<Vec<T>>
    where
        T: Serialize + DeserializeOwned,
    {
        let _call = self.enter(Call::new("all_gather_objects").element::<T>())?;
        let parts = self.all_gatherv(&*encode_outcome(Ok(value), self.rank()))?;
        self.agree(decode_all(&parts))
    }

    /// Hands `values[r]` of the root to each rank r. *Collective.*
    ///
    /// The root gives `Some`, the others `None`.
    ///
    /// # Shapes
    /// One value a rank.
    ///
    /// # Cost
    /// A scatter of the lengths, one message to each rank, and an agreement.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when the root gives no values or is no rank,
    /// [`Error::Shape`] when there is not one value a rank, [`Error::Other`] when a value cannot be
    /// encoded or decoded.
    #[track_caller]
    pub fn scatter_objects<T>(&self, root: usize, values: Option<&[T]>) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let _call = self.enter(Call::new("scatter_objects").element::<T>().root(root))?;
        self.check_rank("scatter_objects", root)?;
        let parts = (self.rank() == root).then(|| self.parts_to_scatter(values));
        let own = self.scatterv(root, parts.as_ref())?;
        self.agree(decode(&own))
    }

    /// One part a rank in any case: where the values are not to be had, the reason.
    fn parts_to_scatter<T: Serialize>(&self, values: Option<&[T]>) -> Parts<u8> {
        let values = match values {
            None => Err(Error::usage("scatter_objects: the root gives no values")),
            Some(values) if values.len() != self.size() => Err(Error::shape(
                "scatter_objects",
                format!("{} values for {} ranks", values.len(), self.size()),
            )),
            Some(values) => Ok(values),
        };
        let part = |to: usize| match &values {
            Ok(values) => encode_outcome(Ok(&values[to]), self.rank()).into_vec(),
            Err(error) => encode_failure(error.clone(), self.rank()).into_vec(),
        };
        (0..self.size()).map(part).collect()
    }

    /// Sends `values[r]` to each rank r; returns what came from each, in rank order. *Collective.*
    ///
    /// # Shapes
    /// One value a rank.
    ///
    /// # Cost
    /// An all-to-all of the lengths, a message between each two ranks, and two agreements.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when there is not one value a rank, [`Error::Other`]
    /// when a value cannot be encoded or decoded.
    #[track_caller]
    pub fn all_to_all_objects<T>(&self, values: &[T]) -> Result<Vec<T>>
    where
        T: Serialize + DeserializeOwned,
    {
        let _call = self.enter(Call::new("all_to_all_objects").element::<T>())?;
        // Local: it may differ between ranks, so it is agreed.
        self.agree(match values.len() == self.size() {
            true => Ok(()),
            false => Err(Error::shape(
                "all_to_all_objects",
                format!("{} values for {} ranks", values.len(), self.size()),
            )),
        })?;
        let encoded = values
            .iter()
            .map(|value| encode_outcome(Ok(value), self.rank()).into_vec());
        let received = self.all_to_allv(&encoded.collect())?;
        self.agree(decode_all(&received))
    }
}
