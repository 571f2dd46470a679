//! Finding and ending every process of a job.
//!
//! A launcher puts its ranks into process groups of their own, and a launcher that dies leaves them
//! to process 1: neither groups nor parents lead to them. What every process of a job does have is
//! the environment it was started with, so each launch marks its own. Where there is no `/proc`,
//! nothing is found, and the launcher alone must end its ranks.
#![forbid(unsafe_code)]

use rustix::process::{Pid, Signal};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The variable that carries the marks: of a launch within a launch, both.
const VARIABLE: &str = "PARTITA_LAUNCH";
/// How long to wait for killed processes: one that sits in a dead network file system never goes.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many looks in a row must find nothing.
const LOOKS: usize = 4;

/// What the processes of one launch have in common.
pub(crate) struct Mark(OsString);

impl Mark {
    /// A mark as unique as the path of a temporary directory.
    pub(crate) fn new(unique: &Path) -> Mark {
        Mark(unique.as_os_str().to_owned())
    }

    pub(crate) fn put_on(&self, command: &mut Command) {
        let mut marks = std::env::var_os(VARIABLE).unwrap_or_default();
        marks.push(":");
        marks.push(&self.0);
        marks.push(":");
        command.env(VARIABLE, marks);
    }

    /// Ends every process that has the mark, this one excepted. Repeats until several looks in a row
    /// find none: processes take a moment to die, may start others in it, and show no environment
    /// while they turn into another program.
    pub(crate) fn end_all(&self) {
        let patience = Instant::now() + PATIENCE;
        let mut looks_in_vain = 0;
        loop {
            let marked = self.processes();
            looks_in_vain = if marked.is_empty() {
                looks_in_vain + 1
            } else {
                0
            };
            for process in &marked {
                // A process that ended meanwhile needs no signal.
                let _ = rustix::process::kill_process(*process, Signal::KILL);
            }
            if looks_in_vain == LOOKS || Instant::now() > patience {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn processes(&self) -> Vec<Pid> {
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        let own = rustix::process::getpid();
        entries
            .flatten()
            .filter_map(|entry| {
                entry
                    .file_name()
                    .to_str()?
                    .parse()
                    .ok()
                    .and_then(Pid::from_raw)
            })
            .filter(|process| *process != own && self.is_on(*process))
            .collect()
    }

    fn is_on(&self, process: Pid) -> bool {
        let Ok(environment) = std::fs::read(format!("/proc/{}/environ", process.as_raw_nonzero()))
        else {
            return false;
        };
        let mut wanted = vec![b':'];
        wanted.extend_from_slice(self.0.as_bytes());
        wanted.push(b':');
        let beginning = format!("{VARIABLE}=");
        environment
            .split(|byte| *byte == 0)
            .filter(|variable| variable.starts_with(beginning.as_bytes()))
            .any(|variable| {
                variable
                    .windows(wanted.len())
                    .any(|window| window == wanted)
            })
    }
}
