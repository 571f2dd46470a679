//! The files of checkpoints, by the numbers of their steps; on the root.

use std::fs;
use std::path::{Path, PathBuf};

use partita::{Error, Result};

/// The file of a step: names in order are steps in order.
pub(super) fn path(folder: &Path, step: u64) -> PathBuf {
    folder.join(format!("step-{step:020}.h5"))
}

/// The steps there are, ascending.
pub(super) fn steps(folder: &Path) -> Result<Vec<u64>> {
    let failure = |cause| Error::io("list", folder, cause);
    let mut steps = Vec::new();
    for entry in fs::read_dir(folder).map_err(failure)? {
        let name = entry.map_err(failure)?.file_name();
        steps.extend(name.to_str().and_then(step_of));
    }
    steps.sort_unstable();
    Ok(steps)
}

/// Removes all but the last `keep` of those up to the step `last`. Later ones stay: they are of another run, or
/// damaged ones that this run did not go on from, and must not push out what it saves.
pub(super) fn prune(folder: &Path, last: u64, keep: usize) -> Result<()> {
    let mut steps = steps(folder)?;
    steps.retain(|&step| step <= last);
    for step in &steps[..steps.len().saturating_sub(keep)] {
        let path = path(folder, *step);
        fs::remove_file(&path).map_err(|cause| Error::io("remove", &path, cause))?;
    }
    Ok(())
}

fn step_of(name: &str) -> Option<u64> {
    name.strip_prefix("step-")?
        .strip_suffix(".h5")?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_steps_and_stand_in_their_order() {
        let names: Vec<String> = [0, 7, 10, u64::MAX]
            .iter()
            .map(|&step| path(Path::new(""), step).to_str().unwrap().to_string())
            .collect();
        assert!(names.is_sorted());
        let steps: Vec<_> = names.iter().map(|name| step_of(name).unwrap()).collect();
        assert_eq!(steps, [0, 7, 10, u64::MAX]);
        assert_eq!(step_of(".step-1.h5.77-1.partita"), None);
    }
}
