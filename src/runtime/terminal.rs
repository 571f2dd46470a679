//! Whether a person watches this job, and writing to the terminal through the launcher.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use indicatif::TermLike;

/// The programs that stand between a rank and the terminal.
const LAUNCHERS: [&str; 8] = [
    "mpiexec",
    "mpirun",
    "orterun",
    "prterun",
    "prte",
    "hydra_pmi_proxy",
    "mpiexec.hydra",
    "srun",
];

/// Whether standard error ends up on a terminal.
pub(super) fn is_watched() -> bool {
    match std::env::var("PARTITA_PROGRESS").as_deref() {
        Ok("always") => true,
        Ok("never") => false,
        _ => io::stderr().is_terminal() || launcher_is_on_terminal(),
    }
}

/// Follows the parent processes up to the outermost launcher on this machine; Linux only.
fn launcher_is_on_terminal() -> bool {
    let mut process = std::process::id();
    let mut launcher = None;
    while let Some(parent) = parent_of(process) {
        if !is_launcher(parent) {
            break;
        }
        launcher = Some(parent);
        process = parent;
    }
    launcher.is_some_and(|launcher| {
        fs::read_link(format!("/proc/{launcher}/fd/2")).is_ok_and(|target| is_terminal(&target))
    })
}

fn is_terminal(device: &Path) -> bool {
    device.starts_with("/dev/pts") || device.to_string_lossy().starts_with("/dev/tty")
}

fn is_launcher(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| {
        LAUNCHERS
            .iter()
            .any(|launcher| name.trim().starts_with(launcher))
    })
}

fn parent_of(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok().filter(|&parent| parent > 1)
}

/// A terminal at the other end of standard error, whatever stands in between.
#[derive(Debug)]
pub(super) struct Watched;

impl Watched {
    fn write(&self, text: &str) -> io::Result<()> {
        io::stderr().write_all(text.as_bytes())
    }
}

impl TermLike for Watched {
    fn width(&self) -> u16 {
        80
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.write(&format!("\x1b[{lines}A"))
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.write(&format!("\x1b[{lines}B"))
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.write(&format!("\x1b[{columns}C"))
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.write(&format!("\x1b[{columns}D"))
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write(&format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.write(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}
