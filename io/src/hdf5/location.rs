//! `FILE.h5:/dataset`, as programs take it on the command line.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use partita::{Error, Result};

/// A file, and a dataset in it where one is named.
///
/// ```
/// use partita_io::hdf5::Location;
/// let input: Location = "run/heat.h5:/fields/u".parse()?;
/// assert_eq!(input.file(), "run/heat.h5");
/// assert_eq!(input.dataset(), Some("/fields/u"));
/// let whole: Location = "run/heat.h5".parse()?;
/// assert_eq!(whole.dataset(), None); // `File::dataset_at` takes the only one there is
/// assert!("heat.h5:".parse::<Location>().is_err());
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    file: PathBuf,
    dataset: Option<String>,
}

impl Location {
    /// The path of the file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The dataset's path inside the file, with its leading `/`.
    pub fn dataset(&self) -> Option<&str> {
        self.dataset.as_deref()
    }
}

impl FromStr for Location {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let lacking =
            |part| Error::usage(format!("{text:?} names no {part}: write FILE.h5:/dataset"));
        let (file, dataset) = match text.rsplit_once(":/") {
            Some((file, dataset)) => (file, Some(dataset)),
            None => match text.strip_suffix(':') {
                Some(file) => (file, Some("")),
                None => (text, None),
            },
        };
        if file.is_empty() {
            return Err(lacking("file"));
        }
        if dataset.is_some_and(|name| name.trim_matches('/').is_empty()) {
            return Err(lacking("dataset after the colon"));
        }
        Ok(Location {
            file: PathBuf::from(file),
            dataset: dataset.map(|name| format!("/{}", name.trim_matches('/'))),
        })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.dataset {
            Some(dataset) => write!(formatter, "{file}:{dataset}"),
            None => write!(formatter, "{file}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_prints_as_it_is_written() {
        for text in ["a.h5", "a.h5:/u", "run/12:30.h5:/g/u", "C:x.h5"] {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_missing_part_is_named() {
        let refusal = |text: &str| text.parse::<Location>().unwrap_err().to_string();
        assert!(refusal("").contains("no file"));
        assert!(refusal(":/u").contains("no file"));
        for text in ["a.h5:", "a.h5:/", "a.h5://"] {
            assert!(
                refusal(text).contains("no dataset after the colon"),
                "{text}"
            );
        }
    }
}
