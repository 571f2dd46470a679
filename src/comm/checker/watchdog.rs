//! A rank that does not come: who waits where, who is missing, and the end of the job.
//!
//! Nothing is asked of the missing rank, which may be stopped or compute for ever. A rank that has
//! waited for too long *calls the roll*: it tells every other rank where it waits. Whoever waits
//! as well, in whichever communicator, looks for such calls meanwhile and answers. Who has not
//! answered after a while is missing; the last call it made is the last one that this
//! communicator's ranks made together.
//!
//! A rank can also stop in the middle of a collective, after all have met. Its partners then sit in
//! MPI and answer nobody; a thread that sees how long they have been there ends the job.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::call::{Call, in_groups, name};
use super::settings::Settings;
use crate::comm::Communicator;
use crate::comm::ffi::{Handle, environment};
use crate::error::Result;

/// The exit code of a job that took too long, as of the command `timeout`.
const TIMED_OUT: u8 = 124;

/// How long the others may take to answer.
const HEARING: Duration = Duration::from_secs(1);

/// How much longer a rank waits that was called by a lower one, which ends the job.
const PRECEDENCE: Duration = Duration::from_secs(2);

/// How often the thread looks.
const INTERVAL: Duration = Duration::from_millis(100);

/// How much longer each rank's thread waits than the one's before it.
const TURN: Duration = Duration::from_millis(250);

/// The only kind of message in the watchdog's communicator: where its sender waits.
const TAG: i32 = 0;

thread_local! {
    static WATCHDOG: OnceCell<Watchdog> = const { OnceCell::new() };
}

/// The collective that this rank has been in since, for the thread.
static INSIDE: Mutex<Option<(Instant, Call)>> = Mutex::new(None);

struct Watchdog {
    handle: Handle,
    rank: usize,
    size: usize,
    limit: Duration,
    /// Whether this rank has told the others where it waits.
    told: Cell<bool>,
    /// Where other ranks said that they wait.
    heard: RefCell<BTreeMap<usize, String>>,
}

/// Has ranks that wait for longer than the limit report and end the job. Collective.
pub(super) fn start(settings: Settings, control: &Communicator) -> Result<()> {
    let Some(limit) = settings.limit else {
        return Ok(());
    };
    let watchdog = Watchdog {
        handle: control.inner.library.duplicate()?,
        rank: control.rank(),
        size: control.size(),
        limit,
        told: Cell::new(false),
        heard: RefCell::default(),
    };
    let rank = control.rank();
    std::thread::spawn(move || watch(rank, limit));
    WATCHDOG.with(|cell| cell.set(watchdog).ok());
    Ok(())
}

/// This rank has met the others and is in the collective's own communication.
pub(super) fn entered(call: Call) {
    set_inside(Some((Instant::now(), call)));
}

/// This rank is out of it.
pub(super) fn left() {
    set_inside(None);
}

fn set_inside(inside: Option<(Instant, Call)>) {
    if WATCHDOG.with(|cell| cell.get().is_some()) {
        *INSIDE
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()) = inside;
    }
}

/// Tells where this rank waits, if another one asks.
pub(super) fn answer(place: impl Fn() -> String) -> Result<()> {
    WATCHDOG.with(|cell| match cell.get() {
        None => Ok(()),
        Some(watchdog) => watchdog.answer(place),
    })
}

/// Finds out who else waits, reports, and ends the job.
pub(super) fn call_the_roll(place: &str, members: &[usize], last: Option<String>) -> ! {
    WATCHDOG.with(|cell| {
        if let Some(watchdog) = cell.get() {
            watchdog.call_the_roll(place, members, last);
        }
    });
    environment::abort(TIMED_OUT)
}

impl Watchdog {
    fn answer(&self, place: impl Fn() -> String) -> Result<()> {
        while let Some((text, from)) = self.handle.receive_bytes_if_any(TAG)? {
            let text = String::from_utf8_lossy(&text).into_owned();
            self.heard.borrow_mut().insert(from, text);
            self.tell(&place())?;
        }
        Ok(())
    }

    fn tell(&self, place: &str) -> Result<()> {
        if self.told.replace(true) {
            return Ok(());
        }
        for other in (0..self.size).filter(|&other| other != self.rank) {
            let text = place.as_bytes().to_vec();
            // Never waited for: a rank that is stopped takes nothing.
            drop(self.handle.start_send(text, other, TAG)?);
        }
        Ok(())
    }

    fn call_the_roll(&self, place: &str, members: &[usize], last: Option<String>) {
        let start = Instant::now();
        let mut failed = self.tell(place).is_err();
        while !failed && start.elapsed() < self.patience() {
            failed = self.answer(|| place.to_owned()).is_err();
            std::thread::sleep(Duration::from_millis(1));
        }
        let report = self.report(place, members, last);
        let _ = std::io::stderr().write_all(report.as_bytes());
    }

    /// A lower rank that waits too will end the job; should it not, this one does.
    fn patience(&self) -> Duration {
        let lowest = self.heard.borrow().keys().next().copied();
        match lowest.is_some_and(|lowest| lowest < self.rank) {
            true => HEARING + PRECEDENCE,
            false => HEARING,
        }
    }

    fn report(&self, place: &str, members: &[usize], last: Option<String>) -> String {
        let mut waiting = self.heard.borrow().clone();
        waiting.insert(self.rank, place.to_owned());
        let missing: Vec<usize> = members
            .iter()
            .copied()
            .filter(|rank| !waiting.contains_key(rank))
            .collect();
        let seconds = self.limit.as_secs_f64();
        let mut report = format!("error: ranks wait in vain for {seconds} s (PARTITA_TIMEOUT)\n");
        for group in in_groups(waiting.iter().map(|(&rank, text)| (rank, text.as_str()))) {
            let (ranks, place) = group.split_once(": ").unwrap_or((&group, ""));
            report += &format!("  {ranks}: waiting in {place}\n");
        }
        if !missing.is_empty() {
            let last = last.unwrap_or("nothing yet".to_owned());
            report += &format!("  {}: missing; called last {last}\n", name(&missing));
        }
        report + "the job is aborted\n"
    }
}

/// Ends the job when this rank sits in one collective for too long: others have at most the limit to
/// come, and then to report what they wait for.
fn watch(rank: usize, limit: Duration) {
    // One after the other, so that one of those that wait tells it.
    let turn = TURN * rank.min(20) as u32;
    let patience = limit * 2 + HEARING + PRECEDENCE + turn;
    loop {
        std::thread::sleep(INTERVAL);
        let inside = *INSIDE
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some((since, call)) = inside.filter(|(since, _)| since.elapsed() > patience) else {
            continue;
        };
        let _ = writeln!(
            std::io::stderr(),
            "error: rank {rank}: for {} s inside {call}, which all ranks had begun: one of them has \
             stopped (PARTITA_TIMEOUT)\nthe job is aborted",
            since.elapsed().as_secs()
        );
        environment::abort(TIMED_OUT);
    }
}
