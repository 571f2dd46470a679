//! Memory in which ranks of one machine hand each other the pieces of large arrays.

use super::ffi::Mailboxes;
use super::{Communicator, Element};
use crate::error::{Error, Result};

const VARIABLE: &str = "PARTITA_SHARED";

/// Bytes of one piece: what a core's own cache holds several of.
const SLOT_BYTES: usize = 256 << 10;

/// Bytes that each rank brings to the memory that all share.
pub(crate) const SHARED_BYTES: usize = Mailboxes::bytes_of_each(SLOT_BYTES);

/// Arrays of this size are worth the meeting that opens the memory.
const WORTHWHILE_BYTES: usize = 4 << 20;

/// Which way large arrays go between the ranks of a communicator: the same on all of them.
pub(super) struct Sharing {
    /// The least array that goes through shared memory.
    from_bytes: usize,
    mailboxes: Mailboxed,
}

enum Mailboxed {
    NotTried,
    /// Ranks on several machines, or a machine without room.
    Impossible,
    Open(Mailboxes),
}

impl Communicator {
    /// Has `work` use the memory that all ranks share, for arrays of so many bytes in all; `None` where they go
    /// as messages: small arrays, ranks on several machines, no room, or switched off. Collective.
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when the variable is wrong or the ranks call with different types.
    pub(crate) fn with_mailboxes<T: Element, R>(
        &self,
        array_bytes: usize,
        work: impl FnOnce(&mut Mailboxes) -> Result<R>,
    ) -> Result<Option<R>> {
        let mut sharing = self.inner.sharing.borrow_mut();
        let sharing = match &mut *sharing {
            Some(sharing) => sharing,
            none => none.insert(Sharing {
                from_bytes: self.least_shared()?,
                mailboxes: Mailboxed::NotTried,
            }),
        };
        // Replicated: the array's size, and by agreement the limit.
        if self.size() == 1 || array_bytes < sharing.from_bytes {
            return Ok(None);
        }
        if let Mailboxed::NotTried = sharing.mailboxes {
            let mailboxes = Mailboxes::open(self, SLOT_BYTES)?;
            sharing.mailboxes = mailboxes.map_or(Mailboxed::Impossible, Mailboxed::Open);
        }
        let Mailboxed::Open(mailboxes) = &mut sharing.mailboxes else {
            return Ok(None);
        };
        if mailboxes.room_for::<T>() == 0 {
            return Ok(None);
        }
        Mailboxes::check_type::<T>(self)?;
        let outcome = work(mailboxes);
        if outcome.is_err() {
            // Others may still look for what this rank did not post.
            self.leave_for_ever();
        }
        outcome.map(Some)
    }

    /// Whether arrays of so many bytes would go through memory that all ranks share; `None` before the first
    /// large one, for which they look whether they can. Local.
    pub(crate) fn shares_memory(&self, array_bytes: usize) -> Option<bool> {
        match &*self.inner.sharing.borrow() {
            _ if self.size() == 1 => Some(false),
            None => None,
            Some(sharing) if array_bytes < sharing.from_bytes => Some(false),
            Some(sharing) => match sharing.mailboxes {
                Mailboxed::NotTried => None,
                Mailboxed::Impossible => Some(false),
                Mailboxed::Open(_) => Some(true),
            },
        }
    }

    /// What rank 0's environment says.
    fn least_shared(&self) -> Result<usize> {
        let own = self.is_root().then(|| match std::env::var(VARIABLE) {
            Err(_) => Ok(WORTHWHILE_BYTES),
            Ok(text) => match text.trim() {
                "" => Ok(WORTHWHILE_BYTES),
                "0" => Ok(usize::MAX),
                "1" => Ok(0),
                _ => Err(Error::usage(format!("{VARIABLE}={text}: neither 0 nor 1"))),
            },
        });
        self.broadcast_outcome(0, own)
    }
}
