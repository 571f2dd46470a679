//! The peers in Python: one process for the whole run, asked between partita's own samples.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use partita::prelude::*;

const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/src/pi.py");

/// A Python that throws darts; ends with its standard input.
pub struct Python {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    kinds: Vec<String>,
}

impl Python {
    /// The interpreter that `PYTHON` names, or `python3`; `None` where there is none. *Local.*
    pub fn start() -> Option<Self> {
        let interpreter = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let mut child = Command::new(interpreter)
            .arg(DRIVER)
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
        python.kinds = python
            .line()
            .ok()?
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        Some(python)
    }

    /// What it can do: of `numpy-pcg64`, `numpy-sfc64` and `numba` what is installed. *Local.*
    pub fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// Darts a second of a kind. *Local.*
    ///
    /// # Errors
    /// [`Error::Other`] when the driver ends or answers nonsense.
    pub fn rate(&mut self, kind: &str, darts: u64) -> Result<f64> {
        let input = self.input.as_mut();
        let mut input = input.ok_or_else(|| Error::other("Python has no standard input"))?;
        writeln!(&mut input, "{kind} {darts}").map_err(Error::other)?;
        let seconds: f64 = self.line()?.parse().map_err(Error::other)?;
        Ok(darts as f64 / seconds)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(Error::other)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.input.take());
        // It has ended, or does now.
        let _ = self.child.wait();
    }
}
