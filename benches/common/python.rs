//! The peers in Python: one process for the whole run, asked between partita's own samples.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use partita::prelude::*;

/// A Python that runs a driver of `benches/peers/src`; ends with its standard input.
///
/// The driver first prints the kinds of work that it can do, in one line, and then answers each line with one
/// number.
pub struct Python {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    kinds: Vec<String>,
}

impl Python {
    /// The first that can do anything of the interpreter that `PYTHON` names, `python3` and the system's own;
    /// `None` where there is none. *Local.*
    pub fn start(driver: &str, threads: usize) -> Option<Self> {
        let named = std::env::var("PYTHON").ok();
        let candidates = match &named {
            Some(interpreter) => vec![interpreter.as_str()],
            None => vec!["python3", "/usr/bin/python3"],
        };
        let started = candidates
            .into_iter()
            .filter_map(|interpreter| Python::with(interpreter, driver, threads));
        started.into_iter().find(|python| !python.kinds.is_empty())
    }

    fn with(interpreter: &str, driver: &str, threads: usize) -> Option<Self> {
        let mut command = Command::new(interpreter);
        Python::from_command(command.arg(place(driver)), threads)
    }

    /// As many processes of the system's own interpreter as `ranks`, started by mpiexec; `None` where there is none
    /// or the driver can do nothing. *Local.*
    #[allow(dead_code)]
    pub fn start_ranks(driver: &str, ranks: usize) -> Option<Self> {
        let interpreter = std::env::var("PYTHON").unwrap_or("/usr/bin/python3".to_owned());
        let mut command = Command::new("mpiexec");
        command.args([
            "--allow-run-as-root",
            "--oversubscribe",
            "-n",
            &ranks.to_string(),
        ]);
        command.arg(interpreter).arg(place(driver));
        // They are a job of their own.
        let of_this_job = |name: &str| {
            ["OMPI_", "PMIX_", "PMI_", "ORTE_"]
                .iter()
                .any(|start| name.starts_with(start))
        };
        for (name, _) in std::env::vars().filter(|(name, _)| of_this_job(name)) {
            command.env_remove(name);
        }
        Python::from_command(&mut command, 1).filter(|python| !python.kinds.is_empty())
    }

    fn from_command(command: &mut Command, threads: usize) -> Option<Self> {
        let mut child = command
            .env("OMP_NUM_THREADS", threads.to_string())
            .env("OPENBLAS_NUM_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take()?));
        let mut python = Python {
            child,
            input,
            output,
            kinds: Vec::new(),
        };
        let kinds = python.line().ok()?;
        python.kinds = kinds.split_whitespace().map(str::to_owned).collect();
        Some(python)
    }

    /// What it can do: of what the driver knows that which is installed. *Local.*
    pub fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// The seconds that the driver took for what a line asks. *Local.*
    ///
    /// # Errors
    /// [`Error::Other`] when the driver ends or answers nonsense.
    pub fn seconds(&mut self, question: &str) -> Result<f64> {
        let input = self.input.as_mut();
        let mut input = input.ok_or_else(|| Error::other("Python has no standard input"))?;
        writeln!(&mut input, "{question}").map_err(Error::other)?;
        self.line()?.parse().map_err(Error::other)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(Error::other)?;
        Ok(line.trim().to_owned())
    }
}

fn place(driver: &str) -> std::path::PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/src")).join(driver)
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.input.take());
        // It has ended, or does now.
        let _ = self.child.wait();
    }
}
