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
//!
//! `verify` ends with exit code 3 when data are not what was written, `compare` with 1 when they differ.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use partita::prelude::*;
use partita_io::hdf5::{File, Location, Reading, Verdict, allow_filters_from};

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
        /// FILE.h5:/name; the file is added to if it is there
        to: Location,
    },
    /// Compare two datasets, element by element
    Compare {
        /// FILE.h5:/name
        one: Location,
        /// FILE.h5:/name
        other: Location,
        /// The largest difference that counts as none
        #[arg(long, default_value_t = 0.0)]
        tolerance: f64,
    },
}

fn main() -> ExitCode {
    partita::run_with_arguments(|world, arguments: Arguments| {
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
        match &arguments.command {
            Command::Inspect { file } => inspect(&open(file)?),
            Command::Verify { file } => verify(&open(file)?),
            Command::Copy { from, to } => copy(&open(from.file())?, from, to),
            Command::Compare {
                one,
                other,
                tolerance,
            } => {
                let files = [open(one.file())?, open(other.file())?];
                compare(&files, [one, other], *tolerance)
            }
        }
    })
}

fn inspect(file: &File<Reading>) -> Result<()> {
    let (world, tree) = (file.communicator(), file.tree()?);
    root_println!(world, "{}", file.path().display());
    for entry in tree {
        root_println!(world, "{entry}");
        for (name, value) in entry.attributes {
            root_println!(world, "    {name} = {value}");
        }
    }
    Ok(())
}

fn verify(file: &File<Reading>) -> Result<()> {
    let (world, mut first) = (file.communicator(), Ok(()));
    for name in file.datasets()? {
        let verdict = match file.verify(&name) {
            Ok(Verdict::Intact) => "intact",
            Ok(_) => "carries no checksum",
            // Every rank has the same error; the other datasets are looked at all the same.
            Err(error) if error.exit_code() == 3 => {
                first = first.and(Err(error));
                "cannot be trusted"
            }
            Err(error) => return Err(error),
        };
        root_println!(world, "{name}  {verdict}");
    }
    first
}

fn copy(source: &File<Reading>, from: &Location, to: &Location) -> Result<()> {
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
    for left in copied.left {
        root_println!(world, "left behind: {left}");
    }
    Ok(())
}

fn compare(files: &[File<Reading>; 2], places: [&Location; 2], tolerance: f64) -> Result<()> {
    let ([one, other], world) = (files, files[0].communicator());
    let (name, other_name) = (one.dataset_at(places[0])?, other.dataset_at(places[1])?);
    let comparison = one.compare(&name, other, &other_name, tolerance)?;
    match comparison.different {
        0 => {
            root_println!(world, "{comparison}");
            Ok(())
        }
        _ => Err(Error::other(comparison)),
    }
}
