//! Messages between the groups.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::InterCommunicator;
use crate::comm::object::{decode, encode_outcome};
use crate::comm::{Destination, Element, Received, Source, Tag};
use crate::error::{Error, Result};

/// Of partita's own messages, above all of users' tags. MPI has one message space for a connection: another one
/// would have to be made by both programs, and the other may know nothing of partita.
pub(super) const OBJECT: i32 = Tag::MAX.0 as i32;
pub(super) const BROADCAST: i32 = OBJECT - 1;
pub(super) const MEETING: i32 = OBJECT - 2;

/// The largest tag that users may give here.
const LARGEST: Tag = Tag(Tag::MAX.0 - 3);

impl InterCommunicator {
    /// Sends `data` to a rank of the other group. *Local to the two.*
    ///
    /// # Errors
    /// [`Error::Usage`] when the destination is no rank there, or the tag is one of the three largest, which
    /// partita needs itself.
    pub fn send<T: Element>(&self, data: &[T], to: impl Into<Destination>) -> Result<()> {
        let to = to.into();
        self.check_remote("send", to.rank)?;
        check_tag("send", Some(to.tag))?;
        self.handle.send(data, to.rank, to.tag.raw())
    }

    /// Receives into `buffer` the next message from a rank of the other group. *Local to the two.*
    ///
    /// # Errors
    /// As [`send`](Self::send), also of a source with any tag; as
    /// [`Communicator::receive`](crate::Communicator::receive).
    pub fn receive<T: Element>(
        &self,
        buffer: &mut [T],
        from: impl Into<Source>,
    ) -> Result<Received> {
        let from = self.checked_source("receive", from.into())?;
        self.handle.receive(buffer, from.rank, from.raw_tag())
    }

    /// Receives the next message from a rank of the other group, however long it is. *Local to the two.*
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn receive_vec<T: Element>(&self, from: impl Into<Source>) -> Result<(Vec<T>, Received)> {
        let from = self.checked_source("receive_vec", from.into())?;
        self.handle.receive_vec(from.rank, from.raw_tag())
    }

    /// Sends a value to a rank of the other group, which is of a program with partita. *Local to the two.*
    ///
    /// # Errors
    /// [`Error::Usage`] when the destination is no rank there; when the value cannot be encoded
    /// [`Error::Other`], at both ends.
    pub fn send_object<T: Serialize>(&self, value: &T, destination: usize) -> Result<()> {
        self.check_remote("send_object", destination)?;
        let bytes = encode_outcome(Ok(value), self.rank());
        self.handle.send(&bytes, destination, OBJECT)
    }

    /// Receives the next value from a rank of the other group. *Local to the two.*
    ///
    /// # Errors
    /// [`Error::Usage`] when the source is no rank there, [`Error::Other`] when what came is no `T`.
    pub fn receive_object<T: DeserializeOwned>(&self, source: usize) -> Result<T> {
        self.check_remote("receive_object", source)?;
        let (bytes, _) = self
            .handle
            .receive_bytes(Some(source), Some(OBJECT), Vec::new)?;
        decode(&bytes)
    }

    fn checked_source(&self, operation: &str, from: Source) -> Result<Source> {
        self.check_remote(operation, from.rank.unwrap_or(0))?;
        check_tag(operation, from.tag)?;
        Ok(from)
    }
}

fn check_tag(operation: &str, tag: Option<Tag>) -> Result<()> {
    match tag {
        Some(tag) if tag <= LARGEST => Ok(()),
        Some(tag) => Err(Error::usage(format!(
            "{operation}: tag {} is above {}, the largest between two groups",
            tag.0, LARGEST.0
        ))),
        None => Err(Error::usage(format!(
            "{operation}: any tag would take messages of objects too; name one"
        ))),
    }
}
