//! A call of the system that fails, and how the shim is told of it.

use std::fmt;
use std::path::{Path, PathBuf};

use partita::{Error, Result};

/// One call of one rank that fails in one way.
#[derive(Debug)]
pub struct Fault {
    pub rank: usize,
    pub call: String,
    pub kind: &'static str,
    /// Which of the rank's calls of this name, from 1.
    pub number: usize,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            rank,
            call,
            kind,
            number,
        } = self;
        write!(formatter, "{call} {kind} {number} on rank {rank}")
    }
}

/// How much of a save is to fail.
#[derive(Clone, Copy)]
pub enum Extent {
    /// Every call in every way.
    Whole,
    /// Every call in one way, but for those by which the root reads and opens the file: it does so alone.
    Each,
    /// The first, middle and last call of each name on each rank, in one way.
    Few,
}

impl Extent {
    pub fn of(name: &str) -> Result<Self> {
        match name {
            "whole" => Ok(Extent::Whole),
            "each" => Ok(Extent::Each),
            "few" => Ok(Extent::Few),
            _ => Err(Error::usage("whole, each or few")),
        }
    }

    /// The ways in which this call is to fail, the `number`th of `count`.
    pub fn kinds(
        self,
        rank: usize,
        call: &str,
        (number, count): (usize, usize),
    ) -> &'static [&'static str] {
        let kinds = kinds(call);
        let one = (number + rank) % kinds.len();
        let is_alone = rank == 0 && matches!(call, "pread" | "open" | "lock" | "close");
        match self {
            Extent::Whole => kinds,
            Extent::Each if is_alone => &[],
            Extent::Few if ![1, count.div_ceil(2), count].contains(&number) => &[],
            Extent::Each | Extent::Few => &kinds[one..=one],
        }
    }
}

/// The ways in which a call can fail.
fn kinds(call: &str) -> &'static [&'static str] {
    match call {
        "pwrite" => &["eio", "enospc", "short", "flip"],
        "write" => &["eio", "enospc", "short"],
        "pread" => &["eio"],
        _ => &["eio", "enospc"],
    }
}

/// This rank's shim.
pub struct Shim(PathBuf);

/// What the shim saw since it was told the last time.
#[derive(Debug, Default)]
pub struct Seen {
    pub happened: bool,
    /// The calls, and of a rehearsal then the hashes of the target's contents, in their order.
    pub words: Vec<String>,
}

impl Shim {
    pub fn of_rank(folder: &Path, rank: usize) -> Self {
        Shim(folder.join(format!("{rank}.fault-plan")))
    }

    /// From here on this rank's calls are listed, with the target's content before each.
    pub fn watch(&self, target: &Path) -> Result<()> {
        self.tell(&format!("- watch {}", target.display()))
            .map(drop)
    }

    pub fn arm(&self, fault: &Fault) -> Result<()> {
        let Fault {
            call, kind, number, ..
        } = fault;
        self.tell(&format!("{call} {kind} {number}")).map(drop)
    }

    /// From here on nothing fails.
    pub fn disarm(&self) -> Result<Seen> {
        self.tell("- - -")
    }

    fn tell(&self, plan: &str) -> Result<Seen> {
        let failure = |cause| Error::io("tell the shim in", &self.0, cause);
        std::fs::write(&self.0, plan).map_err(failure)?;
        let seen = std::fs::read_to_string(self.0.with_extension("fault-plan.seen"));
        let seen = seen.map_err(failure)?;
        let happened = seen.starts_with('!');
        let words = seen.split_whitespace().skip(usize::from(happened));
        Ok(Seen {
            happened,
            words: words.map(str::to_string).collect(),
        })
    }
}

/// The hash by which the shim knows a content.
pub fn hash(content: &[u8]) -> String {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    format!("{:016x}", content.iter().fold(0xcbf2_9ce4_8422_2325, fold))
}
