//! What a copy consists of, and the part of it that the root does.

use hdf5::Location;
use serde::{Deserialize, Serialize};

use super::dataset::{Place, Source};
use super::ffi::{
    Cause, DatasetRefusal, LinkTarget, attach_scale, copy_attributes, copy_object,
    create_dataset_alike, create_group_alike, exists, open_object,
};
use super::plan::create_groups;
use super::structure::last_part;

/// One thing that the root does; names are full ones, `from` in the one file, `to` in the other.
#[derive(Debug)]
pub(super) enum Step {
    /// A group, with its attributes.
    Group { from: String, to: String },
    /// A dataset or a type, as it is stored, by the root alone.
    Object { from: String, to: String },
    /// A dataset without its data, which all ranks bring.
    Shell { from: String, to: String },
    /// One more name of what was copied already.
    Name { to: String, first: String },
    /// A link by name.
    Link { to: String, target: LinkTarget },
    /// A scale of an axis.
    Scale {
        of: String,
        axis: usize,
        scale: String,
    },
}

/// A dataset whose data all ranks copy.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Passing {
    pub from: String,
    pub to: String,
    pub shape: Vec<usize>,
    /// How many indices of the first axis a chunk has.
    pub thickness: usize,
    /// The bytes of an element.
    pub size: usize,
    pub is_complete: bool,
    /// Where it is, if that is another file.
    pub place: Option<Place>,
}

/// What will be done, in order.
#[derive(Debug, Default)]
pub(super) struct CopyPlan {
    pub steps: Vec<Step>,
    pub passing: Vec<Passing>,
    /// How many bytes of data the new objects take.
    pub bytes: u64,
    /// What has no meaning in another file, in words.
    pub left: Vec<String>,
}

impl Step {
    /// On the root.
    pub fn take(&self, source: &Source, target: &hdf5::File) -> std::result::Result<(), Cause> {
        match self {
            Step::Group { from, to } => {
                let group = source.file.group(from)?;
                create_groups(target, to)?;
                if to != "/" && !exists(target, to)? {
                    create_group_alike(&group, target, to)?;
                }
                copy_attributes(&group, &*target.group(to)?)
            }
            Step::Object { from, to } => {
                create_groups(target, to)?;
                let object = opened(source.file, from, source.may_leave)?;
                copy_object(&object, target, to)?;
                copy_attributes(&object, &opened(target, to, false)?)
            }
            Step::Shell { from, to } => {
                create_groups(target, to)?;
                let dataset = source.file.dataset(from)?;
                create_dataset_alike(&dataset, target, to)?;
                copy_attributes(&dataset, &*target.dataset(to)?)
            }
            Step::Name { to, first } => {
                create_groups(target, to)?;
                Ok(target.link_hard(first, to)?)
            }
            Step::Link { to, target: leads } => {
                create_groups(target, to)?;
                match leads {
                    LinkTarget::Soft(name) => Ok(target.link_soft(name, to)?),
                    LinkTarget::External { file, name } => {
                        Ok(target.link_external(file, name, to)?)
                    }
                }
            }
            Step::Scale { of, axis, scale } => {
                let (dataset, scale) = (target.dataset(of)?, target.dataset(scale)?);
                attach_scale(&dataset, &scale, *axis, last_part(&scale.name()))
            }
        }
    }
}

fn opened(file: &hdf5::File, name: &str, may_leave: bool) -> std::result::Result<Location, Cause> {
    open_object(file, name, may_leave).map_err(|refusal| match refusal {
        DatasetRefusal::ExternalLink => "a link leads into another file".into(),
        DatasetRefusal::Failed(cause) => cause,
    })
}
