//! Which HDF5 a build links, whether it is parallel, and for which MPI.

use std::fs;
use std::path::{Path, PathBuf};

use super::mpi::Interface;
use crate::command::{ask, ask_with, which};

/// How the build of `hdf5-metno-sys` came to a folder, in its own order of search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    Hdf5Dir,
    PkgConfig,
    DefaultFolder,
}

impl FoundBy {
    pub fn shown(self) -> &'static str {
        match self {
            Self::Hdf5Dir => "HDF5_DIR",
            Self::PkgConfig => "pkg-config hdf5",
            Self::DefaultFolder => "the default folder",
        }
    }
}

/// An HDF5 installation as its own files describe it.
#[derive(Clone, Debug)]
pub struct Hdf5 {
    pub include: PathBuf,
    pub found_by: FoundBy,
    pub version: String,
    pub is_parallel: bool,
    /// The MPI its shared library is linked with; `None` if it cannot be told.
    pub interface: Option<Interface>,
}

impl Hdf5 {
    /// Whether programs of this MPI can do parallel I/O with it; what cannot be told is believed.
    pub fn suits(&self, interface: Option<Interface>) -> bool {
        self.is_parallel
            && (self.interface.is_none() || interface.is_none() || self.interface == interface)
    }

    /// One line for a table.
    pub fn shown(&self) -> String {
        let kind = match (self.is_parallel, self.interface) {
            (false, _) => "serial".to_owned(),
            (true, Some(interface)) => format!("parallel for {}", interface.name()),
            (true, None) => "parallel".to_owned(),
        };
        format!(
            "{}, {kind}, {} (by {})",
            self.version,
            self.include.display(),
            self.found_by.shown()
        )
    }
}

/// The HDF5 that a plain `cargo build` would link.
pub fn default_choice() -> Option<Hdf5> {
    match std::env::var_os("HDF5_DIR") {
        Some(folder) => in_folder(Path::new(&folder)),
        // On macOS the build asks Homebrew alone, which prefers the serial formula.
        None if cfg!(target_os = "macos") => None,
        None => by_pkg_config().or_else(in_default_folder),
    }
}

/// The HDF5 that a build would link with `HDF5_DIR` set to this folder.
pub fn in_folder(folder: &Path) -> Option<Hdf5> {
    examine(
        &folder.join("include"),
        &[folder.join("lib")],
        FoundBy::Hdf5Dir,
    )
}

/// Folders that may hold a parallel HDF5 for an MPI, to be named in `HDF5_DIR`.
pub fn other_folders(interface: Interface) -> Vec<PathBuf> {
    let mut folders = multiarch_folders(Path::new("/usr/lib"), interface);
    if let Some(settings) = ask("h5pcc", ["-showconfig"]) {
        folders.extend(parse_installation_point(&settings));
    }
    if cfg!(target_os = "macos")
        && let Some(prefix) = ask("brew", ["--prefix", "hdf5-mpi"])
    {
        folders.push(PathBuf::from(prefix.trim()));
    }
    folders
}

/// Debian's `<root>/<triplet>/hdf5/<mpi>`, this machine's own architecture first.
fn multiarch_folders(root: &Path, interface: Interface) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.path().join("hdf5").join(interface.suffix()))
        .filter(|path| path.is_dir())
        .collect();
    let own = format!("{}/{}-", root.display(), std::env::consts::ARCH);
    folders.sort_by_key(|path| !path.to_string_lossy().starts_with(&own));
    folders
}

fn by_pkg_config() -> Option<Hdf5> {
    let allowed = [
        ("PKG_CONFIG_ALLOW_SYSTEM_CFLAGS", "1"),
        ("PKG_CONFIG_ALLOW_SYSTEM_LIBS", "1"),
    ];
    let flags = ask_with("pkg-config", ["--cflags", "--libs", "hdf5"], &allowed)?;
    let folders = |prefix: &str| -> Vec<PathBuf> {
        flags
            .split_whitespace()
            .filter_map(|word| word.strip_prefix(prefix))
            .map(PathBuf::from)
            .collect()
    };
    let libraries = folders("-L");
    folders("-I")
        .iter()
        .find_map(|include| examine(include, &libraries, FoundBy::PkgConfig))
}

fn in_default_folder() -> Option<Hdf5> {
    let places = [
        (
            "/usr/include/hdf5/serial",
            "/usr/lib/x86_64-linux-gnu/hdf5/serial",
        ),
        ("/usr/include", "/usr/lib/x86_64-linux-gnu"),
        ("/usr/include", "/usr/lib64"),
    ];
    places.iter().find_map(|(include, library)| {
        examine(
            Path::new(include),
            &[PathBuf::from(library)],
            FoundBy::DefaultFolder,
        )
    })
}

fn examine(include: &Path, libraries: &[PathBuf], found_by: FoundBy) -> Option<Hdf5> {
    let mut header = fs::read_to_string(include.join("H5pubconf.h")).ok()?;
    // Fedora's H5pubconf.h only includes the one of the machine's word size.
    if let Ok(sized) = fs::read_to_string(include.join("H5pubconf-64.h")) {
        header.push_str(&sized);
    }
    let (version, is_parallel) = parse_header(&header);
    let library = libraries.iter().find_map(|folder| {
        ["libhdf5.so", "libhdf5.dylib"]
            .iter()
            .map(|name| folder.join(name))
            .find(|file| file.exists())
    });
    let interface = library.and_then(|file| linked_interface(&file));
    Some(Hdf5 {
        include: include.to_owned(),
        found_by,
        version,
        is_parallel,
        interface,
    })
}

/// Version and parallelism as `H5pubconf.h` has them.
fn parse_header(text: &str) -> (String, bool) {
    let value = |name: &str| {
        text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("#define") && words.next() == Some(name))
                .then(|| words.next().unwrap_or_default())
        })
    };
    let version = value("H5_VERSION")
        .or_else(|| value("H5_PACKAGE_VERSION"))
        .unwrap_or("of unknown version");
    (
        version.trim_matches('"').to_owned(),
        value("H5_HAVE_PARALLEL").is_some_and(|value| value != "0"),
    )
}

fn linked_interface(library: &Path) -> Option<Interface> {
    let needed = match which("readelf") {
        Some(readelf) => ask(readelf, [Path::new("--dynamic"), library]),
        None => ask("otool", [Path::new("-L"), library]).or_else(|| ask("ldd", [library])),
    };
    parse_needed(&needed?)
}

/// The MPI among the libraries that `readelf -d`, `otool -L` or `ldd` list.
fn parse_needed(text: &str) -> Option<Interface> {
    let is_separator = |c: char| c.is_whitespace() || "[]()/".contains(c);
    text.split(is_separator).find_map(|word| {
        if word.starts_with("libmpich")
            || word.starts_with("libmpi_cray")
            || word.starts_with("libmpi.so.12")
        {
            Some(Interface::Mpich)
        } else if word.starts_with("libmpi.so")
            || word.starts_with("libmpi.") && word.ends_with(".dylib")
        {
            Some(if word == "libmpi.12.dylib" {
                Interface::Mpich
            } else {
                Interface::OpenMpi
            })
        } else {
            None
        }
    })
}

/// The folder that `h5pcc -showconfig` names.
fn parse_installation_point(text: &str) -> Option<PathBuf> {
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Installation point:"))?;
    let folder = PathBuf::from(line.trim());
    folder.is_absolute().then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_version_and_parallelism() {
        let debian = "#define H5_HAVE_PARALLEL 1\n#define H5_PACKAGE_VERSION \"1.10.8\"\n#define H5_VERSION \"1.10.8\"\n";
        assert_eq!(parse_header(debian), ("1.10.8".to_owned(), true));
        let serial = "/* #undef H5_HAVE_PARALLEL */\n#define H5_VERSION \"1.14.3\"\n";
        assert_eq!(parse_header(serial), ("1.14.3".to_owned(), false));
        assert_eq!(
            parse_header("# define nothing\n"),
            ("of unknown version".to_owned(), false)
        );
    }

    #[test]
    fn the_linked_mpi_is_told_by_its_library() {
        let open_mpi = " 0x0000000000000001 (NEEDED)             Shared library: [libm.so.6]\n \
                        0x0000000000000001 (NEEDED)             Shared library: [libmpi.so.40]\n";
        assert_eq!(parse_needed(open_mpi), Some(Interface::OpenMpi));
        let mpich = " 0x0000000000000001 (NEEDED)             Shared library: [libmpich.so.12]\n";
        assert_eq!(parse_needed(mpich), Some(Interface::Mpich));
        let intel = "\tlibmpi.so.12 => /opt/intel/oneapi/mpi/2021.8.0/lib/release/libmpi.so.12 (0x00007f)\n";
        assert_eq!(parse_needed(intel), Some(Interface::Mpich));
        let homebrew =
            "\t/opt/homebrew/opt/open-mpi/lib/libmpi.40.dylib (compatibility version 81.0.0)\n";
        assert_eq!(parse_needed(homebrew), Some(Interface::OpenMpi));
        assert_eq!(
            parse_needed("\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1\n"),
            None
        );
    }

    #[test]
    fn the_installation_point_is_read_from_the_settings() {
        let settings =
            "General Information:\n                  Installation point: /opt/hdf5-1.14\n";
        assert_eq!(
            parse_installation_point(settings),
            Some(PathBuf::from("/opt/hdf5-1.14"))
        );
        assert_eq!(parse_installation_point("Installation point: \n"), None);
    }

    #[test]
    fn an_hdf5_suits_when_parallel_and_of_the_same_mpi() {
        let hdf5 = |is_parallel, interface| Hdf5 {
            include: PathBuf::from("/i"),
            found_by: FoundBy::PkgConfig,
            version: "1.10.8".to_owned(),
            is_parallel,
            interface,
        };
        assert!(hdf5(true, Some(Interface::OpenMpi)).suits(Some(Interface::OpenMpi)));
        assert!(!hdf5(true, Some(Interface::Mpich)).suits(Some(Interface::OpenMpi)));
        assert!(!hdf5(false, None).suits(Some(Interface::OpenMpi)));
        assert!(hdf5(true, None).suits(Some(Interface::Mpich)));
    }
}
