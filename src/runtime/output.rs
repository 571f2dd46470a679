//! Printing that survives a closed pipe.

use std::fmt::Arguments;
use std::io::Write;

use crate::error::Error;

/// What [`root_println!`](crate::root_println) calls: a line to standard output; a reader that has
/// gone away (`| head -1`) is no reason to stop computing.
#[doc(hidden)]
pub fn print_line(line: Arguments<'_>) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

pub(super) fn print_error(error: &Error) {
    let _ = writeln!(std::io::stderr(), "error: {error}");
}

/// Prints a line on rank 0 only. *Local*, but the arguments are evaluated on every rank, so that they
/// may be collective. A closed standard output is ignored.
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
