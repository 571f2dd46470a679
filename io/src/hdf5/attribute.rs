//! Attributes: the root writes and reads them, and tells the others.

use std::str::FromStr;

use hdf5::types::{TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{Attribute, Container, Datatype, Location};
use serde::{Deserialize, Serialize};

use super::dtype::{Conversion, Hdf5Element, Mismatch, conversion, exact_floats, left_in_memory};
use super::ffi::{Cause, Memory, as_bytes, convert, read_attribute, read_fixed_text};

/// A value that can be written as an attribute: a number, a `bool`, a text, or an array of these.
pub trait AttributeValue {
    /// Writes the value as a new attribute of `location`.
    #[doc(hidden)]
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem>;
}

/// A value that an attribute can be read as: a number, a `bool`, a `String`, or a `Vec` of these.
///
/// Numbers are converted as those of datasets are, without loss ([`Hdf5Element`]).
pub trait FromAttribute: Sized {
    /// Reads the attribute on one rank.
    #[doc(hidden)]
    fn read(attribute: &Attribute) -> Result<Content, Problem>;

    /// The value, on every rank.
    #[doc(hidden)]
    fn decode(content: Content) -> Option<Self>;
}

/// An element of an attribute that is an array: a number or a `bool`.
pub trait AttributeElement: Hdf5Element {}

macro_rules! attribute_elements {
    ($($number:ty),*) => {$(
        impl AttributeElement for $number {}
    )*};
}
attribute_elements!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, bool);
attribute_elements!(num_complex::Complex<f32>, num_complex::Complex<f64>);

/// Why an attribute cannot be written or read.
#[doc(hidden)]
#[derive(Debug)]
pub struct Problem(pub(super) Mismatch);

impl From<Cause> for Problem {
    fn from(cause: Cause) -> Self {
        Problem(Mismatch::Loses(cause.to_string()))
    }
}

impl From<hdf5::Error> for Problem {
    fn from(error: hdf5::Error) -> Self {
        Cause::from(error).into()
    }
}

/// An attribute's content on its way to the other ranks.
#[doc(hidden)]
#[derive(Debug, Serialize, Deserialize)]
pub enum Content {
    /// The bytes of so many elements, as they lie in memory.
    Numbers { length: usize, bytes: Vec<u8> },
    /// Texts.
    Texts(Vec<String>),
}

/// Removes an attribute of this name, so that the new one replaces it.
fn make_way(location: &Location, name: &str) -> Result<(), Problem> {
    if location.attr_names()?.iter().any(|other| other == name) {
        location.delete_attr(name)?;
    }
    Ok(())
}

impl<T: AttributeElement> AttributeValue for [T] {
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        as_bytes(self)?;
        make_way(location, name)?;
        let attribute = location.new_attr::<T>().shape(self.len()).create(name)?;
        if !self.is_empty() {
            attribute.write_raw(self)?;
        }
        Ok(())
    }
}

impl<T: AttributeElement, const N: usize> AttributeValue for [T; N] {
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        self.as_slice().write(location, name)
    }
}

impl<T: AttributeElement> AttributeValue for Vec<T> {
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        self.as_slice().write(location, name)
    }
}

impl<Value: AttributeValue + ?Sized> AttributeValue for &Value {
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        (**self).write(location, name)
    }
}

macro_rules! scalar_attributes {
    ($($number:ty),*) => {$(
        impl AttributeValue for $number {
            fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
                make_way(location, name)?;
                let attribute = location.new_attr::<$number>().shape(()).create(name)?;
                Ok(attribute.write_scalar(self)?)
            }
        }
    )*};
}
scalar_attributes!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, bool);
scalar_attributes!(num_complex::Complex<f32>, num_complex::Complex<f64>);

impl AttributeValue for str {
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        let text = as_stored_text(self)?;
        make_way(location, name)?;
        let attribute = location
            .new_attr::<VarLenUnicode>()
            .shape(())
            .create(name)?;
        Ok(attribute.write_scalar(&text)?)
    }
}

impl AttributeValue for String {
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        self.as_str().write(location, name)
    }
}

macro_rules! text_arrays {
    ($($(#[$generic:tt])? $array:ty),*) => {$(
        impl AttributeValue for $array {
            fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
                write_texts(location, name, self.iter().map(AsRef::as_ref))
            }
        }
    )*};
}
text_arrays!([&str], [String], Vec<&str>, Vec<String>);

impl<const N: usize> AttributeValue for [&str; N] {
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        self.as_slice().write(location, name)
    }
}

fn write_texts<'a>(
    location: &Location,
    name: &str,
    texts: impl Iterator<Item = &'a str>,
) -> Result<(), Problem> {
    let texts = texts.map(as_stored_text).collect::<Result<Vec<_>, _>>()?;
    make_way(location, name)?;
    let attribute = location
        .new_attr::<VarLenUnicode>()
        .shape(texts.len())
        .create(name)?;
    if !texts.is_empty() {
        attribute.write_raw(&texts)?;
    }
    Ok(())
}

pub(super) fn as_stored_text(text: &str) -> Result<VarLenUnicode, Problem> {
    VarLenUnicode::from_str(text)
        .map_err(|_| Cause::from("a text with a NUL in it cannot be stored").into())
}

impl<T: AttributeElement> FromAttribute for Vec<T> {
    fn read(attribute: &Attribute) -> Result<Content, Problem> {
        let stored = attribute.dtype()?;
        let (from, to) = (stored.to_descriptor()?, T::type_descriptor());
        let how = conversion(&from, &to).map_err(Problem)?;
        let length = attribute.size();
        let memory = Datatype::from_descriptor(&left_in_memory(&to, how))?;
        let mut bytes = read_attribute(attribute, &stored, memory.size())?;
        convert(&mut bytes, length, &stored, &memory)?;
        bytes.truncate(length * memory.size());
        if let Conversion::ByValue { signed } = how {
            exact_floats(&mut bytes, signed).map_err(|integer| {
                Problem(Mismatch::Loses(format!(
                    "the integer {integer} has no equal among the floats"
                )))
            })?;
        }
        Ok(Content::Numbers { length, bytes })
    }

    fn decode(content: Content) -> Option<Self> {
        let Content::Numbers { length, bytes } = content else {
            return None;
        };
        let mut memory = Memory::<T>::zeroed(length)?;
        if memory.bytes_mut().len() != bytes.len() {
            return None;
        }
        memory.bytes_mut().copy_from_slice(&bytes);
        memory.into_elements().ok()
    }
}

impl FromAttribute for Vec<String> {
    fn read(attribute: &Attribute) -> Result<Content, Problem> {
        texts(attribute, read_fixed_text).map(Content::Texts)
    }

    fn decode(content: Content) -> Option<Self> {
        match content {
            Content::Texts(texts) => Some(texts),
            Content::Numbers { .. } => None,
        }
    }
}

/// The texts of an attribute or a dataset; `fixed` reads those of fixed length.
pub(super) fn texts<From>(
    from: &From,
    fixed: impl FnOnce(&From, &Datatype) -> Result<Vec<Vec<u8>>, Cause>,
) -> Result<Vec<String>, Problem>
where
    From: std::ops::Deref<Target = Container>,
{
    if from.size() == 0 {
        return Ok(Vec::new());
    }
    let datatype = from.dtype()?;
    match datatype.to_descriptor()? {
        TypeDescriptor::VarLenUnicode => {
            let texts = from.read_raw::<VarLenUnicode>()?;
            Ok(texts
                .iter()
                .map(|text| decode_text(text.as_bytes()))
                .collect())
        }
        TypeDescriptor::VarLenAscii => {
            let texts = from.read_raw::<VarLenAscii>()?;
            Ok(texts
                .iter()
                .map(|text| decode_text(text.as_bytes()))
                .collect())
        }
        TypeDescriptor::FixedAscii(_) | TypeDescriptor::FixedUnicode(_) => {
            let texts = fixed(from, &datatype)?;
            let texts = texts.iter().map(|text| decode_text(text));
            Ok(texts
                .map(|text| text.trim_end_matches(' ').to_string())
                .collect())
        }
        other => Err(Problem(Mismatch::Loses(format!(
            "it is no text but {other}"
        )))),
    }
}

/// Up to the first zero. What is no UTF-8 is shown as such: a wrong letter in a unit is no reason to fail.
fn decode_text(bytes: &[u8]) -> String {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).to_string()
}

/// An attribute's value for people to read; what is no number and no text by its type.
pub(super) fn in_words(attribute: &Attribute) -> String {
    fn list<T: ToString>(values: Option<Vec<T>>) -> Option<String> {
        let values: Vec<String> = values?.iter().map(T::to_string).collect();
        Some(match values.as_slice() {
            [only] => only.clone(),
            many => format!("[{}]", many.join(", ")),
        })
    }
    fn values<T>(attribute: &Attribute) -> Option<Vec<T>>
    where
        Vec<T>: FromAttribute,
    {
        Vec::decode(Vec::<T>::read(attribute).ok()?)
    }
    let otherwise = || match attribute
        .dtype()
        .and_then(|datatype| datatype.to_descriptor())
    {
        Ok(descriptor) => format!("({descriptor})"),
        Err(_) => "(of an unknown type)".to_string(),
    };
    list(values::<String>(attribute))
        .or_else(|| list(values::<i64>(attribute)))
        .or_else(|| list(values::<u64>(attribute)))
        .or_else(|| list(values::<f64>(attribute)))
        .or_else(|| list(values::<bool>(attribute)))
        .or_else(|| list(values::<num_complex::Complex<f64>>(attribute)))
        .unwrap_or_else(otherwise)
}

macro_rules! one_of_a_vector {
    ($($value:ty),*) => {$(
        impl FromAttribute for $value {
            fn read(attribute: &Attribute) -> Result<Content, Problem> {
                match attribute.size() {
                    1 => Vec::<$value>::read(attribute),
                    length => Err(Problem(Mismatch::Loses(format!("it has {length} values")))),
                }
            }

            fn decode(content: Content) -> Option<Self> {
                Vec::<$value>::decode(content)?.into_iter().next()
            }
        }
    )*};
}
one_of_a_vector!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, bool, String);
one_of_a_vector!(num_complex::Complex<f32>, num_complex::Complex<f64>);
