//! Operating systems: how each calls the packages, and the command that installs them.

use std::fs;

use crate::probe::machine::is_root;
use crate::probe::mpi::Interface;

/// Something that packages bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    CCompiler,
    PkgConfig,
    Mpi,
    Mpiexec,
    Hdf5(Interface),
    Blas,
    Libclang,
    H5py,
    Mpi4py,
    H5dump,
    Mpich,
    ScaLapack,
    Numpy,
    H5pyMpi,
}

/// A family of systems with the same package names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    Debian,
    Fedora,
    Arch,
    MacOs,
    Other,
}

impl System {
    pub fn detect() -> Self {
        if cfg!(target_os = "macos") {
            return Self::MacOs;
        }
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        Self::from_os_release(&release)
    }

    fn from_os_release(text: &str) -> Self {
        let words: Vec<&str> = text
            .lines()
            .filter_map(|line| {
                line.strip_prefix("ID=")
                    .or_else(|| line.strip_prefix("ID_LIKE="))
            })
            .flat_map(|value| value.trim_matches('"').split_whitespace())
            .collect();
        let is = |names: &[&str]| words.iter().any(|word| names.contains(word));
        if is(&["debian", "ubuntu"]) {
            Self::Debian
        } else if is(&["fedora", "rhel", "centos"]) {
            Self::Fedora
        } else if is(&["arch"]) {
            Self::Arch
        } else {
            Self::Other
        }
    }

    /// The names of the packages that bring a component; none where the system has no package for it.
    pub fn packages(self, component: Component) -> &'static [&'static str] {
        use Component as C;
        match self {
            Self::Debian => match component {
                C::CCompiler => &["gcc", "libc6-dev"],
                C::PkgConfig => &["pkg-config"],
                C::Mpi => &["libopenmpi-dev", "openmpi-bin"],
                C::Mpiexec => &["openmpi-bin"],
                C::Hdf5(Interface::OpenMpi) => &["libhdf5-openmpi-dev"],
                C::Hdf5(Interface::Mpich) => &["libhdf5-mpich-dev"],
                C::Blas => &["libopenblas-dev"],
                C::Libclang => &["libclang-dev"],
                C::H5py => &["python3-h5py"],
                C::Mpi4py => &["python3-mpi4py"],
                C::H5dump => &["hdf5-tools"],
                C::Mpich => &["mpich", "libmpich-dev"],
                C::ScaLapack => &["libscalapack-openmpi-dev"],
                C::Numpy => &["python3-numpy"],
                C::H5pyMpi => &["python3-h5py-mpi"],
            },
            Self::Fedora => match component {
                C::CCompiler => &["gcc"],
                C::PkgConfig => &["pkgconf-pkg-config"],
                C::Mpi => &["openmpi-devel"],
                C::Mpiexec => &["openmpi"],
                C::Hdf5(Interface::OpenMpi) => &["hdf5-openmpi-devel"],
                C::Hdf5(Interface::Mpich) => &["hdf5-mpich-devel"],
                C::Blas => &["openblas-devel"],
                C::Libclang => &["clang-devel"],
                C::H5py => &["python3-h5py"],
                C::Mpi4py => &["python3-mpi4py-openmpi"],
                C::H5dump => &["hdf5"],
                C::Mpich => &["mpich-devel"],
                C::ScaLapack => &["scalapack-openmpi-devel"],
                C::Numpy => &["python3-numpy"],
                C::H5pyMpi => &["python3-h5py-openmpi"],
            },
            Self::Arch => match component {
                C::CCompiler => &["gcc"],
                C::PkgConfig => &["pkgconf"],
                C::Mpi | C::Mpiexec => &["openmpi"],
                C::Hdf5(Interface::OpenMpi) | C::H5dump => &["hdf5-openmpi"],
                C::Blas => &["openblas"],
                C::Libclang => &["clang"],
                C::Hdf5(Interface::Mpich) | C::H5py | C::H5pyMpi | C::Mpich | C::ScaLapack => &[],
                C::Mpi4py => &["python-mpi4py"],
                C::Numpy => &["python-numpy"],
            },
            Self::MacOs => match component {
                C::PkgConfig => &["pkgconf"],
                C::Mpi | C::Mpiexec => &["open-mpi"],
                C::Hdf5(Interface::OpenMpi) | C::H5dump => &["hdf5-mpi"],
                C::Blas => &["openblas"],
                C::Libclang => &["llvm"],
                C::Mpi4py => &["mpi4py"],
                C::ScaLapack => &["scalapack"],
                C::Numpy => &["numpy"],
                C::CCompiler | C::Hdf5(Interface::Mpich) | C::H5py | C::H5pyMpi | C::Mpich => &[],
            },
            Self::Other => &[],
        }
    }

    /// The command that installs these components, or in words what they are where no package is known.
    pub fn install_command(self, components: &[Component]) -> String {
        let packages = self.packages_of(components);
        let command = match self {
            Self::Debian => "apt-get install",
            Self::Fedora => "dnf install",
            Self::Arch => "pacman -S",
            Self::MacOs => "brew install",
            Self::Other => "",
        };
        let unpackaged: Vec<&str> = components
            .iter()
            .filter(|component| self.packages(**component).is_empty())
            .map(|component| component.in_words())
            .collect();
        let mut parts = Vec::new();
        if !packages.is_empty() {
            parts.push(format!("{}{command} {}", self.sudo(), packages.join(" ")));
        }
        if !unpackaged.is_empty() {
            parts.push(format!("install {}", unpackaged.join(", ")));
        }
        parts.join("; ")
    }

    /// What a user types in front of an installing command.
    fn sudo(self) -> &'static str {
        if self == Self::MacOs || is_root() {
            ""
        } else {
            "sudo "
        }
    }

    /// The packages of these components, each once.
    pub fn packages_of(self, components: &[Component]) -> Vec<&'static str> {
        let mut packages = Vec::new();
        for package in components
            .iter()
            .flat_map(|component| self.packages(*component))
        {
            if !packages.contains(package) {
                packages.push(*package);
            }
        }
        packages
    }

    /// What has to be done besides installing, line by line.
    pub fn afterwards(self) -> &'static [&'static str] {
        match self {
            Self::Fedora => &[
                "module load mpi/openmpi-x86_64    # in every new shell; aarch64: mpi/openmpi-aarch64",
            ],
            Self::MacOs => &[
                "export HDF5_DIR=\"$(brew --prefix hdf5-mpi)\"",
                "export LIBCLANG_PATH=\"$(brew --prefix llvm)/lib\"",
                "export LIBRARY_PATH=\"$(brew --prefix openblas)/lib\"",
            ],
            Self::Debian | Self::Arch | Self::Other => &[],
        }
    }
}

impl Component {
    fn in_words(self) -> &'static str {
        match self {
            Self::CCompiler => "a C compiler (`cc`; macOS: xcode-select --install)",
            Self::PkgConfig => "pkg-config",
            Self::Mpi => "an MPI with its headers and `mpicc`",
            Self::Mpiexec => "the `mpiexec` of that MPI",
            Self::Hdf5(Interface::OpenMpi) => "parallel HDF5, built with Open MPI",
            Self::Hdf5(Interface::Mpich) => "parallel HDF5, built with MPICH",
            Self::Blas => "OpenBLAS with its headers",
            Self::Libclang => "libclang with its headers",
            Self::H5py => "h5py (pip install h5py)",
            Self::Mpi4py => "mpi4py (pip install mpi4py)",
            Self::H5dump => "h5dump (HDF5's tools)",
            Self::Mpich => "MPICH with its headers",
            Self::ScaLapack => "ScaLAPACK, built with Open MPI",
            Self::Numpy => "numpy (pip install numpy)",
            Self::H5pyMpi => {
                "h5py, built with parallel HDF5 (HDF5_MPI=ON pip install --no-binary=h5py h5py)"
            }
        }
    }
}

/// What to load on a cluster, where modules and not packages bring the libraries.
pub const MODULES: [&str; 4] = [
    "module load gcc openmpi hdf5/parallel openblas llvm    # `module avail` knows the local names",
    "export MPICC=mpicc                                     # the wrapper of the loaded MPI (Cray: cc)",
    "export HDF5_DIR=<folder with include/ and lib/ of the parallel HDF5 of that MPI>",
    "export LIBCLANG_PATH=<folder with libclang.so>",
];

/// Whether this machine offers environment modules.
pub fn has_modules() -> bool {
    ["MODULESHOME", "LMOD_DIR", "MODULEPATH"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_told_by_os_release() {
        let debian =
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n";
        assert_eq!(System::from_os_release(debian), System::Debian);
        let mint = "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
        assert_eq!(System::from_os_release(mint), System::Debian);
        let rocky = "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n";
        assert_eq!(System::from_os_release(rocky), System::Fedora);
        assert_eq!(System::from_os_release("ID=arch\n"), System::Arch);
        assert_eq!(System::from_os_release("ID=alpine\n"), System::Other);
        assert_eq!(System::from_os_release(""), System::Other);
    }

    #[test]
    fn a_package_is_named_once() {
        let components = [Component::Mpi, Component::Mpiexec, Component::Libclang];
        let command = System::Debian.install_command(&components);
        assert!(
            command.ends_with("apt-get install libopenmpi-dev openmpi-bin libclang-dev"),
            "{command}"
        );
    }

    #[test]
    fn where_no_package_is_known_the_component_is_named_in_words() {
        let command = System::Arch.install_command(&[Component::Mpi, Component::Mpich]);
        assert!(
            command.ends_with("pacman -S openmpi; install MPICH with its headers"),
            "{command}"
        );
    }
}
