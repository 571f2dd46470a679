//! What can be known about a target before anything is written.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use partita::{Error, Result};
use rustix::fs::{Access, access};

use super::beside::folder;

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// Where the new file goes in the end.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Destination {
    /// Absolute, with symbolic links followed: the file itself.
    pub path: PathBuf,
    /// The permissions of the file that is there, if one is.
    pub mode: Option<u32>,
}

/// Examines `target`; the errors name it and say what stands in the way.
pub(super) fn examine(target: &Path) -> Result<Destination> {
    let failure = |cause: &dyn std::fmt::Display| Error::io("write", target, cause);
    let path = follow(target).map_err(|cause| failure(&cause))?;
    let parent = folder(&path);
    match fs::metadata(parent) {
        Ok(parent) if parent.is_dir() => {}
        Ok(_) => return Err(failure(&format!("{} is not a folder", parent.display()))),
        Err(cause) => {
            return Err(failure(&format!(
                "its folder {}: {cause}",
                parent.display()
            )));
        }
    }
    let mode = match fs::metadata(&path) {
        Ok(existing) => {
            if let Some(kind) = irregular_kind(&existing) {
                return Err(failure(&format!("it is {kind}")));
            }
            // A rename would replace a write-protected file without asking.
            access(&path, Access::WRITE_OK).map_err(|cause| failure(&io::Error::from(cause)))?;
            Some(existing.mode() & 0o7777)
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
        Err(cause) => return Err(failure(&cause)),
    };
    Ok(Destination { path, mode })
}

/// What a file is that is no regular file, and can be neither replaced by one nor read as one.
pub(crate) fn irregular_kind(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => None,
        () if kind.is_dir() => Some("a directory"),
        () if kind.is_fifo() => Some("a FIFO"),
        () if kind.is_socket() => Some("a socket"),
        () if kind.is_char_device() || kind.is_block_device() => Some("a device"),
        () => Some("no regular file"),
    }
}

/// The absolute path of the file itself. Unlike `canonicalize`, goes through a link that points to
/// nothing yet, as opening such a path for writing does.
fn follow(target: &Path) -> io::Result<PathBuf> {
    if target.file_name().is_none() {
        let kind = io::ErrorKind::IsADirectory;
        return Err(io::Error::new(kind, "it names no file"));
    }
    let mut path = std::path::absolute(target)?;
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = folder(&path).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn scratch(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("partita-preflight-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    fn refusal(target: &Path) -> String {
        examine(target).unwrap_err().to_string()
    }

    #[test]
    fn a_new_name_in_a_folder_is_fine() {
        let folder = scratch("new");
        let target = folder.join("out.h5");
        let expected = Destination {
            path: target.clone(),
            mode: None,
        };
        assert_eq!(examine(&target).unwrap(), expected);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_no_regular_file_is_refused_by_its_kind() {
        let folder = scratch("kinds");
        let fifo = folder.join("fifo");
        let made = std::process::Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap();
        assert!(made.success());
        assert!(
            refusal(&fifo).ends_with("it is a FIFO"),
            "{}",
            refusal(&fifo)
        );
        assert!(refusal(&folder).ends_with("it is a directory"));
        assert!(refusal(Path::new("/dev/null")).ends_with("/dev/null: it is a device"));
        assert!(refusal(&folder.join("missing/out.h5")).contains("its folder"));
        assert!(refusal(Path::new("..")).contains("names no file"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_link_leads_to_its_file_even_to_one_not_there_yet() {
        let folder = scratch("links");
        symlink("there.h5", folder.join("link.h5")).unwrap();
        let there = folder.join("there.h5");
        let found = examine(&folder.join("link.h5")).unwrap();
        assert_eq!(
            found,
            Destination {
                path: there.clone(),
                mode: None
            }
        );
        fs::write(&there, "old").unwrap();
        fs::set_permissions(&there, fs::Permissions::from_mode(0o640)).unwrap();
        let found = examine(&folder.join("link.h5")).unwrap();
        assert_eq!(
            found,
            Destination {
                path: there,
                mode: Some(0o640)
            }
        );
        symlink("loop.h5", folder.join("loop.h5")).unwrap();
        assert!(refusal(&folder.join("loop.h5")).contains("symbolic links"));
        fs::remove_dir_all(folder).unwrap();
    }
}
