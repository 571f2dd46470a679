//! The project's commands: `cargo xtask setup | run | test | bench | doctor`.
//!
//! In reading order: [`probe`] looks at the machine, [`selection`] puts MPI, launcher and HDF5 together, [`checkup`]
//! judges them, [`systems`] knows the packages, and the commands follow: [`setup`], [`doctor`], [`run`], [`mod@test`].
#![forbid(unsafe_code)]

mod checkup;
mod command;
mod doctor;
mod error;
mod probe;
mod run;
mod selection;
mod setup;
mod systems;
mod test;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::error::Result;
use crate::probe::mpi::Interface;
use crate::run::Job;
use crate::selection::Selection;
use crate::setup::ForTests;

/// Sets up, builds, runs, tests and measures partita.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs what is missing: MPI, parallel HDF5, OpenBLAS, libclang
    Setup {
        /// Print the commands, and run none
        #[arg(long)]
        dry_run: bool,
        /// Also install this
        #[arg(long, value_name = "WHAT")]
        with: Option<Extras>,
        #[command(flatten)]
        choice: MpiChoice,
    },
    /// Builds an example in release mode and runs it under mpiexec
    Run {
        /// The example, as in examples/NAME.rs
        name: String,
        /// The number of ranks
        #[arg(short = 'n', long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
        ranks: u16,
        #[command(flatten)]
        choice: MpiChoice,
        /// Arguments for the example
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Runs every test, and a short run under MPICH
    Test {
        /// With --mpi: every test, not the short run
        #[arg(long)]
        full: bool,
        #[command(flatten)]
        choice: MpiChoice,
        /// A test's name, or other arguments for `cargo nextest run` or `cargo test`
        #[arg(last = true)]
        filter: Vec<OsString>,
    },
    /// Builds a benchmark in release mode and runs it on two ranks
    Bench {
        /// The benchmark, as in benches/NAME.rs
        name: String,
        #[command(flatten)]
        choice: MpiChoice,
        /// Arguments for the benchmark
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Says what this machine has, and what to do about what is wrong
    Doctor {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        choice: MpiChoice,
    },
}

#[derive(Args)]
struct MpiChoice {
    /// Use this MPI instead of the default one
    #[arg(long, value_name = "MPI")]
    mpi: Option<Mpi>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mpi {
    Openmpi,
    Mpich,
}

#[derive(Clone, Copy, ValueEnum)]
enum Extras {
    /// What only some tests need
    Tests,
    /// ScaLAPACK, numpy, mpi4py and h5py over MPI, which the benchmarks are measured beside
    Benches,
}

impl MpiChoice {
    fn interface(&self) -> Option<Interface> {
        self.mpi.map(|mpi| match mpi {
            Mpi::Openmpi => Interface::OpenMpi,
            Mpi::Mpich => Interface::Mpich,
        })
    }
}

fn main() -> ExitCode {
    match perform(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn perform(command: Command) -> Result<()> {
    match command {
        Command::Setup {
            dry_run,
            with,
            choice,
        } => {
            let for_tests = match with {
                Some(Extras::Tests) => ForTests::Required,
                Some(Extras::Benches) | None => ForTests::Ignored,
            };
            setup::setup(setup::Options {
                for_tests,
                for_benches: matches!(with, Some(Extras::Benches)),
                dry_run,
                mpi: choice.interface(),
            })
            .map(drop)
        }
        Command::Run {
            name,
            ranks,
            choice,
            arguments,
        } => run::run(Job {
            name,
            ranks: ranks.into(),
            arguments,
            mpi: choice.interface(),
        }),
        Command::Test {
            full,
            choice,
            filter,
        } => test::test(&test::Options {
            mpi: choice.interface(),
            full,
            filter,
        }),
        Command::Bench {
            name,
            choice,
            arguments,
        } => run::bench(Job {
            name,
            ranks: 2,
            arguments,
            mpi: choice.interface(),
        }),
        Command::Doctor { json, choice } => {
            doctor::doctor(&Selection::find(choice.interface()), json)
        }
    }
}
