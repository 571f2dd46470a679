//! Datasets and groups from one file to another, as they are stored.

use hdf5::Dataset;
use hdf5::dataset::{AllocTime, FillTime, Layout};
use partita::{Error, Result};
use serde::{Deserialize, Serialize};

use super::dataset::{Source, create_groups};
use super::dtype;
use super::ffi::{Cause, copy_attributes};
use super::file::{Access, File};
use super::read::share;
use super::slab::{Slab, slabs};
use super::transfer::{BUFFER_LIMIT, Elements, Part};
use super::tree::EntryKind;
use super::writing::Writing;
use crate::agreed::on_root;

/// A dataset on its way.
#[derive(Debug, Serialize, Deserialize)]
struct Passing {
    shape: Vec<usize>,
    /// How many indices of the first axis a chunk has.
    thickness: usize,
    size: usize,
    is_complete: bool,
}

impl File<Writing> {
    /// Copies a dataset or a group with all that is in it, attributes included, from another file. *Collective.*
    ///
    /// What refers to objects of the other file (scales, references) is left behind, external links too.
    ///
    /// # Cost
    /// Every byte is read once and written once, by all ranks in bounded memory. What is compressed is
    /// compressed anew.
    ///
    /// # Errors
    /// [`Error::Format`] when there is nothing of this name; [`Error::Unsupported`] for elements of no
    /// fixed length; [`Error::Io`] as [`write`](Self::write).
    pub fn copy_from<Other: Access>(
        &mut self,
        other: &File<Other>,
        from: &str,
        to: &str,
    ) -> Result<()> {
        let from = format!("/{}", from.trim_matches('/'));
        let to = to.trim_end_matches('/');
        let tree = other.tree()?;
        if !tree.iter().any(|entry| entry.name == from) {
            // Replicated: the tree is.
            return Err(Error::format(
                "copy from",
                &other.path,
                format!("no {from:?} in it"),
            ));
        }
        let prefix = format!("{}/", from.trim_end_matches('/'));
        for entry in tree {
            let inside = entry.name.strip_prefix(&prefix);
            let target = match inside {
                Some(inside) if !inside.is_empty() => format!("{to}/{inside}"),
                _ if entry.name == from => to.to_string(),
                _ => continue,
            };
            match &entry.kind {
                EntryKind::Group => self.copy_group(other, &entry.name, &target)?,
                EntryKind::Dataset(_) => self.copy_dataset(other, &entry.name, &target)?,
                EntryKind::Link(name) if !name.contains(':') => self.link(&target, name)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn copy_group<Other: Access>(
        &mut self,
        other: &File<Other>,
        from: &str,
        to: &str,
    ) -> Result<()> {
        let operation = format!("copy {from:?} to");
        self.whole_so_far(&operation)?;
        on_root(&self.communicator, || {
            let source = other.access.structure(&operation, &other.path)?;
            let target = self.access.structure(&operation, &self.path)?;
            let copied = || -> std::result::Result<(), Cause> {
                create_groups(&target, &format!("{}/", to.trim_start_matches('/')))?;
                let to = if to.is_empty() { "/" } else { to };
                let (from, to) = (source.group(from)?, target.group(to)?);
                copy_attributes(&from, &to)
            };
            copied().map_err(|cause| Error::io(&operation, &self.path, cause))
        })
    }

    fn copy_dataset<Other: Access>(
        &mut self,
        other: &File<Other>,
        from: &str,
        to: &str,
    ) -> Result<()> {
        let operation = format!("copy {from:?} to");
        self.whole_so_far(&operation)?;
        self.access.failed.set(true);
        let passing = on_root(&self.communicator, || {
            let source = other.access.structure(&operation, &other.path)?;
            let source = Source {
                file: &source,
                path: &other.path,
                operation: &operation,
            };
            self.make_alike(&source, from, to)
        })?;
        let most = BUFFER_LIMIT * self.communicator.size() / passing.size.max(1);
        for slab in slabs(&passing.shape, passing.thickness, most) {
            self.copy_slab(other, (from, to), &slab, &passing)?;
        }
        self.access.failed.set(false);
        Ok(())
    }

    /// On the root: a dataset like another, without its data, and room for them.
    fn make_alike(&self, source: &Source, from: &str, to: &str) -> Result<Passing> {
        let dataset = source.dataset(from)?;
        let element = source.element(&dataset)?;
        if !dtype::is_plain(&element) {
            let feature = format!("copying elements that are {}", dtype::name(&element));
            return Err(source.unsupported(feature));
        }
        source.check_storage(&dataset)?;
        let shape = source.shape(&dataset)?;
        let target = self.access.structure(source.operation, &self.path)?;
        let failure = |cause: Cause| Error::io(source.operation, &self.path, cause);
        let (chunk, filtered) = alike(&target, &dataset, to).map_err(failure)?;
        drop(target);
        let bytes = shape.iter().product::<usize>() * element.size();
        self.make_room(source.operation, if filtered { bytes } else { 0 })?;
        Ok(Passing {
            thickness: chunk.and_then(|chunk| chunk.first().copied()).unwrap_or(1),
            size: element.size(),
            is_complete: source.is_complete(&dataset),
            shape,
        })
    }

    fn copy_slab<Other: Access>(
        &self,
        other: &File<Other>,
        (from, to): (&str, &str),
        slab: &Slab,
        passing: &Passing,
    ) -> Result<()> {
        let operation = format!("copy {from:?} to");
        let (rank, ranks) = (self.communicator.rank(), self.communicator.size());
        let own = slab.selection(&share(&slab.shape(), rank, ranks));
        let mut bytes = Vec::new();
        let part = Part {
            dataset: from,
            selection: &own,
        };
        other
            .session(&operation)?
            .for_chunks(passing.is_complete)
            .scan(part, |_, piece| bytes.extend_from_slice(piece))?;
        let part = Part {
            dataset: to,
            selection: &own,
        };
        let session = self.session(&operation)?;
        let transfer = session.write(part, Elements::AsStored(passing.size), &bytes, None)?;
        self.last_transfer.set(Some(transfer));
        Ok(())
    }
}

/// Makes a dataset of the same shape, elements, storage and attributes; its chunk, and whether it is filtered.
fn alike(
    target: &hdf5::File,
    dataset: &Dataset,
    name: &str,
) -> std::result::Result<(Option<Vec<usize>>, bool), Cause> {
    if target.link_exists(name) {
        return Err("there is one already".into());
    }
    create_groups(target, name)?;
    let properties = dataset.dcpl()?;
    let (chunk, filters) = (properties.get_chunk()?, properties.get_filters()?);
    let builder = target
        .new_dataset_builder()
        .empty_as(dataset.dtype()?)
        .shape(dataset.space()?.extents()?)
        .alloc_time(Some(match filters.is_empty() {
            true => AllocTime::Early,
            false => AllocTime::Incr,
        }))
        .fill_time(FillTime::Never)
        .obj_track_times(false);
    let builder = match &chunk {
        Some(chunk) => builder.chunk(chunk.clone()).set_filters(&filters),
        None => builder.no_chunk().layout(Layout::Contiguous),
    };
    let copy = builder.create(name)?;
    copy_attributes(dataset, &copy)?;
    Ok((chunk, !filters.is_empty()))
}
