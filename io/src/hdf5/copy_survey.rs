//! What a copy will do, found out on the root before anything is written.

use std::path::Path;

use hdf5::dataset::Layout;
use hdf5::plist::group_create::LinkCreationOrder;
use hdf5::{
    Dataset, Group, IndexType, IterationOrder, LinkType, Location, LocationToken, LocationType,
};
use partita::{Error, Result};

use super::copy_plan::{CopyPlan, Passing, Step};
use super::dataset::Source;
use super::dtype;
use super::ffi::{Cause, LinkTarget, exists, has_references, is_scale, link_target, scales_of};
use super::listing::real_name;

/// A dataset with fewer bytes is not worth the opening of its file by all ranks.
const WORTH_ALL_RANKS: usize = 1 << 20;

/// Attributes by which scales are attached, and attached anew to copies.
const OF_SCALES: [&str; 2] = ["DIMENSION_LIST", "REFERENCE_LIST"];

/// Goes through what is to be copied.
pub(super) struct Survey<'a> {
    source: &'a Source<'a>,
    target: Target<'a>,
    /// By which name what is copied calls itself, and what its copy will be called.
    roots: (String, String),
    plan: CopyPlan,
    /// What is to be looked at, the next last.
    pending: Vec<Pending>,
    /// What has several names, or is a scale, under the name of its copy.
    met: Vec<(Identity, String)>,
    /// Datasets to be attached to their scales when all are known, under both names.
    scaled: Vec<(Dataset, String, String)>,
    unsupported: Vec<String>,
    taken: Vec<String>,
    /// What is on the way is no group: there is nothing below it.
    is_blocked: bool,
}

/// An object, whatever it is called.
type Identity = (u64, LocationToken);

/// Something in a group that is copied.
enum Pending {
    Object { from: String, to: String },
    Link { to: String, target: LinkTarget },
}

/// The file that is added to, as it is open, and the path that the user knows it by.
pub(super) struct Target<'a> {
    pub file: &'a hdf5::File,
    pub path: &'a Path,
}

impl<'a> Survey<'a> {
    /// The plan of copying `from` of the source to `to` of the target. One error names all that cannot be.
    pub fn of(source: &'a Source, from: &str, target: Target<'a>, to: &str) -> Result<CopyPlan> {
        source.object(from)?;
        let own_name = real_name(source.file, from).map_err(|cause| source.damaged(&cause))?;
        let first = Pending::Object {
            from: from.to_string(),
            to: to.to_string(),
        };
        let mut survey = Survey {
            source,
            target,
            roots: (own_name.trim_end_matches('/').to_string(), to.to_string()),
            plan: CopyPlan::default(),
            pending: vec![first],
            met: Vec::new(),
            scaled: Vec::new(),
            unsupported: Vec::new(),
            taken: Vec::new(),
            is_blocked: false,
        };
        if to != "/" {
            Source {
                file: survey.target.file,
                path: survey.target.path,
                ..*source
            }
            .check_name(to)?;
        }
        survey.check_way(to)?;
        while let Some(next) = survey.pending.pop() {
            match next {
                Pending::Object { from, to } => survey.object(from, to)?,
                Pending::Link { to, target } => survey.link(target, to)?,
            }
        }
        survey.scales()?;
        survey.finish()
    }

    fn finish(self) -> Result<CopyPlan> {
        if !self.unsupported.is_empty() {
            let all = self.unsupported.join(", ");
            return Err(self.source.unsupported(format!("what is in {all}")));
        }
        if !self.taken.is_empty() {
            let (path, all) = (self.source.path.display(), self.taken.join(", "));
            let operation = format!("copy from {path} to");
            let taken = format!("there is {all} already");
            return Err(Error::io(operation, self.target.path, taken));
        }
        Ok(self.plan)
    }

    /// Refuses a place below what is no group, or in another file.
    fn check_way(&mut self, to: &str) -> Result<()> {
        for (end, _) in to.match_indices('/').filter(|&(end, _)| end > 0) {
            let name = &to[..end];
            let target = self.target.file;
            if !self.is_there(name)? {
                break;
            }
            let is_here = |group: &Group| group.filename() == target.filename();
            if !target.group(name).is_ok_and(|group| is_here(&group)) {
                self.taken
                    .push(format!("{name:?}, which is no group of it,"));
                self.is_blocked = true;
                break;
            }
        }
        Ok(())
    }

    fn object(&mut self, from: String, to: String) -> Result<()> {
        let object = self.source.object(&from)?;
        let info = object.loc_info().map_err(|error| self.damaged(error))?;
        let identity = (info.fileno, info.token);
        if let Some((_, first)) = self.met.iter().find(|(other, _)| *other == identity) {
            let first = first.clone();
            self.check_free(&to)?;
            self.plan.steps.push(Step::Name { to, first });
            return Ok(());
        }
        if info.num_links > 1 || info.loc_type == LocationType::Group {
            self.met.push((identity, to.clone()));
        }
        self.note_left_attributes(&object, &from)?;
        match info.loc_type {
            LocationType::Group => {
                let group = object.as_group().map_err(|error| self.damaged(error))?;
                self.group(&group, from, to)
            }
            LocationType::Dataset => {
                let dataset = object.as_dataset().map_err(|error| self.damaged(error))?;
                self.dataset(&dataset, identity, from, to)
            }
            _ => {
                self.check_free(&to)?;
                self.plan.steps.push(Step::Object { from, to });
                Ok(())
            }
        }
    }

    fn group(&mut self, group: &Group, from: String, to: String) -> Result<()> {
        if let Ok(there) = self.target.file.group(&to) {
            self.check_attributes(group, &there, &to)?;
        } else {
            self.check_free(&to)?;
        }
        let inside = self.inside(group, &from, &to);
        let inside = inside.map_err(|cause| self.source.damaged(&cause))?;
        self.pending.extend(inside.into_iter().rev());
        self.plan.steps.push(Step::Group { from, to });
        Ok(())
    }

    /// What is in a group, in the order in which it was made where that is known.
    fn inside(
        &self,
        group: &Group,
        from: &str,
        to: &str,
    ) -> std::result::Result<Vec<Pending>, Cause> {
        let index = match group.gcpl()?.get_link_creation_order()? {
            LinkCreationOrder::Indexed => IndexType::CreationOrder,
            _ => IndexType::Name,
        };
        let mut members = Vec::new();
        group.iter_visit(index, IterationOrder::Increasing, |name, link| {
            members.push((name.to_string(), link.link_type));
            Ok(())
        })?;
        let below = |name: &str, member: &str| format!("{}/{member}", name.trim_end_matches('/'));
        let inside = members.into_iter().map(|(member, kind)| {
            let (from, to) = (below(from, &member), below(to, &member));
            Ok(match kind {
                LinkType::Hard => Pending::Object { from, to },
                _ => Pending::Link {
                    target: link_target(group, &member)?,
                    to,
                },
            })
        });
        inside.collect()
    }

    /// A link by name: what leads into what is copied leads into the copy.
    fn link(&mut self, target: LinkTarget, to: String) -> Result<()> {
        let (own, copy) = &self.roots;
        let target = match target {
            LinkTarget::Soft(name) => LinkTarget::Soft(match name.strip_prefix(own.as_str()) {
                Some(inside) if inside.is_empty() || inside.starts_with('/') => {
                    format!("{}{inside}", copy.trim_end_matches('/'))
                }
                _ => name,
            }),
            external => external,
        };
        self.check_free(&to)?;
        self.plan.steps.push(Step::Link { to, target });
        Ok(())
    }

    fn dataset(
        &mut self,
        dataset: &Dataset,
        identity: Identity,
        from: String,
        to: String,
    ) -> Result<()> {
        self.check_free(&to)?;
        match self.passing(dataset, &from, &to) {
            Ok(Some(passing)) => {
                let elements = passing.shape.iter().product::<usize>();
                self.plan.bytes += (elements * passing.size) as u64;
                self.plan.passing.push(passing);
                let (from, to) = (from.clone(), to.clone());
                self.plan.steps.push(Step::Shell { from, to });
            }
            Ok(None) => {
                self.plan.bytes += dataset.storage_size();
                let (from, to) = (from.clone(), to.clone());
                self.plan.steps.push(Step::Object { from, to });
            }
            Err(Error::Unsupported { feature, .. }) => {
                self.unsupported.push(format!("{from:?} ({feature})"));
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        let marked = is_scale(dataset).map_err(|cause| self.source.damaged(&cause))?;
        if marked && !self.met.iter().any(|(other, _)| *other == identity) {
            self.met.push((identity, to.clone()));
        }
        self.scaled.push((dataset.clone(), from, to));
        Ok(())
    }

    /// What all ranks must know of a dataset that they copy together; `None` of what the root copies alone.
    fn passing(&self, dataset: &Dataset, from: &str, to: &str) -> Result<Option<Passing>> {
        let source = self.source;
        source.check_place(dataset)?;
        let datatype = dataset.dtype().map_err(|error| self.damaged(error))?;
        if has_references(&datatype).map_err(|cause| source.damaged(&cause))? {
            return Err(source.unsupported("references to objects of its file".into()));
        }
        let leaves = !source.external(dataset)?.is_empty();
        let element = datatype.to_descriptor();
        let is_plain = element.as_ref().is_ok_and(dtype::is_plain);
        // To find what their elements lead to, HDF5 unpacks them.
        if element.is_ok() && !is_plain {
            source.check_unpacking(dataset)?;
        }
        let space = dataset.space().map_err(|error| self.damaged(error))?;
        let properties = dataset.dcpl().map_err(|error| self.damaged(error))?;
        let is_raw = properties
            .get_filters()
            .is_ok_and(|filters| filters.is_empty())
            && properties
                .get_layout()
                .is_ok_and(|layout| layout != Layout::Compact)
            && !space.is_null();
        let size = datatype.size();
        let (is_large, is_complete) = (
            dataset.storage_size() >= WORTH_ALL_RANKS as u64,
            source.is_complete(dataset),
        );
        // Chunks that nobody wrote stay what they are, and compressed ones packed.
        if !(leaves || is_plain && is_raw && is_large && is_complete) {
            return Ok(None);
        }
        if !is_plain {
            return Err(source.unsupported("elements of any length in external files".into()));
        }
        Ok(Some(Passing {
            from: from.to_string(),
            to: to.to_string(),
            place: source.elsewhere(dataset)?,
            thickness: dataset
                .chunk()
                .and_then(|chunk| chunk.first().copied())
                .unwrap_or(1),
            shape: source.shape(dataset)?,
            size,
            is_complete,
        }))
    }

    /// The scales that are copied too, to be attached to the copies.
    fn scales(&mut self) -> Result<()> {
        for (dataset, from, of) in std::mem::take(&mut self.scaled) {
            for axis in 0..dataset.ndim() {
                let scales = scales_of(&dataset, axis).unwrap_or_default();
                for scale in scales {
                    let info = scale.loc_info().map_err(|error| self.damaged(error))?;
                    let identity = (info.fileno, info.token);
                    match self.met.iter().find(|(other, _)| *other == identity) {
                        Some((_, scale)) => self.plan.steps.push(Step::Scale {
                            of: of.clone(),
                            axis,
                            scale: scale.clone(),
                        }),
                        None => {
                            let scale = scale.name();
                            let what = format!("{scale:?}, the scale of axis {axis} of {from:?}");
                            self.plan.left.push(what);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// References among the attributes lead nowhere in another file.
    fn note_left_attributes(&mut self, object: &Location, from: &str) -> Result<()> {
        let left = || -> std::result::Result<Vec<String>, Cause> {
            let mut left = Vec::new();
            for name in object.attr_names()? {
                let refers = has_references(&object.attr(&name)?.dtype()?)?;
                if refers && !OF_SCALES.contains(&name.as_str()) {
                    left.push(format!("attribute {name:?} of {from:?}, a reference"));
                }
            }
            Ok(left)
        };
        let left = left().map_err(|cause| self.source.damaged(&cause))?;
        self.plan.left.extend(left);
        Ok(())
    }

    fn check_free(&mut self, to: &str) -> Result<()> {
        if to == "/" || !self.is_blocked && self.is_there(to)? {
            self.taken.push(format!("{to:?}"));
        }
        Ok(())
    }

    /// Whether the target has something of this name.
    fn is_there(&self, name: &str) -> Result<bool> {
        let unread = |cause| Error::io(self.source.operation, self.target.path, cause);
        exists(self.target.file, name).map_err(unread)
    }

    /// A group may be there, but none of the attributes that it gets.
    fn check_attributes(&mut self, group: &Group, there: &Group, to: &str) -> Result<()> {
        let names = |group: &Group| group.attr_names().map_err(|error| self.damaged(error));
        let (new, old) = (names(group)?, names(there)?);
        let both = new.iter().filter(|name| old.contains(name));
        let taken: Vec<_> = both
            .map(|name| format!("attribute {name:?} of {to:?}"))
            .collect();
        self.taken.extend(taken);
        Ok(())
    }

    fn damaged(&self, error: hdf5::Error) -> Error {
        self.source.damaged(&error.into())
    }
}
