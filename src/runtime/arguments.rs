//! Command lines: parsed on every rank, complained about once.

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use super::output::print_line;
use crate::comm::Communicator;
use crate::error::{Error, Result};

/// [`run`](crate::run) for a program with a command line, described by a [`clap::Parser`].
///
/// `--help` and `--version` are printed once and end the program with exit code 0; a wrong command
/// line is an [`Error::Usage`] on every rank, exit code 2.
///
/// ```no_run
/// #[derive(clap::Parser)]
/// struct Arguments {
///     /// Number of steps
///     #[arg(long, default_value_t = 100)]
///     steps: usize,
/// }
///
/// fn main() -> std::process::ExitCode {
///     partita::run_with_arguments(|world, arguments: Arguments| {
///         partita::root_println!(world, "{} steps", arguments.steps);
///         Ok(())
///     })
/// }
/// ```
pub fn run_with_arguments<Arguments, Program>(program: Program) -> ExitCode
where
    Arguments: Parser,
    Program: FnOnce(&Communicator, Arguments) -> Result<()> + Send + 'static,
{
    crate::run(move |world| match parsed() {
        Ok(arguments) => program(world, arguments),
        Err(answer) if is_help(answer.kind()) => {
            if world.is_root() {
                print_line(format_args!("{}", answer.render().to_string().trim_end()));
            }
            Ok(())
        }
        Err(complaint) => {
            let text = complaint.render().to_string();
            let text = text.trim_end();
            Err(Error::usage(text.strip_prefix("error: ").unwrap_or(text)))
        }
    })
}

fn parsed<Arguments: Parser>() -> std::result::Result<Arguments, clap::Error> {
    // `--steps -1` is a wrong number, not a flag `-1` that nobody knows.
    let mut command = Arguments::command().mut_args(|argument| {
        let takes_values = argument.get_action().takes_values();
        argument.allow_negative_numbers(takes_values)
    });
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Arguments::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

fn is_help(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}
