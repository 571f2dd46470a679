//! Which launcher this machine has.
#![forbid(unsafe_code)]

use crate::LaunchError;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The MPI that a launcher belongs to. Programs of one MPI cannot run under another's launcher:
/// each rank would believe that it is alone.
///
/// ```
/// assert_eq!(partita_launch::Flavour::OpenMpi.to_string(), "Open MPI");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flavour {
    /// Open MPI, any version.
    OpenMpi,
    /// MPICH, and others that ship its Hydra launcher.
    Mpich,
    /// Intel MPI.
    IntelMpi,
    /// A launcher that names none of these.
    Other,
}

impl std::fmt::Display for Flavour {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Flavour::OpenMpi => "Open MPI",
            Flavour::Mpich => "MPICH",
            Flavour::IntelMpi => "Intel MPI",
            Flavour::Other => "an unknown MPI",
        })
    }
}

/// A launcher found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mpiexec {
    /// Where it is.
    pub path: PathBuf,
    /// Which MPI it belongs to.
    pub flavour: Flavour,
    /// Its version as it prints it (`4.1.4`); empty where it prints none.
    pub version: String,
}

impl Mpiexec {
    /// Finds the launcher: what `PARTITA_MPIEXEC` names (a path, or a name on `PATH`), else
    /// `mpiexec`, else `mpirun`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), partita_launch::LaunchError> {
    /// let mpiexec = partita_launch::Mpiexec::find()?;
    /// println!("{} {} at {}", mpiexec.flavour, mpiexec.version, mpiexec.path.display());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LaunchError::NotFound`] and [`LaunchError::Unusable`], both with what to do about it.
    pub fn find() -> Result<Mpiexec, LaunchError> {
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        let named = std::env::var_os("PARTITA_MPIEXEC").filter(|name| !name.is_empty());
        let names: Vec<&OsStr> = match &named {
            Some(name) => vec![name],
            None => vec!["mpiexec".as_ref(), "mpirun".as_ref()],
        };
        match names.iter().find_map(|name| look_up(name, &search_path)) {
            Some(path) => Mpiexec::at(path),
            None => Err(LaunchError::NotFound {
                looked_for: names
                    .iter()
                    .map(|name| name.to_string_lossy())
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }

    /// Asks the launcher at `path` what it is.
    ///
    /// # Errors
    /// [`LaunchError::Unusable`] when it does not answer `--version`.
    pub fn at(path: impl Into<PathBuf>) -> Result<Mpiexec, LaunchError> {
        let path = path.into();
        let unusable = |reason: String| LaunchError::Unusable {
            path: path.clone(),
            reason,
        };
        let answer = Command::new(&path)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| unusable(error.to_string()))?;
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr);
            return Err(unusable(format!(
                "`--version` ends with {}: {}",
                answer.status,
                said.trim()
            )));
        }
        let (flavour, version) = recognise(&String::from_utf8_lossy(&answer.stdout));
        Ok(Mpiexec {
            path,
            flavour,
            version,
        })
    }
}

/// Where `name` is: itself if it is a path, else the first executable of that name in
/// `search_path`.
fn look_up(name: &OsStr, search_path: &OsStr) -> Option<PathBuf> {
    if Path::new(name).components().count() > 1 {
        return Some(PathBuf::from(name));
    }
    std::env::split_paths(search_path)
        .map(|directory| directory.join(name))
        .find(|path| is_executable(path))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Flavour and version from what `mpiexec --version` prints.
fn recognise(answer: &str) -> (Flavour, String) {
    let flavour = if ["OpenRTE", "Open MPI", "PRRTE"]
        .iter()
        .any(|name| answer.contains(name))
    {
        Flavour::OpenMpi
    } else if answer.contains("Intel(R) MPI") {
        Flavour::IntelMpi
    } else if answer.contains("HYDRA") || answer.contains("MPICH") {
        Flavour::Mpich
    } else {
        Flavour::Other
    };
    let version = answer
        .split_whitespace()
        .find(|word| is_version(word))
        .unwrap_or_default();
    (flavour, version.to_owned())
}

/// `4.1.4`, `5.0.0rc2`, `2021.9`: digits, a point, digits.
fn is_version(word: &str) -> bool {
    let mut parts = word.split('.');
    let starts_with_digit = |part: Option<&str>| {
        part.is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    };
    starts_with_digit(parts.next()) && starts_with_digit(parts.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_launchers_in_use_are_recognised() {
        let open_mpi_4 =
            "mpiexec (OpenRTE) 4.1.4\n\nReport bugs to http://www.open-mpi.org/community/help/\n";
        let open_mpi_5 =
            "mpirun (Open MPI) 5.0.3\n\nReport bugs to https://www.open-mpi.org/community/help/\n";
        let mpich = "HYDRA build details:\n    Version:                                 4.0.2\n    Release Date: \
                     Thu Apr  7 12:34:45 CDT 2022\n";
        let intel =
            "Intel(R) MPI Library for Linux* OS, Version 2021.9 Build 20230307 (id: d82b3071db)\n";
        assert_eq!(recognise(open_mpi_4), (Flavour::OpenMpi, "4.1.4".into()));
        assert_eq!(recognise(open_mpi_5), (Flavour::OpenMpi, "5.0.3".into()));
        assert_eq!(recognise(mpich), (Flavour::Mpich, "4.0.2".into()));
        assert_eq!(recognise(intel), (Flavour::IntelMpi, "2021.9".into()));
        assert_eq!(
            recognise("something else\n"),
            (Flavour::Other, String::new())
        );
    }

    #[test]
    fn a_path_that_is_no_launcher_is_unusable() {
        let error = Mpiexec::at("/nowhere/mpiexec").unwrap_err().to_string();
        assert!(
            error.contains("/nowhere/mpiexec") && error.contains("PARTITA_MPIEXEC"),
            "{error}"
        );
        assert!(matches!(
            Mpiexec::at("/bin/false"),
            Err(LaunchError::Unusable { .. })
        ));
    }

    #[test]
    fn names_are_looked_up_on_the_search_path_and_paths_are_not() {
        assert_eq!(
            look_up("sh".as_ref(), "/nowhere:/bin".as_ref()),
            Some("/bin/sh".into())
        );
        assert_eq!(look_up("sh".as_ref(), "/nowhere".as_ref()), None);
        assert_eq!(
            look_up("/opt/mpiexec".as_ref(), "/bin".as_ref()),
            Some("/opt/mpiexec".into())
        );
    }
}
