//! partita's own messages between two ranks, apart from those of users.

use super::ffi::Request;
use super::{Communicator, Element};
use crate::error::Result;

/// What a message of partita's own is for: its tag. Users' messages travel in another communicator.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Parts,
    /// An exchange of halos, told apart from earlier ones.
    Halo(u16),
    /// Parts of an array on their way to another layout, told apart from earlier ones.
    Redistribution(u16),
    /// A step of a reduction by a user's operation.
    Reduction,
    /// Two groups that meet.
    Connection,
}

impl Purpose {
    /// Within 0..=32767, which every MPI grants, and below 0x5000, where the tags of objects begin.
    pub(crate) fn tag(self) -> i32 {
        match self {
            Purpose::Reduction => 0,
            Purpose::Parts => 1,
            Purpose::Halo(sequence) => 2 + i32::from(sequence % 0x4000),
            Purpose::Redistribution(sequence) => 0x4002 + i32::from(sequence % 0x0ffd),
            Purpose::Connection => 0x4fff,
        }
    }
}

impl Communicator {
    pub(crate) fn start_own_send<T: Element>(
        &self,
        data: Vec<T>,
        destination: usize,
        purpose: Purpose,
    ) -> Result<Request<T>> {
        self.inner
            .library
            .start_send(data, destination, purpose.tag())
    }

    /// Whether a message has come that nobody has asked for yet. Never blocks.
    pub(crate) fn has_own_message(&self, source: usize, purpose: Purpose) -> Result<bool> {
        let tag = Some(purpose.tag());
        let found = self.inner.library.try_probe::<u8>(Some(source), tag)?;
        Ok(found.is_some())
    }

    pub(crate) fn start_own_receive<T: Element>(
        &self,
        buffer: Vec<T>,
        source: usize,
        purpose: Purpose,
    ) -> Result<Request<T>> {
        self.inner
            .library
            .start_receive(buffer, Some(source), Some(purpose.tag()))
    }
}
