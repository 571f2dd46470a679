//! Encoded values, in memory that is used again.

use std::cell::Cell;
use std::ops::Deref;

use postcard::ser_flavors::Flavor;
use serde::Serialize;

use crate::comm::ffi::{more_room, vector_with_capacity};
use crate::error::{Error, Result};

/// The most memory that a rank keeps for its next object.
const KEPT: usize = 32 << 20;

thread_local! {
    /// Written before, so that the next object need not wait until the system has handed over fresh
    /// memory page by page, which takes several times as long as a copy.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A value as bytes.
pub(crate) struct Bytes(Vec<u8>);

impl Bytes {
    /// None yet, with the room that there is.
    pub(super) fn none() -> Self {
        Bytes(Bytes::spare())
    }

    /// Memory without content.
    pub(super) fn spare() -> Vec<u8> {
        let mut memory = SPARE.take();
        memory.clear();
        memory
    }

    /// Room for exactly so many more.
    pub(super) fn reserve(&mut self, additional: usize) -> Result<()> {
        if self.0.is_empty() && self.0.capacity() < additional {
            self.0 = Vec::new();
            self.0 = vector_with_capacity(additional, "send an object")?;
        }
        more_room(&mut self.0, additional, "send an object")
    }

    /// Appends `value` in postcard's form. `cannot` makes an error of postcard's.
    pub(super) fn append<V: Serialize>(
        &mut self,
        value: &V,
        cannot: impl Fn(postcard::Error) -> Error,
    ) -> Result<()> {
        let mut lack = None;
        let growing = Growing {
            memory: &mut self.0,
            lack: &mut lack,
        };
        let outcome = postcard::serialize_with_flavor(value, growing);
        outcome.map_err(|cause| lack.unwrap_or_else(|| cannot(cause)))
    }

    /// Appends bytes for which there is room.
    pub(super) fn append_bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A vector of these bytes, without much room beyond.
    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        match self.0.capacity() / 2 <= self.0.len() {
            true => std::mem::take(&mut self.0),
            false => self.to_vec(),
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes(bytes)
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.0);
        let spare = SPARE.take();
        let is_better = memory.capacity() >= spare.capacity() && memory.capacity() <= KEPT;
        SPARE.set(if is_better { memory } else { spare });
    }
}

/// Where postcard writes: memory that grows as it is filled, so that nothing is counted before.
struct Growing<'a> {
    memory: &'a mut Vec<u8>,
    /// Set when there is no more.
    lack: &'a mut Option<Error>,
}

impl Growing<'_> {
    #[cold]
    fn grow(&mut self, additional: usize) -> postcard::Result<()> {
        let more = additional.max(self.memory.capacity());
        more_room(self.memory, more, "send an object").map_err(|error| {
            *self.lack = Some(error);
            postcard::Error::SerializeBufferFull
        })
    }
}

impl Flavor for Growing<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        if self.memory.capacity() - self.memory.len() < bytes.len() {
            self.grow(bytes.len())?;
        }
        self.memory.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
