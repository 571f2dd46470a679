//! What is in an HDF5 file, whether it is what was written, and parts of it elsewhere: on any number of ranks.
//!
//!     cargo xtask run h5 -- inspect heat.h5
//!     cargo xtask run h5 --ranks 4 -- verify heat.h5
//!     cargo xtask run h5 -- copy heat.h5:/u temperatures.h5:/final/u
//!     cargo xtask run h5 -- compare heat.h5:/u other.h5:/u --tolerance 1e-12
//!
//! `inspect` prints everything with its shape, type, chunks, checksum and attributes:
//!
//!     heat.h5
//!     /
//!         alpha = 0.1
//!         edge = 0
//!         periodic = false
//!         spacing = 1
//!         steps = 20
//!         time_step = 1
//!     /u  float64 [512, 512], 2097152 bytes, checksum b76232860e103b76
//!     inspect: groups=1 datasets=1 links=0 others=0 bytes=2097152
//!
//! The last line is for programs to read, as is all of what `--json` prints: one line, one document, which after an error
//! holds that. What a terminal would obey is escaped, in names too. The exit codes:
//!
//! | | |
//! |---|---|
//! | 0 | data are good (`verify`), the same (`compare`), or were copied |
//! | 1 | data are damaged, or differ, in their shapes perhaps; or there is no memory |
//! | 2 | the command is wrong |
//! | 3 | a file, or what is in it, is not what it should be, or cannot be read or compared |
//! | 4 | a file is not there, or cannot be opened or written |

mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use partita::prelude::*;
use partita_io::hdf5::{
    EntryKind, File, Location, Reading, Tolerance, Verdict, allow_filters_from,
};

use report::{Compared, Inspected, Verified};

/// HDF5 files, looked at and copied in parallel
#[derive(Debug, clap::Parser)]
#[command(name = "h5", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Follow links into other files, and read data that lie in them
    #[arg(long, global = true)]
    other_files: bool,
    /// Load code for filters that HDF5 lacks from this folder
    #[arg(long, global = true, value_name = "FOLDER")]
    filters: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print what is in a file
    Inspect { file: PathBuf },
    /// Read every dataset that carries a checksum, and compare
    Verify { file: PathBuf },
    /// Copy a dataset or a group, with all that is in it
    Copy {
        /// FILE.h5:/name, or a file for all that is in it
        from: Location,
        /// FILE.h5:/name, or a file for the same name; it is added to if it is there
        to: Location,
    },
    /// Compare two datasets, element by element
    Compare {
        /// FILE.h5:/name, or a file with one dataset
        one: Location,
        /// FILE.h5:/name, or a file with one dataset
        other: Location,
        /// The largest difference that counts as none
        #[arg(long, default_value_t = 0.0, value_parser = allowed)]
        tolerance: f64,
        /// A share of the other number that may be added to it
        #[arg(long, default_value_t = 0.0, value_parser = allowed)]
        relative: f64,
    },
}

/// A difference that may be allowed.
fn allowed(text: &str) -> std::result::Result<f64, String> {
    let number = text.parse().map_err(|cause| format!("{cause}"))?;
    match number >= 0.0 {
        true => Ok(number),
        false => Err("no difference is less than 0, or not a number".to_string()),
    }
}

fn main() -> ExitCode {
    partita::run_with_arguments(
        |world, arguments: Arguments| match perform(world, &arguments) {
            Ok(outcome) => outcome,
            Err(error) if arguments.json => {
                report::show(world, true, &report::Failure::new(&error))?;
                Err(error)
            }
            Err(error) => Err(error),
        },
    )
}

/// Does what was asked for and reports it; what the report says is the outcome.
fn perform(world: &Communicator, arguments: &Arguments) -> Result<Result<()>> {
    if let Some(folder) = &arguments.filters {
        allow_filters_from(world, folder)?;
    }
    let open = |path: &Path| -> Result<File<Reading>> {
        let file = File::open(world, path)?;
        Ok(match arguments.other_files {
            true => file.with_other_files(),
            false => file,
        })
    };
    let json = arguments.json;
    match &arguments.command {
        Command::Inspect { file } => {
            let file = open(file)?;
            report::show(world, json, &Inspected::new(&file, file.tree()?))?;
            Ok(Ok(()))
        }
        Command::Verify { file } => {
            let verified = verify(&open(file)?)?;
            report::show(world, json, &verified)?;
            Ok(verified.outcome())
        }
        Command::Copy { from, to } => {
            let copied = copy(&open(from.file())?, from, to)?;
            report::show(world, json, &report::Copying::new(copied))?;
            Ok(Ok(()))
        }
        Command::Compare {
            one,
            other,
            tolerance,
            relative,
        } => {
            let files = [open(one.file())?, open(other.file())?];
            let tolerance = Tolerance::from(*tolerance).with_relative(*relative);
            let compared = compare(&files, [one, other], tolerance)?;
            report::show(world, json, &compared)?;
            Ok(compared.outcome())
        }
    }
}

fn verify(file: &File<Reading>) -> Result<Verified> {
    let mut verified = Verified::new(file);
    for name in file.datasets()? {
        match file.verify(&name) {
            Ok(Verdict::Intact) => verified.note(name, "intact", None),
            Ok(_) => verified.note(name, "carries no checksum", None),
            // Every rank has the same error; the other datasets are looked at all the same.
            Err(error) if error.exit_code() == 3 => {
                let verdict = match is_unsupported(&error) {
                    true => "not verified",
                    false => "cannot be trusted",
                };
                verified.note(name, verdict, Some(error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    for entry in file.tree()? {
        if entry.kind == EntryKind::Unreadable {
            let detail = "its name is not UTF-8".to_string();
            verified.note(entry.name, "not verified", Some(detail));
        }
    }
    Ok(verified)
}

/// Whether data may be as they should be, and cannot be read here.
fn is_unsupported(error: &Error) -> bool {
    match error {
        Error::OnRank { error, .. } => is_unsupported(error),
        error => matches!(error, Error::Unsupported { .. }),
    }
}

fn copy(
    source: &File<Reading>,
    from: &Location,
    to: &Location,
) -> Result<partita_io::hdf5::Copied> {
    let world = source.communicator();
    // Replicated, as one rank's answer is everyone's: they look at the same moment's file system.
    let is_there = world.broadcast_object(0, world.is_root().then(|| to.file().exists()))?;
    let mut target = match is_there {
        true => File::append(world, to.file())?,
        false => File::create(world, to.file())?,
    };
    let (from, to) = (from.dataset().unwrap_or("/"), to.dataset());
    let copied = target.copy_from(source, from, to.unwrap_or(from))?;
    target.close()?;
    Ok(copied)
}

fn compare(
    files: &[File<Reading>; 2],
    places: [&Location; 2],
    tolerance: Tolerance,
) -> Result<Compared> {
    let [one, other] = files;
    let (name, other_name) = (one.dataset_at(places[0])?, other.dataset_at(places[1])?);
    match one.compare(&name, other, &other_name, tolerance) {
        Ok(comparison) => Ok(Compared::Elements(comparison)),
        // Data of two shapes are no failure of comparing them.
        Err(Error::Shape { detail, .. }) => Ok(Compared::Apart(detail)),
        Err(Error::OnRank { error, .. }) if matches!(*error, Error::Shape { .. }) => {
            Ok(Compared::Apart(error.to_string()))
        }
        Err(error) => Err(error),
    }
}
