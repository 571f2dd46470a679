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
use super::Operation;
use super::ffi::{Handle, Meeting, environment};
use crate::error::{Error, Result};

pub(crate) use call::Call;
use call::Record;
use settings::Settings;

/// The hash of a rank at the end of its program.
const END: u64 = 0;

/// How often a rank looks for the others before it leaves its core to them for a while.
const LOOKS: u32 = 2000;

/// How long it then leaves it between two looks.
pub(super) const PAUSE: Duration = Duration::from_micros(50);

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
    /// Where the ranks meet; should they differ, their words are messages there.
    handle: Handle,
    rank: usize,
    size: usize,
    /// The communicator's, to be told.
    name: RefCell<String>,
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
    /// Nothing, unless the ranks are checked: with `ask`, unless all of them are. Collective.
    pub(super) fn of(handle: Handle, rank: usize, size: usize, ask: bool) -> Result<Option<Self>> {
        let settings = SETTINGS.with(|cell| cell.get().copied());
        let own = settings.is_some_and(|it| it.check);
        let checked = match ask {
            true => handle.all_reduce(&[own], Operation::LogicalAnd)?[0],
            false => own,
        };
        match settings.filter(|_| checked) {
            Some(settings) => Checker::with(settings, handle, rank, size).map(Some),
            None => Ok(None),
        }
    }

    /// Whatever the environment says. Collective.
    pub(super) fn always(handle: Handle, rank: usize, size: usize) -> Result<Self> {
        let settings = SETTINGS.with(|cell| cell.get().copied());
        let missing = || Error::other("the checks are not set up");
        Checker::with(settings.ok_or_else(missing)?, handle, rank, size)
    }

    fn with(settings: Settings, handle: Handle, rank: usize, size: usize) -> Result<Self> {
        Ok(Checker {
            members: handle.all_gather(&[settings.world_rank], size)?,
            handle,
            rank,
            size,
            name: RefCell::default(),
            settings,
            depth: Cell::new(0),
            last: Cell::new(None),
            left: RefCell::new(None),
        })
    }

    pub(super) fn set_name(&self, name: &str) {
        *self.name.borrow_mut() = name.to_owned();
    }

    fn enter(&self, call: Call) -> Result<()> {
        if self.depth.get() == 0 {
            let mut meeting = self.start_meeting(call)?;
            if let Some(verdict) = self.verdict(&mut meeting, call, true) {
                verdict?;
            }
            watchdog::entered(call);
        }
        self.depth.set(self.depth.get() + 1);
        Ok(())
    }

    /// Tells the others what this rank calls. Collective, without waiting.
    pub(super) fn start_meeting(&self, call: Call) -> Result<Meeting> {
        if let Some(error) = &*self.left.borrow() {
            return Err(error.clone());
        }
        let hash = call.hash(self.settings.strict);
        self.handle.start_meeting([hash, !hash])
    }

    /// Whether all ranks have called the same; `None` if that is not known yet, unless it is to `wait`.
    pub(super) fn verdict(
        &self,
        meeting: &mut Meeting,
        call: Call,
        wait: bool,
    ) -> Option<Result<()>> {
        let numbers = match wait {
            true => self.wait(meeting, call, self.settings.limit),
            false => meeting.outcome(),
        };
        match numbers {
            Err(error) => Some(Err(error)),
            Ok(Some(numbers)) if all_equal(numbers) => {
                self.last.set(Some(call));
                Some(Ok(()))
            }
            Ok(Some(_)) => {
                let record = Record::Call(self.in_words(call));
                Some(Err(self.compare(record).unwrap_or_else(|error| error)))
            }
            Ok(None) if wait => self.call_the_roll(call),
            Ok(None) => None,
        }
    }

    /// The call, and which communicator's it is where that has a name.
    fn in_words(&self, call: Call) -> String {
        let name = self.name.borrow();
        match name.as_str() {
            "" => call.to_string(),
            name => format!("{call} in {name}"),
        }
    }

    fn call_the_roll(&self, call: Call) -> ! {
        let last = self.last.get().map(|last| self.in_words(last));
        watchdog::call_the_roll(&self.in_words(call), &self.members, last)
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
            watchdog::answer(|| self.in_words(call))?;
            std::thread::sleep(PAUSE);
        }
    }

    /// Every rank tells what it called: the error that all of them get.
    fn compare(&self, own: Record) -> Result<Error> {
        let bytes = postcard::to_stdvec(&own).map_err(Error::other)?;
        // Messages, because some ranks may have started further meetings by now.
        let (rank, own_length) = (self.rank, [bytes.len()]);
        let one_each = vec![1; self.size];
        let lengths = self.handle.exchange(rank, |_| &own_length, &one_each, 0)?;
        let all = self.handle.exchange(rank, |_| &bytes, &lengths, 1)?;
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
        let mut meeting = self.handle.start_meeting([END, !END])?;
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
            None => self.call_the_roll(call),
        }
    }
}

/// The maximum of a number and the maximum of its complement, which is the complement of the minimum.
pub(super) fn all_equal([maximum, complement]: [u64; 2]) -> bool {
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
        environment::check_running()?;
        if !self.inner.gates.borrow().is_empty() {
            self.open_all();
        }
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
