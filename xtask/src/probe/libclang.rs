//! The libclang that `bindgen` would load, searched where `clang-sys` searches.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::ask;

/// Finds libclang together with the headers it brings (`stddef.h`), or says what is missing.
pub fn find() -> Result<PathBuf, String> {
    let library = match std::env::var_os("LIBCLANG_PATH") {
        Some(path) => named(Path::new(&path)).ok_or(format!(
            "LIBCLANG_PATH={} holds no libclang",
            path.display()
        ))?,
        None => search_folders()
            .iter()
            .find_map(|folder| in_folder(folder))
            .ok_or("no libclang found")?,
    };
    if has_own_headers(&library) {
        Ok(library)
    } else {
        Err(format!(
            "{} without its own headers (clang/*/include/stddef.h)",
            library.display()
        ))
    }
}

fn named(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        Some(path.to_owned())
    } else {
        in_folder(path)
    }
}

fn in_folder(folder: &Path) -> Option<PathBuf> {
    children(folder).into_iter().find(|file| {
        file.file_name()
            .is_some_and(|name| is_libclang(&name.to_string_lossy()))
    })
}

/// Whether `clang-sys` would take a file of this name, when it loads libclang at run time.
fn is_libclang(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("libclang") else {
        return false;
    };
    let is_shared = rest.contains(".so") || rest == ".dylib";
    is_shared && (rest.starts_with('.') || rest.starts_with('-') && !rest.starts_with("-cpp."))
}

fn search_folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(prefix) = ask("llvm-config", ["--prefix"]) {
        folders.extend(["lib", "lib64"].map(|lib| Path::new(prefix.trim()).join(lib)));
    }
    for variable in ["LD_LIBRARY_PATH", "LIBRARY_PATH"] {
        folders.extend(
            std::env::var_os(variable)
                .iter()
                .flat_map(std::env::split_paths),
        );
    }
    if cfg!(target_os = "macos") {
        folders.push("/Library/Developer/CommandLineTools/usr/lib".into());
        folders.push("/usr/local/opt/llvm/lib".into());
    }
    for root in ["/usr/local", "/usr"] {
        let roots = children(Path::new(root))
            .into_iter()
            .filter(|path| file_name(path).starts_with("lib"));
        for lib in roots {
            let below: Vec<PathBuf> = children(&lib)
                .into_iter()
                .filter(|path| path.is_dir())
                .collect();
            folders.extend(
                below
                    .iter()
                    .filter(|path| file_name(path).starts_with("llvm"))
                    .map(|path| path.join("lib")),
            );
            folders.extend(below);
            folders.push(lib);
        }
    }
    folders
}

/// libclang brings `stddef.h` beside itself; Debian packs library and headers apart.
fn has_own_headers(library: &Path) -> bool {
    let real = fs::canonicalize(library).unwrap_or_else(|_| library.to_owned());
    let mut roots: Vec<PathBuf> = [library, &real]
        .iter()
        .filter_map(|path| path.parent())
        .map(Path::to_owned)
        .collect();
    roots.extend(["/usr/lib", "/usr/lib64"].map(PathBuf::from));
    roots.extend(
        children(Path::new("/usr/lib"))
            .into_iter()
            .filter(|path| file_name(path).starts_with("llvm"))
            .map(|path| path.join("lib")),
    );
    roots
        .iter()
        .flat_map(|root| children(&root.join("clang")))
        .any(|version| version.join("include/stddef.h").is_file())
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::is_libclang;

    #[test]
    fn libclang_is_told_from_its_neighbours() {
        for name in [
            "libclang.so",
            "libclang-14.so",
            "libclang.so.1",
            "libclang-14.so.14.0.6",
            "libclang.dylib",
        ] {
            assert!(is_libclang(name), "{name}");
        }
        for name in [
            "libclang-cpp.so.14",
            "libclangAST.a",
            "libclang.a",
            "libc.so",
            "libclang_rt.so",
        ] {
            assert!(!is_libclang(name), "{name}");
        }
    }
}
