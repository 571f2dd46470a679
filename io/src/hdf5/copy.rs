//! Datasets and groups from one file to another, as they are stored.

use partita::{Error, Result};
use serde::{Deserialize, Serialize};

use super::copy_plan::{CopyPlan, Passing, Step};
use super::copy_survey::{Survey, Target};
use super::dataset::Source;
use super::file::{Access, File};
use super::observers::{Observers, Replaced};
use super::read::share;
use super::slab::{Slab, slabs};
use super::transfer::{BUFFER_LIMIT, Elements, Part};
use super::writing::Writing;
use crate::agreed::on_root;
use crate::save;

/// What was copied, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Copied {
    /// How many groups.
    pub groups: usize,
    /// How many datasets, and types with a name.
    pub datasets: usize,
    /// How many links by name.
    pub links: usize,
    /// The bytes of their data, as they are stored.
    pub bytes: u64,
    /// What names objects of the other file that were not copied, and was left behind for that; in words.
    pub left: Vec<String>,
}

impl File<Writing> {
    /// Copies a dataset or a group with all that is in it from another file, as it is stored: attributes, fill
    /// values, chunks and filters, axes that can grow, scales and labels, order. *Collective.*
    ///
    /// What has several names has them in the copy too. Links that lead into what is copied lead into the copy, all
    /// others where they did, whether there is something or not. References to other objects are left behind, and named.
    /// Groups that are there already take what is new in them. A file can be copied into itself.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use partita_io::hdf5::File;
    /// let old = File::open(world, "old.h5")?;
    /// let mut new = File::create(world, "new.h5")?;
    /// let copied = new.copy_from(&old, "/fields", "/initial/fields")?;
    /// assert!(copied.left.is_empty());
    /// new.close()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// Every byte is read once and written once. Large datasets are copied by all ranks, in bounded memory; small ones,
    /// compressed ones (which stay packed) and elements of any length by the root alone.
    ///
    /// # Errors
    /// Before anything is written: [`Error::Format`] when there is nothing of this name, or it is damaged;
    /// [`Error::Unsupported`], with all that cannot be copied, for virtual datasets, elements that refer to
    /// objects of their file, and data in other files without [`with_other_files`](File::with_other_files);
    /// [`Error::Io`], with all that is there already. Then [`Error::Io`] as [`write`](Self::write).
    pub fn copy_from<Other: Access>(
        &mut self,
        other: &File<Other>,
        from: &str,
        to: &str,
    ) -> Result<Copied> {
        let (from, to) = (absolute(from), absolute(to));
        let operation = format!("copy {from:?} of {} to", other.path.display());
        self.whole_so_far(&operation)?;
        let mut plan = CopyPlan::default();
        let (copied, passing) = on_root(&self.communicator, || {
            let target = self.access.structure(&operation, &self.path)?;
            let reading = format!("copy {from:?} from");
            plan = other.answer(&reading, |source| {
                let (file, path) = (&*target, self.path.as_path());
                Survey::of(source, &from, Target { file, path }, &to)
            })?;
            let copied = Copied::of(&mut plan);
            save::check_room(self.session(&operation)?.file, &self.path, copied.bytes)?;
            Ok((copied, std::mem::take(&mut plan.passing)))
        })?;
        self.changing(|file| {
            on_root(&file.communicator, || {
                file.make_room(&operation, copied.bytes)?;
                other.answer(&operation, |source| file.take(&plan.steps, source))?;
                file.make_room(&operation, 0)
            })?;
            for passing in &passing {
                file.copy_data(other, passing)?;
            }
            Ok(copied)
        })
    }

    /// On the root: all but the data that the ranks bring together.
    fn take(&self, steps: &[Step], source: &Source) -> Result<()> {
        let target = self.access.structure(source.operation, &self.path)?;
        for step in steps {
            step.take(source, &target)
                .map_err(|cause| Error::io(source.operation, &self.path, cause))?;
        }
        Ok(())
    }

    fn copy_data<Other: Access>(&self, other: &File<Other>, passing: &Passing) -> Result<()> {
        let most = BUFFER_LIMIT * self.communicator.size() / passing.size.max(1);
        for slab in slabs(&passing.shape, passing.thickness, most) {
            self.copy_slab(other, &slab, passing)?;
        }
        Ok(())
    }

    fn copy_slab<Other: Access>(
        &self,
        other: &File<Other>,
        slab: &Slab,
        passing: &Passing,
    ) -> Result<()> {
        let (rank, ranks) = (self.communicator.rank(), self.communicator.size());
        let own = slab.selection(&share(&slab.shape(), rank, ranks));
        let mut bytes = Vec::new();
        let place = passing.place.as_ref();
        let part = Part {
            dataset: place.map_or(&passing.from, |place| &place.name),
            selection: &own,
        };
        let operation = format!("copy {:?} from", passing.from);
        other
            .session_at(&operation, place)?
            .for_chunks(passing.is_complete)
            .scan(part, |_, piece| bytes.extend_from_slice(piece))?;
        let part = Part {
            dataset: &passing.to,
            selection: &own,
        };
        let operation = format!("write {:?} to", passing.to);
        let session = self.session(&operation)?;
        let observers = Observers {
            written: &mut |_, _| (),
            replaced: Replaced::Nothing,
        };
        let transfer = session.write(part, Elements::AsStored(passing.size), &bytes, observers)?;
        self.last_transfer.set(Some(transfer));
        Ok(())
    }
}

/// A full name without slashes too many.
fn absolute(name: &str) -> String {
    let parts = name.split('/').filter(|part| !part.is_empty());
    let parts: Vec<_> = parts.collect();
    format!("/{}", parts.join("/"))
}

impl Copied {
    fn of(plan: &mut CopyPlan) -> Self {
        let count =
            |counts: fn(&Step) -> bool| plan.steps.iter().filter(|step| counts(step)).count();
        Copied {
            groups: count(|step| matches!(step, Step::Group { .. })),
            datasets: count(|step| matches!(step, Step::Object { .. } | Step::Shell { .. })),
            links: count(|step| matches!(step, Step::Link { .. })),
            bytes: plan.bytes,
            left: std::mem::take(&mut plan.left),
        }
    }
}
