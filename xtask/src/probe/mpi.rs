//! Which MPI a build links: asked of the header that `mpi.h` is, the one the bindings are made from.

use std::path::PathBuf;

use crate::command::{ask, which};

/// An MPI, as far as it matters which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implementation {
    OpenMpi,
    Mpich,
    IntelMpi,
    Mvapich,
    Unknown,
}

/// MPIs of one binary interface understand each other's libraries and launchers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    OpenMpi,
    Mpich,
}

impl Implementation {
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenMpi => "Open MPI",
            Self::Mpich => "MPICH",
            Self::IntelMpi => "Intel MPI",
            Self::Mvapich => "MVAPICH",
            Self::Unknown => "an unknown MPI",
        }
    }

    pub fn interface(self) -> Option<Interface> {
        match self {
            Self::OpenMpi => Some(Interface::OpenMpi),
            Self::Mpich | Self::IntelMpi | Self::Mvapich => Some(Interface::Mpich),
            Self::Unknown => None,
        }
    }
}

impl Interface {
    /// The word that Debian and Fedora put into the names of programs and folders.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::OpenMpi => "openmpi",
            Self::Mpich => "mpich",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::OpenMpi => "Open MPI",
            Self::Mpich => "MPICH",
        }
    }
}

/// Where the build of `mpi-sys` learns about MPI, in its own order of search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `MPI_PKG_CONFIG` or `CRAY_MPICH_DIR`.
    PkgConfig(String),
    /// `MPICC`, or `mpicc` in `PATH`.
    Compiler(String),
}

impl Source {
    pub fn from_environment() -> Self {
        if let Ok(package) = std::env::var("MPI_PKG_CONFIG") {
            return Self::PkgConfig(package);
        }
        if let Ok(folder) = std::env::var("CRAY_MPICH_DIR") {
            return Self::PkgConfig(format!("{folder}/lib/pkgconfig/mpich.pc"));
        }
        Self::Compiler(std::env::var("MPICC").unwrap_or_else(|_| "mpicc".to_owned()))
    }

    /// As a user would recognise it.
    pub fn shown(&self) -> String {
        match self {
            Self::PkgConfig(package) => format!("pkg-config {package}"),
            Self::Compiler(compiler) => match which(compiler) {
                Some(path) => path.display().to_string(),
                None => compiler.clone(),
            },
        }
    }

    /// The folder of the compiler wrapper, where the `mpiexec` of the same MPI usually is too.
    pub fn folder(&self) -> Option<PathBuf> {
        match self {
            Self::PkgConfig(_) => None,
            Self::Compiler(compiler) => Some(which(compiler)?.parent()?.to_owned()),
        }
    }
}

/// The MPI that a build would link.
#[derive(Clone, Debug)]
pub struct Library {
    pub source: Source,
    pub implementation: Implementation,
    pub version: String,
}

/// The compiler wrapper of an MPI that is installed beside the default one, under the names of Debian and Fedora.
pub fn other_compiler(interface: Interface) -> Source {
    let suffix = interface.suffix();
    let names = [
        format!("mpicc.{suffix}"),
        format!("/usr/lib64/{suffix}/bin/mpicc"),
    ];
    let found = names.iter().find(|name| which(name).is_some());
    Source::Compiler(found.unwrap_or(&names[0]).clone())
}

/// Finds the MPI behind a source, or says why there is none.
pub fn library(source: Source) -> Result<Library, String> {
    let macros = match &source {
        Source::Compiler(compiler) => {
            let path = which(compiler).ok_or(format!("no `{compiler}` in PATH"))?;
            ask(path, MACROS).ok_or(format!("`{compiler}` cannot preprocess mpi.h"))?
        }
        Source::PkgConfig(package) => {
            let flags = ask("pkg-config", ["--cflags", package])
                .ok_or(format!("pkg-config does not know `{package}`"))?;
            let arguments = flags.split_whitespace().chain(MACROS);
            ask("cc", arguments).ok_or(format!(
                "mpi.h does not preprocess with the flags of `{package}`"
            ))?
        }
    };
    let (implementation, version) = parse_macros(&macros);
    Ok(Library {
        source,
        implementation,
        version,
    })
}

const MACROS: [&str; 7] = ["-E", "-dM", "-include", "mpi.h", "-x", "c", "/dev/null"];

/// Reads implementation and version off the macros that `mpi.h` defines.
pub fn parse_macros(text: &str) -> (Implementation, String) {
    let value = |name: &str| {
        text.lines().find_map(|line| {
            let (macro_name, value) = line.strip_prefix("#define ")?.split_once(' ')?;
            (macro_name == name).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    if let Some(major) = value("OMPI_MAJOR_VERSION") {
        let rest = ["OMPI_MINOR_VERSION", "OMPI_RELEASE_VERSION"]
            .map(|name| value(name).unwrap_or_default());
        return (
            Implementation::OpenMpi,
            format!("{major}.{}.{}", rest[0], rest[1]),
        );
    }
    // MPICH's own macro stands in the headers of all its descendants, so it is asked last.
    let descendants = [
        ("I_MPI_VERSION", Implementation::IntelMpi),
        ("MVAPICH2_VERSION", Implementation::Mvapich),
        ("MVAPICH_VERSION", Implementation::Mvapich),
        ("MPICH_VERSION", Implementation::Mpich),
    ];
    for (name, implementation) in descendants {
        if let Some(version) = value(name) {
            return (implementation, version);
        }
    }
    (
        Implementation::Unknown,
        value("MPI_VERSION").map_or(String::new(), |version| format!("of standard {version}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_implementation_and_its_version() {
        let open_mpi_4 = "#define OPEN_MPI 1\n#define OMPI_RELEASE_VERSION 4\n#define OMPI_MAJOR_VERSION 4\n\
                          #define MPI_VERSION 3\n#define OMPI_MINOR_VERSION 1\n";
        assert_eq!(
            parse_macros(open_mpi_4),
            (Implementation::OpenMpi, "4.1.4".to_owned())
        );
        let open_mpi_5 = "#define OMPI_MAJOR_VERSION 5\n#define OMPI_MINOR_VERSION 0\n#define OMPI_RELEASE_VERSION 7\n";
        assert_eq!(
            parse_macros(open_mpi_5),
            (Implementation::OpenMpi, "5.0.7".to_owned())
        );
        let mpich = "#define MPICH_VERSION \"4.0.2\"\n#define MPICH_NUMVERSION 40002300\n#define MPI_VERSION 4\n";
        assert_eq!(
            parse_macros(mpich),
            (Implementation::Mpich, "4.0.2".to_owned())
        );
        let intel = "#define MPICH_VERSION \"3.4a2\"\n#define I_MPI_VERSION \"2021.8.0\"\n#define MPI_VERSION 3\n";
        assert_eq!(
            parse_macros(intel),
            (Implementation::IntelMpi, "2021.8.0".to_owned())
        );
        assert_eq!(
            parse_macros("#define MPI_VERSION 3\n"),
            (Implementation::Unknown, "of standard 3".to_owned())
        );
    }
}
