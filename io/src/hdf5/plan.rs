//! Datasets that are made, on the root, without any element.

use hdf5::dataset::{AllocTime, FillTime, Layout};
use hdf5::filters::{Filter, ScaleOffset};
use hdf5::types::{OwnedDynValue, TypeDescriptor};
use hdf5::{Dataset, Extent, Extents, SimpleExtents};

use super::dtype;
use super::ffi::{Cause, create_group, exists, fill_value, write_number};
use super::storage::Storage;

/// A dataset to be made.
pub(super) struct Plan<'a> {
    pub name: &'a str,
    pub element: &'a TypeDescriptor,
    pub shape: &'a [usize],
    pub storage: &'a Storage,
    /// In chunks of this shape.
    pub chunk: Option<Vec<usize>>,
    /// What elements are that nobody writes; `None` where every element will be written.
    pub fill: Option<OwnedDynValue>,
}

impl Plan<'_> {
    /// Makes the dataset, and groups on the way, without any element. No room is left to be found later
    /// by the ranks together, except where only compressing tells how much it is.
    pub fn create(self, file: &hdf5::File) -> std::result::Result<(), Cause> {
        if exists(file, self.name)? {
            return Err("there is one already".into());
        }
        create_groups(file, self.name)?;
        let is_written_whole = self.fill.is_none() && !self.storage.can_grow();
        let builder = file
            .new_dataset_builder()
            .empty_as(self.element.clone())
            .shape(self.extents())
            // HDF5 does not find its way to compressed chunks that are not there when it comes to write parts
            // of them collectively. Where all are written whole, it makes them itself.
            .alloc_time(Some(
                match self.storage.is_compressed() && is_written_whole {
                    true => AllocTime::Incr,
                    false => AllocTime::Early,
                },
            ))
            .fill_time(match is_written_whole {
                true => FillTime::Never,
                false => FillTime::Alloc,
            })
            // With times in it, no two files would be the same.
            .obj_track_times(false);
        let is_filled = self.fill.is_some();
        let builder = match self.fill {
            Some(fill) => builder.fill_value(fill),
            None => builder,
        };
        let builder = match self.chunk {
            Some(chunk) => builder.chunk(chunk).set_filters(&filters(self.storage)),
            None => builder.no_chunk().layout(Layout::Contiguous),
        };
        let dataset = builder.create(self.name)?;
        match is_filled && dtype::is_number(self.element) {
            true => note_missing(&dataset),
            false => Ok(()),
        }
    }

    fn extents(&self) -> Extents {
        let axes = self.shape.iter().enumerate();
        let axes = axes.map(
            |(axis, &length)| match self.storage.unlimited.contains(&axis) {
                true => Extent::resizable(length),
                false => Extent::fixed(length),
            },
        );
        match self.shape {
            [] => Extents::Scalar,
            _ => Extents::Simple(SimpleExtents::from_vec(axes.collect())),
        }
    }
}

/// What stands for a missing value in netCDF; not zero, which every unwritten array has for a value.
fn note_missing(dataset: &Dataset) -> std::result::Result<(), Cause> {
    let fill = fill_value(dataset)?;
    match fill.iter().any(|&byte| byte != 0) {
        true => write_number(dataset, "_FillValue", &fill),
        false => Ok(()),
    }
}

/// Gives a dataset another shape. *Local.*
pub(super) fn extend(dataset: &Dataset, shape: &[usize]) -> std::result::Result<(), Cause> {
    Ok(dataset.resize(shape)?)
}

fn filters(storage: &Storage) -> Vec<Filter> {
    let as_many_bits_as_needed = ScaleOffset::Integer(0);
    let scale_offset = storage.scale_offset.then_some(as_many_bits_as_needed);
    let shuffle = storage.shuffle.then(Filter::shuffle);
    let gzip = storage.gzip.map(Filter::deflate);
    let fletcher32 = storage.fletcher32.then(Filter::fletcher32);
    let scale_offset = scale_offset.map(Filter::scale_offset);
    let all = [scale_offset, shuffle, gzip, fletcher32];
    all.into_iter().flatten().collect()
}

/// Makes the groups on the way to `name` that are not there yet.
pub(super) fn create_groups(file: &hdf5::File, name: &str) -> std::result::Result<(), Cause> {
    for (end, _) in name.match_indices('/') {
        let group = &name[..end];
        if !group.is_empty() && !group.ends_with('/') && !exists(file, group)? {
            create_group(file, group)?;
        }
    }
    Ok(())
}
