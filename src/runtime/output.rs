//! Printing that survives a closed pipe, and nothing else silently.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// Why the first line that is lost could not be written.
static LOST: Mutex<Option<Error>> = Mutex::new(None);

/// What [`root_println!`](crate::root_println) calls: a line to standard output.
#[doc(hidden)]
pub fn print_line(line: Arguments<'_>) {
    let mut output = std::io::stdout().lock();
    note(writeln!(output, "{line}").and_then(|()| output.flush()));
}

/// A reader that has gone away (`| head -1`) is no reason to stop computing, nor to fail in the end.
fn note(outcome: std::io::Result<()>) {
    if let Err(cause) = outcome
        && cause.kind() != ErrorKind::BrokenPipe
    {
        let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
        lost.get_or_insert_with(|| Error::io("write", Path::new("to standard output"), cause));
    }
}

/// Whether every line has been written that this rank has printed.
pub(super) fn printed() -> Result<()> {
    note(std::io::stdout().flush());
    let lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    lost.clone().map_or(Ok(()), Err)
}

pub(super) fn print_error(error: &Error) {
    let _ = writeln!(std::io::stderr(), "error: {error}");
}

/// Prints a line on rank 0 only. *Local*, but the arguments are evaluated on every rank, so that they
/// may be collective.
///
/// A line that cannot be written, to a full disk for instance, makes a program that ends well otherwise
/// end with [`Error::Io`] on every rank. A standard output that was closed (`| head -1`) is ignored.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) {
/// partita::root_println!(world, "{} ranks", world.size());
/// # }
/// ```
#[macro_export]
macro_rules! root_println {
    ($communicator:expr) => { $crate::root_println!($communicator, "") };
    ($communicator:expr, $($argument:tt)*) => {
        match ::std::format_args!($($argument)*) {
            line if $communicator.is_root() => $crate::runtime::print_line(line),
            _ => {}
        }
    };
}
