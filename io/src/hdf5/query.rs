//! What is in a file: the root looks, and tells the others.

use partita::{Error, Result};

use super::attribute::Problem;
use super::attribute_read::FromAttribute;
use super::dataset::Source;
use super::dtype::Mismatch;
use super::file::{Access, File};
use super::listing::{enumeration, list};
use super::location::Location;

impl<A: Access> File<A> {
    /// The shape of a dataset. *Collective.*
    ///
    /// # Cost
    /// The root looks; one broadcast.
    ///
    /// # Errors
    /// [`Error::Format`] when there is no such dataset, with those there are.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        self.ask(&format!("read the shape of {name:?} from"), |source| {
            source.shape(&source.dataset(name)?)
        })
    }

    /// The full names of all datasets, in alphabetic order. *Collective.*
    ///
    /// # Cost
    /// The root looks through all groups; one broadcast.
    ///
    /// # Errors
    /// [`Error::Format`] when the file is damaged.
    pub fn datasets(&self) -> Result<Vec<String>> {
        self.ask("list the datasets of", |source| {
            list(source.file).map_err(|cause| source.damaged(&cause))
        })
    }

    /// The dataset that `location` names, or the only one there is. *Collective.*
    ///
    /// # Errors
    /// [`Error::Format`] when it names none, and there is not exactly one: with those there are.
    pub fn dataset_at(&self, location: &Location) -> Result<String> {
        if let Some(name) = location.dataset() {
            return Ok(name.to_string());
        }
        let mut there = self.datasets()?;
        if there.len() == 1 {
            return Ok(there.remove(0));
        }
        let path = self.path.display();
        let there = enumeration(&there);
        let detail = format!("which dataset? Write {path}:/dataset; {there}");
        Err(Error::format("choose from", &self.path, detail))
    }

    /// Reads an attribute of the file. *Collective.*
    ///
    /// # Cost
    /// The root reads; one broadcast.
    ///
    /// # Errors
    /// [`Error::Format`] when there is none of this name (with those there are) or of another kind.
    pub fn read_attribute<Value: FromAttribute>(&self, name: &str) -> Result<Value> {
        let operation = format!("read attribute {name:?} from");
        self.read_attribute_of(&operation, name, |source| Ok(owned(source.file)))
    }

    /// Reads an attribute of a dataset (or a group). *Collective.*
    ///
    /// # Errors
    /// As [`read_attribute`](Self::read_attribute), and when there is no such dataset.
    pub fn read_dataset_attribute<Value: FromAttribute>(
        &self,
        dataset: &str,
        name: &str,
    ) -> Result<Value> {
        let operation = format!("read attribute {name:?} of {dataset:?} from");
        self.read_attribute_of(&operation, name, |source| match source.dataset(dataset) {
            Ok(dataset) => Ok(owned(&dataset)),
            Err(missing) => source
                .file
                .group(dataset)
                .map(|group| owned(&group))
                .map_err(|_| missing),
        })
    }

    fn read_attribute_of<Value: FromAttribute>(
        &self,
        operation: &str,
        name: &str,
        owner: impl FnOnce(&Source) -> Result<hdf5::Location>,
    ) -> Result<Value> {
        let content = self.ask(operation, |source| {
            let owner = owner(source)?;
            let there = owner
                .attr_names()
                .map_err(|error| source.damaged(&error.into()))?;
            if !there.iter().any(|other| other == name) {
                return Err(source.format(format!("no such attribute; {}", enumeration(&there))));
            }
            let attribute = owner
                .attr(name)
                .map_err(|error| source.damaged(&error.into()))?;
            Value::read(&attribute).map_err(|Problem(mismatch)| match mismatch {
                Mismatch::Unsupported(feature) => source.unsupported(feature),
                Mismatch::Loses(detail) => source.format(detail),
            })
        })?;
        let broken = || {
            Error::format(
                operation,
                &self.path,
                "its value is none of its type, or does not fit into memory",
            )
        };
        Value::decode(content).ok_or_else(broken)
    }
}

/// What attributes hang on, whatever it is besides.
fn owned(location: &hdf5::Location) -> hdf5::Location {
    location.clone()
}
