//! Datasets and groups from one file to another, as they are stored.

use hdf5::Dataset;
use hdf5::dataset::{AllocTime, FillTime, Layout};
use partita::{Error, Result};
use serde::{Deserialize, Serialize};

use super::dataset::{Place, Source};
use super::dtype;
use super::ffi::{Cause, copy_attributes, copy_object};
use super::file::{Access, File};
use super::plan::create_groups;
use super::read::share;
use super::slab::{Slab, slabs};
use super::transfer::{BUFFER_LIMIT, Elements, Observers, Part};
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
    /// Where it is, if that is another file.
    place: Option<Place>,
}

impl File<Writing> {
    /// Copies a dataset or a group with all that is in it, attributes included, from another file. *Collective.*
    ///
    /// What refers to objects of the other file (scales, references) is left behind, external links too.
    ///
    /// # Cost
    /// Every byte is read once and written once, by all ranks in bounded memory. What is compressed is
    /// compressed anew. Elements of any length (texts) are copied by the root alone.
    ///
    /// # Errors
    /// [`Error::Format`] when there is nothing of this name; [`Error::Unsupported`] for elements that
    /// refer to objects of their file; [`Error::Io`] as [`write`](Self::write).
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
            other.answer(&operation, |source| self.make_alike(source, from, to))
        })?;
        let Some(passing) = passing else {
            self.access.failed.set(false);
            return Ok(());
        };
        let most = BUFFER_LIMIT * self.communicator.size() / passing.size.max(1);
        for slab in slabs(&passing.shape, passing.thickness, most) {
            self.copy_slab(other, (from, to), &slab, &passing)?;
        }
        self.access.failed.set(false);
        Ok(())
    }

    /// On the root: a dataset like another, without its data, and room for them.
    /// Elements of any length are copied at once, by the root alone.
    fn make_alike(&self, source: &Source, from: &str, to: &str) -> Result<Option<Passing>> {
        let dataset = source.dataset(from)?;
        let element = source.element(&dataset)?;
        source.check_storage(&dataset)?;
        if !dtype::is_plain(&element) {
            return self.copy_alone(source, &dataset, to).map(|()| None);
        }
        let shape = source.shape(&dataset)?;
        let target = self.access.structure(source.operation, &self.path)?;
        let failure = |cause: Cause| Error::io(source.operation, &self.path, cause);
        let (chunk, filtered) = alike(&target, &dataset, to).map_err(failure)?;
        drop(target);
        let bytes = shape.iter().product::<usize>() * element.size();
        self.make_room(source.operation, if filtered { bytes } else { 0 })?;
        Ok(Some(Passing {
            place: source.elsewhere(&dataset)?,
            thickness: chunk.and_then(|chunk| chunk.first().copied()).unwrap_or(1),
            size: element.size(),
            is_complete: source.is_complete(&dataset),
            shape,
        }))
    }

    /// On the root: a dataset whose elements lie elsewhere than in it.
    fn copy_alone(&self, source: &Source, dataset: &Dataset, to: &str) -> Result<()> {
        let element = source.element(dataset)?;
        if dtype::has_references(&element) {
            let feature = format!("copying elements that are {}", dtype::name(&element));
            return Err(source.unsupported(feature));
        }
        let target = self.access.structure(source.operation, &self.path)?;
        let copied = || -> std::result::Result<(), Cause> {
            if target.link_exists(to) {
                return Err("there is one already".into());
            }
            create_groups(&target, to)?;
            copy_object(dataset, &target, to)?;
            let copy = target.dataset(to)?;
            copy_attributes(dataset, &copy)
        };
        copied().map_err(|cause| Error::io(source.operation, &self.path, cause))?;
        drop(target);
        self.make_room(source.operation, 0)
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
            dataset: passing.place.as_ref().map_or(from, |place| &place.name),
            selection: &own,
        };
        other
            .session_at(&operation, passing.place.as_ref())?
            .for_chunks(passing.is_complete)
            .scan(part, |_, piece| bytes.extend_from_slice(piece))?;
        let part = Part {
            dataset: to,
            selection: &own,
        };
        let session = self.session(&operation)?;
        let observers = Observers {
            written: &mut |_, _| (),
            replaced: None,
        };
        let transfer = session.write(part, Elements::AsStored(passing.size), &bytes, observers)?;
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
