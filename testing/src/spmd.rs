//! One SPMD test, as the test harness sees it. What `#[spmd_test]` expands to calls this; nobody
//! else need.
#![forbid(unsafe_code)]

use crate::verdict::Verdicts;
use crate::{rank, report, slots};
use partita::Communicator;
use partita_launch::{Launch, LaunchError, Mpiexec, Outcome};
use std::fmt::Display;
use std::panic::Location;
use std::time::Duration;

/// One function on one number of ranks.
#[derive(Clone, Copy, Debug)]
pub struct SpmdTest {
    /// With the crate's name in front: `my_tests::sums::ranks_2`.
    pub name: &'static str,
    /// How many ranks run it.
    pub ranks: usize,
    /// After which it counts as hung.
    pub time_limit: Duration,
    /// Variables of every rank's environment.
    pub environment: &'static [(&'static str, &'static str)],
}

impl SpmdTest {
    /// The name that the test harness knows: without the crate's.
    pub(crate) fn harness_name(&self) -> &'static str {
        self.name
            .split_once("::")
            .map_or(self.name, |(_, name)| name)
    }
}

/// What an SPMD test may return: nothing, or a `Result` whose error says what went wrong.
#[diagnostic::on_unimplemented(
    message = "an SPMD test returns `()` or a `Result<(), E>` with `E: Display`, not `{Self}`"
)]
pub trait TestResult {
    /// The error's text, if there is one.
    fn into_text(self) -> Result<(), String>;
}

impl TestResult for () {
    fn into_text(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Display> TestResult for Result<(), E> {
    fn into_text(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

/// Runs `body` on every rank of a job of its own; on such a rank, runs it there.
///
/// # Panics
/// With the report, when the test fails: that is how a test fails.
#[track_caller]
pub fn run_spmd_test<R: TestResult + 'static>(test: SpmdTest, body: fn(&Communicator) -> R) {
    if let Some(verdicts) = rank::of_test(&test) {
        rank::run(&test, &verdicts, body);
    }
    let report = match launch(&test) {
        Ok(None) => return,
        Ok(Some(report)) => report,
        Err(error) => format!("`{}` could not run: {error}\n", test.harness_name()),
    };
    // The panic of this process is no news: its message and backtrace would bury those of the
    // ranks.
    eprint!("{}: {report}", Location::caller());
    std::panic::resume_unwind(Box::new(report));
}

/// Runs the job; the report, if the test failed.
fn launch(test: &SpmdTest) -> Result<Option<String>, LaunchError> {
    let io = |doing: &str| {
        let doing = doing.to_owned();
        move |source| LaunchError::System { doing, source }
    };
    let mpiexec = Mpiexec::find()?;
    let binary = std::env::current_exe().map_err(io("find the test binary"))?;
    let verdicts = Verdicts::create().map_err(io("create a directory for the ranks' verdicts"))?;
    let mut job = Launch::new(&mpiexec, test.ranks, binary)
        .arguments([
            "--exact",
            test.harness_name(),
            "--nocapture",
            "--test-threads=1",
            "--include-ignored",
        ])
        .environment(rank::TEST, test.name)
        .environment(rank::VERDICTS, verdicts.path())
        .time_limit(test.time_limit);
    for (name, value) in test.environment {
        job = job.environment(name, value);
    }
    let outcome = run_beside_others(job)?;
    Ok(report::of(test, &verdicts.read(test.ranks), &outcome))
}

/// Runs a job when it is its turn, in a manner that suits several jobs on the same cores.
pub(crate) fn run_beside_others(mut job: Launch) -> Result<Outcome, LaunchError> {
    const SHARING: [(&str, &str); 3] = [
        // Every job would bind its first rank to the first core.
        ("OMPI_MCA_hwloc_base_binding_policy", "none"),
        ("PRTE_MCA_hwloc_default_binding_policy", "none"),
        ("OMPI_MCA_mpi_yield_when_idle", "1"),
    ];
    for (name, value) in SHARING {
        if std::env::var_os(name).is_none() {
            job = job.environment(name, value);
        }
    }
    let _slot = slots::wait_for_one();
    job.run_captured()
}
