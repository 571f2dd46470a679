//! How many jobs run at once: few, in this process and in all others of the same build.
//!
//! A test harness starts as many tests as there are cores, and each test is a job of several ranks;
//! `cargo nextest` does so in processes that know nothing of each other. What they share is the
//! build's directory, and locks on files in it.
#![forbid(unsafe_code)]

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

/// The right to run a job, until dropped; the system takes it back from a process that dies.
pub(crate) struct Slot {
    _lock: Option<File>,
}

/// Waits for a slot. Where no lock can be had, or on a rank (its job holds one already), everybody
/// may run.
pub(crate) fn wait_for_one() -> Slot {
    if crate::rank::is_one() {
        return Slot { _lock: None };
    }
    let Some(directory) = directory() else {
        return Slot { _lock: None };
    };
    loop {
        let mut usable = false;
        for number in 0..count() {
            let Ok(file) = File::create(directory.join(format!("slot-{number}"))) else {
                continue;
            };
            match file.try_lock() {
                Ok(()) => return Slot { _lock: Some(file) },
                Err(std::fs::TryLockError::WouldBlock) => usable = true,
                Err(std::fs::TryLockError::Error(_)) => {}
            }
        }
        if !usable {
            return Slot { _lock: None };
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn count() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 4).max(2)
}

/// `target/debug/partita-jobs` for the test binary `target/debug/deps/…`.
fn directory() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    let directory = binary.parent()?.parent()?.join("partita-jobs");
    std::fs::create_dir_all(&directory).ok()?;
    Some(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_jobs_than_slots_run_at_once() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..3 * count() {
                scope.spawn(|| {
                    let _slot = wait_for_one();
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(20));
                    running.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!(
            (1..=count()).contains(&most.load(Ordering::SeqCst)),
            "{most:?}"
        );
    }
}
