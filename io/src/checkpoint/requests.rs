//! What asks a run for a checkpoint from outside.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use signal_hook::consts::{SIGTERM, SIGUSR1};
use signal_hook::flag;

use crate::save::let_sigterm_ask;

/// What is asked of this rank; of several ranks' the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    Nothing = 0,
    Save = 1,
    Stop = 2,
}

static SAVE: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Notes SIGUSR1 and SIGTERM from now on, instead of ending the process.
pub(super) fn watch() -> io::Result<()> {
    static WATCHED: Mutex<bool> = Mutex::new(false);
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*watched {
        flag::register(SIGUSR1, Arc::clone(&SAVE))?;
        flag::register(SIGTERM, Arc::clone(&STOP))?;
        // A file that was written before has had it watched, to end the process.
        let_sigterm_ask();
        *watched = true;
    }
    Ok(())
}

/// The state was just saved, and has not changed since.
pub(super) fn saved() {
    SAVE.store(false, Ordering::Relaxed);
}

/// What was asked since the last time; a request to stop stays.
pub(super) fn take(late: bool) -> Request {
    let save = SAVE.swap(false, Ordering::Relaxed);
    match (late || STOP.load(Ordering::Relaxed), save) {
        (true, _) => Request::Stop,
        (false, true) => Request::Save,
        (false, false) => Request::Nothing,
    }
}
