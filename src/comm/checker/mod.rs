//! Whether all ranks are in the same collective call, looked at before it starts.
//!
//! [`Communicator::enter`] is what every public collective calls first. Off, it is one branch. On, the
//! ranks meet in an all-reduce of one hash, always the same two numbers and on a communicator of its
//! own, so that any two calls can meet there. If the hashes differ, every rank tells what it called,
//! and all of them get the same [`Error::Mismatch`].
//!
//! A rank at the end of its program meets the others there too: whoever ended while the rest is in a
//! collective is found at once, and if it ended with an error, that error becomes everyone's.

mod call;
mod settings;
mod watchdog;

use std::cell::{Cell, OnceCell, RefCell};
use std::panic::Location;
use std::time::{Duration, Instant};

use super::Communicator;
use super::ffi::{Handle, Meeting};
use crate::error::{Error, Result};

pub(crate) use call::Call;
use call::Record;
use settings::Settings;

/// The hash of a rank at the end of its program.
const END: u64 = 0;

/// How often a rank looks for the others before it leaves its core to them for a while.
const LOOKS: u32 = 2000;

/// How long it then leaves it between two looks.
const PAUSE: Duration = Duration::from_micros(50);

thread_local! {
    /// What `start` set, on the thread that runs the program.
    static SETTINGS: OnceCell<Settings> = const { OnceCell::new() };
}

/// From here on, new communicators are checked as the environment says. Collective.
///
/// # Errors
/// The same on every rank: [`Error::Usage`] when the environment says nothing that can be meant.
pub(crate) fn start(control: &Communicator) -> Result<()> {
    let settings = Settings::agreed(control)?;
    if settings.limit.is_some() {
        watchdog::start(settings, control)?;
    }
    SETTINGS.with(|cell| cell.set(settings).ok());
    Ok(())
}

/// What a checked communicator remembers.
pub(super) struct Checker {
    handle: Handle,
    size: usize,
    settings: Settings,
    /// The ranks in the communicator of all ranks, which the watchdog speaks of.
    members: Vec<usize>,
    /// Of collectives that call others, the outermost alone is checked.
    depth: Cell<u32>,
    /// The last call that all ranks of this communicator made.
    last: Cell<Option<Call>>,
    /// Why nothing can follow: a rank has left.
    left: RefCell<Option<Error>>,
}

impl Checker {
    /// Nothing, unless the ranks are checked. Collective.
    pub(super) fn of(user: Handle, size: usize) -> Result<Option<Self>> {
        let Some(settings) = SETTINGS
            .with(|cell| cell.get().copied())
            .filter(|it| it.check)
        else {
            return Ok(None);
        };
        let handle = user.duplicate()?;
        Ok(Some(Checker {
            members: handle.all_gather(&[settings.world_rank], size)?,
            handle,
            size,
            settings,
            depth: Cell::new(0),
            last: Cell::new(None),
            left: RefCell::new(None),
        }))
    }

    fn enter(&self, call: Call) -> Result<()> {
        if self.depth.get() == 0 {
            if let Some(error) = &*self.left.borrow() {
                return Err(error.clone());
            }
            let mut meeting = self.start_meeting(call.hash(self.settings.strict))?;
            let Some(numbers) = self.wait(&mut meeting, call, self.settings.limit)? else {
                watchdog::call_the_roll(call, &self.members, self.last.get())
            };
            if !all_equal(numbers) {
                return Err(self.compare(Record::Call(call.to_string()))?);
            }
            self.last.set(Some(call));
            watchdog::entered(call);
        }
        self.depth.set(self.depth.get() + 1);
        Ok(())
    }

    fn start_meeting(&self, hash: u64) -> Result<Meeting> {
        self.handle.start_meeting([hash, !hash])
    }

    /// What the ranks gave; `None` if `limit` passed before all of them had come.
    fn wait(
        &self,
        meeting: &mut Meeting,
        call: Call,
        limit: Option<Duration>,
    ) -> Result<Option<[u64; 2]>> {
        for _ in 0..LOOKS {
            if let Some(numbers) = meeting.outcome()? {
                return Ok(Some(numbers));
            }
            std::thread::yield_now();
        }
        let start = Instant::now();
        loop {
            if let Some(numbers) = meeting.outcome()? {
                return Ok(Some(numbers));
            }
            if limit.is_some_and(|limit| start.elapsed() > limit) {
                return Ok(None);
            }
            watchdog::answer(call)?;
            std::thread::sleep(PAUSE);
        }
    }

    /// Every rank tells what it called: the error that all of them get.
    fn compare(&self, own: Record) -> Result<Error> {
        let bytes = postcard::to_stdvec(&own).map_err(Error::other)?;
        let lengths = self.handle.all_gather(&[bytes.len()], self.size)?;
        let all = self.handle.all_gatherv(&bytes, &lengths)?;
        let all = all.ok_or_else(|| Error::other("the ranks' calls fill more than a message"))?;
        let mut rest = &all[..];
        let mut records = Vec::with_capacity(self.size);
        while records.len() < self.size {
            let (record, left) = postcard::take_from_bytes(rest).map_err(Error::other)?;
            records.push(record);
            rest = left;
        }
        let error = call::mismatch(&records);
        if records.iter().any(Record::is_end) {
            *self.left.borrow_mut() = Some(error.clone());
        }
        Ok(error)
    }

    /// Meets the others at the end of the program; what the program then ends with, or `None` if
    /// `grace` passed before all of them had come to anything.
    fn end(&self, outcome: Result<()>, grace: Option<Duration>) -> Result<Option<Result<()>>> {
        watchdog::left();
        if self.left.borrow().is_some() {
            return Ok(Some(outcome));
        }
        let call = Call::end();
        let mut meeting = self.start_meeting(END)?;
        let limit = match (grace, self.settings.limit) {
            (Some(grace), Some(limit)) => Some(grace.min(limit)),
            (grace, limit) => grace.or(limit),
        };
        match self.wait(&mut meeting, call, limit)? {
            Some(numbers) if all_equal(numbers) => Ok(Some(outcome)),
            Some(_) => self
                .compare(Record::End(outcome.err()))
                .map(|error| Some(Err(error))),
            None if grace.is_some() => Ok(None),
            None => watchdog::call_the_roll(call, &self.members, self.last.get()),
        }
    }
}

/// The maximum of a number and the maximum of its complement, which is the complement of the minimum.
fn all_equal([maximum, complement]: [u64; 2]) -> bool {
    maximum == !complement
}

/// A collective under way: what it calls itself is not checked again.
#[must_use = "keep it until the collective is done: `let _call = self.enter(…)?;`"]
pub(crate) struct Entered<'a>(Option<&'a Checker>);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if let Some(checker) = self.0 {
            checker.depth.set(checker.depth.get() - 1);
            if checker.depth.get() == 0 {
                watchdog::left();
            }
        }
    }
}

impl Communicator {
    /// What every public collective calls first. *Collective* where the ranks are checked.
    ///
    /// The collective is `#[track_caller]`, so that the call site is the user's.
    ///
    /// # Errors
    /// [`Error::Mismatch`], the same on every rank, unless all ranks come with the same call.
    #[track_caller]
    #[inline]
    pub(crate) fn enter(&self, call: Call) -> Result<Entered<'_>> {
        match &self.inner.checker {
            None => Ok(Entered(None)),
            Some(checker) => {
                checker.enter(call.at(Location::caller()))?;
                Ok(Entered(Some(checker)))
            }
        }
    }

    /// The end of the program on this rank, met with the others' where the ranks are checked.
    /// `None` when this rank failed alone, and the others did not come within `grace`.
    pub(crate) fn meet_at_end(
        &self,
        outcome: Result<()>,
        grace: Option<Duration>,
    ) -> Result<Option<Result<()>>> {
        match &self.inner.checker {
            None => Ok(Some(outcome)),
            Some(checker) => checker.end(outcome, grace),
        }
    }
}
