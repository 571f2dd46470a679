//! One MPI with its launcher and its HDF5: the three that have to be of one kind, and what cargo must be told for it.

use std::path::{Path, PathBuf};

use partita_launch::{Flavour, Mpiexec};

use crate::command::{Step, is_set, which};
use crate::error::{Error, Result};
use crate::probe::hdf5::{self, Hdf5};
use crate::probe::mpi::{self, Interface, Library, Source};
use crate::workspace;

/// The HDF5 that goes with an MPI.
#[derive(Clone, Debug)]
pub enum Hdf5Choice {
    /// What a plain `cargo build` finds is right.
    AsFound(Hdf5),
    /// A plain `cargo build` would find a wrong one or none; this folder in `HDF5_DIR` is right.
    Instead {
        hdf5: Hdf5,
        folder: PathBuf,
        found: Option<Hdf5>,
    },
    /// There is no right one, only this or none.
    Wrong(Option<Hdf5>),
}

/// The MPI that is built against and run under.
#[derive(Debug)]
pub struct Selection {
    /// Whether the user asked for another MPI than the default one.
    pub is_other: bool,
    pub mpi: std::result::Result<Library, String>,
    pub mpiexec: std::result::Result<Mpiexec, String>,
    pub hdf5: Hdf5Choice,
}

impl Selection {
    /// Finds the default MPI, or the wanted one where that is another.
    pub fn find(wanted: Option<Interface>) -> Self {
        let default = mpi::library(Source::from_environment());
        let interface_of = |library: &std::result::Result<Library, String>| {
            library
                .as_ref()
                .ok()
                .and_then(|library| library.implementation.interface())
        };
        let other = wanted.filter(|wanted| interface_of(&default) != Some(*wanted));
        let mpi = other.map_or(default, |interface| {
            mpi::library(mpi::other_compiler(interface))
        });
        let interface = interface_of(&mpi).or(other);
        Self {
            is_other: other.is_some(),
            mpiexec: find_mpiexec(mpi.as_ref().ok(), other),
            hdf5: choose_hdf5(interface, other.is_some()),
            mpi,
        }
    }

    pub fn interface(&self) -> Option<Interface> {
        self.mpi.as_ref().ok()?.implementation.interface()
    }

    /// The launcher, if it belongs to the MPI that is built against.
    pub fn launcher(&self) -> Result<&Mpiexec> {
        let mpiexec = self
            .mpiexec
            .as_ref()
            .map_err(|cause| Error::Wrong(cause.clone()))?;
        if !belongs(mpiexec, self.interface()) {
            let path = mpiexec.path.display();
            let text = format!(
                "{path} is the launcher of {}, another MPI than mpicc's",
                mpiexec.flavour
            );
            return Err(Error::Wrong(format!(
                "{text}\n  name the right one in PARTITA_MPIEXEC"
            )));
        }
        Ok(mpiexec)
    }

    /// The variables that cargo and the tests need; empty where a plain `cargo` does the same.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = Vec::new();
        if self.is_other
            && let Ok(Library {
                source: Source::Compiler(compiler),
                ..
            }) = &self.mpi
        {
            variables.push(("MPICC", compiler.clone()));
        }
        if let Hdf5Choice::Instead { folder, .. } = &self.hdf5 {
            variables.push(("HDF5_DIR", folder.display().to_string()));
        }
        if let Ok(mpiexec) = &self.mpiexec
            && Mpiexec::find().ok().as_ref() != Some(mpiexec)
        {
            variables.push(("PARTITA_MPIEXEC", mpiexec.path.display().to_string()));
        }
        variables
    }

    /// A cargo command in the workspace that builds against this MPI.
    pub fn cargo(&self, subcommand: &str) -> Step {
        self.cargo_words(&[subcommand])
    }

    /// As `cargo`, for a sub-command of several words (`nextest run`).
    pub fn cargo_words(&self, subcommand: &[&str]) -> Step {
        let mut step = Step::new("cargo").current_dir(&workspace::folder());
        for (name, value) in self.environment() {
            step = step.environment(name, value);
        }
        step = step.arguments(subcommand);
        if self.is_other {
            // Nothing rebuilds when only the MPI changes, so another MPI gets another folder.
            let folder = self.interface().map_or("other-mpi", Interface::suffix);
            step = step.arguments([Path::new("--target-dir"), &Path::new("target").join(folder)]);
            step = step
                .without_environment("MPI_PKG_CONFIG")
                .without_environment("CRAY_MPICH_DIR");
        }
        step
    }
}

/// The launcher of an MPI: the first in `PATH` if it is of the same kind, or else the one beside `mpicc`.
fn find_mpiexec(
    library: Option<&Library>,
    other: Option<Interface>,
) -> std::result::Result<Mpiexec, String> {
    let found = Mpiexec::find().map_err(|cause| cause.to_string());
    let Some(library) = library else { return found };
    let interface = library.implementation.interface();
    let is_named_by_user = other.is_none() && is_set("PARTITA_MPIEXEC");
    if is_named_by_user
        || found
            .as_ref()
            .is_ok_and(|mpiexec| belongs(mpiexec, interface))
    {
        return found;
    }
    let beside = library.source.folder().map(|folder| folder.join("mpiexec"));
    let suffixed = interface.and_then(|interface| which(format!("mpiexec.{}", interface.suffix())));
    let mut candidates = [beside, suffixed]
        .into_iter()
        .flatten()
        .filter_map(|path| Mpiexec::at(path).ok());
    match (
        candidates.find(|mpiexec| belongs(mpiexec, interface)),
        other,
    ) {
        (Some(mpiexec), _) => Ok(mpiexec),
        (None, Some(interface)) => Err(format!("no mpiexec of {} found", interface.name())),
        (None, None) => found,
    }
}

/// Whether programs of an MPI can run under a launcher; what cannot be told is believed.
pub fn belongs(mpiexec: &Mpiexec, interface: Option<Interface>) -> bool {
    let launched = match mpiexec.flavour {
        Flavour::OpenMpi => Interface::OpenMpi,
        Flavour::Mpich | Flavour::IntelMpi => Interface::Mpich,
        _ => return true,
    };
    interface.is_none_or(|interface| interface == launched)
}

fn choose_hdf5(interface: Option<Interface>, is_other: bool) -> Hdf5Choice {
    let found = hdf5::default_choice();
    if let Some(hdf5) = found.clone().filter(|hdf5| hdf5.suits(interface)) {
        return Hdf5Choice::AsFound(hdf5);
    }
    // A folder that the user named is not silently replaced by another.
    if !is_other && is_set("HDF5_DIR") {
        return Hdf5Choice::Wrong(found);
    }
    let folders = hdf5::other_folders(interface.unwrap_or(Interface::OpenMpi));
    let mut candidates = folders
        .into_iter()
        .filter_map(|folder| Some((hdf5::in_folder(&folder)?, folder)));
    match candidates.find(|(hdf5, _)| hdf5.suits(interface)) {
        Some((hdf5, folder)) => Hdf5Choice::Instead {
            hdf5,
            folder,
            found,
        },
        None => Hdf5Choice::Wrong(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launcher_belongs_to_the_mpi_of_its_kind() {
        let mpiexec = |flavour| Mpiexec {
            path: "mpiexec".into(),
            flavour,
            version: String::new(),
        };
        assert!(belongs(
            &mpiexec(Flavour::OpenMpi),
            Some(Interface::OpenMpi)
        ));
        assert!(!belongs(&mpiexec(Flavour::OpenMpi), Some(Interface::Mpich)));
        assert!(belongs(&mpiexec(Flavour::IntelMpi), Some(Interface::Mpich)));
        assert!(belongs(&mpiexec(Flavour::Other), Some(Interface::OpenMpi)));
    }
}
