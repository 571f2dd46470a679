//! What the tests use where it is there, and what contributors like to have.

use super::machine::cargo_has;
use super::mpi::Interface;
use super::{Finding, State, hdf5};
use crate::command::{ask, which};
use crate::systems::Component;

/// What `cargo xtask test` installs where packages do.
pub fn for_tests() -> Vec<Finding> {
    let mut findings = vec![h5py(), mpi4py(), h5dump()];
    findings.extend(for_mpich());
    findings
}

/// What the short run under a second MPI needs.
pub fn for_mpich() -> Vec<Finding> {
    vec![mpich(), mpich_hdf5()]
}

/// Peers that the benchmarks measure beside partita where they are there.
pub fn for_benches() -> Vec<Finding> {
    let scalapack = match ask("pkg-config", ["--modversion", "scalapack-openmpi"]) {
        Some(version) => Finding::good("ScaLAPACK", version),
        None => Finding::absent("ScaLAPACK", "not found", Component::ScaLapack),
    };
    vec![
        scalapack,
        python_package("numpy", Component::Numpy),
        h5py_over_mpi(),
        mpi4py(),
    ]
}

/// Tools of contributors; nothing in the tests needs them.
pub fn for_contributors() -> Vec<Finding> {
    let tool = |name, subcommand: &str, use_of_it| {
        if cargo_has(subcommand) {
            Finding::good(name, "found")
        } else {
            let advice = format!("cargo install --locked {name}    # {use_of_it}");
            Finding {
                state: State::Absent,
                ..Finding::note(name, "not found", advice)
            }
        }
    };
    vec![
        tool(
            "cargo-nextest",
            "nextest",
            "faster test runs; `cargo test` serves as well",
        ),
        tool(
            "cargo-deny",
            "deny",
            "checks licences and sources against deny.toml",
        ),
    ]
}

fn h5py() -> Finding {
    python_package("h5py", Component::H5py)
}

/// Debian's h5py is the serial one unless it is asked for the other.
fn h5py_over_mpi() -> Finding {
    let question = "import os; os.environ['H5PY_ALWAYS_USE_MPI'] = '1'; import h5py; \
                    assert h5py.get_config().mpi; print(h5py.__version__)";
    answer_of_python("h5py over MPI", question, Component::H5pyMpi)
}

fn mpi4py() -> Finding {
    python_package("mpi4py", Component::Mpi4py)
}

fn python_package(name: &'static str, component: Component) -> Finding {
    let question = format!("import {name}; print({name}.__version__)");
    answer_of_python(name, &question, component)
}

/// The `python3` in PATH is often another one than the system's, which has the packages.
fn answer_of_python(name: &'static str, question: &str, component: Component) -> Finding {
    let version = |python| ask(which(python)?, ["-c", question]);
    for python in ["/usr/bin/python3", "python3"] {
        if let Some(version) = version(python) {
            return Finding::good(name, format!("{}, {python}", version.trim()));
        }
    }
    Finding::absent(name, "in neither python3 nor /usr/bin/python3", component)
}

fn h5dump() -> Finding {
    match ask("h5dump", ["--version"]) {
        Some(text) => Finding::good("h5dump", text.trim().trim_start_matches("h5dump: ")),
        None => Finding::absent("h5dump", "not found", Component::H5dump),
    }
}

fn mpich() -> Finding {
    let source = super::mpi::other_compiler(Interface::Mpich);
    match super::mpi::library(source) {
        Ok(library) if library.implementation.interface() == Some(Interface::Mpich) => {
            Finding::good(
                "mpich",
                format!("{} {}", library.version, library.source.shown()),
            )
        }
        Ok(_) | Err(_) => Finding::absent("mpich", "not found", Component::Mpich),
    }
}

fn mpich_hdf5() -> Finding {
    let mut found = hdf5::other_folders(Interface::Mpich)
        .into_iter()
        .filter_map(|folder| hdf5::in_folder(&folder));
    match found.find(|hdf5| hdf5.suits(Some(Interface::Mpich))) {
        Some(hdf5) => Finding::good(
            "mpich's HDF5",
            format!("{} {}", hdf5.version, hdf5.include.display()),
        ),
        None => Finding::absent(
            "mpich's HDF5",
            "not found",
            Component::Hdf5(Interface::Mpich),
        ),
    }
}
