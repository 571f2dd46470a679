//! What is printed: for people with a last line for programs, or as one JSON document.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::PathBuf;

use partita::prelude::*;
use partita_io::hdf5::{
    Comparison, Copied, Destination, Entry, EntryKind, File, Reading, printable,
};
use serde::Serialize;

/// The characters of an attribute's value that a person is shown; a document has all of them.
const LONGEST_VALUE: usize = 400;

/// A text of a file as a line that no terminal obeys.
fn shown(text: &str) -> String {
    printable(text, usize::MAX)
}

/// Prints a report on the root.
pub fn show<Report: Display + Serialize>(
    world: &Communicator,
    json: bool,
    report: &Report,
) -> Result<()> {
    match json {
        true => {
            // Replicated: the report is.
            let document = serde_json::to_string(report).map_err(Error::other)?;
            root_println!(world, "{document}");
        }
        false => root_println!(world, "{report}"),
    }
    Ok(())
}

/// Why there is nothing else to report.
#[derive(Serialize)]
pub struct Failure {
    error: String,
    exit_code: u8,
}

impl Failure {
    pub fn new(error: &Error) -> Self {
        Failure {
            error: error.to_string(),
            exit_code: error.exit_code(),
        }
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.error)
    }
}

/// What is in a file.
#[derive(Serialize)]
pub struct Inspected {
    file: PathBuf,
    groups: usize,
    datasets: usize,
    links: usize,
    others: usize,
    bytes: u64,
    entries: Vec<Named>,
}

/// An entry as the document has it: `kind` says which fields there are.
#[derive(Serialize)]
struct Named {
    name: String,
    #[serde(flatten)]
    kind: Kind,
    attributes: BTreeMap<String, String>,
    #[serde(skip)]
    line: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Kind {
    Group,
    Dataset(partita_io::hdf5::DatasetEntry),
    Link { target: String, leads: Destination },
    Unreadable,
    Other { what: String },
}

impl Inspected {
    pub fn new(file: &File<Reading>, tree: Vec<Entry>) -> Self {
        let named = tree.into_iter().map(|entry| Named {
            line: entry.to_string(),
            name: entry.name,
            kind: match entry.kind {
                EntryKind::Group => Kind::Group,
                EntryKind::Dataset(dataset) => Kind::Dataset(dataset),
                EntryKind::Link { target, leads } => Kind::Link { target, leads },
                EntryKind::Unreadable => Kind::Unreadable,
                EntryKind::Other(what) => Kind::Other { what },
                other => Kind::Other {
                    what: format!("{other:?}"),
                },
            },
            attributes: entry.attributes.into_iter().collect(),
        });
        let entries: Vec<Named> = named.collect();
        let count = |counts: fn(&Kind) -> bool| {
            let kinds = entries.iter().map(|entry| &entry.kind);
            kinds.filter(|kind| counts(kind)).count()
        };
        Inspected {
            file: file.path().to_path_buf(),
            groups: count(|kind| matches!(kind, Kind::Group)),
            datasets: count(|kind| matches!(kind, Kind::Dataset(_))),
            links: count(|kind| matches!(kind, Kind::Link { .. })),
            others: count(|kind| matches!(kind, Kind::Other { .. } | Kind::Unreadable)),
            bytes: entries.iter().map(|entry| entry.kind.bytes()).sum(),
            entries,
        }
    }
}

impl Kind {
    fn bytes(&self) -> u64 {
        match self {
            Kind::Dataset(dataset) => dataset.stored,
            _ => 0,
        }
    }
}

impl Display for Inspected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", shown(&self.file.to_string_lossy()))?;
        for entry in &self.entries {
            writeln!(formatter, "{}", entry.line)?;
            for (name, value) in &entry.attributes {
                let (name, value) = (shown(name), printable(value, LONGEST_VALUE));
                writeln!(formatter, "    {name} = {value}")?;
            }
        }
        let (groups, datasets, links) = (self.groups, self.datasets, self.links);
        let (others, bytes) = (self.others, self.bytes);
        write!(
            formatter,
            "inspect: groups={groups} datasets={datasets} links={links} others={others} bytes={bytes}"
        )
    }
}

/// Which datasets of a file are what was written.
#[derive(Serialize)]
pub struct Verified {
    file: PathBuf,
    intact: usize,
    damaged: usize,
    without_checksum: usize,
    not_verified: usize,
    datasets: Vec<Verification>,
}

#[derive(Serialize)]
struct Verification {
    name: String,
    verdict: &'static str,
    detail: Option<String>,
}

impl Verified {
    pub fn new(file: &File<Reading>) -> Self {
        Verified {
            file: file.path().to_path_buf(),
            intact: 0,
            damaged: 0,
            without_checksum: 0,
            not_verified: 0,
            datasets: Vec::new(),
        }
    }

    pub fn note(&mut self, name: String, verdict: &'static str, detail: Option<String>) {
        match verdict {
            "intact" => self.intact += 1,
            "carries no checksum" => self.without_checksum += 1,
            "not verified" => self.not_verified += 1,
            _ => self.damaged += 1,
        }
        self.datasets.push(Verification {
            name,
            verdict,
            detail,
        });
    }

    /// The first damage.
    pub fn outcome(&self) -> Result<()> {
        let mut damaged = self.datasets.iter();
        match damaged.find(|dataset| dataset.verdict == "cannot be trusted") {
            Some(dataset) => Err(Error::other(dataset.detail.as_deref().unwrap_or_default())),
            None => Ok(()),
        }
    }
}

impl Display for Verified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for dataset in &self.datasets {
            let (name, verdict) = (shown(&dataset.name), dataset.verdict);
            match &dataset.detail {
                Some(detail) if verdict == "not verified" => {
                    writeln!(formatter, "{name}  {verdict}: {}", shown(detail))?;
                }
                _ => writeln!(formatter, "{name}  {verdict}")?,
            }
        }
        let (intact, damaged) = (self.intact, self.damaged);
        let (without, unread) = (self.without_checksum, self.not_verified);
        write!(
            formatter,
            "verify: intact={intact} damaged={damaged} without_checksum={without} not_verified={unread}"
        )
    }
}

/// What was copied.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Copying(Copied);

impl Copying {
    pub fn new(copied: Copied) -> Self {
        Copying(copied)
    }
}

impl Display for Copying {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Copied {
            groups,
            datasets,
            links,
            bytes,
            left,
        } = &self.0;
        for what in left {
            writeln!(formatter, "left behind: {}", shown(what))?;
        }
        let left = left.len();
        write!(
            formatter,
            "copy: groups={groups} datasets={datasets} links={links} bytes={bytes} left={left}"
        )
    }
}

/// How far two datasets are from each other.
pub enum Compared {
    Elements(Comparison),
    /// They cannot be the same, and why.
    Apart(String),
}

impl Compared {
    /// That they differ.
    pub fn outcome(&self) -> Result<()> {
        match self {
            Compared::Elements(comparison) if comparison.different == 0 => Ok(()),
            Compared::Elements(comparison) => Err(Error::other(comparison)),
            Compared::Apart(detail) => Err(Error::other(detail)),
        }
    }
}

impl Serialize for Compared {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Document<'a> {
            same: bool,
            #[serde(flatten)]
            comparison: Option<&'a Comparison>,
            detail: Option<&'a str>,
        }
        let document = match self {
            Compared::Elements(comparison) => Document {
                same: comparison.different == 0,
                comparison: Some(comparison),
                detail: None,
            },
            Compared::Apart(detail) => Document {
                same: false,
                comparison: None,
                detail: Some(detail),
            },
        };
        document.serialize(serializer)
    }
}

impl Display for Compared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Compared::Elements(comparison) => {
                let Comparison {
                    elements,
                    different,
                    largest,
                    ..
                } = comparison;
                let verdict = if *different == 0 { "same" } else { "differ" };
                writeln!(formatter, "{comparison}")?;
                write!(
                    formatter,
                    "compare: {verdict} elements={elements} different={different} largest={largest:e}"
                )
            }
            Compared::Apart(detail) => write!(formatter, "{detail}\ncompare: differ"),
        }
    }
}
