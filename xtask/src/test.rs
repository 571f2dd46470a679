//! `cargo xtask test`: every test under the default MPI, and a short run under MPICH.

use std::ffi::OsString;

use crate::error::Result;
use crate::probe::State;
use crate::probe::extras;
use crate::probe::machine::cargo_has;
use crate::probe::mpi::Interface;
use crate::selection::Selection;
use crate::setup::{self, ForTests, setup};

/// The packages whose tests go through all that another MPI could break: runtime, collectives, windows,
/// arrays, halos, files.
const SHORT_RUN: [&str; 6] = [
    "--package",
    "partita",
    "--package",
    "partita-kernels",
    "--package",
    "partita-io",
];

/// Of these the tests on three ranks: as many as it takes for a middle one, and for uneven parts. They start no
/// examples, which then need not be built.
const SHORT_FILTER: [&str; 3] = ["--tests", "--", "ranks_3"];

/// Jobs on one machine need no fabric; looking for one takes Open MPI 0.2 s at the start of each.
const MESSAGING: (&str, &str) = ("OMPI_MCA_pml", "ob1");

/// What to test.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only under this MPI.
    pub mpi: Option<Interface>,
    /// The whole workspace under an MPI that is not the default one, too.
    pub full: bool,
    /// Passed on to `cargo nextest run` or `cargo test`.
    pub filter: Vec<OsString>,
}

/// Runs the tests. With a filter, only the tests that it names, without doctests and without a second MPI.
pub fn test(options: &Options) -> Result<()> {
    let selection = setup(setup::Options {
        for_tests: ForTests::Wanted,
        for_benches: false,
        dry_run: false,
        mpi: options.mpi,
    })?;
    selection.launcher()?;
    if selection.is_other && !options.full {
        return short_run(&selection, &options.filter);
    }
    full_run(&selection, &options.filter)?;
    if options.filter.is_empty() && options.mpi.is_none() {
        under_mpich_too(&selection)?;
    }
    Ok(())
}

fn full_run(selection: &Selection, filter: &[OsString]) -> Result<()> {
    run_tests(selection, &["--workspace"], filter)?;
    if !filter.is_empty() {
        return Ok(());
    }
    selection
        .cargo("test")
        .arguments(["--workspace", "--doc"])
        .advice("a doctest fails: see above")
        .run()
}

fn short_run(selection: &Selection, filter: &[OsString]) -> Result<()> {
    let short = SHORT_FILTER.map(OsString::from);
    let filter = if filter.is_empty() {
        &short[..]
    } else {
        filter
    };
    run_tests(selection, &SHORT_RUN, filter)
}

fn run_tests(selection: &Selection, packages: &[&str], filter: &[OsString]) -> Result<()> {
    if !filter.iter().any(|word| word == SHORT_FILTER[0]) {
        // The tests start examples, and a filter may leave cargo no reason to build them.
        selection
            .cargo("build")
            .arguments(packages)
            .arguments(["--examples"])
            .run()?;
    }
    let subcommand: &[&str] = if cargo_has("nextest") {
        &["nextest", "run"]
    } else {
        &["test"]
    };
    let advice = "a test fails: see above; `cargo xtask test -- NAME` runs it alone";
    let mut tests = selection.cargo_words(subcommand);
    if std::env::var_os(MESSAGING.0).is_none() {
        tests = tests.environment(MESSAGING.0, MESSAGING.1);
    }
    tests
        .arguments(["--no-fail-fast"])
        .arguments(packages)
        .arguments(filter)
        .advice(advice)
        .run()
}

/// Proves that the program also builds and runs with another MPI, where one is installed.
fn under_mpich_too(default: &Selection) -> Result<()> {
    if default.interface() == Some(Interface::Mpich) {
        return Ok(());
    }
    if extras::for_mpich()
        .iter()
        .any(|finding| finding.state != State::Good)
    {
        eprintln!("MPICH: not tested, because it or its HDF5 is not installed");
        return Ok(());
    }
    eprintln!("MPICH: a short run");
    short_run(&Selection::find(Some(Interface::Mpich)), &[])
}
