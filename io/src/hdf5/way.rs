//! Which way the data of a dataset go.

use std::path::Path;

use hdf5::types::TypeDescriptor;
use partita::{Error, Result};
use serde::{Deserialize, Serialize};

use super::direct::places;
use super::ffi::{Cause, open_dataset};
use super::packed::{Packed, open};
use super::placed::Placed;
use super::transfer::Session;
use crate::agreed::on_root;

/// How data come to a dataset and from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Way {
    /// Each rank moves its own, where they are in long runs.
    Placed(Placed),
    /// Each rank unpacks chunks that it reads, or looks at what HDF5 will unpack; HDF5 writes.
    Packed(Packed),
    /// HDF5 moves them.
    Together,
}

/// Which elements the memory has.
#[derive(Clone, Copy)]
pub(super) enum Expected<'a> {
    /// Of this type, or ranks cannot move them themselves.
    Of(&'a TypeDescriptor),
    /// As the dataset stores them.
    AsStored,
}

impl Session<'_> {
    /// The way of a dataset, the same on every rank. *Collective.*
    pub(super) fn way(&self, dataset: &str, expected: Expected) -> Result<Way> {
        on_root(self.communicator, || {
            let found = examine(self.file, dataset, self.direct.then_some(expected));
            let way = found.map_err(|cause| self.failure(cause))?;
            let unbounded = match &way {
                Way::Packed(packed) => packed.pipeline.unbounded(),
                _ => None,
            };
            match unbounded {
                None => Ok(way),
                Some(feature) => Err(Error::Unsupported {
                    operation: self.operation.to_string(),
                    path: self.path.display().to_string(),
                    feature,
                }),
            }
        })
    }
}

/// On the root: the way of a dataset; `expected` are its elements where ranks may move them themselves.
fn examine(path: &Path, name: &str, expected: Option<Expected>) -> std::result::Result<Way, Cause> {
    let length = std::fs::metadata(path).map_or(0, |file| file.len());
    // What HDF5 does not open here it refuses, with its reason, when all ranks open it.
    let Ok(file) = open(path) else {
        return Ok(Way::Together);
    };
    let Ok(dataset) = open_dataset(&file, name, false) else {
        return Ok(Way::Together);
    };
    if let Some(packed) = Packed::of(&dataset)? {
        return Ok(Way::Packed(packed));
    }
    // Old libraries count some addresses from behind the block that a user put before the file.
    let (Some(expected), 0) = (expected, file.userblock()) else {
        return Ok(Way::Together);
    };
    let placed = places(&dataset, expected).unwrap_or(None);
    Ok(match placed.filter(|placed| placed.ends_within(length)) {
        Some(placed) => Way::Placed(placed),
        None => Way::Together,
    })
}
