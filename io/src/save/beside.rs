//! A file beside another: in the same folder, so that a rename is atomic, under a name of its own.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

/// File systems allow 255 bytes a name; what is added to the target's own name takes some forty.
const LONGEST_STEM: usize = 200;

/// A file that is removed when dropped, unless it was [kept](Temporary::keep).
#[derive(Debug)]
pub(super) struct Temporary {
    path: Option<PathBuf>,
}

impl Temporary {
    /// Makes a new, empty file in `target`'s folder; on failure names the folder.
    pub fn create_beside(target: &Path) -> Result<Self, (PathBuf, io::Error)> {
        let folder = folder(target);
        loop {
            let path = folder.join(unique_name(target));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Temporary { path: Some(path) }),
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(cause) => return Err((folder.to_path_buf(), cause)),
            }
        }
    }

    pub fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    /// The file has another name now: nothing is left to remove.
    pub fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Already on the way out of a failure, which is the one to report.
            let _ = fs::remove_file(path);
        }
    }
}

/// The folder that holds `file`.
pub(super) fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Hidden, recognisable, and never the same twice, whatever process of whatever machine asks.
fn unique_name(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let mut stem = name.as_ref();
    while stem.len() > LONGEST_STEM {
        let shorter = stem.char_indices().next_back().map_or(0, |(at, _)| at);
        stem = &stem[..shorter];
    }
    // The standard library seeds this from the system's source of randomness.
    let random = RandomState::new().build_hasher().finish();
    format!(".{stem}.{}-{random:016x}.partita", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_temporary_leaves_no_trace_and_a_kept_one_stays() {
        let folder = std::env::temp_dir().join(unique_name(Path::new("beside")));
        fs::create_dir(&folder).unwrap();
        let target = folder.join("out.h5");
        drop(Temporary::create_beside(&target).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        Temporary::create_beside(&target).unwrap().keep();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn names_differ_and_fit_the_file_system_however_long_the_target_is() {
        let target = PathBuf::from("ü".repeat(127));
        let (one, other) = (unique_name(&target), unique_name(&target));
        assert_ne!(one, other);
        assert!(one.len() <= 255, "{} bytes", one.len());
    }
}
