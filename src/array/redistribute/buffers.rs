//! Buffers that are used again by the next piece.

use crate::comm::Element;
use crate::comm::ffi::vector_of_defaults;
use crate::error::Result;

/// Buffers that are free.
#[derive(Default)]
pub(super) struct Buffers<A> {
    free: Vec<Vec<A>>,
}

impl<A: Element> Buffers<A> {
    /// A buffer of `length` elements, whatever they are.
    pub(super) fn take(&mut self, length: usize) -> Result<Vec<A>> {
        match self.free.pop() {
            Some(mut buffer) if buffer.capacity() >= length => {
                buffer.resize(length, A::default());
                Ok(buffer)
            }
            _ => vector_of_defaults(length),
        }
    }

    pub(super) fn give_back(&mut self, buffer: Vec<A>) {
        self.free.push(buffer);
    }
}
