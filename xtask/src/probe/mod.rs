//! What this machine has: one finding a line, each with its remedy where something is wrong.

pub mod extras;
pub mod hdf5;
pub mod libclang;
pub mod lock_file;
pub mod machine;
pub mod mpi;

use crate::systems::{Component, System};

/// How good a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it has to be.
    Good,
    /// Works under `cargo xtask`; something to know for anything else.
    Note,
    /// Something optional is not there.
    Absent,
    /// Nothing builds or runs before this is mended.
    Wrong,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Absent => "absent",
            Self::Wrong => "WRONG",
        }
    }
}

/// One line of `cargo xtask doctor`.
#[derive(Clone, Debug)]
pub struct Finding {
    pub name: &'static str,
    pub state: State,
    pub found: String,
    /// What to install.
    pub missing: Option<Component>,
    /// What to do, where installing is not the answer.
    pub advice: Option<String>,
}

impl Finding {
    pub fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Good,
            found: found.into(),
            missing: None,
            advice: None,
        }
    }

    pub fn note(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            state: State::Note,
            advice: Some(advice.into()),
            ..Self::good(name, found)
        }
    }

    pub fn wrong(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            state: State::Wrong,
            advice: Some(advice.into()),
            ..Self::good(name, found)
        }
    }

    pub fn missing(name: &'static str, found: impl Into<String>, component: Component) -> Self {
        Self {
            state: State::Wrong,
            missing: Some(component),
            ..Self::good(name, found)
        }
    }

    pub fn absent(name: &'static str, found: impl Into<String>, component: Component) -> Self {
        Self {
            state: State::Absent,
            missing: Some(component),
            ..Self::good(name, found)
        }
    }

    pub fn is_wrong(&self) -> bool {
        self.state == State::Wrong
    }

    /// What to do about it on this system.
    pub fn remedy(&self, system: System) -> Option<String> {
        let install = self
            .missing
            .map(|component| system.install_command(&[component]));
        self.advice.clone().or(install)
    }
}
