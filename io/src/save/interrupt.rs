//! An interrupted run leaves no half-written file behind.
//!
//! SIGINT, SIGTERM and SIGHUP end a process without running any destructor, and launchers end ranks
//! by SIGTERM. Where one of them would end this process, the files being written are removed first: by
//! every rank, since Open MPI's launcher may kill the others at once when it sees the first one gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Whether SIGTERM asks for a checkpoint, and no longer ends the process.
static ASKS: AtomicBool = AtomicBool::new(false);

static BEING_WRITTEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file that an interrupt removes, as long as this value lives. Where signals cannot be watched, the
/// file outlives an interrupt, as it outlives a crash.
#[derive(Debug)]
pub(super) struct RemovedOnInterrupt {
    path: PathBuf,
}

impl RemovedOnInterrupt {
    pub fn new(path: &Path) -> Self {
        static WATCH: Once = Once::new();
        WATCH.call_once(start_watching);
        being_written().push(path.to_path_buf());
        RemovedOnInterrupt {
            path: path.to_path_buf(),
        }
    }
}

impl Drop for RemovedOnInterrupt {
    fn drop(&mut self) {
        being_written().retain(|other| *other != self.path);
    }
}

/// From now on SIGTERM asks for a checkpoint.
pub(crate) fn let_sigterm_ask() {
    ASKS.store(true, Ordering::SeqCst);
}

fn start_watching() {
    partita::runtime::before_abort(remove_all);
    let deadly = [SIGINT, SIGTERM, SIGHUP]
        .into_iter()
        .filter(|&signal| ends_this_process(signal));
    // A file beyond `ulimit -f` is an error of the call that writes it, not the end of the process.
    if ends_this_process(SIGXFSZ) {
        let _ = flag::register(SIGXFSZ, Arc::default());
    }
    if let Ok(signals) = Signals::new(deadly) {
        thread::spawn(|| watch(signals));
    }
}

fn remove_all() {
    for path in being_written().iter() {
        // Nobody is left to be told that it failed.
        let _ = fs::remove_file(path);
    }
}

fn watch(mut signals: Signals) {
    for signal in signals.forever() {
        if signal == SIGTERM && ASKS.load(Ordering::SeqCst) {
            continue;
        }
        remove_all();
        let _ = emulate_default_handler(signal);
    }
}

fn being_written() -> MutexGuard<'static, Vec<PathBuf>> {
    BEING_WRITTEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether nobody ignores the signal or handles it already; unknown without `/proc`, and then not.
fn ends_this_process(signal: i32) -> bool {
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        return false;
    };
    is_default(signal, &status)
}

fn is_default(signal: i32, status: &str) -> bool {
    ["SigIgn:", "SigCgt:"].iter().all(|line| {
        let mask = status.lines().find_map(|text| text.strip_prefix(line));
        let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
        mask.is_some_and(|mask| mask & 1 << (signal - 1) == 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_is_ignored_or_handled_is_left_alone() {
        // SIGHUP is 1 and ignored, SIGINT is 2 and handled, SIGTERM is 15 and neither.
        let status = "SigBlk:\t0\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000000002\n";
        assert!(!is_default(SIGHUP, status) && !is_default(SIGINT, status));
        assert!(is_default(SIGTERM, status));
        assert!(!is_default(SIGTERM, ""));
    }
}
