//! Encoded values, in memory that is used again.

use std::cell::Cell;
use std::ops::Deref;

use postcard::ser_flavors::Size;
use serde::Serialize;

use crate::comm::ffi::{vector_of_defaults, vector_with_capacity};
use crate::error::{Error, Result};

/// The most memory that a rank keeps for its next object.
const KEPT: usize = 32 << 20;

/// The least memory that is worth keeping.
const PAGE: usize = 4096;

thread_local! {
    /// Written before, so that the next object need not wait until the system has handed over fresh
    /// memory page by page, which takes several times as long as a copy.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A value as bytes: the front of some memory.
pub(crate) struct Bytes {
    memory: Vec<u8>,
    length: usize,
}

impl Bytes {
    /// `value` in postcard's form. `cannot` makes an error of postcard's.
    pub(super) fn of<V: Serialize>(
        value: &V,
        cannot: impl Fn(postcard::Error) -> Error,
    ) -> Result<Self> {
        let mut memory = Bytes::spare();
        match postcard::to_slice(value, &mut memory).map(|used| used.len()) {
            Ok(length) => return Ok(Bytes { memory, length }),
            Err(postcard::Error::SerializeBufferFull) => {}
            Err(cause) => return Err(cannot(cause)),
        }
        let length = postcard::serialize_with_flavor(value, Size::default()).map_err(&cannot)?;
        if length > KEPT {
            SPARE.set(memory);
            let memory = vector_with_capacity(length, "send an object")?;
            let memory = postcard::to_extend(value, memory).map_err(cannot)?;
            return Ok(memory.into());
        }
        let mut memory: Vec<u8> = vector_of_defaults(length.next_power_of_two().max(PAGE))?;
        let length = postcard::to_slice(value, &mut memory)
            .map_err(cannot)?
            .len();
        Ok(Bytes { memory, length })
    }

    /// The first `length` bytes of `memory`.
    pub(super) fn at_front_of(memory: Vec<u8>, length: usize) -> Self {
        Bytes { memory, length }
    }

    /// Memory of any content, for `at_front_of`.
    pub(super) fn spare() -> Vec<u8> {
        SPARE.take()
    }

    /// A vector of exactly these bytes.
    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        match self.length == self.memory.len() {
            true => std::mem::take(&mut self.memory),
            false => self.to_vec(),
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(memory: Vec<u8>) -> Self {
        let length = memory.len();
        Bytes { memory, length }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[..self.length]
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        let spare = SPARE.take();
        let is_better = memory.len() >= spare.len() && memory.len() <= KEPT;
        SPARE.set(if is_better { memory } else { spare });
    }
}
