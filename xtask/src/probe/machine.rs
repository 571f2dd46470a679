//! The compilers, BLAS and the machine itself.

use std::path::Path;

use super::{Finding, State};
use crate::command::{ask, which};
use crate::systems::Component;

pub fn rustc() -> Finding {
    match ask("rustc", ["--version"]) {
        Some(text) => Finding::good("rustc", text.trim().trim_start_matches("rustc ")),
        None => Finding::wrong("rustc", "not found", "install Rust from https://rustup.rs"),
    }
}

pub fn c_compiler() -> Finding {
    match ask("cc", ["--version"]) {
        Some(text) => Finding::good("C compiler", text.lines().next().unwrap_or_default()),
        None => Finding::missing("C compiler", "no `cc` in PATH", Component::CCompiler),
    }
}

pub fn pkg_config() -> Finding {
    match ask("pkg-config", ["--version"]) {
        Some(text) => Finding::good("pkg-config", text.trim()),
        None => Finding::missing("pkg-config", "not found", Component::PkgConfig),
    }
}

pub fn blas() -> Finding {
    let library = ["libopenblas.so", "libopenblas.dylib", "libopenblas.a"]
        .into_iter()
        .find_map(linkable);
    match library {
        Some(path) => {
            let version = ask("pkg-config", ["--modversion", "openblas"]).unwrap_or_default();
            Finding::good("BLAS", format!("OpenBLAS {} {path}", version.trim()))
        }
        None => Finding::missing("BLAS", "the linker finds no -lopenblas", Component::Blas),
    }
}

/// The path under which the linker finds a library; the compiler prints the bare name when it finds none.
fn linkable(name: &str) -> Option<String> {
    let in_variable = std::env::var_os("LIBRARY_PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.exists())
    });
    if let Some(path) = in_variable {
        return Some(path.display().to_string());
    }
    let printed = ask("cc", [format!("-print-file-name={name}")])?;
    let path = Path::new(printed.trim());
    (path.is_absolute() && path.exists()).then(|| {
        path.canonicalize()
            .unwrap_or_else(|_| path.to_owned())
            .display()
            .to_string()
    })
}

pub fn libclang() -> Finding {
    match super::libclang::find() {
        Ok(path) => Finding::good("libclang", path.display().to_string()),
        Err(found) if found.starts_with("LIBCLANG_PATH") => Finding::wrong(
            "libclang",
            found,
            "unset LIBCLANG_PATH, or name the folder that holds libclang.so",
        ),
        Err(found) => Finding::missing("libclang", found, Component::Libclang),
    }
}

pub fn cores() -> Finding {
    match std::thread::available_parallelism() {
        Ok(cores) => Finding::good(
            "cores",
            format!("{cores} (more ranks than that also run, more slowly)"),
        ),
        Err(cause) => Finding {
            state: State::Note,
            ..Finding::good("cores", format!("unknown: {cause}"))
        },
    }
}

pub fn user() -> Finding {
    let text = if is_root() {
        "root (mpiexec is told that this is meant)"
    } else {
        "not root"
    };
    Finding::good("user", text)
}

pub fn is_root() -> bool {
    ask("id", ["-u"]).is_some_and(|id| id.trim() == "0")
}

/// Whether a cargo sub-command is installed.
pub fn cargo_has(subcommand: &str) -> bool {
    which(format!("cargo-{subcommand}")).is_some()
}
