//! The test on a rank: the same test function in a process that `mpiexec` started.
#![forbid(unsafe_code)]

use crate::spmd::{SpmdTest, TestResult};
use crate::verdict::{Verdict, Verdicts};
use partita::Communicator;
use std::cell::Cell;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The variable that tells a process which test it is a rank of.
pub(crate) const TEST: &str = "PARTITA_SPMD_TEST";
/// The variable that tells a rank where to leave its verdict.
pub(crate) const VERDICTS: &str = "PARTITA_SPMD_VERDICTS";

/// How long a failed rank waits for what the others have to say, before it ends the job.
const HEARING: Duration = Duration::from_secs(1);
/// How long past its time limit a rank lives at most: should the process that watches the job be killed, nobody else ends it.
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

/// Runs the body, writes the verdict, and leaves the process: the harness around it has no part in this.
pub(crate) fn run<R: TestResult>(
    test: &SpmdTest,
    verdicts: &Verdicts,
    body: fn(&Communicator) -> R,
) -> ! {
    end_at_last(test.time_limit + LAST_RESORT);
    let this_rank = Arc::new(OnceLock::new());
    report_panics(verdicts.clone(), test.ranks, Arc::clone(&this_rank));
    let passed = Cell::new(false);
    let code = partita::run(|world: &Communicator| -> partita::Result<()> {
        let _ = this_rank.set(world.rank());
        if world.size() != test.ranks {
            let text = format!(
                "the job has {} ranks instead of {}",
                world.size(),
                test.ranks
            );
            fail(verdicts, test.ranks, world.rank(), text);
        }
        if let Err(text) = body(world).into_text() {
            fail(verdicts, test.ranks, world.rank(), text);
        }
        verdicts.write(world.rank(), &Verdict::Passed);
        passed.set(true);
        Ok(())
    });
    let well = passed.get() && code == ExitCode::SUCCESS;
    std::process::exit(if well { 0 } else { 1 })
}

/// An `Err` on one rank ends the job, where the others may wait for this rank for ever.
fn fail(verdicts: &Verdicts, ranks: usize, rank: usize, text: String) -> ! {
    verdicts.write(rank, &Verdict::Error { text });
    verdicts.wait_for(ranks, HEARING);
    std::process::exit(1)
}

/// Installed before partita's own hook, and so called by it before it aborts the job.
fn report_panics(verdicts: Verdicts, ranks: usize, this_rank: Arc<OnceLock<usize>>) {
    let printing = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |information| {
        if let Some(rank) = this_rank.get() {
            let location = information
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            let message = information
                .payload_as_str()
                .unwrap_or("(a panic without a text)")
                .to_owned();
            verdicts.write(*rank, &Verdict::Panicked { location, message });
        }
        printing(information);
        if this_rank.get().is_some() {
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
