//! The test on a rank: the same test function in a process that `mpiexec` started.
#![forbid(unsafe_code)]

use crate::spmd::{SpmdTest, TestResult};
use crate::verdict::{Verdict, Verdicts};
use partita::{Communicator, Error};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The variable that tells a process which test it is a rank of.
pub(crate) const TEST: &str = "PARTITA_SPMD_TEST";
/// The variable that tells a rank where to leave its verdict.
pub(crate) const VERDICTS: &str = "PARTITA_SPMD_VERDICTS";

/// How long a rank that panics waits for what the others have to say, before it ends the job.
const HEARING: Duration = Duration::from_secs(1);
/// How long past its time limit a rank lives at most: should the process that watches the job be
/// killed, nobody else ends it.
const LAST_RESORT: Duration = Duration::from_secs(15);

/// Where this process leaves its verdict, if it is a rank of `test`.
pub(crate) fn of_test(test: &SpmdTest) -> Option<Verdicts> {
    let named = std::env::var(TEST).is_ok_and(|name| name == test.name);
    if named {
        std::env::var_os(VERDICTS).map(|path| Verdicts::at(path.into()))
    } else {
        None
    }
}

/// Whether this process is a rank of any test.
pub(crate) fn is_one() -> bool {
    std::env::var_os(TEST).is_some()
}

/// Runs the body, writes the verdict, and leaves the process: the harness around it has no part in
/// this.
pub(crate) fn run<R>(test: &SpmdTest, verdicts: &Verdicts, body: fn(&Communicator) -> R) -> !
where
    R: TestResult + 'static,
{
    end_at_last(test.time_limit + LAST_RESORT);
    let ranks = test.ranks;
    let this_rank = Arc::new(OnceLock::new());
    report_panics(verdicts.clone(), ranks, Arc::clone(&this_rank));
    let verdicts = verdicts.clone();
    let known_rank = Arc::clone(&this_rank);
    let code = partita::run(move |world: &Communicator| {
        let _ = known_rank.set(world.rank());
        match judge(world, ranks, body) {
            Ok(()) => {
                verdicts.write(world.rank(), &Verdict::Passed);
                Ok(())
            }
            Err(text) => {
                // Before the end of the job, which may leave no time.
                verdicts.write(world.rank(), &Verdict::Error { text: text.clone() });
                Err(Error::other(text))
            }
        }
    });
    let ran = this_rank.get().is_some();
    std::process::exit(i32::from(!ran || code != ExitCode::SUCCESS))
}

fn judge<R: TestResult>(
    world: &Communicator,
    ranks: usize,
    body: fn(&Communicator) -> R,
) -> Result<(), String> {
    if world.size() != ranks {
        return Err(format!(
            "the job has {} ranks instead of {ranks}",
            world.size()
        ));
    }
    body(world).into_text()
}

/// Installed before partita's own hook, and so called by it before it aborts the job.
fn report_panics(verdicts: Verdicts, ranks: usize, this_rank: Arc<OnceLock<usize>>) {
    let printing = std::panic::take_hook();
    let thread_of_test = std::thread::current().id();
    std::panic::set_hook(Box::new(move |information| {
        let rank = this_rank.get().copied();
        // A panic of another thread is reported where that thread is joined.
        let rank = rank.filter(|_| std::thread::current().id() == thread_of_test);
        if let Some(rank) = rank {
            let location = information
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            let message = information
                .payload_as_str()
                .unwrap_or("(a panic without a text)")
                .to_owned();
            verdicts.write(rank, &Verdict::Panicked { location, message });
        }
        printing(information);
        if rank.is_some() {
            verdicts.wait_for(ranks, HEARING);
        }
    }));
}

fn end_at_last(limit: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(limit);
        eprintln!("a rank of a test was left behind, and ends itself");
        std::process::abort();
    });
}
