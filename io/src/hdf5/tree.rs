//! Everything that is in a file, as a list.

use std::fmt;

use hdf5::dataset::Layout;
use hdf5::{Dataset, Group, LinkType, LocationType};
use partita::Result;
use serde::{Deserialize, Serialize};

use super::attribute_read::in_words;
use super::dataset::{CHECKSUM, Source};
use super::dtype;
use super::ffi::{Cause, DatasetRefusal, LinkTarget, descriptor, link_target, open_object};
use super::file::{Access, File};
use super::listing::is_own_name;
use super::printable;

/// Something in a file, under its full name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// From the root: `/fields/u`.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its attributes, with their values in words.
    pub attributes: Vec<(String, String)>,
}

/// What an [`Entry`] is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum EntryKind {
    /// A group of entries.
    Group,
    /// A dataset.
    Dataset(DatasetEntry),
    /// A link by name.
    Link {
        /// What it names: in this file, or `file:name` in another.
        target: String,
        /// Where that is.
        leads: Destination,
    },
    /// Something with a name that is not UTF-8, by which nothing can be opened here.
    Unreadable,
    /// Something else, in words.
    Other(String),
}

/// Where a link by name leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Destination {
    /// To something in this file.
    Here,
    /// Into another file, which is not looked at.
    OtherFile,
    /// To what is not there, or back to itself.
    Nowhere,
}

/// What is known of a dataset without its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetEntry {
    /// Whether it has a shape at all: HDF5 knows datasets without any element, of no shape.
    pub has_shape: bool,
    /// The shape.
    pub shape: Vec<usize>,
    /// The axes that can grow without limit.
    pub unlimited: Vec<usize>,
    /// The type of its elements, as numpy calls it.
    pub element: String,
    /// The shape of its chunks, where it has them.
    pub chunk: Option<Vec<usize>>,
    /// What its chunks go through, in order.
    pub filters: Vec<String>,
    /// The bytes that its data take in the file.
    pub stored: u64,
    /// The checksum that it carries.
    pub checksum: Option<u64>,
}

impl Entry {
    fn bare(name: String, kind: EntryKind) -> Self {
        Entry {
            name,
            kind,
            attributes: Vec::new(),
        }
    }
}

impl<A: Access> File<A> {
    /// Everything in the file, groups before what is in them. *Collective.*
    ///
    /// # Cost
    /// The root goes through the file; one broadcast.
    ///
    /// # Errors
    /// [`Error::Format`](partita::Error::Format) when the file is damaged.
    pub fn tree(&self) -> Result<Vec<Entry>> {
        self.ask("list", |source| {
            list(source).map_err(|cause| source.damaged(&cause))
        })
    }
}

fn list(source: &Source) -> std::result::Result<Vec<Entry>, Cause> {
    let root = source.file.group("/")?;
    let mut entries = Vec::new();
    // Hard links can make a circle of groups.
    let mut seen = vec![root.loc_info()?.token];
    let mut groups = vec![(String::from("/"), root)];
    while let Some((name, group)) = groups.pop() {
        let prefix = name.trim_end_matches('/').to_string();
        let mut members = Vec::new();
        group.iter_visit_default(|name, link| {
            members.push((name.to_string(), link.link_type));
            Ok(())
        })?;
        for (member, link) in members {
            let full = format!("{prefix}/{member}");
            if link != LinkType::Hard {
                let kind = link_to(source, &group, &member, &full)?;
                entries.push(Entry::bare(full, kind));
                continue;
            }
            let info = match group.loc_info_by_name(&member) {
                Err(_) if !is_own_name(&member) => {
                    entries.push(Entry::bare(full, EntryKind::Unreadable));
                    continue;
                }
                info => info?,
            };
            if info.loc_type == LocationType::Group && !seen.contains(&info.token) {
                seen.push(info.token);
                groups.push((full, group.group(&member)?));
            } else {
                entries.push(entry(source, &group, &member, full, info.loc_type)?);
            }
        }
        entries.push(Entry {
            kind: EntryKind::Group,
            attributes: attributes(&group)?,
            name,
        });
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

fn link_to(
    source: &Source,
    group: &Group,
    member: &str,
    full: &str,
) -> std::result::Result<EntryKind, Cause> {
    let target = match link_target(group, member) {
        Err(_) if !is_own_name(member) => return Ok(EntryKind::Unreadable),
        target => target?,
    };
    let leads = match (&target, open_object(source.file, full, false)) {
        (LinkTarget::External { .. }, _) | (_, Err(DatasetRefusal::ExternalLink)) => {
            Destination::OtherFile
        }
        (_, Ok(_)) => Destination::Here,
        (_, Err(_)) => Destination::Nowhere,
    };
    Ok(EntryKind::Link {
        target: target.to_string(),
        leads,
    })
}

fn entry(
    source: &Source,
    group: &Group,
    member: &str,
    name: String,
    kind: LocationType,
) -> std::result::Result<Entry, Cause> {
    if kind != LocationType::Dataset {
        let what = match kind {
            LocationType::Group => "a group that has another name",
            LocationType::NamedDatatype => "a type",
            _ => "unknown",
        };
        return Ok(Entry::bare(name, EntryKind::Other(what.to_string())));
    }
    let dataset = group.dataset(member)?;
    Ok(Entry {
        name,
        kind: EntryKind::Dataset(describe(source, &dataset)?),
        attributes: attributes(&dataset)?,
    })
}

fn describe(source: &Source, dataset: &Dataset) -> std::result::Result<DatasetEntry, Cause> {
    let space = dataset.space()?;
    let properties = dataset.dcpl()?;
    let extents = space.extents()?;
    let unlimited = extents.maxdims().into_iter().enumerate();
    let unlimited = unlimited.filter_map(|(axis, most)| most.is_none().then_some(axis));
    let element = match descriptor(&dataset.dtype()?) {
        Ok(descriptor) => dtype::name(&descriptor),
        Err(words) => words,
    };
    let filters = properties.get_filters()?;
    Ok(DatasetEntry {
        has_shape: !space.is_null(),
        shape: space.shape(),
        unlimited: unlimited.collect(),
        element,
        chunk: match properties.get_layout()? {
            Layout::Chunked => properties.get_chunk()?,
            _ => None,
        },
        filters: filters.iter().map(|filter| format!("{filter:?}")).collect(),
        stored: dataset.storage_size(),
        checksum: source.checksum(dataset).unwrap_or(None),
    })
}

fn attributes(of: &hdf5::Location) -> std::result::Result<Vec<(String, String)>, Cause> {
    let names = of.attr_names()?.into_iter();
    let names = names.filter(|name| name != CHECKSUM);
    let named = names.map(|name| {
        let value = match of.attr(&name) {
            Err(_) if !is_own_name(&name) => "(its name is not UTF-8)".to_string(),
            attribute => in_words(&attribute?),
        };
        Ok((name, value))
    });
    named.collect()
}

impl fmt::Display for Entry {
    /// One [printable] line: the name, and what it is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&printable(&self.name, usize::MAX))?;
        match &self.kind {
            EntryKind::Group => Ok(()),
            EntryKind::Link { target, leads } => {
                write!(formatter, " -> {}", printable(target, usize::MAX))?;
                formatter.write_str(match leads {
                    Destination::Here => "",
                    Destination::OtherFile => "  in another file",
                    Destination::Nowhere => "  which leads nowhere",
                })
            }
            EntryKind::Unreadable => write!(formatter, "  has a name that is not UTF-8"),
            EntryKind::Other(what) => write!(formatter, "  {what}"),
            EntryKind::Dataset(dataset) => write!(formatter, "  {dataset}"),
        }
    }
}

impl fmt::Display for DatasetEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.has_shape {
            true => write!(formatter, "{} {:?}", self.element, self.shape)?,
            false => write!(formatter, "{} without a shape", self.element)?,
        }
        if !self.unlimited.is_empty() {
            write!(formatter, ", axes {:?} unlimited", self.unlimited)?;
        }
        if let Some(chunk) = &self.chunk {
            write!(formatter, ", chunks {chunk:?}")?;
        }
        for filter in &self.filters {
            write!(formatter, ", {filter}")?;
        }
        write!(formatter, ", {} bytes", self.stored)?;
        match self.checksum {
            Some(sum) => write!(formatter, ", checksum {sum:016x}"),
            None => write!(formatter, ", no checksum"),
        }
    }
}
