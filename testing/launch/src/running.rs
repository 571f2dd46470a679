//! Waiting for a job: its output drained, its time limited, and nothing left of it when it fails.
//!
//! The launcher stays in this process's group, so that Ctrl-C in a terminal, and a test runner that
//! ends the group of a test, reach it as they reach us.
#![forbid(unsafe_code)]

use crate::processes::Mark;
use crate::{LaunchError, Outcome};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a launcher that was asked to end may take to end its ranks.
const GRACE: Duration = Duration::from_secs(2);
/// How long output may still arrive after the launcher has ended: a process that outlives it can
/// hold the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What becomes of a job's standard output, where it is a pipe to this process.
#[derive(Clone, Copy)]
pub(crate) enum Output {
    /// It is kept for the outcome.
    Collected,
    /// It goes on to this process's own, for as long as somebody reads that: a launcher that writes
    /// into a closed pipe (`| head -1`) itself ends the job, or crashes.
    Relayed,
}

/// Runs `command` until it ends, or until `time_limit` has passed and it was ended.
pub(crate) fn run(
    mut command: Command,
    mark: &Mark,
    time_limit: Option<Duration>,
    output: Output,
) -> Result<Outcome, LaunchError> {
    let launcher = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .map_err(LaunchError::system(format!("start {launcher}")))?;
    let stdout = child.stdout.take().map(|pipe| Drain::start(pipe, output));
    let stderr = child
        .stderr
        .take()
        .map(|pipe| Drain::start(pipe, Output::Collected));
    let ended = watch(&child);
    let timed_out = !wait(&ended, time_limit);
    if timed_out {
        end(&child, mark, &ended);
    }
    let status = child
        .wait()
        .map_err(LaunchError::system(format!("wait for {launcher}")))?;
    if timed_out || !status.success() {
        mark.end_all();
    }
    Ok(outcome(status, timed_out, stdout, stderr))
}

/// Tells when the launcher has ended, without taking its process id from it: until `child.wait`,
/// signals cannot hit another.
fn watch(child: &Child) -> Receiver<()> {
    let (tell, ended) = channel();
    let process = Pid::from_child(child);
    std::thread::spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) =
            rustix::process::waitid(WaitId::Pid(process), options)
        {}
        let _ = tell.send(());
    });
    ended
}

/// Whether the end came within the limit.
fn wait(ended: &Receiver<()>, limit: Option<Duration>) -> bool {
    match limit {
        Some(limit) => !matches!(ended.recv_timeout(limit), Err(RecvTimeoutError::Timeout)),
        None => {
            let _ = ended.recv();
            true
        }
    }
}

/// Ends the launcher. It is asked first, since it alone can end ranks on other machines.
fn end(child: &Child, mark: &Mark, ended: &Receiver<()>) {
    let launcher = Pid::from_child(child);
    let _ = rustix::process::kill_process(launcher, Signal::TERM);
    if !wait(ended, Some(GRACE)) {
        mark.end_all();
        let _ = rustix::process::kill_process(launcher, Signal::KILL);
    }
}

fn outcome(
    status: ExitStatus,
    timed_out: bool,
    stdout: Option<Drain>,
    stderr: Option<Drain>,
) -> Outcome {
    Outcome {
        exit_code: status.code(),
        signal: status.signal(),
        timed_out,
        stdout: stdout.map(Drain::finish).unwrap_or_default(),
        stderr: stderr.map(Drain::finish).unwrap_or_default(),
    }
}

fn relay(bytes: &[u8]) {
    let mut output = std::io::stdout().lock();
    // Nobody reads any more: the job goes on, for the sake of the files it writes.
    let _ = output.write_all(bytes).and_then(|()| output.flush());
}

/// A thread that empties a pipe, so that no rank ever waits for a reader.
struct Drain {
    collected: Arc<Mutex<Vec<u8>>>,
    closed: Receiver<()>,
}

impl Drain {
    fn start(mut pipe: impl Read + Send + 'static, output: Output) -> Drain {
        let collected = Arc::new(Mutex::new(Vec::new()));
        let (tell, closed) = channel();
        let sink = Arc::clone(&collected);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            loop {
                match pipe.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => match output {
                        Output::Relayed => relay(&buffer[..count]),
                        Output::Collected => sink
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .extend_from_slice(&buffer[..count]),
                    },
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            let _ = tell.send(());
        });
        Drain { collected, closed }
    }

    fn finish(self) -> String {
        let _ = self.closed.recv_timeout(LAST_WORDS);
        String::from_utf8_lossy(
            &self
                .collected
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
        .into_owned()
    }
}
