//! The end of a program: every rank's outcome becomes one exit code.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::output::{print_error, printed};
use crate::comm::ffi::environment;
use crate::comm::{Communicator, Operation};
use crate::error::{Error, Result};

/// How long a rank that fails alone waits for the others to end as well.
const GRACE_ALONE: Duration = Duration::from_secs(1);

/// The same for an agreed failure: the others hold it too and are on their way here, however slowly.
const GRACE_AGREED: Duration = Duration::from_secs(10);

/// How much longer each rank waits than the one before it, so that of several ranks which fail alone the
/// first has ended the job, and told why, before the next one would.
const GRACE_STEP: Duration = Duration::from_millis(150);

/// Something a program leaves behind that it should have brought to an end.
struct Remains {
    what: String,
    /// Whether ending MPI would wait for ranks that never come.
    blocks_the_end: bool,
}

static REMAINS: Mutex<Vec<Remains>> = Mutex::new(Vec::new());

/// Tells [`run`](crate::run) that something collective was left unfinished, such as an open file of
/// which some ranks know that it failed. *Local.*
///
/// Ending MPI would enter its collective close, where ranks wait for each other in vain: the
/// processes end without it, with an error that names `what` unless there is one already.
pub fn abandon(what: impl Display) {
    remember(format!("{what}: left open at the end of the program"), true);
}

/// Tells [`run`](crate::run) that something was left unfinished which holds nobody up, such as a file
/// that was never closed into its place. *Local.*
///
/// A program that ends well otherwise ends with an error that names `what`.
pub fn unfinished(what: impl Display) {
    remember(what.to_string(), false);
}

/// Ends the whole job with this error, from any thread: for a rank that will never come out of the call it is in.
/// *Local.*
pub fn end_job(error: &Error) -> ! {
    print_error(error);
    let _ = std::io::stdout().flush();
    environment::abort(error.exit_code())
}

fn remember(what: String, blocks_the_end: bool) {
    remains().push(Remains {
        what,
        blocks_the_end,
    });
}

fn remains() -> MutexGuard<'static, Vec<Remains>> {
    REMAINS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was left, in words, and whether it keeps MPI from ending.
fn left_behind() -> Option<(String, bool)> {
    let remains = remains();
    let words: Vec<&str> = remains
        .iter()
        .map(|remains| remains.what.as_str())
        .collect();
    let blocks = remains.iter().any(|remains| remains.blocks_the_end);
    (!words.is_empty()).then(|| (words.join(", "), blocks))
}

/// The exit code of the whole job. Collective over the ranks that get here; ends the job itself
/// when some do not.
pub(super) fn conclude(world: &Communicator, control: &Communicator, outcome: Result<()>) -> u8 {
    let left_behind = left_behind();
    let outcome = outcome.and_then(|()| match &left_behind {
        None => Ok(()),
        Some((what, _)) => Err(Error::usage(what)),
    });
    let grace = grace(&outcome, control.rank());
    let outcome = match world.meet_at_end(outcome.clone(), grace) {
        Ok(Some(outcome)) => outcome,
        Ok(None) => give_up(outcome, control.rank()),
        Err(error) => give_up(Err(error), control.rank()),
    };
    let grace = self::grace(&outcome, control.rank());
    match control.arrive_within(grace) {
        Ok(true) => {}
        Ok(false) => give_up(outcome, control.rank()),
        Err(error) => give_up(Err(error), control.rank()),
    }
    match agreed_end(
        world,
        control,
        outcome,
        left_behind.is_some_and(|(_, blocks)| blocks),
    ) {
        Ok(End {
            code,
            finalize: true,
        }) => code,
        Ok(End {
            code,
            finalize: false,
        }) => environment::exit_without_finalize(code),
        Err(error) => give_up(Err(error), control.rank()),
    }
}

/// How long to wait for the others: for as long as it takes, unless this rank failed.
fn grace(outcome: &Result<()>, rank: usize) -> Option<Duration> {
    let grace = match outcome {
        Ok(()) => return None,
        Err(error) if error.is_agreed() => GRACE_AGREED,
        Err(_) => GRACE_ALONE,
    };
    Some(grace + GRACE_STEP * rank.min(10) as u32)
}

struct End {
    code: u8,
    finalize: bool,
}

fn agreed_end(
    world: &Communicator,
    control: &Communicator,
    outcome: Result<()>,
    blocked: bool,
) -> Result<End> {
    let any_blocked = control.all_reduce_value(blocked, Operation::LogicalOr)?;
    // Local: only who prints can lose a line.
    let code = match control.agree(outcome.and_then(|()| printed())) {
        Ok(()) => {
            // MPICH ends the job when it ends with a window that was not freed.
            world.reclaim()?;
            0
        }
        Err(error) => {
            match &error {
                // Of a single rank, its number says nothing.
                Error::OnRank { error, .. } if control.size() == 1 => print_error(error),
                error if control.is_root() => print_error(error),
                _ => {}
            }
            error.exit_code()
        }
    };
    // A launcher may end all ranks when the first one exits: by then everything is printed.
    let _ = std::io::stdout().flush();
    control.barrier()?;
    Ok(End {
        code,
        finalize: !any_blocked,
    })
}

fn give_up(outcome: Result<()>, rank: usize) -> ! {
    let error = match outcome {
        Err(error) => error.on_rank(rank),
        Ok(()) => Error::other("the program could not be ended in order"),
    };
    end_job(&error)
}
