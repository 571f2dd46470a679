//! Buffers that are used again by the next piece.

use crate::comm::Element;
use crate::comm::ffi::vector_of_defaults;
use crate::error::Result;

/// Buffers that together never have room for more than so many elements, whether they are free or in use.
pub(super) struct Buffers<A> {
    free: Vec<Vec<A>>,
    /// The room of all of them.
    elements: usize,
    limit: usize,
}

impl<A: Element> Buffers<A> {
    pub(super) fn new(limit: usize) -> Self {
        Buffers {
            free: vec![],
            elements: 0,
            limit,
        }
    }

    /// A buffer of `length` elements, whatever they are; none while those in use leave no room for it.
    pub(super) fn take(&mut self, length: usize) -> Result<Option<Vec<A>>> {
        let large_enough = (0..self.free.len()).filter(|&it| self.free[it].capacity() >= length);
        if let Some(smallest) = large_enough.min_by_key(|&it| self.free[it].capacity()) {
            let mut buffer = self.free.swap_remove(smallest);
            buffer.resize(length, A::default());
            return Ok(Some(buffer));
        }
        while self.elements + length > self.limit {
            let Some(too_small) = self.free.pop() else {
                return Ok(None);
            };
            self.elements -= too_small.capacity();
        }
        let buffer = vector_of_defaults(length)?;
        self.elements += buffer.capacity();
        Ok(Some(buffer))
    }

    pub(super) fn give_back(&mut self, buffer: Vec<A>) {
        self.free.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn buffers_never_have_more_room_than_their_limit(
            limit in 8usize..40,
            lengths in prop::collection::vec((1usize..8, any::<bool>()), 0..60),
        ) {
            let mut buffers = Buffers::<u64>::new(limit);
            let mut used: Vec<Vec<u64>> = vec![];
            for (length, gives_back) in lengths {
                match buffers.take(length).unwrap() {
                    Some(buffer) => {
                        prop_assert_eq!(buffer.len(), length);
                        used.push(buffer);
                    }
                    None => prop_assert!(!used.is_empty(), "one buffer always finds room"),
                }
                if gives_back && !used.is_empty() {
                    buffers.give_back(used.swap_remove(0));
                }
                let room: usize = used.iter().chain(&buffers.free).map(Vec::capacity).sum();
                prop_assert!(room <= limit, "{} of {}", room, limit);
            }
        }
    }
}
