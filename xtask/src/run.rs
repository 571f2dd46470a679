//! `cargo xtask run` and `cargo xtask bench`: builds a program in release mode and starts it under `mpiexec`.

use std::ffi::OsString;
use std::path::Path;

use partita_launch::Launch;

use crate::command::announce;
use crate::error::{Error, Result};
use crate::probe::mpi::Interface;
use crate::selection::Selection;
use crate::setup::{self, ForTests, setup};
use crate::workspace::Kind;

/// A program and how to start it.
#[derive(Clone, Debug)]
pub struct Job {
    pub name: String,
    pub ranks: usize,
    pub arguments: Vec<OsString>,
    pub mpi: Option<Interface>,
}

/// Builds and runs an example.
pub fn run(mut job: Job) -> Result<()> {
    Kind::Example.check(&job.name)?;
    let selection = set_up(&job)?;
    let program = Kind::Example.build(&job.name, &selection)?;
    if job.arguments.is_empty() {
        job.arguments = usual_arguments(&job.name);
    }
    start(&selection, &program, &job)
}

/// Builds and runs a benchmark, which splits its ranks into smaller communicators by itself.
pub fn bench(job: Job) -> Result<()> {
    Kind::Bench.check(&job.name)?;
    let selection = set_up(&job)?;
    let program = Kind::Bench.build(&job.name, &selection)?;
    start(&selection, &program, &job)
}

fn set_up(job: &Job) -> Result<Selection> {
    setup(setup::Options {
        for_tests: ForTests::Ignored,
        for_benches: false,
        dry_run: false,
        mpi: job.mpi,
    })
}

/// What an example is given when the user gives nothing, so that there is something to look at in the end.
fn usual_arguments(example: &str) -> Vec<OsString> {
    match example {
        "heat" => ["--output", "heat.h5", "--png", "heat.png"]
            .map(OsString::from)
            .to_vec(),
        _ => Vec::new(),
    }
}

/// Starts a program under `mpiexec` on this terminal; its exit code becomes ours.
pub fn start(selection: &Selection, program: &Path, job: &Job) -> Result<()> {
    let launch = Launch::new(selection.launcher()?, job.ranks, program).arguments(&job.arguments);
    announce(&launch.command());
    let outcome = launch
        .run_inherited()
        .map_err(|cause| Error::Wrong(cause.to_string()))?;
    if outcome.success() {
        return Ok(());
    }
    let code = outcome
        .exit_code
        .and_then(|code| u8::try_from(code).ok())
        .filter(|code| *code != 0)
        .unwrap_or(1);
    Err(Error::Job {
        outcome: outcome.to_string(),
        code,
    })
}
