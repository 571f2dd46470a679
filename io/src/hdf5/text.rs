//! Datasets of texts: short lists, that the root writes and reads.

use hdf5::types::VarLenUnicode;
use partita::Result;

use super::attribute::{Problem, as_stored_text, texts};
use super::dataset::create_groups;
use super::dtype::Mismatch;
use super::ffi::{Cause, read_fixed_texts};
use super::file::{Access, File};
use super::writing::Writing;

/// More than so many texts are no short list.
const MOST: usize = 1 << 24;

impl File<Writing> {
    /// Writes a list of texts as a dataset. *Collective*; the root's texts count.
    ///
    /// They lie in HDF5's heap, and carry no checksum.
    ///
    /// # Cost
    /// The root writes; one broadcast.
    ///
    /// # Errors
    /// [`Error::Io`](partita::Error::Io) when there is a dataset of this name, or a text has a NUL in it.
    pub fn write_texts(&mut self, name: &str, texts: &[impl AsRef<str>]) -> Result<()> {
        self.change(&format!("write {name:?} to"), |file| {
            if file.link_exists(name) {
                return Err("there is one already".into());
            }
            create_groups(file, name)?;
            let stored: std::result::Result<Vec<_>, Problem> = texts
                .iter()
                .map(|text| as_stored_text(text.as_ref()))
                .collect();
            let stored = stored.map_err(in_words)?;
            let dataset = file
                .new_dataset_builder()
                .empty::<VarLenUnicode>()
                .shape(stored.len())
                .obj_track_times(false)
                .create(name)?;
            if !stored.is_empty() {
                dataset.write_raw(&stored)?;
            }
            Ok(())
        })
    }
}

impl<A: Access> File<A> {
    /// Reads a dataset of texts, of whatever shape, in C order. *Collective.*
    ///
    /// # Cost
    /// The root reads; one broadcast.
    ///
    /// # Errors
    /// [`Error::Format`](partita::Error::Format) when there is no such dataset, or its elements are no texts.
    pub fn read_texts(&self, name: &str) -> Result<Vec<String>> {
        self.ask(&format!("read {name:?} from"), |source| {
            let dataset = source.dataset(name)?;
            source.check_storage(&dataset)?;
            let shape = source.shape(&dataset)?;
            if shape.iter().product::<usize>() > MOST {
                return Err(source.format(format!("its shape {shape:?} is no short list of texts")));
            }
            texts(&dataset, read_fixed_texts).map_err(|problem| match problem.0 {
                Mismatch::Unsupported(feature) => source.unsupported(feature),
                Mismatch::Loses(detail) => source.format(detail),
            })
        })
    }
}

fn in_words(Problem(Mismatch::Loses(text) | Mismatch::Unsupported(text)): Problem) -> Cause {
    Cause::from(text.as_str())
}
