//! A message with the buffer that MPI uses while it is under way.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_int;

use mpi::ffi;

use super::begin::{PREPARE_RECEIVE, PREPARE_SEND, RECEIVE, SEND};
use super::check::check;
use super::environment::is_running;
use super::handle::Handle;
use super::status::Status;
use super::validity::validated;
use crate::comm::Element;
use crate::error::Result;

/// How often a message travels.
#[derive(Clone, Copy)]
pub(super) enum Times {
    Once,
    Again,
}

/// Dropping one never frees memory MPI still uses: a receive is cancelled, a send is set aside with its
/// buffer until it is complete.
pub(super) struct Message<T: Element> {
    raw: ffi::MPI_Request,
    pub(super) buffer: Vec<T>,
    receives: bool,
    pub(super) under_way: bool,
}

impl<T: Element> Message<T> {
    pub(super) fn to(
        handle: Handle,
        buffer: Vec<T>,
        (destination, tag): (usize, i32),
        times: Times,
    ) -> Result<Self> {
        let (begin, under_way) = match times {
            Times::Once => (SEND, true),
            Times::Again => (PREPARE_SEND, false),
        };
        // SAFETY: the message keeps the buffer, unmoved on the heap and unwritten, as long as the request.
        let raw = unsafe { handle.begin_send(begin, &raw const buffer[..], destination, tag)? };
        Ok(Message {
            raw,
            buffer,
            receives: false,
            under_way,
        })
    }

    pub(super) fn from(
        handle: Handle,
        mut buffer: Vec<T>,
        (source, tag): (Option<usize>, Option<i32>),
        times: Times,
    ) -> Result<Self> {
        let (begin, under_way) = match times {
            Times::Once => (RECEIVE, true),
            Times::Again => (PREPARE_RECEIVE, false),
        };
        // SAFETY: as in `to`; nobody looks at the buffer before `end`.
        let raw = unsafe { handle.begin_receive(begin, &raw mut buffer[..], source, tag)? };
        Ok(Message {
            raw,
            buffer,
            receives: true,
            under_way,
        })
    }

    /// Starts one that was prepared and is not under way.
    pub(super) fn start(&mut self) -> Result<()> {
        // SAFETY: a live request that is not active; nobody gets at the buffer until it is complete.
        let code = unsafe { ffi::MPI_Start(&mut self.raw) };
        check(code, "MPI_Start")?;
        self.under_way = true;
        Ok(())
    }

    pub(super) fn wait(&mut self) -> Result<()> {
        let mut status = Status::new();
        // SAFETY: this message's active request, which MPI sets to null or makes inactive.
        let code = unsafe { ffi::MPI_Wait(&mut self.raw, status.place()) };
        self.end(check(code, "MPI_Wait"), &status)
    }

    /// How it ended, if it has. Never blocks.
    pub(super) fn test(&mut self) -> Option<Result<()>> {
        let mut status = Status::new();
        let mut done: c_int = 0;
        // SAFETY: as in `wait`.
        let code = unsafe { ffi::MPI_Test(&mut self.raw, &mut done, status.place()) };
        match check(code, "MPI_Test") {
            Ok(()) if done == 0 => None,
            outcome => Some(self.end(outcome, &status)),
        }
    }

    fn end(&mut self, outcome: Result<()>, status: &Status) -> Result<()> {
        self.under_way = false;
        if !self.receives {
            return outcome;
        }
        let expected = outcome.and_then(|()| status.expect::<T>(self.buffer.len()));
        let (place, length) = (self.buffer.as_mut_ptr(), self.buffer.len());
        // SAFETY: the buffer was initialised before MPI wrote to it, and MPI is done with it.
        unsafe { validated(place, length, expected) }.map(drop)
    }
}

impl<T: Element> Drop for Message<T> {
    fn drop(&mut self) {
        // SAFETY: comparing with a constant handle of the MPI library.
        if self.raw == unsafe { ffi::RSMPI_REQUEST_NULL } {
            return;
        }
        let buffer = std::mem::take(&mut self.buffer);
        if !is_running() || std::thread::panicking() {
            // The job is ending: memory MPI might write to is better leaked than freed.
            std::mem::forget(buffer);
            return;
        }
        if self.under_way && !self.receives {
            return set_aside(self.raw, Box::new(buffer));
        }
        // SAFETY: a live request; a cancelled receive completes locally, whatever the sender does, and what
        // is left afterwards is one that was prepared and is not active.
        unsafe {
            if self.under_way {
                ffi::MPI_Cancel(&mut self.raw);
                ffi::MPI_Wait(&mut self.raw, ffi::RSMPI_STATUS_IGNORE);
            }
            free(&mut self.raw);
        }
    }
}

/// Frees a request that was prepared and is not active; nothing, if it was of one message.
///
/// # Safety
/// The request must be null, or live and inactive.
unsafe fn free(raw: &mut ffi::MPI_Request) {
    // SAFETY: as the caller says.
    unsafe {
        if *raw != ffi::RSMPI_REQUEST_NULL {
            ffi::MPI_Request_free(raw);
        }
    }
}

thread_local! {
    /// Sends dropped before they were complete, with the buffers MPI may still read.
    static ORPHANS: RefCell<Vec<(ffi::MPI_Request, Box<dyn Any>)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the buffer of a send that nobody waits for until it is complete.
fn set_aside(raw: ffi::MPI_Request, buffer: Box<dyn Any>) {
    ORPHANS.with_borrow_mut(|orphans| orphans.push((raw, buffer)));
    release_completed_orphans();
}

/// Frees the buffers of dropped sends that have completed since.
fn release_completed_orphans() {
    ORPHANS.with_borrow_mut(|orphans| {
        orphans.retain_mut(|(raw, _buffer)| {
            let mut done: c_int = 0;
            // SAFETY: a live request's handle; its buffer is dropped only once it is complete.
            unsafe {
                let code = ffi::MPI_Test(raw, &mut done, ffi::RSMPI_STATUS_IGNORE);
                if code != ffi::MPI_SUCCESS as c_int || done == 0 {
                    return true;
                }
                free(raw);
            }
            false
        });
    });
}

/// Leaks the buffers of sends that never completed; MPI may read them until it ends.
pub(crate) fn leak_orphans() {
    release_completed_orphans();
    ORPHANS.with_borrow_mut(|orphans| std::mem::forget(std::mem::take(orphans)));
}
