//! A panic on one rank ends the job: the others would wait for it for ever.

use std::cell::RefCell;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use crate::comm::ffi::environment;

/// The exit code of a Rust program that panics.
const PANICKED: u8 = 101;

/// The code a shell reports for a program whose output pipe was closed (128 + SIGPIPE).
const OUTPUT_CLOSED: u8 = 141;

/// Has a panic of this thread abort the job, after the hook that is installed now has reported it.
pub(super) fn install_hook(rank: usize, size: usize) {
    let previous = panic::take_hook();
    let program_thread = std::thread::current().id();
    panic::set_hook(Box::new(move |info| {
        if is_closed_output(info) {
            environment::exit_without_finalize(OUTPUT_CLOSED);
        }
        if is_contained(info) {
            return;
        }
        previous(info);
        // A panic of another thread is reported where that thread is joined.
        if std::thread::current().id() != program_thread {
            return;
        }
        end_job(rank, size);
    }));
}

/// Runs the program. A panic comes out of it when it has put a hook of its own in place of ours: that
/// ends the job too.
pub(super) fn end_job_on_unwinding<T>(rank: usize, size: usize, program: impl FnOnce() -> T) -> T {
    match panic::catch_unwind(AssertUnwindSafe(program)) {
        Ok(outcome) => outcome,
        Err(_) => end_job(rank, size),
    }
}

thread_local! {
    /// Whether a panic of this thread is somebody's to deal with, and what it said.
    static CONTAINED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `task`; a panic in it is an error, of the panic's place and words, and no end of the job.
pub(crate) fn contain_panic<T>(task: impl FnOnce() -> T) -> Result<T, String> {
    CONTAINED.set(Some(String::new()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(task));
    let said = CONTAINED.take().unwrap_or_default();
    outcome.map_err(|_| said)
}

/// Keeps what a contained panic says; otherwise it is not.
fn is_contained(info: &PanicHookInfo<'_>) -> bool {
    CONTAINED.with_borrow_mut(|contained| {
        let Some(said) = contained else {
            return false;
        };
        let message = info.payload_as_str().unwrap_or("(a panic without a text)");
        *said = match info.location() {
            Some(place) => format!("at {}:{}: {message}", place.file(), place.line()),
            None => message.to_owned(),
        };
        true
    })
}

fn end_job(rank: usize, size: usize) -> ! {
    let _ = writeln!(
        std::io::stderr(),
        "error: rank {rank} of {size} panicked; the job is aborted"
    );
    environment::abort(PANICKED)
}

/// Whether `println!` met a closed pipe (`| head -1`): no failure of the program.
fn is_closed_output(info: &PanicHookInfo<'_>) -> bool {
    info.payload_as_str().is_some_and(|message| {
        message.starts_with("failed printing to stdout") && message.contains("Broken pipe")
    })
}
