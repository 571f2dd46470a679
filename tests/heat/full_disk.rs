//! A file system without room.

use std::path::PathBuf;
use std::process::Command;

use partita_testing::TemporaryDirectory;

use crate::job::{succeed, text};
use crate::refusal::assert_refused;

/// A file system of one mebibyte, gone when dropped.
struct SmallDisk {
    mounted: PathBuf,
    _directory: TemporaryDirectory,
}

impl SmallDisk {
    /// `None`, with a word, where this user may not mount.
    fn new() -> Option<Self> {
        let directory = TemporaryDirectory::new();
        let mounted = directory.join("disk");
        std::fs::create_dir(&mounted).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]);
        match mount.arg(&mounted).output() {
            Ok(output) if output.status.success() => Some(SmallDisk {
                mounted,
                _directory: directory,
            }),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                eprintln!("skipped: no small file system can be mounted here: {said}");
                None
            }
            Err(cause) => {
                eprintln!("skipped: no small file system can be mounted here: {cause}");
                None
            }
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.mounted.join(name)
    }

    /// Leaves not a byte free.
    fn fill(&self) {
        // What fits of it stays.
        let filled = std::fs::write(self.path("filler"), vec![1; 1 << 21]);
        assert!(filled.is_err(), "the disk holds more than it should");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process of a run that failed may still hold a file in it.
        let _ = Command::new("umount").arg("-l").arg(&self.mounted).status();
    }
}

#[test]
fn an_array_larger_than_the_disk_is_refused_with_both_sizes() {
    let Some(disk) = SmallDisk::new() else { return };
    let output = format!("--output={}", text(&disk.path("out.h5")));
    succeed(1, &["--shape=9,9", "--steps=1", &output]);
    let arguments = ["--shape=512,512", "--steps=1", &output];
    let says = ["out.h5", "no space left", "needs 2.0 MiB", "free"];
    assert_refused(&disk.mounted, &arguments, 4, &says);
}

#[test]
fn snapshots_that_fill_the_disk_leave_the_old_file() {
    let Some(disk) = SmallDisk::new() else { return };
    let output = format!("--output={}", text(&disk.path("out.h5")));
    succeed(1, &["--shape=9,9", "--steps=1", &output]);
    let arguments = ["--shape=128,128", "--steps=100", "--every=1", &output];
    let says = ["out.h5", "no space left", "needs 128"];
    assert_refused(&disk.mounted, &arguments, 4, &says);
}

#[test]
fn a_disk_without_a_free_byte_takes_neither_output_nor_picture() {
    let Some(disk) = SmallDisk::new() else { return };
    let output = format!("--output={}", text(&disk.path("out.h5")));
    let picture = format!("--png={}", text(&disk.path("out.png")));
    succeed(1, &["--shape=9,9", "--steps=1", &output, &picture]);
    disk.fill();
    let with = |argument: &str, says: &[&str]| {
        assert_refused(
            &disk.mounted,
            &["--shape=9,9", "--steps=1", argument],
            4,
            says,
        );
    };
    with(&output, &["out.h5", "o space left"]);
    with(&picture, &["out.png", "o space left"]);
}
