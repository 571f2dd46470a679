//! What can be called what, looked at before anything is made.

use hdf5::LocationType;
use partita::{Error, Result};

use super::dataset::Source;
use super::ffi::{exists, open_object};

/// HDF5 keeps a name together with what it leads to in a message of at most 64 KiB.
const LONGEST: usize = 32 << 10;

impl Source<'_> {
    /// Whether something can be called this.
    pub(super) fn check_name(&self, name: &str) -> Result<()> {
        let parts = || name.split('/').filter(|part| !part.is_empty());
        let wrong = match () {
            () if parts().next().is_none() => "is empty",
            () if parts().any(|part| part == ".") => "has a part \".\", which means no more",
            () if name.ends_with('/') => "ends with \"/\", and names a group",
            () => return self.check_letters(name),
        };
        Err(self.no_name(name, wrong))
    }

    /// Whether an attribute can be called this, slashes and all.
    pub(super) fn check_attribute_name(&self, name: &str) -> Result<()> {
        match name.is_empty() {
            true => Err(self.no_name(name, "is empty")),
            false => self.check_letters(name),
        }
    }

    fn check_letters(&self, name: &str) -> Result<()> {
        match () {
            () if name.contains('\0') => Err(self.no_name(name, "has a NUL in it")),
            () if name.len() > LONGEST => {
                let start: String = name.chars().take(20).collect();
                let (length, start) = (name.len(), format!("{start}..."));
                let wrong = format!("has {length} bytes, and may have {LONGEST}");
                Err(self.no_name(&start, &wrong))
            }
            () => Ok(()),
        }
    }

    fn no_name(&self, name: &str, wrong: &str) -> Error {
        let path = self.path.display();
        Error::usage(format!(
            "cannot use {name:?} as a name in {path}: it {wrong}"
        ))
    }

    /// Whether a new thing can be called this.
    pub(super) fn check_free(&self, name: &str) -> Result<()> {
        self.check_name(name)?;
        self.check_way(name)?;
        match exists(self.file, name).map_err(|cause| self.damaged(&cause))? {
            true => Err(self.refused("there is one already")),
            false => Ok(()),
        }
    }

    /// Whether what there is on the way to a name are groups.
    pub(super) fn check_way(&self, name: &str) -> Result<()> {
        for (end, _) in name.match_indices('/') {
            let group = &name[..end];
            if group.trim_end_matches('/').is_empty() {
                continue;
            }
            if !exists(self.file, group).map_err(|cause| self.damaged(&cause))? {
                break;
            }
            let there =
                open_object(self.file, group, false).and_then(|there| Ok(there.loc_type()?));
            if !matches!(there, Ok(LocationType::Group)) {
                return Err(self.refused(format!("{group:?} is no group of it")));
            }
        }
        Ok(())
    }

    /// Why something is not done to a file, which is as it was.
    pub(super) fn refused(&self, cause: impl std::fmt::Display) -> Error {
        Error::io(self.operation, self.path, cause)
    }
}
