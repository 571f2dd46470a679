//! Findings about MPI, its launcher and its HDF5, and the list of everything a build needs.

use std::fs;
use std::time::{Duration, Instant};

use partita_launch::Launch;

use crate::command::{ask, is_set};
use crate::probe::hdf5::{FoundBy, Hdf5};
use crate::probe::mpi::{Interface, Source};
use crate::probe::{Finding, State, machine};
use crate::selection::{Hdf5Choice, Selection, belongs};
use crate::systems::Component;

/// Everything that has to be there before anything builds and runs.
pub fn required(selection: &Selection) -> Vec<Finding> {
    vec![
        machine::rustc(),
        machine::c_compiler(),
        pkg_config(selection),
        mpi(selection),
        mpiexec(selection),
        hdf5(selection),
        machine::blas(),
        machine::libclang(),
    ]
}

/// Only the search for HDF5 asks pkg-config, and not where `HDF5_DIR` names the folder.
fn pkg_config(selection: &Selection) -> Finding {
    let finding = machine::pkg_config();
    match &selection.hdf5 {
        Hdf5Choice::AsFound(hdf5) if finding.is_wrong() && hdf5.found_by == FoundBy::Hdf5Dir => {
            Finding {
                state: State::Absent,
                ..finding
            }
        }
        _ => finding,
    }
}

fn mpi(selection: &Selection) -> Finding {
    match &selection.mpi {
        Ok(library) => {
            let text = format!(
                "{} {}, {}",
                library.implementation.name(),
                library.version,
                library.source.shown()
            );
            Finding::good("MPI", text)
        }
        Err(cause) if selection.is_other => Finding::missing("MPI", cause, Component::Mpich),
        Err(cause) if is_set("MPICC") => Finding::wrong(
            "MPI",
            cause,
            "unset MPICC, or name the compiler wrapper of your MPI",
        ),
        Err(cause) if is_set("MPI_PKG_CONFIG") => Finding::wrong(
            "MPI",
            cause,
            "unset MPI_PKG_CONFIG, or name the .pc file of your MPI",
        ),
        Err(cause) => Finding::missing("MPI", cause, Component::Mpi),
    }
}

fn mpiexec(selection: &Selection) -> Finding {
    let mpiexec = match &selection.mpiexec {
        Ok(mpiexec) => mpiexec,
        Err(cause) if is_set("PARTITA_MPIEXEC") => {
            return Finding::wrong(
                "mpiexec",
                cause,
                "unset PARTITA_MPIEXEC, or name a launcher that works",
            );
        }
        Err(_) => return Finding::missing("mpiexec", "not found", Component::Mpiexec),
    };
    let text = format!(
        "{} {}, {}",
        mpiexec.flavour,
        mpiexec.version,
        mpiexec.path.display()
    );
    let interface = selection.interface();
    if !belongs(mpiexec, interface) {
        let name = interface.map_or("that MPI", Interface::name);
        let advice = format!(
            "each rank would run alone: name {name}'s mpiexec in PARTITA_MPIEXEC or put it first in PATH \
             (Debian: update-alternatives --auto mpi; update-alternatives --auto mpirun)"
        );
        return Finding::wrong(
            "mpiexec",
            format!("{text}, another MPI than mpicc's"),
            advice,
        );
    }
    let version = selection
        .mpi
        .as_ref()
        .map_or("", |library| library.version.as_str());
    if !mpiexec.version.is_empty() && !version.is_empty() && !version.starts_with(&mpiexec.version)
    {
        let advice = "two installations of one MPI: put the folders of one of them first in PATH";
        return Finding::note(
            "mpiexec",
            format!("{text}, not the version of mpicc"),
            advice,
        );
    }
    match selection
        .environment()
        .into_iter()
        .find(|(name, _)| *name == "PARTITA_MPIEXEC")
    {
        Some((name, value)) if !selection.is_other => Finding::note(
            "mpiexec",
            format!("{text}, not the first in PATH"),
            format!("for plain cargo: export {name}={value}"),
        ),
        _ => Finding::good("mpiexec", text),
    }
}

fn hdf5(selection: &Selection) -> Finding {
    let interface = selection.interface().unwrap_or(Interface::OpenMpi);
    match &selection.hdf5 {
        Hdf5Choice::AsFound(hdf5) => Finding::good("HDF5", hdf5.shown()),
        Hdf5Choice::Instead { hdf5, .. } if selection.is_other => {
            Finding::good("HDF5", hdf5.shown())
        }
        Hdf5Choice::Instead {
            hdf5,
            folder,
            found,
        } => {
            let plain = found.as_ref().map_or("finds none".to_owned(), |found| {
                format!("takes {}", found.shown())
            });
            let advice = format!(
                "plain cargo {plain}; for it: export HDF5_DIR={}",
                folder.display()
            );
            Finding::note("HDF5", hdf5.shown(), advice)
        }
        Hdf5Choice::Wrong(Some(hdf5)) if hdf5.found_by == FoundBy::Hdf5Dir => {
            let advice =
                "unset HDF5_DIR, or name the folder of an HDF5 that is parallel for your MPI";
            Finding::wrong("HDF5", unsuitable(hdf5, interface), advice)
        }
        Hdf5Choice::Wrong(Some(hdf5)) => Finding::missing(
            "HDF5",
            unsuitable(hdf5, interface),
            Component::Hdf5(interface),
        ),
        Hdf5Choice::Wrong(None) if is_set("HDF5_DIR") => Finding::wrong(
            "HDF5",
            "HDF5_DIR names a folder without include/H5pubconf.h",
            "unset or correct HDF5_DIR",
        ),
        Hdf5Choice::Wrong(None) => {
            Finding::missing("HDF5", "not found", Component::Hdf5(interface))
        }
    }
}

fn unsuitable(hdf5: &Hdf5, interface: Interface) -> String {
    format!(
        "{}, but has to be parallel for {}",
        hdf5.shown(),
        interface.name()
    )
}

/// Compiles a C program of a few lines and runs it on two ranks: the proof that compiler and launcher are one MPI.
pub fn two_ranks(selection: &Selection) -> Finding {
    const NAME: &str = "a job";
    let (Ok(library), Ok(mpiexec)) = (&selection.mpi, &selection.mpiexec) else {
        return Finding {
            state: State::Absent,
            ..Finding::good(NAME, "not tried without MPI and mpiexec")
        };
    };
    let Source::Compiler(compiler) = &library.source else {
        return Finding {
            state: State::Absent,
            ..Finding::good(NAME, "not tried without mpicc")
        };
    };
    let started = Instant::now();
    match run_two_ranks(compiler, mpiexec) {
        Ok(text) if text.matches("size 2").count() == 2 => Finding::good(
            NAME,
            format!(
                "two ranks see each other ({:.1} s)",
                started.elapsed().as_secs_f64()
            ),
        ),
        Ok(text) => {
            let advice = "mpicc and mpiexec are of different MPIs: name the right launcher in PARTITA_MPIEXEC";
            Finding::wrong(
                NAME,
                format!("two ranks do not see each other: {:?}", text.trim()),
                advice,
            )
        }
        Err(cause) => Finding::wrong(
            NAME,
            cause,
            "try `mpicc` and `mpiexec` by hand with any MPI program",
        ),
    }
}

fn run_two_ranks(compiler: &str, mpiexec: &partita_launch::Mpiexec) -> Result<String, String> {
    const PROGRAM: &str = "#include <mpi.h>\n#include <stdio.h>\nint main(int argc, char **argv) {\n  int size;\n  \
        MPI_Init(&argc, &argv);\n  MPI_Comm_size(MPI_COMM_WORLD, &size);\n  printf(\"size %d\\n\", size);\n  \
        MPI_Finalize();\n  return 0;\n}\n";
    let folder = tempfile::tempdir().map_err(|cause| format!("no temporary folder: {cause}"))?;
    let (source, program) = (folder.path().join("size.c"), folder.path().join("size"));
    fs::write(&source, PROGRAM)
        .map_err(|cause| format!("cannot write {}: {cause}", source.display()))?;
    let arguments = ["-o".as_ref(), program.as_os_str(), source.as_os_str()];
    ask(compiler, arguments).ok_or(format!(
        "`{compiler}` cannot compile and link an MPI program"
    ))?;
    let launch = Launch::new(mpiexec, 2, &program).time_limit(Duration::from_secs(30));
    let outcome = launch.run_captured().map_err(|cause| cause.to_string())?;
    if outcome.success() {
        Ok(outcome.stdout)
    } else {
        Err(format!(
            "a job of two ranks: {outcome}: {}",
            outcome.stderr.trim()
        ))
    }
}
