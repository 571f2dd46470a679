//! A checksum over attributes: HDF5 has one over what it keeps in an object's header, but none over texts of any
//! length and long arrays, which lie elsewhere.

use hdf5::Attribute;
use hdf5::types::TypeDescriptor;
use partita::Result;

use super::attribute::Problem;
use super::attribute_read::texts;
use super::checksum;
use super::dataset::Source;
use super::dtype;
use super::ffi::{descriptor, read_attribute, read_fixed_text};
use super::file::{Access, File};
use super::hyperslab::Selection;
use super::text::in_words;

impl<A: Access> File<A> {
    /// The checksum of the file's own attributes, their names, types, shapes and values, but for that of this name.
    /// *Collective.*
    ///
    /// # Cost
    /// The root reads them; one broadcast.
    pub(crate) fn sum_of_attributes(&self, operation: &str, except: &str) -> Result<u64> {
        self.ask(operation, |source| source.sum_of_attributes(except))
    }
}

impl Source<'_> {
    fn sum_of_attributes(&self, except: &str) -> Result<u64> {
        let names = self.file.attr_names();
        let mut names = names.map_err(|error| self.damaged(&error.into()))?;
        names.retain(|name| name != except);
        // So that it does not matter when which was written.
        names.sort();
        names
            .iter()
            .enumerate()
            .try_fold(0u64, |sum, (number, name)| {
                let attribute = self.file.attr(name).map_err(Problem::from);
                let words = attribute.and_then(|attribute| words_of(name, &attribute));
                let words = words.map_err(|problem| {
                    self.format(format!("attribute {name:?}: {}", in_words(problem)))
                })?;
                let place = Selection::of_ranges(Some(number..number + 1));
                Ok(sum.wrapping_add(checksum::of_elements(&place, words.len(), &words)))
            })
    }
}

/// All that an attribute is, each part behind its length.
fn words_of(name: &str, attribute: &Attribute) -> std::result::Result<Vec<u8>, Problem> {
    let stored = attribute.dtype()?;
    let element = descriptor(&stored).map_err(|words| Problem::from(words.as_str()))?;
    let mut words = Vec::new();
    let mut add = |part: &[u8]| {
        words.extend_from_slice(&(part.len() as u64).to_le_bytes());
        words.extend_from_slice(part);
    };
    add(name.as_bytes());
    add(dtype::name(&element).as_bytes());
    for length in attribute.shape() {
        add(&(length as u64).to_le_bytes());
    }
    match element {
        TypeDescriptor::VarLenUnicode
        | TypeDescriptor::VarLenAscii
        | TypeDescriptor::FixedAscii(_)
        | TypeDescriptor::FixedUnicode(_) => texts(attribute, read_fixed_text)?
            .iter()
            .for_each(|text| add(text.as_bytes())),
        _ => add(&read_attribute(attribute, &stored, 0)?),
    }
    Ok(words)
}
