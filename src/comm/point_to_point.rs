//! Messages between two ranks.

use super::Communicator;
use super::Element;
use super::ffi::Request;
use crate::error::Result;

/// What partita's own messages are for. Users' messages travel in another communicator.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tag {
    Parts,
    /// An exchange of halos, told apart from earlier ones.
    Halo(u16),
}

impl Tag {
    /// Within 0..32767, which every MPI grants.
    pub(crate) fn number(self) -> i32 {
        match self {
            Tag::Parts => 1,
            Tag::Halo(sequence) => 2 + i32::from(sequence % 0x4000),
        }
    }
}

/// The tag of users' messages, which they tell apart by their order.
const USER_TAG: i32 = 0;

impl Communicator {
    /// Sends `data` to `destination`, which calls [`receive`](Self::receive). *Local to the two.*
    ///
    /// May return before the message is received, or wait for it: do not count on either.
    ///
    /// # Cost
    /// One message.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage) when `destination` is no rank.
    pub fn send<T: Element>(&self, data: &[T], destination: usize) -> Result<()> {
        self.check_rank("send", destination)?;
        self.inner.user.send(data, destination, USER_TAG)
    }

    /// Receives into `buffer` the next message from `source`. *Local to the two.*
    ///
    /// # Errors
    /// [`Error::Mpi`](crate::Error::Mpi) of class `MPI_ERR_TRUNCATE` when the message is longer
    /// than `buffer`, [`Error::Shape`](crate::Error::Shape) when it is shorter.
    pub fn receive<T: Element>(&self, buffer: &mut [T], source: usize) -> Result<()> {
        self.check_rank("receive", source)?;
        self.inner.user.receive(buffer, source, USER_TAG)
    }

    pub(crate) fn start_send<T: Element>(
        &self,
        data: Vec<T>,
        destination: usize,
        tag: Tag,
    ) -> Result<Request<T>> {
        self.inner
            .library
            .start_send(data, destination, tag.number())
    }

    pub(crate) fn start_receive<T: Element>(
        &self,
        buffer: Vec<T>,
        source: usize,
        tag: Tag,
    ) -> Result<Request<T>> {
        self.inner
            .library
            .start_receive(buffer, source, tag.number())
    }
}
