use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{MESSAGE_TAG, decode, encode, encode_failure};
use crate::comm::Communicator;
use crate::error::Result;

/// How often a patient rank looks for a message before it sleeps between two looks.
const LOOKS: u32 = 2000;

/// How long it sleeps.
const PAUSE: Duration = Duration::from_micros(50);

impl Communicator {
    /// Sends a copy of `value` to `destination`, which calls
    /// [`receive_object`](Self::receive_object). *Local to the two.*
    ///
    /// May return before the message is received, or wait for it: do not count on either. Objects
    /// and buffers travel apart: a [`receive`](Self::receive) never takes an object.
    ///
    /// # Cost
    /// One message, and a copy of the value in encoding it.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when `destination` is no rank.
    /// [`Error::Other`](crate::Error::Other) when the value cannot be encoded; the receiver gets the
    /// same error.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// match world.rank() {
    ///     0 => world.send_object(&("steps", vec![1.5, 2.5]), 1)?,
    ///     1 => {
    ///         let (name, values): (String, Vec<f64>) = world.receive_object(0)?;
    ///         println!("{name}: {values:?}");
    ///     }
    ///     _ => {}
    /// }
    /// # Ok(()) }
    /// ```
    pub fn send_object<T: Serialize>(&self, value: &T, destination: usize) -> Result<()> {
        self.check_rank("send_object", destination)?;
        self.send_object_as(MESSAGE_TAG, value, destination)
    }

    /// Receives the next object from `source`. *Local to the two.*
    ///
    /// # Cost
    /// One message of any length, and a copy of the value in decoding it.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when `source` is no rank.
    /// [`Error::OnRank`](crate::Error::OnRank) with the sender's error when it could not encode its
    /// value. [`Error::Other`](crate::Error::Other) when what came is no `T`.
    pub fn receive_object<T: DeserializeOwned>(&self, source: usize) -> Result<T> {
        self.check_rank("receive_object", source)?;
        self.receive_object_as(MESSAGE_TAG, source)
    }

    /// A failure to encode is sent in place of the value, and returned as well.
    pub(super) fn send_object_as<T: Serialize>(
        &self,
        tag: i32,
        value: &T,
        destination: usize,
    ) -> Result<()> {
        let (bytes, outcome) = match encode(value) {
            Ok(bytes) => (bytes, Ok(())),
            Err(error) => (encode_failure(error.clone(), self.rank()), Err(error)),
        };
        self.inner.library.send(&bytes, destination, tag)?;
        outcome
    }

    pub(super) fn receive_object_as<T: DeserializeOwned>(
        &self,
        tag: i32,
        source: usize,
    ) -> Result<T> {
        let (bytes, _) = self.inner.library.receive_bytes(Some(source), tag)?;
        decode(&bytes)
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
