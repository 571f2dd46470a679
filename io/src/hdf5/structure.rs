//! Groups, links, scales and the account of where a file comes from: the root makes them.

use std::time::{SystemTime, UNIX_EPOCH};

use hdf5::Dataset;
use hdf5::dataset::AllocTime;
use partita::{Error, Result};

use super::ffi::{
    Cause, attach_scale, exists, label_axis, library_version, make_scale, number_of_scales,
};
use super::file::{Access, File};
use super::plan::create_groups;
use super::writing::Writing;
use crate::agreed::on_root;

impl File<Writing> {
    /// Makes a group, and those on the way to it. *Collective.*
    ///
    /// # Cost
    /// The root makes it; one broadcast.
    ///
    /// # Errors
    /// [`Error::Io`] when something else has this name.
    pub fn create_group(&mut self, name: &str) -> Result<()> {
        self.change(&format!("create group {name:?} in"), |file| {
            create_groups(file, &format!("{}/", name.trim_end_matches('/')))?;
            file.group(name)?;
            Ok(())
        })
    }

    /// Lets `name` stand for what is, or will be, called `target`. *Collective.*
    ///
    /// # Cost
    /// The root makes the link; one broadcast.
    ///
    /// # Errors
    /// [`Error::Io`] when there is something of this name.
    pub fn link(&mut self, name: &str, target: &str) -> Result<()> {
        self.change(&format!("link {name:?} in"), |file| {
            create_groups(file, name)?;
            Ok(file.link_soft(target, name)?)
        })
    }

    /// Gives each axis of a dataset a name. *Collective.*
    ///
    /// # Errors
    /// [`Error::Io`] when there is no such dataset, or it has another number of axes.
    pub fn label_axes(&mut self, dataset: &str, labels: &[&str]) -> Result<()> {
        self.change(&format!("label the axes of {dataset:?} in"), |file| {
            let dataset = file.dataset(dataset)?;
            one_each(&dataset, labels)?;
            for (axis, label) in labels.iter().enumerate() {
                label_axis(&dataset, axis, label)?;
            }
            Ok(())
        })
    }

    /// Makes datasets of one axis the coordinates along each axis of another: HDF5's dimension scales, by
    /// which xarray, netCDF-4 and h5py's `dims` know them. *Collective.*
    ///
    /// ```no_run
    /// # fn example(
    /// #     world: &partita::Communicator,
    /// #     u: &partita::DistArray<f64, ndarray::Ix2>,
    /// #     x: &partita::DistArray<f64, ndarray::Ix1>,
    /// # ) -> partita::Result<()> {
    /// use partita_io::hdf5::File;
    /// let mut file = File::create(world, "out.h5")?;
    /// file.write("x", x)?;
    /// file.write("y", x)?;
    /// file.write("u", u)?;
    /// file.attach_scales("u", &["y", "x"])?;
    /// file.dataset_attribute("x", "units", "m")?;
    /// file.close()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] when one of the datasets is missing, or a scale is not as long as its axis.
    pub fn attach_scales(&mut self, dataset: &str, scales: &[&str]) -> Result<()> {
        self.change(&format!("attach scales to {dataset:?} in"), |file| {
            let dataset = file.dataset(dataset)?;
            one_each(&dataset, scales)?;
            let shape = dataset.shape();
            for (axis, name) in scales.iter().enumerate() {
                let scale = file.dataset(name)?;
                if scale.shape() != [shape[axis]] {
                    let (own, length) = (scale.shape(), shape[axis]);
                    let detail =
                        format!("{name:?} of shape {own:?} is no scale of an axis of {length}");
                    return Err(Cause::from(detail.as_str()));
                }
                attach_scale(&dataset, &scale, axis, last_part(name))?;
                label_axis(&dataset, axis, last_part(name))?;
            }
            Ok(())
        })
    }

    /// Writes where the file comes from, as attributes of the file: the program, its `version`, the
    /// command line, the time, the number of ranks, and the libraries. *Collective.*
    ///
    /// Files with such an account differ from run to run, unless `SOURCE_DATE_EPOCH` says which time to write.
    ///
    /// # Errors
    /// As [`attribute`](Self::attribute).
    pub fn provenance(&mut self, version: &str) -> Result<()> {
        let mut words = std::env::args();
        let program = words.next().unwrap_or_default();
        let program = std::path::Path::new(&program);
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let command: Vec<String> = std::iter::once(name.to_string()).chain(words).collect();
        let own = env!("CARGO_PKG_VERSION");
        self.attribute("program", name.as_ref())?;
        self.attribute("version", version)?;
        self.attribute("command", command.join(" "))?;
        self.attribute("time", in_utc(now()))?;
        self.attribute("ranks", self.communicator.size() as u64)?;
        let hdf5 = library_version();
        self.attribute("libraries", format!("partita {own}, HDF5 {hdf5}"))
    }

    /// Changes the structure, on the root.
    pub(super) fn change(
        &self,
        operation: &str,
        change: impl FnOnce(&hdf5::File) -> std::result::Result<(), Cause>,
    ) -> Result<()> {
        self.whole_so_far(operation)?;
        on_root(&self.communicator, || {
            let file = self.access.structure(operation, &self.path)?;
            change(&file).map_err(|cause| Error::io(operation, &self.path, cause))
        })
    }
}

fn one_each(dataset: &Dataset, names: &[&str]) -> std::result::Result<(), Cause> {
    let ndim = dataset.ndim();
    match names.len() == ndim {
        true => Ok(()),
        false => {
            let detail = format!("there are {} names for {ndim} axes", names.len());
            Err(Cause::from(detail.as_str()))
        }
    }
}

/// A dimension's name in netCDF is its dataset's within its group.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Whether an axis has coordinates already.
pub(super) fn has_scale(dataset: &Dataset, axis: usize) -> std::result::Result<bool, Cause> {
    Ok(number_of_scales(dataset, axis)? > 0)
}

/// The dataset of an axis's coordinates; where there is none of the name, a netCDF dimension that has none.
pub(super) fn scale_or_dimension(
    file: &hdf5::File,
    name: &str,
    length: usize,
) -> std::result::Result<Dataset, Cause> {
    if exists(file, name)? {
        let scale = file.dataset(name)?;
        return match scale.shape() == [length] {
            true => Ok(scale),
            false => {
                let own = scale.shape();
                let detail =
                    format!("{name:?} of shape {own:?} is no scale of an axis of {length}");
                Err(detail.as_str().into())
            }
        };
    }
    create_groups(file, name)?;
    let dimension = file
        .new_dataset_builder()
        .empty::<f32>()
        .shape([length])
        .alloc_time(Some(AllocTime::Late))
        .obj_track_times(false)
        .create(name)?;
    // By this name netCDF-4 knows that there are no coordinates in it.
    let marked = format!("This is a netCDF dimension but not a netCDF variable.{length:10}");
    make_scale(&dimension, &marked)?;
    Ok(dimension)
}

/// Seconds since 1970, of this moment or of the one that the environment asks for.
fn now() -> u64 {
    let asked = std::env::var("SOURCE_DATE_EPOCH").ok();
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH);
    asked
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or_else(|| clock().map_or(0, |since| since.as_secs()))
}

/// A moment as `2026-11-27T22:58:08Z`.
///
/// # Source
/// H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
fn in_utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + 400 * era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_820_288, "2026-11-27T22:58:08Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(in_utc(seconds), text);
        }
    }
}
