//! A panic on one rank ends the job: the others would wait for it for ever.

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
