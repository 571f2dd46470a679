use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Bytes, decode, encode, encode_failure};
use crate::comm::{Communicator, Destination, Received, Request, Source};
use crate::error::Result;

/// How often a patient rank looks for a message before it sleeps between two looks.
const LOOKS: u32 = 2000;

/// How long it sleeps.
const PAUSE: Duration = Duration::from_micros(50);

impl Communicator {
    /// Sends a copy of `value` to a rank that calls [`receive_object`](Self::receive_object). *Local to
    /// the two.*
    ///
    /// May return before the message is received, or wait for it: do not count on either. Objects
    /// and buffers travel apart: a [`receive`](Self::receive) never takes an object, whatever the tags.
    ///
    /// # Cost
    /// One message, and a copy of the value in encoding it.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when the destination is no rank or the tag above
    /// [`Tag::MAX`](crate::Tag::MAX). [`Error::Other`](crate::Error::Other) when the value cannot be
    /// encoded; the receiver gets the same error.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::Tag;
    /// match world.rank() {
    ///     0 => world.send_object(&("steps", vec![1.5, 2.5]), (1, Tag(3)))?,
    ///     1 => {
    ///         let (name, values): (String, Vec<f64>) = world.receive_object((0, Tag(3)))?;
    ///         println!("{name}: {values:?}");
    ///     }
    ///     _ => {}
    /// }
    /// # Ok(()) }
    /// ```
    pub fn send_object<T: Serialize>(&self, value: &T, to: impl Into<Destination>) -> Result<()> {
        let to = self.checked_destination("send_object", to.into())?;
        let (bytes, outcome) = self.encode_or_failure(value);
        self.inner.objects.send(&bytes, to.rank, to.tag.raw())?;
        outcome
    }

    /// Starts sending a copy of `value`, which the request owns until it is sent. *Local.*
    ///
    /// The bytes that waiting for the request gives back are of no use. Who receives without waiting
    /// calls [`try_receive_object`](Self::try_receive_object).
    ///
    /// # Cost
    /// As [`send_object`](Self::send_object).
    ///
    /// # Errors
    /// As [`send_object`](Self::send_object).
    pub fn start_send_object<T: Serialize>(
        &self,
        value: &T,
        to: impl Into<Destination>,
    ) -> Result<Request<u8>> {
        let to = self.checked_destination("start_send_object", to.into())?;
        let (bytes, outcome) = self.encode_or_failure(value);
        let objects = self.inner.objects;
        let request = objects.start_send(bytes.into_vec(), to.rank, to.tag.raw())?;
        outcome.map(|()| request)
    }

    /// Receives the next object from `from`. *Local to the two.*
    ///
    /// # Cost
    /// One message of any length, and a copy of the value in decoding it.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when the source is no rank or the tag above
    /// [`Tag::MAX`](crate::Tag::MAX). [`Error::OnRank`](crate::Error::OnRank) with the sender's error
    /// when it could not encode its value. [`Error::Other`](crate::Error::Other) when what came is no
    /// `T`. After an error the message is received all the same.
    pub fn receive_object<T: DeserializeOwned>(&self, from: impl Into<Source>) -> Result<T> {
        self.receive_any_object(from).map(|(value, _)| value)
    }

    /// [`receive_object`](Self::receive_object) that also tells whose object it was, and with which tag;
    /// its `count` is of encoded bytes. *Local to the two.*
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita::Source;
    /// if world.is_root() {
    ///     for _ in 1..world.size() {
    ///         let (word, told) = world.receive_any_object::<String>(Source::any().any_tag())?;
    ///         println!("{word} from rank {}", told.source);
    ///     }
    /// } else {
    ///     world.send_object(&format!("word {}", world.rank()), 0)?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// As [`receive_object`](Self::receive_object).
    ///
    /// # Errors
    /// As [`receive_object`](Self::receive_object).
    pub fn receive_any_object<T: DeserializeOwned>(
        &self,
        from: impl Into<Source>,
    ) -> Result<(T, Received)> {
        let from = self.checked_source("receive_object", from.into())?;
        let objects = self.inner.objects;
        let (memory, told) = objects.receive_bytes(from.rank, from.raw_tag(), Bytes::spare)?;
        Ok((decode(&Bytes::from(memory))?, told))
    }

    /// [`receive_any_object`](Self::receive_any_object) that does not wait: `None` when no such object is
    /// there yet. *Local.*
    ///
    /// # Errors
    /// As [`receive_object`](Self::receive_object).
    pub fn try_receive_object<T: DeserializeOwned>(
        &self,
        from: impl Into<Source>,
    ) -> Result<Option<(T, Received)>> {
        let from = self.checked_source("try_receive_object", from.into())?;
        let objects = self.inner.objects;
        let came = objects.try_receive_bytes(from.rank, from.raw_tag(), Bytes::spare)?;
        came.map(|(memory, told)| Ok((decode(&Bytes::from(memory))?, told)))
            .transpose()
    }

    /// `value` as bytes, or a failure to encode it as bytes, and as an error.
    pub(super) fn encode_or_failure<T: Serialize>(&self, value: &T) -> (Bytes, Result<()>) {
        match encode(value) {
            Ok(bytes) => (bytes, Ok(())),
            Err(error) => (encode_failure(error.clone(), self.rank()), Err(error)),
        }
    }

    /// A value among partita's own messages.
    pub(super) fn receive_own_object<T: DeserializeOwned>(
        &self,
        tag: i32,
        source: usize,
    ) -> Result<T> {
        let library = self.inner.library;
        let (memory, _) = library.receive_bytes(Some(source), Some(tag), Bytes::spare)?;
        decode(&Bytes::from(memory))
    }

    /// Bytes among partita's own messages.
    pub(crate) fn send_bytes(&self, bytes: &[u8], destination: usize, tag: i32) -> Result<()> {
        self.inner.library.send(bytes, destination, tag)
    }

    /// The next bytes from anybody, and who sent them; leaves the core to others while there are none.
    pub(crate) fn receive_bytes_patiently(&self, tag: i32) -> Result<(Vec<u8>, usize)> {
        let mut looks = 0u32;
        loop {
            if let Some(message) = self.inner.library.receive_bytes_if_any(tag)? {
                return Ok(message);
            }
            if looks < LOOKS {
                looks += 1;
                std::thread::yield_now();
            } else {
                std::thread::sleep(PAUSE);
            }
        }
    }
}
