//! Collectives that were started, and that MPI gets to see when all ranks are known to have started them.

use std::cell::RefCell;

use mpi::ffi;

use super::meeting::Meeting;
use crate::comm::Call;
use crate::error::{Error, Result};

/// Hands an operation to MPI: all the raw requests it pushes.
pub(super) type Post<'scope> = Box<dyn FnOnce(&mut Vec<ffi::MPI_Request>) -> Result<()> + 'scope>;

/// One collective that waits for its turn, and for the ranks to agree that they mean the same.
pub(crate) struct Gate {
    pub(crate) call: Call,
    /// `None`: its turn is all that it waits for.
    pub(crate) meeting: RefCell<Option<Meeting>>,
    /// `None` once it was called, or will never be.
    post: RefCell<Option<Post<'static>>>,
    posted: RefCell<Posted>,
}

/// The requests under way, and whether all could be begun.
pub(super) type Posted = Option<(Vec<ffi::MPI_Request>, Result<()>)>;

impl Gate {
    pub(super) fn new(call: Call, meeting: Option<Meeting>, post: Post<'static>) -> Self {
        Gate {
            call,
            meeting: RefCell::new(meeting),
            post: RefCell::new(Some(post)),
            posted: RefCell::new(None),
        }
    }

    /// Whether nothing has been decided yet.
    pub(crate) fn is_closed(&self) -> bool {
        self.post.borrow().is_some()
    }

    /// Begins the operation.
    pub(crate) fn open(&self) {
        if let Some(post) = self.post.take() {
            let mut requests = Vec::with_capacity(1);
            let outcome = post(&mut requests);
            self.posted.replace(Some((requests, outcome)));
        }
    }

    /// Never begins it.
    pub(crate) fn refuse(&self, error: Error) {
        if self.post.take().is_some() {
            self.posted.replace(Some((Vec::new(), Err(error))));
        }
    }

    /// Never begins it, because its buffers are about to be given back.
    pub(super) fn withdraw(&self) {
        drop(self.post.take());
    }

    pub(super) fn posted(&self) -> Posted {
        self.posted.take()
    }
}
