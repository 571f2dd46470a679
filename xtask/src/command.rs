//! Outside commands: printed as one could type them, then run.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::error::{Error, Result};

/// One outside command and what to do when it fails.
pub struct Step {
    command: Command,
    advice: String,
}

impl Step {
    /// A command without arguments.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            command: Command::new(program),
            advice: String::new(),
        }
    }

    pub fn arguments<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, arguments: I) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn environment(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_environment(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// The sentence that follows the error when this command fails.
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// Keeps our standard output free for the program that the user asked for.
    pub fn output_to_stderr(mut self) -> Self {
        self.command.stdout(std::io::stderr());
        self
    }

    /// The command as one could type it.
    pub fn shown(&self) -> String {
        shown(&self.command)
    }

    /// Prints the command and runs it to a good end.
    pub fn run(mut self) -> Result<()> {
        announce(&self.command);
        let status = self.command.status();
        self.judge(status).map(drop)
    }

    /// As `run`, and hands over what the command wrote to its standard output.
    pub fn run_for_output(mut self) -> Result<String> {
        announce(&self.command);
        let output = self.command.stderr(Stdio::inherit()).output();
        let (status, text) = match output {
            Ok(output) => (Ok(output.status), output.stdout),
            Err(cause) => (Err(cause), Vec::new()),
        };
        self.judge(status)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn judge(self, status: std::io::Result<ExitStatus>) -> Result<ExitStatus> {
        let command = shown(&self.command);
        match status {
            Ok(status) if status.success() => Ok(status),
            Ok(status) => Err(Error::Failed {
                command,
                outcome: in_words(status),
                advice: self.advice,
            }),
            Err(cause) => Err(Error::NotStarted {
                command,
                cause,
                advice: self.advice,
            }),
        }
    }
}

fn in_words(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        None => "was ended by a signal".to_owned(),
    }
}

/// Prints a command on standard error, so that standard output stays the program's.
pub fn announce(command: &Command) {
    eprintln!("$ {}", shown(command));
}

/// A command as one could type it in a shell, its own environment variables in front.
pub fn shown(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", name.to_string_lossy(), quoted(value)));
        }
    }
    words.push(quoted(command.get_program()));
    words.extend(command.get_args().map(quoted));
    words.join(" ")
}

fn quoted(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What a probing command prints, if it can be started and ends well. Probes only look, so they are not announced.
pub fn ask<I: IntoIterator<Item: AsRef<OsStr>>>(
    program: impl AsRef<OsStr>,
    arguments: I,
) -> Option<String> {
    ask_with(program, arguments, &[])
}

/// As `ask`, with environment variables.
pub fn ask_with<I: IntoIterator<Item: AsRef<OsStr>>>(
    program: impl AsRef<OsStr>,
    arguments: I,
    environment: &[(&str, &str)],
) -> Option<String> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null());
    let output = command.output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The file that a program name stands for: itself if it is a path, or the first in `PATH`.
pub fn which(program: impl AsRef<Path>) -> Option<PathBuf> {
    let program = program.as_ref();
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let path: OsString = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Whether an environment variable says anything.
pub fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_could_type_it() {
        let step = Step::new("mpiexec")
            .environment("WHO", "a b")
            .arguments(["-n", "2", "it's", ""]);
        assert_eq!(step.shown(), r"WHO='a b' mpiexec -n 2 'it'\''s' ''");
    }

    #[test]
    fn a_failing_command_is_named_with_its_exit_code_and_the_advice() {
        let error = Step::new("sh")
            .arguments(["-c", "exit 7"])
            .advice("do that")
            .run()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "`sh -c 'exit 7'` ended with exit code 7\n  do that"
        );
    }

    #[test]
    fn a_missing_command_is_named() {
        let error = Step::new("no-such-program").run().unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot start `no-such-program`: "),
            "{error}"
        );
    }
}
