//! A file beside another: in the same folder, so that a rename is atomic, under a name of its own.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// File systems allow 255 bytes a name; what is added to the target's own name takes some forty.
const LONGEST_STEM: usize = 200;

/// What all temporaries end with.
const END: &str = ".partita";

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
    // The standard library seeds this from the system's source of randomness.
    let random = RandomState::new().build_hasher().finish();
    let (stem, process) = (stem(target), std::process::id());
    format!(".{stem}.{process}-{random:016x}{END}")
}

/// What the temporaries of a target begin with, and of no other one: its name, or as much of it as there is room for
/// and a digest of all of it.
fn stem(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default();
    if let Some(name) = name.to_str().filter(|name| name.len() <= LONGEST_STEM) {
        return name.to_string();
    }
    let mut stem = name.to_string_lossy().to_string();
    while stem.len() > LONGEST_STEM - 17 {
        stem.pop();
    }
    format!("{stem}~{:016x}", digest(name.as_bytes()))
}

/// The same for the same name in all programs, of whatever compiler.
///
/// # Source
/// FNV-1a, of 64 bits.
pub(super) fn digest(name: &[u8]) -> u64 {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |digest, &byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Removes what killed writers of `target` have left beside it; for whoever holds the lock, so that none is at work.
pub(super) fn remove_left(target: &Path) {
    let stem = stem(target);
    let Ok(entries) = fs::read_dir(folder(target)) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name
            .to_str()
            .is_some_and(|name| is_temporary_of(&stem, name))
        {
            // What stays disturbs nobody.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_temporary_of(stem: &str, name: &str) -> bool {
    let own = || {
        let rest = name.strip_prefix('.')?.strip_prefix(stem)?;
        let (process, random) = rest.strip_prefix('.')?.strip_suffix(END)?.split_once('-')?;
        let is_process = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
        let is_random = random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(is_process && is_random)
    };
    own().unwrap_or(false)
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

    #[test]
    fn temporaries_are_known_by_their_target_and_by_no_other() {
        let long = |end: &str| "x".repeat(240) + end;
        let targets = [
            "a",
            "a.5-0123456789abcdef.partita",
            "a.b",
            ".a",
            &long("1"),
            &long("2"),
        ];
        for one in targets {
            let name = unique_name(Path::new(one));
            for other in targets {
                let is_own = is_temporary_of(&stem(Path::new(other)), &name);
                assert_eq!(is_own, one == other, "{name} of {other}");
            }
        }
        for name in [
            "a",
            ".a.lock.partita",
            ".a.1-2.partita",
            ".a.-0123456789abcdef.partita",
        ] {
            assert!(!is_temporary_of("a", name), "{name}");
        }
    }
}
