//! Packages of which two versions in one program mean two kinds of array, of communicator or of file.

use std::fs;
use std::path::Path;

use super::Finding;

const SINGLE: [&str; 4] = ["ndarray", "mpi-sys", "hdf5-metno-sys", "num-complex"];

/// Whether `Cargo.lock` has exactly one version of each.
pub fn single_versions(workspace: &Path) -> Finding {
    match fs::read_to_string(workspace.join("Cargo.lock")) {
        Ok(text) => judge(&text),
        Err(cause) => Finding::wrong("Cargo.lock", cause.to_string(), "git checkout Cargo.lock"),
    }
}

fn judge(lock_file: &str) -> Finding {
    let versions = SINGLE.map(|name| (name, versions_of(lock_file, name)));
    let shown = versions
        .each_ref()
        .map(|(name, versions)| format!("{name} {}", versions.join(" and ")))
        .join(", ");
    if versions.iter().all(|(_, versions)| versions.len() == 1) {
        return Finding::good("Cargo.lock", shown);
    }
    let several = versions
        .iter()
        .find(|(_, versions)| versions.len() != 1)
        .map_or("", |(name, _)| name);
    Finding::wrong(
        "Cargo.lock",
        shown,
        format!("keep one version: `cargo tree --invert {several}` shows who asks for it"),
    )
}

fn versions_of<'a>(lock_file: &'a str, package: &str) -> Vec<&'a str> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock_file.lines();
    let mut versions = Vec::new();
    while let Some(line) = lines.next() {
        if line == wanted
            && let Some(version) = lines
                .next()
                .and_then(|line| line.strip_prefix("version = "))
        {
            versions.push(version.trim_matches('"'));
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_has_one_array_one_mpi_one_hdf5() {
        let workspace = crate::workspace::folder();
        let finding = single_versions(&workspace);
        assert!(!finding.is_wrong(), "{finding:?}");
    }

    #[test]
    fn a_second_version_is_named() {
        let package = |name: &str, version: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\n")
        };
        let mut text: String = SINGLE.iter().map(|name| package(name, "1.0.0")).collect();
        assert!(!judge(&text).is_wrong());
        text.push_str(&package("mpi-sys", "0.1.0"));
        let finding = judge(&text);
        assert!(finding.is_wrong());
        assert!(
            finding.found.contains("mpi-sys 1.0.0 and 0.1.0"),
            "{}",
            finding.found
        );
    }
}
