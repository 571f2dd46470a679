//! Room on the disk, taken before the data comes.

use std::fs::{File, OpenOptions};
use std::path::Path;

use partita::{Error, Result};
use rustix::fs::{FallocateFlags, fallocate, fstatvfs};
use rustix::io::Errno;

/// Takes the room for the first `end` bytes of the file at `path`, so that writing them cannot run
/// out of space. *Local*: one rank does it for all.
///
/// On file systems that cannot reserve (some network ones), the free space is asked for instead:
/// enough at that moment, though another program may take it.
///
/// # Errors
/// [`Error::Io`] on `target`, the name the user knows the file by: how much is needed, how much is free.
pub fn reserve(path: &Path, target: &Path, end: u64) -> Result<()> {
    let failure = |cause: &dyn std::fmt::Display| Error::io("write", target, cause);
    let file = OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(|cause| failure(&cause))?;
    let (missing, free) = (missing(&file, end), free(&file));
    if missing > free {
        return Err(shortage(target, missing, free));
    }
    loop {
        return match fallocate(&file, FallocateFlags::empty(), 0, end) {
            Ok(()) => Ok(()),
            Err(Errno::INTR) => continue,
            Err(Errno::NOSPC | Errno::DQUOT) => Err(shortage(target, missing, free)),
            // No such thing on this file system: the free space, which sufficed, has to do.
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
            Err(cause) => Err(failure(&std::io::Error::from(cause))),
        };
    }
}

/// Whether the disk of the file at `path` has room for `bytes` bytes more. *Local.*
///
/// # Errors
/// As [`reserve`].
pub(crate) fn check_room(path: &Path, target: &Path, bytes: u64) -> Result<()> {
    let free = File::open(path).map_or(u64::MAX, |file| free(&file));
    match bytes > free {
        true => Err(shortage(target, bytes, free)),
        false => Ok(()),
    }
}

fn shortage(target: &Path, missing: u64, free: u64) -> Error {
    let (missing, free) = (Bytes(missing), Bytes(free));
    let cause = format!("no space left on device (needs {missing}, {free} free)");
    Error::io("write", target, cause)
}

/// How many of the first `end` bytes have no block yet.
fn missing(file: &File, end: u64) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let taken = file
        .metadata()
        .map_or(0, |metadata| metadata.blocks() * 512);
    end.saturating_sub(taken)
}

/// What this user may still write to the file's disk. Some file systems do not know their size.
fn free(file: &File) -> u64 {
    match fstatvfs(file) {
        Ok(disk) if disk.f_blocks > 0 => disk.f_bavail.saturating_mul(disk.f_frsize),
        _ => u64::MAX,
    }
}

/// A size as people read it.
struct Bytes(u64);

impl std::fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        if self.0 < 1024 {
            return write!(formatter, "{} bytes", self.0);
        }
        let power = (self.0.ilog2() / 10).clamp(1, UNITS.len() as u32);
        let amount = self.0 as f64 / (1u64 << (10 * power)) as f64;
        write!(formatter, "{amount:.1} {}", UNITS[power as usize - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        let cases = [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (5 << 30, "5.0 GiB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
        assert_eq!(Bytes(u64::MAX).to_string(), "16384.0 PiB");
    }

    #[test]
    fn more_than_any_disk_has_is_refused_with_both_sizes() {
        let path = std::env::temp_dir().join(format!("partita-space-{}", std::process::id()));
        std::fs::write(&path, "").unwrap();
        let refusal = reserve(&path, "out.h5".as_ref(), 1 << 60)
            .unwrap_err()
            .to_string();
        assert!(
            refusal.starts_with("cannot write out.h5: no space left on device (needs 1024.0 PiB"),
            "{refusal}"
        );
        assert!(refusal.ends_with("free)"));
        reserve(&path, "out.h5".as_ref(), 1 << 20).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 1 << 20);
        std::fs::remove_file(&path).unwrap();
    }
}
