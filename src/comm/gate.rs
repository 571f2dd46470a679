//! Before a collective that was started goes to MPI: all ranks have started the same one.
//!
//! A collective of a [`Scope`](super::Scope) must not wait when it is started, and must not begin either before
//! its ranks are known to mean the same: reductions of different lengths write beyond the shorter buffers. So
//! its meeting is started, and it goes to MPI when somebody waits or looks for it and the meeting is over: in
//! the order in which they were started, as MPI wants it, and before the next blocking collective.
//!
//! Without the checks only reductions meet, over their lengths. Others begin at once, unless a reduction is before
//! them.

use std::rc::Rc;

use super::checker::{PAUSE, all_equal};
use super::collective::lengths_differ;
use super::ffi::{Gate, Meeting, environment};
use super::{Call, Communicator};
use crate::error::Result;

/// What a collective that is started has to wait for.
pub(super) enum Before {
    Nothing,
    /// Those started before it.
    Turn,
    /// Those, and the other ranks.
    Meeting(Meeting),
}

impl Communicator {
    /// Tells the others of a collective that is started. Reductions give the length that all must have.
    /// *Collective*, without waiting.
    pub(super) fn announce(&self, call: Call, length: Option<usize>) -> Result<Before> {
        environment::check_running()?;
        let meetings = self.inner.meetings;
        match (&self.inner.checker, length) {
            (Some(checker), _) => checker.start_meeting(call).map(Before::Meeting),
            (None, Some(length)) => {
                let length = length as u64;
                meetings
                    .start_meeting([length, !length])
                    .map(Before::Meeting)
            }
            (None, None) if self.inner.gates.borrow().is_empty() => Ok(Before::Nothing),
            (None, None) => Ok(Before::Turn),
        }
    }

    /// Waits until that one was begun, or refused.
    pub(super) fn pass(&self, gate: &Gate) {
        while gate.is_closed() && self.open_first(true) {}
    }

    /// Begins whatever can begin. Never blocks.
    pub(super) fn open_ready(&self) {
        while self.open_first(false) {}
    }

    /// Begins all that was started. *Collective.*
    pub(super) fn open_all(&self) {
        while self.open_first(true) {}
    }

    /// Whether the first one of those that wait is decided; of none it is not.
    fn open_first(&self, wait: bool) -> bool {
        let Some(gate) = self.inner.gates.borrow().front().map(Rc::clone) else {
            return false;
        };
        match self.verdict(&gate, wait) {
            None => return false,
            Some(Ok(())) => gate.open(),
            Some(Err(error)) => gate.refuse(error),
        }
        self.inner.gates.borrow_mut().pop_front();
        true
    }

    /// Whether all ranks mean the same, once that is known.
    fn verdict(&self, gate: &Gate, wait: bool) -> Option<Result<()>> {
        let mut meeting = gate.meeting.borrow_mut();
        let meeting = match &mut *meeting {
            Some(meeting) if gate.is_closed() => meeting,
            _ => return Some(Ok(())),
        };
        if let Some(checker) = &self.inner.checker {
            return checker.verdict(meeting, gate.call, wait);
        }
        loop {
            match meeting.outcome() {
                Ok(Some(numbers)) if all_equal(numbers) => return Some(Ok(())),
                Ok(Some([longest, complement])) => {
                    let operation = gate.call.operation();
                    return Some(Err(lengths_differ(operation, !complement, longest)));
                }
                Err(error) => return Some(Err(error)),
                Ok(None) if !wait => return None,
                Ok(None) => std::thread::sleep(PAUSE),
            }
        }
    }
}
