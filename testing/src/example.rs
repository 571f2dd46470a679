//! Tests of whole programs: the examples of a package, under `mpiexec`.
#![forbid(unsafe_code)]

use crate::spmd::run_beside_others;
use partita_launch::{Launch, LaunchError, Mpiexec, Outcome};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

/// How long a program may take unless its launch says otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Runs the example `name` of the package under test on `ranks` ranks, for at most a minute, and
/// returns how it ended and what it printed. `cargo test` has built it beside the tests.
///
/// ```no_run
/// use partita_testing::run_example;
/// let outcome = run_example("heat", 2, ["--steps", "10"]);
/// assert!(outcome.success(), "{outcome}\n{}", outcome.stderr);
/// ```
///
/// # Panics
/// When the example is not built, or no MPI is installed: with what to do about it.
#[track_caller]
pub fn run_example(
    name: &str,
    ranks: usize,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Outcome {
    run(example(name, ranks).arguments(arguments))
}

/// [`run_example`] of a program that is to end at once with an error, because it is used wrongly.
///
/// When a rank ends so, Open MPI gives the others a second or two to end by themselves, even where they have; here it
/// does not wait. So this is not for programs that have something to put in order when they are told to stop.
///
/// ```no_run
/// use partita_testing::run_refused;
/// assert_eq!(run_refused("heat", 2, ["--steps", "many"]).exit_code, Some(2));
/// ```
///
/// # Panics
/// As [`run_example`].
#[track_caller]
pub fn run_refused(
    name: &str,
    ranks: usize,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Outcome {
    let launch = example(name, ranks).environment("OMPI_MCA_odls_base_sigkill_timeout", "0");
    run(launch.arguments(arguments))
}

/// The launch that [`run_example`] runs, to be given an environment, a directory or another time
/// limit first.
///
/// ```no_run
/// use partita_testing::{TemporaryDirectory, example, run};
/// let directory = TemporaryDirectory::new();
/// let outcome = run(example("heat", 3).argument("--quiet").directory(directory.path()));
/// ```
///
/// # Panics
/// As [`run_example`].
#[track_caller]
pub fn example(name: &str, ranks: usize) -> Launch {
    match find(name) {
        Ok(launcher_and_program) => {
            let (mpiexec, program) = launcher_and_program;
            Launch::new(&mpiexec, ranks, program).time_limit(TIME_LIMIT)
        }
        Err(reason) => panic!("cannot run the example `{name}`: {reason}"),
    }
}

/// Runs a launch when its turn comes: only few jobs of a test suite run at once.
///
/// # Panics
/// When the job cannot be started.
#[track_caller]
pub fn run(launch: Launch) -> Outcome {
    match run_beside_others(launch) {
        Ok(outcome) => outcome,
        Err(error) => panic!("{error}"),
    }
}

fn find(name: &str) -> Result<(Mpiexec, PathBuf), String> {
    let binary = std::env::current_exe().map_err(|error| error.to_string())?;
    let profile = binary
        .parent()
        .and_then(|dependencies| dependencies.parent())
        .ok_or("the test binary is in no folder")?;
    let program = profile.join("examples").join(name);
    if !program.is_file() {
        let release = if profile.ends_with("release") {
            " --release"
        } else {
            ""
        };
        return Err(format!(
            "{} is not there; build it with `cargo build{release} --example {name}`",
            program.display()
        ));
    }
    Ok((
        Mpiexec::find().map_err(|error: LaunchError| error.to_string())?,
        program,
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_missing_example_says_how_to_build_it() {
        let reason = super::find("no_such_example").unwrap_err();
        assert!(
            reason.contains("cargo build") && reason.contains("--example no_such_example"),
            "{reason}"
        );
    }
}
