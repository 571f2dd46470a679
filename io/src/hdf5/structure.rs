//! Groups, links, scales and the account of where a file comes from: the root makes them.

use std::ffi::OsString;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use hdf5::Dataset;
use hdf5::dataset::AllocTime;
use partita::Result;

use super::attribute::{AttributeValue, Texts};
use super::dataset::Source;
use super::ffi::{
    Cause, attach_scale, exists, is_scale, label_axis, library_version, make_scale,
    number_of_scales,
};
use super::file::File;
use super::plan::create_groups;
use super::writing::Writing;

impl File<Writing> {
    /// Makes a group, and those on the way to it. *Collective.*
    ///
    /// # Cost
    /// The root makes it; one broadcast.
    ///
    /// # Errors
    /// [`Error::Io`](partita::Error::Io) when something else has this name, [`Error::Usage`](partita::Error::Usage)
    /// when it is none: then nothing has changed. [`Error::Io`](partita::Error::Io), as [`write`](Self::write).
    pub fn create_group(&mut self, name: &str) -> Result<()> {
        let inside = format!("{}/", name.trim_end_matches('/'));
        let operation = format!("create group {name:?} in");
        let look = |source: &Source| match name.is_empty() || inside != "/" {
            true => {
                source.check_name(inside.trim_end_matches('/'))?;
                source.check_way(&inside)
            }
            false => Ok(()),
        };
        self.change(&operation, look, |file, ()| create_groups(file, &inside))
    }

    /// Lets `name` stand for what is, or will be, called `target`. *Collective.*
    ///
    /// # Cost
    /// The root makes the link; one broadcast.
    ///
    /// # Errors
    /// [`Error::Io`](partita::Error::Io) when there is something of this name,
    /// [`Error::Usage`](partita::Error::Usage) when one of the names is none: then nothing has changed.
    /// [`Error::Io`](partita::Error::Io), as [`write`](Self::write).
    pub fn link(&mut self, name: &str, target: &str) -> Result<()> {
        let look = |source: &Source| {
            source.check_attribute_name(target)?;
            source.check_free(name)
        };
        self.change(&format!("link {name:?} in"), look, |file, ()| {
            create_groups(file, name)?;
            Ok(file.link_soft(target, name)?)
        })
    }

    /// Gives each axis of a dataset a name. *Collective.*
    ///
    /// # Errors
    /// [`Error::Format`](partita::Error::Format) when there is no such dataset, [`Error::Io`](partita::Error::Io)
    /// when it has another number of axes: then nothing has changed. [`Error::Io`](partita::Error::Io), as
    /// [`write`](Self::write).
    pub fn label_axes(&mut self, dataset: &str, labels: &[&str]) -> Result<()> {
        let look = |source: &Source| {
            let dataset = source.dataset(dataset)?;
            one_each(&dataset, labels).map_err(|detail| source.refused(detail))?;
            match labels.iter().any(|label| label.contains('\0')) {
                true => Err(source.refused("a label has a NUL in it")),
                false => Ok(dataset),
            }
        };
        let operation = format!("label the axes of {dataset:?} in");
        self.change(&operation, look, |_, dataset| {
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
    /// [`Error::Format`](partita::Error::Format) when one of the datasets is missing,
    /// [`Error::Io`](partita::Error::Io) when a scale is not as long as its axis, has scales itself, or is to get
    /// one: then nothing has changed. [`Error::Io`](partita::Error::Io), as [`write`](Self::write).
    pub fn attach_scales(&mut self, dataset: &str, scales: &[&str]) -> Result<()> {
        let look = |source: &Source| {
            let dataset = source.dataset(dataset)?;
            one_each(&dataset, scales).map_err(|detail| source.refused(detail))?;
            let lengths = dataset.shape();
            let scales = scales.iter().zip(lengths);
            let scales = scales.map(|(name, length)| {
                let scale = source.scale_of(&dataset, name, length)?;
                Ok((scale, last_part(name)))
            });
            let scales = scales.collect::<Result<Vec<_>>>()?;
            Ok((dataset, scales))
        };
        let operation = format!("attach scales to {dataset:?} in");
        self.change(&operation, look, |_, (dataset, scales)| {
            for (axis, (scale, name)) in scales.iter().enumerate() {
                attach_scale(&dataset, scale, axis, name)?;
                label_axis(&dataset, axis, name)?;
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
        let words = command_line(std::env::args_os());
        let program = words.first().cloned().unwrap_or_default();
        let (own, hdf5) = (env!("CARGO_PKG_VERSION"), library_version());
        let values: [(&str, &dyn AttributeValue); 6] = [
            ("program", &program),
            ("version", &version),
            ("command", &words.join(" ")),
            ("time", &in_utc(now())),
            ("ranks", &(self.communicator.size() as u64)),
            ("libraries", &format!("partita {own}, HDF5 {hdf5}")),
        ];
        self.write_attributes("write the provenance of", "/", &values, Texts::Apart)
    }
}

/// The words of a command, the program without its folder; what is no text as near to it as can be.
fn command_line(words: impl Iterator<Item = OsString>) -> Vec<String> {
    let mut words: Vec<String> = words
        .map(|word| word.to_string_lossy().to_string())
        .collect();
    if let Some(program) = words.first_mut() {
        let name = Path::new(program).file_name().unwrap_or_default();
        *program = name.to_string_lossy().to_string();
    }
    words
}

fn one_each(dataset: &Dataset, names: &[&str]) -> std::result::Result<(), String> {
    let (names, ndim) = (names.len(), dataset.ndim());
    match names == ndim {
        true => Ok(()),
        false => Err(format!("there are {names} names for {ndim} axes")),
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

impl Source<'_> {
    /// What can become a scale of an axis of `dataset`, which has this length.
    pub(super) fn scale_of(&self, dataset: &Dataset, name: &str, length: usize) -> Result<Dataset> {
        self.check_may_have_scales(dataset)?;
        let scale = self.scale(name, length)?;
        let identity = |dataset: &Dataset| -> Result<_> {
            let info = dataset
                .loc_info()
                .map_err(|error| self.damaged(&error.into()))?;
            Ok((info.fileno, info.token))
        };
        match identity(dataset)? == identity(&scale)? {
            true => Err(self.refused(format!("{name:?} is no scale of itself"))),
            false => Ok(scale),
        }
    }

    /// What can become a scale of an axis of this length.
    pub(super) fn scale(&self, name: &str, length: usize) -> Result<Dataset> {
        let scale = self.dataset(name)?;
        let shape = scale.shape();
        if shape != [length] {
            return Err(self.refused(format!(
                "{name:?} of shape {shape:?} is no scale of an axis of {length}"
            )));
        }
        match has_scale(&scale, 0).map_err(|cause| self.damaged(&cause))? {
            true => Err(self.refused(format!("{name:?} has a scale, and can be none"))),
            false => Ok(scale),
        }
    }

    fn check_may_have_scales(&self, dataset: &Dataset) -> Result<()> {
        match is_scale(dataset).map_err(|cause| self.damaged(&cause))? {
            true => Err(self.refused("it is a scale, which can have none")),
            false => Ok(()),
        }
    }
}

/// The dataset of an axis's coordinates; where there is none of the name, a netCDF dimension that has none.
pub(super) fn scale_or_dimension(
    file: &hdf5::File,
    name: &str,
    length: usize,
) -> std::result::Result<Dataset, Cause> {
    if exists(file, name)? {
        return Ok(file.dataset(name)?);
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
    fn a_command_of_words_that_are_no_text_is_written_all_the_same() {
        use std::os::unix::ffi::OsStringExt;
        let words = [&b"/usr/bin/heat"[..], b"--output", b"out\xff.h5"];
        let words = words.map(|word| OsString::from_vec(word.to_vec()));
        let expected = ["heat", "--output", "out\u{fffd}.h5"];
        assert_eq!(command_line(words.into_iter()), expected);
        assert!(command_line(std::iter::empty()).is_empty());
    }

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
