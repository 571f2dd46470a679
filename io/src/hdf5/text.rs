//! Datasets of texts: arrays of them, that the root writes and reads, and every rank gets whole.

use hdf5::Dataset;
use hdf5::types::{TypeDescriptor, VarLenUnicode};
use ndarray::{Array, ArrayView, Dimension};
use partita::layout::Axes;
use partita::{Error, Result};
use serde::{Deserialize, Serialize};

use super::attribute::{Problem, as_stored_text};
use super::attribute_read::texts;
use super::checksum;
use super::compare::{Comparison, index_of};
use super::dataset::Source;
use super::dtype::Mismatch;
use super::ffi::{Cause, bytes_behind, read_fixed_texts};
use super::file::{Access, File};
use super::hyperslab::Selection;
use super::plan::create_groups;
use super::read::dimension;
use super::tolerance::{Difference, Tolerance};
use super::writing::Writing;

/// More than so many texts, or bytes of them, are nothing for one rank.
const MOST: usize = 1 << 24;
const MOST_BYTES: u64 = 1 << 30;

/// How texts are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    /// Elsewhere than in the dataset.
    OfAnyLength,
    Fixed,
}

/// The texts of a dataset, in C order.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Texts {
    pub shape: Vec<usize>,
    pub texts: Vec<String>,
}

impl File<Writing> {
    /// Writes texts as a dataset: a list of them, or an `ndarray` of any number of axes. *Collective*; the
    /// root's texts count.
    ///
    /// Texts are of any length, so that they are no elements of distributed arrays: every rank has all of
    /// them. h5py reads them as `str`. The dataset carries a checksum.
    ///
    /// ```no_run
    /// # fn example(world: &partita::Communicator) -> partita::Result<()> {
    /// use ndarray::{Ix2, array};
    /// use partita_io::hdf5::File;
    /// let mut file = File::create(world, "out.h5")?;
    /// file.write_texts("names", &["temperature", "pressure"])?;
    /// file.write_texts("table", &array![["T", "K"], ["p", "Pa"]])?;
    /// file.close()?;
    ///
    /// let file = File::open(world, "out.h5")?;
    /// let names: Vec<String> = file.read_texts("names")?;
    /// let table = file.read_text_array::<Ix2>("table")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Cost
    /// The root writes; one broadcast.
    ///
    /// # Errors
    /// [`Error::Io`] when there is something of this name, or a text has a NUL in it; [`Error::Usage`] when the name is
    /// none: then nothing has changed. [`Error::Io`], as [`write`](Self::write).
    pub fn write_texts<'a, Text, D>(
        &mut self,
        name: &str,
        texts: impl Into<ArrayView<'a, Text, D>>,
    ) -> Result<()>
    where
        Text: AsRef<str> + 'a,
        D: Dimension,
    {
        let texts = texts.into();
        let shape = texts.shape().to_vec();
        let look = |source: &Source| {
            source.check_free(name)?;
            let stored = texts.iter().map(|text| as_stored_text(text.as_ref()));
            let stored: std::result::Result<Vec<_>, Problem> = stored.collect();
            stored.map_err(|problem| source.refused(in_words(problem)))
        };
        self.change(&format!("write {name:?} to"), look, |file, stored| {
            create_groups(file, name)?;
            let dataset = file
                .new_dataset_builder()
                .empty::<VarLenUnicode>()
                .shape(shape.clone())
                .obj_track_times(false)
                .create(name)?;
            if !stored.is_empty() {
                dataset.write_raw(&stored)?;
            }
            // Where checksums are noted, the root's counts, as its texts do.
            self.note_sum(name, sum(&shape, texts.iter().map(AsRef::as_ref)));
            Ok(())
        })
    }
}

impl<A: Access> File<A> {
    /// Reads a dataset of texts, of whatever shape, in C order: of variable or fixed length, these without the
    /// blanks or zeros that fill them up. *Collective.*
    ///
    /// # Cost
    /// The root reads; one broadcast.
    ///
    /// # Errors
    /// [`Error::Format`] when there is no such dataset, its elements are no texts, or they are more than one
    /// rank should read.
    pub fn read_texts(&self, name: &str) -> Result<Vec<String>> {
        Ok(self.texts(name)?.texts)
    }

    /// Reads a dataset of texts as an array. *Collective.*
    ///
    /// # Shapes
    /// The dataset has as many axes as the array.
    ///
    /// # Cost
    /// As [`read_texts`](Self::read_texts).
    ///
    /// # Errors
    /// As [`read_texts`](Self::read_texts); [`Error::Shape`] when it has another number of axes.
    pub fn read_text_array<D: Axes>(&self, name: &str) -> Result<Array<String, D>> {
        let Texts { shape, texts } = self.texts(name)?;
        // Replicated: the texts are.
        let shaped = dimension::<D>(&shape).ok_or_else(|| {
            let (axes, ndim) = (shape.len(), D::NDIM.unwrap_or_default());
            let detail = format!("the dataset has {axes} axes ({shape:?}), the array {ndim}");
            Error::shape(self.on_path(&format!("read {name:?} from")), detail)
        })?;
        Ok(Array::from_shape_vec(shaped, texts)?)
    }

    fn texts(&self, name: &str) -> Result<Texts> {
        self.ask(&format!("read {name:?} from"), |source| {
            source.texts(&source.dataset(name)?)
        })
    }

    /// The comparison of two datasets if both are of texts: equal ones have no distance, others 1. *Collective.*
    pub(super) fn compare_texts<Other: Access>(
        &self,
        name: &str,
        other: &File<Other>,
        other_name: &str,
        tolerance: &Tolerance,
    ) -> Result<Option<Comparison>> {
        self.ask("compare", |source| {
            let dataset = source.dataset(name)?;
            let own = source.kind_of_text(&dataset);
            other.answer("compare", |other_source| {
                let other_dataset = other_source.dataset(other_name)?;
                let others = other_source.kind_of_text(&other_dataset);
                // All ranks compare those of fixed length, each a part.
                let of_any_length = [own, others].contains(&Some(TextKind::OfAnyLength));
                if own.is_none() || others.is_none() || !of_any_length {
                    return Ok(None);
                }
                let shapes = (source.shape(&dataset)?, other_source.shape(&other_dataset)?);
                if shapes.0 != shapes.1 {
                    return Err(self.unlike(&shapes.0, &shapes.1));
                }
                let own = source.texts(&dataset)?;
                let others = other_source.texts(&other_dataset)?;
                Ok(Some(compare(&own, &others, tolerance)))
            })
        })
    }
}

impl Source<'_> {
    /// The texts of a dataset.
    pub(super) fn texts(&self, dataset: &Dataset) -> Result<Texts> {
        self.check_storage(dataset)?;
        let shape = self.shape(dataset)?;
        if shape.iter().product::<usize>() > MOST {
            return Err(self.format(format!("its shape {shape:?} is no short list of texts")));
        }
        self.check_unpacking(dataset)?;
        if self.kind_of_text(dataset) == Some(TextKind::OfAnyLength) {
            // Many elements can name one long text of the file.
            let bytes = bytes_behind(dataset).map_err(|cause| self.damaged(&cause))?;
            if bytes > MOST_BYTES {
                return Err(self.format(format!("its texts have {bytes} bytes together")));
            }
        }
        let texts = texts(dataset, read_fixed_texts).map_err(|problem| match problem.0 {
            Mismatch::Unsupported(feature) => self.unsupported(feature),
            Mismatch::Loses(detail) => self.format(detail),
        })?;
        Ok(Texts { shape, texts })
    }

    /// Which texts the elements are, if they are. What cannot even be named is not of texts.
    pub(super) fn kind_of_text(&self, dataset: &Dataset) -> Option<TextKind> {
        match self.element(dataset).ok()? {
            TypeDescriptor::VarLenUnicode | TypeDescriptor::VarLenAscii => {
                Some(TextKind::OfAnyLength)
            }
            TypeDescriptor::FixedAscii(_) | TypeDescriptor::FixedUnicode(_) => {
                Some(TextKind::Fixed)
            }
            _ => None,
        }
    }

    /// The checksum of a dataset whose elements lie elsewhere than in it, if it is of texts.
    pub(super) fn sum_of_texts(&self, dataset: &Dataset) -> Result<Option<u64>> {
        if self.kind_of_text(dataset) != Some(TextKind::OfAnyLength) {
            return Ok(None);
        }
        let Texts { shape, texts } = self.texts(dataset)?;
        Ok(Some(sum(&shape, texts.iter().map(String::as_str))))
    }
}

/// The checksum of texts: each, behind its length, is an element of as many bytes.
fn sum<'a>(shape: &[usize], texts: impl Iterator<Item = &'a str>) -> u64 {
    let places = ndarray::indices(shape).into_iter();
    let sums = places.zip(texts).map(|(index, text)| {
        let place = index.slice().iter().map(|&index| index..index + 1);
        let length = (text.len() as u64).to_le_bytes();
        let element = [&length, text.as_bytes()].concat();
        checksum::of_elements(&Selection::of_ranges(place), element.len(), &element)
    });
    sums.fold(0, u64::wrapping_add)
}

fn compare(own: &Texts, others: &Texts, tolerance: &Tolerance) -> Comparison {
    let pairs = own.texts.iter().zip(&others.texts).enumerate();
    let mut all = Difference::default();
    let mut different = pairs.filter(|(_, (own, other))| {
        let difference = Difference::of_equality(own == other, tolerance);
        all = all.and(difference);
        difference.counts
    });
    let first = different.next();
    let count = different.count() + usize::from(first.is_some());
    Comparison {
        elements: own.texts.len(),
        different: count,
        largest: all.largest,
        first: first.map(|(number, _)| index_of(number, &own.shape)),
        part: None,
        values: first.map(|(_, (own, other))| [own, other].map(|text| format!("{text:?}"))),
    }
}

pub(super) fn in_words(
    Problem(Mismatch::Loses(text) | Mismatch::Unsupported(text)): Problem,
) -> Cause {
    Cause::from(text.as_str())
}
