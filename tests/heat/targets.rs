//! Places that no output can be written to.
//!
//! A folder without write permission is not among them: tests run as root too, who may write anywhere.

use std::process::Command;

use crate::refusal::{assert_refused, directory_with_old_files};
use crate::tools::printed;

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_first_step() {
    let directory = directory_with_old_files();
    std::fs::create_dir(directory.join("folder")).unwrap();
    std::os::unix::fs::symlink("loop", directory.join("loop")).unwrap();
    printed(Command::new("mkfifo").arg(directory.join("fifo")));
    let long = "x".repeat(300);
    let targets: [(&str, &[&str]); 7] = [
        ("folder", &["folder", "directory"]),
        ("missing/out.h5", &["missing/out.h5", "No such file"]),
        ("out.h5/below", &["out.h5/below", "not a folder"]),
        ("fifo", &["fifo", "FIFO"]),
        ("/dev/null", &["/dev/null", "device"]),
        ("loop", &["loop", "symbolic link"]),
        (&long, &["xxx", "name too long"]),
    ];
    for (target, says) in targets {
        let output = format!("--output={target}");
        // More steps than the time limit has room for.
        let arguments = ["--shape=9,9", "--steps=1000000000", &output];
        assert_refused(directory.path(), &arguments, 4, says);
    }
    for target in ["folder", "missing/out.png", "fifo"] {
        let picture = format!("--png={target}");
        let arguments = [
            "--shape=9,9",
            "--steps=1000000000",
            "--output=out.h5",
            &picture,
        ];
        assert_refused(directory.path(), &arguments, 4, &[target]);
    }
}
