//! Which run a checkpoint is of.

use std::fmt::Debug;

use ndarray::Array2;
use partita::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::hdf5::{File, Reading, Writing};

/// The attribute of names and values, of a run that has some.
const RUN: &str = "partita_run";

/// What the results of a run hang on, by name, as it prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Run(Vec<(String, String)>);

impl Run {
    pub fn set(&mut self, name: &str, value: &dyn Debug) {
        self.0.retain(|(other, _)| other != name);
        // A file's texts end at zeros; printed ones have none but in a type's own way of printing.
        let printed = format!("{value:?}").replace('\0', "\\0");
        self.0.push((name.replace('\0', "\\0"), printed));
    }

    /// *Collective.*
    pub fn write(&self, file: &mut File<Writing>) -> Result<()> {
        let shape = [self.0.len(), 2];
        let texts = self
            .0
            .iter()
            .flat_map(|(name, value)| [name.as_str(), value]);
        file.firm_attribute(RUN, Array2::from_shape_vec(shape, texts.collect())?)
    }

    /// Whether a checkpoint is of this run; the name tells what is different. *Collective.*
    pub fn check(&self, file: &File<Reading>) -> Result<()> {
        let texts: Vec<String> = file.read_attribute(RUN)?;
        let (pairs, _) = texts.as_chunks::<2>();
        let saved = |wanted: &str| pairs.iter().find(|[name, _]| name == wanted);
        let path = file.path().display();
        // Replicated: every rank has read them.
        for (name, own) in &self.0 {
            match saved(name) {
                Some([_, value]) if value == own => {}
                Some([_, value]) => {
                    return Err(Error::usage(format!(
                        "{path} is of a run with {name} = {value}, this one has {own}"
                    )));
                }
                None => {
                    return Err(Error::usage(format!(
                        "{path} is of a run without {name}, this one has {own}"
                    )));
                }
            }
        }
        let is_more = |[name, _]: &&[String; 2]| !self.0.iter().any(|(own, _)| own == name);
        match pairs.iter().find(is_more) {
            Some([name, value]) => Err(Error::usage(format!(
                "{path} is of a run with {name} = {value}, this one has none"
            ))),
            None => Ok(()),
        }
    }
}
