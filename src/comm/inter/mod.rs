//! Two groups of ranks that talk to each other.

mod connect;
mod message;
mod spawn;

use std::fmt;

use super::ffi::{Handle, environment};
use super::{Communicator, Element};
use crate::error::{Error, Result};

/// What a program and the workers it [started](Communicator::spawn) have in common, or two groups that
/// [met](Communicator::connect): each rank talks to the ranks of the other group, by their numbers there.
///
/// Messages of arrays and of objects go from group to group, as in a [`Communicator`] from rank to rank; a
/// program of another language at the other end is welcome to send arrays. For collectives beyond those here,
/// and for agreed errors, [`merge`](Self::merge) makes one communicator of both groups.
///
/// # How it ends
/// [`disconnect`](Self::disconnect) ends the connection: each group then ends by itself. Otherwise the two end
/// together: MPI waits for both.
pub struct InterCommunicator {
    handle: Handle,
    /// This rank's group.
    local: Communicator,
    remote_size: usize,
    /// Whether this group started the other one, or has the first of the two leaders.
    is_first: bool,
}

/// Which group a rank belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// A rank of this group.
    Local(usize),
    /// A rank of the other group.
    Remote(usize),
}

impl InterCommunicator {
    pub(super) fn new(handle: Handle, local: &Communicator, is_first: bool) -> Result<Self> {
        Ok(InterCommunicator {
            remote_size: handle.remote_size()?,
            handle,
            local: local.clone(),
            is_first,
        })
    }

    /// This rank's number in its own group. *Local.*
    pub fn rank(&self) -> usize {
        self.local.rank()
    }

    /// The number of ranks of this rank's own group. *Local.*
    pub fn size(&self) -> usize {
        self.local.size()
    }

    /// The number of ranks of the other group. *Local.*
    pub fn remote_size(&self) -> usize {
        self.remote_size
    }

    /// Returns on no rank of either group before every rank of both has called it. *Collective* over both.
    ///
    /// # Errors
    /// [`Error::Mpi`].
    pub fn barrier(&self) -> Result<()> {
        self.local.barrier()?;
        if self.local.is_root() {
            let mut nothing = [0_u8];
            let address = (0, message::MEETING);
            let from = (Some(0), Some(message::MEETING));
            self.handle
                .send_receive(&[0_u8], address, &mut nothing, from)?;
        }
        self.local.barrier()
    }

    /// Copies the root's `buffer` into that of every rank of the other group; in the root's own group nothing
    /// changes. *Collective* over both: the root's group gives [`Root::Local`], the other one [`Root::Remote`].
    ///
    /// # Shapes
    /// The same length on the root and on the other group's ranks.
    ///
    /// # Cost
    /// One message between the groups, and a broadcast in the receiving one.
    ///
    /// # Errors
    /// [`Error::Usage`] when the root is no rank; the same on every rank that receives: those of
    /// [`Communicator::receive`].
    pub fn broadcast<T: Element>(&self, root: Root, buffer: &mut [T]) -> Result<()> {
        match root {
            Root::Local(rank) => {
                self.local.check_rank("broadcast", rank)?;
                if self.rank() == rank {
                    self.handle.send(buffer, 0, message::BROADCAST)?;
                }
                Ok(())
            }
            Root::Remote(rank) => {
                self.check_remote("broadcast", rank)?;
                let from = (Some(rank), Some(message::BROADCAST));
                // Local: one rank alone hears of the other group.
                let received = match self.local.is_root() {
                    true => self.handle.receive(buffer, from.0, from.1).map(drop),
                    false => Ok(()),
                };
                self.local.agree(received)?;
                self.local.broadcast(0, buffer)
            }
        }
    }

    /// One communicator of both groups: first the ranks of those who started the others, then the workers; of two
    /// groups that [met](Communicator::connect), first the one with the first of the two leaders.
    /// *Collective* over both.
    ///
    /// # Errors
    /// [`Error::Mpi`] when MPI has no communicator left.
    pub fn merge(&self) -> Result<Communicator> {
        environment::check_running()?;
        Communicator::from_handle(self.handle.merge(!self.is_first)?)
    }

    /// Ends the connection, once every message is received. *Collective* over both.
    ///
    /// # Errors
    /// [`Error::Mpi`].
    pub fn disconnect(self) -> Result<()> {
        environment::check_running()?;
        self.handle.disconnect()
    }

    fn check_remote(&self, operation: &str, rank: usize) -> Result<()> {
        environment::check_running()?;
        if rank < self.remote_size {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{operation}: rank {rank} is not in the other group of {} ranks",
            self.remote_size
        )))
    }
}

impl fmt::Debug for InterCommunicator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "InterCommunicator(rank {} of {} here, {} ranks there)",
            self.rank(),
            self.size(),
            self.remote_size
        )
    }
}
