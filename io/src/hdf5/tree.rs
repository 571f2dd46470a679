//! Everything that is in a file, as a list.

use std::fmt;

use hdf5::dataset::Layout;
use hdf5::{Dataset, Group, LinkType, LocationType};
use partita::Result;
use serde::{Deserialize, Serialize};

use super::attribute_read::in_words;
use super::dataset::{CHECKSUM, Source};
use super::dtype;
use super::ffi::{Cause, descriptor, link_target};
use super::file::{Access, File};

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
    /// A link by name, and what it names: in this file, or `file:name` in another.
    Link(String),
    /// Something else, in words.
    Other(String),
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
                let target = link_target(&group, &member)?;
                entries.push(Entry {
                    name: full,
                    kind: EntryKind::Link(target.to_string()),
                    attributes: Vec::new(),
                });
                continue;
            }
            let info = group.loc_info_by_name(&member)?;
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

fn entry(
    source: &Source,
    group: &Group,
    member: &str,
    name: String,
    kind: LocationType,
) -> std::result::Result<Entry, Cause> {
    if kind != LocationType::Dataset {
        return Ok(Entry {
            name,
            kind: EntryKind::Other(format!("{kind:?}")),
            attributes: Vec::new(),
        });
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
        let value = in_words(&of.attr(&name)?);
        Ok((name, value))
    });
    named.collect()
}

impl fmt::Display for Entry {
    /// One line: the name, and what it is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            EntryKind::Group => write!(formatter, "{}", self.name),
            EntryKind::Link(target) => write!(formatter, "{} -> {target}", self.name),
            EntryKind::Other(what) => write!(formatter, "{}  {what}", self.name),
            EntryKind::Dataset(dataset) => write!(formatter, "{}  {dataset}", self.name),
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
