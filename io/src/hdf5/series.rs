//! Arrays one after the other, each with its time.

use hdf5::Dataset;
use hdf5::dataset::AllocTime;
use ndarray::s;
use partita::layout::Axes;
use partita::{DistArray, Error, Result};
use serde::{Deserialize, Serialize};

use super::attribute::AttributeValue;
use super::checksum;
use super::dataset::Source;
use super::dtype::{self, Hdf5Element};
use super::ffi::{Cause, as_bytes, attach_scale, exists, label_axis};
use super::file::{Access, File};
use super::fill::Old;
use super::hyperslab::Selection;
use super::plan::{Plan, extend};
use super::slab::Slab;
use super::storage::{Storage, largest_part};
use super::structure::{has_scale, last_part, scale_or_dimension};
use super::text::in_words;
use super::write::bytes_of;
use super::writing::Writing;
use crate::agreed::{for_all_to_hear, on_root};
use crate::save;

/// So many times lie together in a chunk.
const TIMES_A_CHUNK: usize = 512;

/// A dataset that grows by an array a step along its first axis, and the dataset of the steps' times, which
/// is the scale of that axis.
///
/// A description, that holds nothing open. Series with one dataset of times take their steps together.
///
/// ```no_run
/// # fn example(world: &partita::Communicator, u: &partita::DistArray<f64, ndarray::Ix2>) -> partita::Result<()> {
/// use partita_io::hdf5::{File, Series, Storage};
/// let temperatures = Series::new("u").with_storage(Storage::chunked().shuffle().gzip(1));
/// let mut file = File::create(world, "run.h5")?;
/// for step in 0..10 {
///     temperatures.append(&mut file, 0.1 * step as f64, u)?;
/// }
/// file.close()?;
/// // Later, more of it: the file is the old one until the new one is closed.
/// let mut file = File::append(world, "run.h5")?;
/// temperatures.append(&mut file, 1.0, u)?;
/// file.close()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    name: String,
    time: String,
    time_units: Option<String>,
    axes: Vec<String>,
    storage: Storage,
}

/// What the root did for a step.
#[derive(Debug, Serialize, Deserialize)]
struct Step {
    number: usize,
    /// `None` of steps that another program wrote without one.
    sum: Option<u64>,
    time_sum: u64,
}

impl Series {
    /// Arrays in the dataset of this name, their times in `time` beside it.
    pub fn new(name: &str) -> Self {
        let group = name.rfind('/').map_or("", |end| &name[..=end]);
        Series {
            name: name.to_string(),
            time: format!("{group}time"),
            time_units: None,
            axes: Vec::new(),
            storage: Storage::chunked(),
        }
    }

    /// The times in this dataset.
    pub fn with_times(mut self, name: &str) -> Self {
        self.time = name.to_string();
        self
    }

    /// What the times are, as netCDF's CF conventions have it: `"seconds since 2000-01-01"` become dates in xarray,
    /// `"s"` stay numbers.
    pub fn with_time_units(mut self, units: &str) -> Self {
        self.time_units = Some(units.to_string());
        self
    }

    /// The datasets of the coordinates along the axes of each step; where there is none of the name, the axis
    /// gets a netCDF dimension of this name, without coordinates.
    pub fn with_axes(mut self, names: &[&str]) -> Self {
        self.axes = names.iter().map(|name| name.to_string()).collect();
        self
    }

    /// Each step stored like this; chunks are of one step.
    pub fn with_storage(mut self, storage: Storage) -> Self {
        self.storage = storage;
        self
    }

    /// Writes the next step. *Collective.*
    ///
    /// The first step makes the datasets.
    ///
    /// # Shapes
    /// Every step's array has the shape of the first one's.
    ///
    /// # Cost
    /// As [`File::write_with`].
    ///
    /// # Errors
    /// As [`File::write_with`]. Before anything has changed: [`Error::Shape`] when a step has another shape;
    /// [`Error::Usage`] when another series of the same times took this step at another time; [`Error::Format`] and
    /// [`Error::Unsupported`] when datasets of these names are no such series.
    pub fn append<A: Hdf5Element, D: Axes>(
        &self,
        file: &mut File<Writing>,
        time: f64,
        array: &DistArray<A, D>,
    ) -> Result<()> {
        let operation = format!("append to {:?} in", self.name);
        file.whole_so_far(&operation)?;
        let one = [&[1], array.shape()].concat();
        let block = [&[1], largest_part(array.layout()).as_slice()].concat();
        let storage = self.storage.clone().unlimited(0);
        let element = A::type_descriptor();
        let chunk = file.chunk::<A>(&operation, &one, &storage, &block);
        let (chunk, found_here) = for_all_to_hear(chunk);
        let of_step = chunk.as_deref().map(|chunk| chunk[1..].to_vec());
        let room = storage.room(&one, chunk.as_deref(), element.size());
        let shape = [&[0], array.shape()].concat();
        let bytes = bytes_of(array.shape(), element.size());
        let plan = Plan {
            name: &self.name,
            element: &element,
            shape: &shape,
            storage: &storage,
            chunk,
            fill: None,
        };
        let arguments = (self, dtype::name(&element), array.shape(), time.to_bits());
        let arguments = (arguments, &plan.chunk, file.collective);
        let same_ranks = file.same_ranks(&operation, array.communicator());
        file.called_alike(&operation, &arguments, found_here.and(same_ranks), || {
            file.answer(&operation, |source| {
                file.check_transfers(source, storage.is_compressed())?;
                self.look(source, &plan, time)
            })?;
            save::check_room(file.session(&operation)?.file, &file.path, bytes.max(room))
        })?;
        let arranged = file.arranged(array, &storage, of_step.as_deref())?;
        file.changing(|file| {
            let step = on_root(&file.communicator, || {
                let step = file.answer(&operation, |source| {
                    self.next_step(source, &file.access, plan, time)
                })?;
                file.make_room(&operation, room)?;
                Ok(step)
            })?;
            let rest = array.shape().iter().map(|&length| 0..length);
            let slab = Slab::of_step(step.number, rest);
            // What the growing added to the checksum, the writing takes away: neither is computed.
            let added = file.fill(
                &operation,
                &self.name,
                &slab,
                &arranged,
                Some(Old::Unsummed),
            )?;
            if let Some(sum) = step.sum {
                file.note_sum(&self.name, sum.wrapping_add(added));
            }
            file.note_sum(&self.time, step.time_sum);
            Ok(())
        })
    }

    /// On the root: whether there can be a next step, at this time. Nothing is changed.
    fn look(&self, source: &Source, plan: &Plan, time: f64) -> Result<()> {
        let there = |name: &str| exists(source.file, name).map_err(|cause| source.damaged(&cause));
        let mut number = 0;
        source.check_name(&self.name)?;
        source.check_way(&self.name)?;
        if there(&self.name)? {
            self.check(source, plan)?;
            let shape = source.shape(&source.dataset(&self.name)?)?;
            number = shape.first().copied().unwrap_or(0);
        } else {
            self.look_at_axes(source, &plan.shape[1..])?;
        }
        source.check_name(&self.time)?;
        source.check_way(&self.time)?;
        if there(&self.time)? {
            return self.look_at_times(source, number, time);
        }
        let units = self.time_units.as_ref().map(|units| units.prepared());
        let refused = |problem| source.refused(in_words(problem));
        units.transpose().map_err(refused).map(drop)
    }

    /// Whether the axes of a step, which have these lengths, can have the scales they are to have.
    fn look_at_axes(&self, source: &Source, lengths: &[usize]) -> Result<()> {
        let (names, axes) = (self.axes.len(), lengths.len());
        if names != 0 && names != axes {
            let detail = format!("there are {names} names for {axes} axes of a step");
            return Err(source.refused(detail));
        }
        for (name, &length) in self.axes.iter().zip(lengths) {
            source.check_name(name)?;
            source.check_way(name)?;
            if exists(source.file, name).map_err(|cause| source.damaged(&cause))? {
                source.scale(name, length)?;
            }
        }
        Ok(())
    }

    /// Whether the times that are there can take this one for step `number`.
    fn look_at_times(&self, source: &Source, number: usize, time: f64) -> Result<()> {
        let times = source.dataset(&self.time)?;
        let (stored, shape) = (source.element(&times)?, source.shape(&times)?);
        if stored != <f64 as hdf5::H5Type>::type_descriptor() || shape.len() != 1 {
            let stored = dtype::name(&stored);
            let detail = format!("its times are {stored} of shape {shape:?}, no list of float64");
            return Err(source.format(detail));
        }
        source.check_unpacking(&times)?;
        if number >= shape[0] {
            return match times.is_resizable() {
                true => Ok(()),
                false => Err(source.format(format!("{:?} cannot grow", self.time))),
            };
        }
        let there = times.read_slice_1d::<f64, _>(s![number..number + 1]);
        let there = there.map_err(|error| source.damaged(&error.into()))?[0];
        if there.to_bits() == time.to_bits() {
            return Ok(());
        }
        let (operation, path) = (source.operation, source.path.display());
        Err(Error::usage(format!(
            "{operation} {path}: step {number} is at {there:?} in {:?} already, not at {time:?}",
            self.time
        )))
    }

    /// On the root: both datasets, made if they are not there, longer by this step.
    fn next_step(&self, source: &Source, access: &Writing, plan: Plan, time: f64) -> Result<Step> {
        let failure = |cause: Cause| Error::io(source.operation, source.path, cause);
        let shape = plan.shape.to_vec();
        if !exists(source.file, &self.name).map_err(failure)? {
            self.make(source, plan).map_err(failure)?;
        }
        let dataset = source.dataset(&self.name)?;
        let number = source.shape(&dataset)?.first().copied().unwrap_or(0);
        let next = [&[number + 1], &shape[1..]].concat();
        extend(&dataset, &next).map_err(failure)?;
        let time_sum = self.next_time(source, access, number, time)?;
        Ok(Step {
            number,
            sum: access
                .sum_of(source, &self.name)?
                .or((number == 0).then_some(0)),
            time_sum,
        })
    }

    fn make(&self, source: &Source, plan: Plan) -> std::result::Result<(), Cause> {
        plan.create(source.file)?;
        if !exists(source.file, &self.time)? {
            let times = Plan {
                name: &self.time,
                element: &<f64 as hdf5::H5Type>::type_descriptor(),
                shape: &[0],
                storage: &Storage::chunks(&[TIMES_A_CHUNK]).unlimited(0),
                chunk: Some(vec![TIMES_A_CHUNK]),
                fill: Some(f64::NAN.into()),
            };
            times.create(source.file)?;
            if let Some(units) = &self.time_units {
                let times = source.file.dataset(&self.time)?;
                units.write(&times, "units").map_err(in_words)?;
            }
        }
        let dataset = source.file.dataset(&self.name)?;
        let times = source.file.dataset(&self.time)?;
        if !has_scale(&dataset, 0)? {
            attach_scale(&dataset, &times, 0, last_part(&self.time))?;
            label_axis(&dataset, 0, last_part(&self.time))?;
        }
        self.name_axes(source, &dataset)
    }

    /// Gives the axes of the steps their scales too: xarray refuses datasets of which only some axes have one.
    fn name_axes(&self, source: &Source, dataset: &Dataset) -> std::result::Result<(), Cause> {
        let shape = dataset.shape();
        for (axis, &length) in shape.iter().enumerate().skip(1) {
            let own = format!("{}_axis{axis}", self.name);
            let name = self.axes.get(axis - 1).unwrap_or(&own);
            let scale = scale_or_dimension(source.file, name, length)?;
            attach_scale(dataset, &scale, axis, last_part(name))?;
            label_axis(dataset, axis, last_part(name))?;
        }
        Ok(())
    }

    /// Whether a dataset that is there can take the step.
    fn check(&self, source: &Source, plan: &Plan) -> Result<()> {
        let dataset = source.dataset(&self.name)?;
        let (stored, shape) = (source.element(&dataset)?, source.shape(&dataset)?);
        if &stored != plan.element {
            let (stored, own) = (dtype::name(&stored), dtype::name(plan.element));
            return Err(source.format(format!("its elements are {stored}, the array's are {own}")));
        }
        if shape.get(1..) != plan.shape.get(1..) {
            let (steps, own) = (shape.get(1..).unwrap_or_default(), &plan.shape[1..]);
            let detail = format!("its steps have shape {steps:?}, the array has {own:?}");
            let operation = format!("{} {}", source.operation, source.path.display());
            return Err(Error::shape(operation, detail));
        }
        source.check_storage(&dataset)?;
        let properties = dataset.dcpl();
        let properties = properties.map_err(|error| source.damaged(&error.into()))?;
        // HDF5 does not find its way to chunks that several ranks would have to make.
        if !properties.has_filters() && properties.alloc_time() != AllocTime::Early {
            let what = "another program's series, whose chunks are allocated late,";
            return Err(source.unsupported(what.into()));
        }
        Ok(())
    }

    /// Writes the time of a step, unless another series did, at the same time; the checksum of all times.
    fn next_time(
        &self,
        source: &Source,
        access: &Writing,
        number: usize,
        time: f64,
    ) -> Result<u64> {
        let damaged = |error: hdf5::Error| source.damaged(&error.into());
        let times = source.dataset(&self.time)?;
        let (known, sum) = (times.size(), access.sum_of(source, &self.time)?);
        let sum = match sum {
            Some(sum) => sum,
            None => self.sum_of_times(source, 0, &times.read_raw().map_err(damaged)?)?,
        };
        if number < known {
            return Ok(sum);
        }
        let mut new = vec![f64::NAN; number - known];
        new.push(time);
        extend(&times, &[number + 1]).map_err(|cause| source.damaged(&cause))?;
        times
            .write_slice(&new, s![known..number + 1])
            .map_err(damaged)?;
        Ok(sum.wrapping_add(self.sum_of_times(source, known, &new)?))
    }

    /// The share of these times, the first of which is of step `first`.
    fn sum_of_times(&self, source: &Source, first: usize, times: &[f64]) -> Result<u64> {
        let steps = Selection::of_ranges(Some(first..first + times.len()));
        let bytes = as_bytes(times).map_err(|cause| source.damaged(&cause))?;
        Ok(checksum::of_elements(&steps, 8, bytes))
    }
}
