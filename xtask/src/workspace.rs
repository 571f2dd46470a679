//! The workspace on disk and the programs that it holds.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::ask;
use crate::error::{Error, Result};
use crate::selection::Selection;

/// The package whose examples and benchmarks `run` and `bench` start.
const PACKAGE: &str = "partita";

/// The root of the workspace.
pub fn folder() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// A program that is not a binary of its package.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Example,
    Bench,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Example => "example",
            Self::Bench => "bench",
        }
    }

    /// The names of all programs of this kind.
    pub fn names(self) -> Result<Vec<String>> {
        let manifest = folder().join("Cargo.toml");
        let arguments = [
            "metadata",
            "--no-deps",
            "--format-version=1",
            "--manifest-path",
        ]
        .map(Into::into);
        let text = ask(
            "cargo",
            arguments.into_iter().chain([manifest.into_os_string()]),
        );
        let text = text.ok_or(Error::Wrong(
            "`cargo metadata` fails: run it to see why".to_owned(),
        ))?;
        Ok(parse_names(&text, self.word()))
    }

    /// Refuses a name that no program has, with the list of those there are.
    pub fn check(self, name: &str) -> Result<()> {
        let names = self.names()?;
        if names.iter().any(|known| known == name) {
            return Ok(());
        }
        let kind = self.word();
        let list = if names.is_empty() {
            "there are none yet".to_owned()
        } else {
            format!("there are: {}", names.join(", "))
        };
        Err(Error::Usage(format!(
            "no {kind} is called `{name}`; {list}"
        )))
    }

    /// Builds a program in release mode and returns where it is.
    pub fn build(self, name: &str, selection: &Selection) -> Result<PathBuf> {
        let flag = format!("--{}", self.word());
        let messages = selection
            .cargo("build")
            .arguments(["--release", "--package", PACKAGE, flag.as_str(), name])
            .arguments(["--message-format=json-render-diagnostics"])
            .advice("`cargo xtask doctor` says whether something is missing on this machine")
            .run_for_output()?;
        let executable = parse_executable(&messages, self.word(), name);
        executable.ok_or(Error::Wrong(format!(
            "cargo built `{name}` but named no executable"
        )))
    }
}

/// The targets of a kind in the answer of `cargo metadata`.
fn parse_names(metadata: &str, kind: &str) -> Vec<String> {
    let metadata: Value = serde_json::from_str(metadata).unwrap_or_default();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.filter(|package| package["name"] == PACKAGE);
    let targets = package.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    let mut names: Vec<String> = targets
        .filter(|target| target["kind"][0] == kind)
        .filter_map(|target| target["name"].as_str())
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}

/// The executable of a target in the messages of `cargo build`.
fn parse_executable(messages: &str, kind: &str, name: &str) -> Option<PathBuf> {
    let artifacts = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut executables = artifacts
        .filter(|message| message["target"]["name"] == name && message["target"]["kind"][0] == kind)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    executables.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_listed_from_the_metadata() {
        let metadata = r#"{"packages":[
            {"name":"partita","targets":[{"kind":["lib"],"name":"partita"},{"kind":["example"],"name":"heat"},
             {"kind":["example"],"name":"advection"},{"kind":["bench"],"name":"heat"}]},
            {"name":"other","targets":[{"kind":["example"],"name":"foreign"}]}]}"#;
        assert_eq!(parse_names(metadata, "example"), ["advection", "heat"]);
        assert_eq!(parse_names("no json", "example"), [""; 0]);
    }

    #[test]
    fn the_executable_is_read_from_the_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"heat"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["bench"],"name":"heat"},"executable":"/t/deps/heat-1"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(
            parse_executable(messages, "bench", "heat"),
            Some(PathBuf::from("/t/deps/heat-1"))
        );
        assert_eq!(parse_executable(messages, "example", "heat"), None);
    }
}
