//! Attributes as they are written, by the root.

use std::borrow::Cow;
use std::str::FromStr;

use hdf5::types::VarLenUnicode;
use hdf5::{Attribute, Extents, H5Type, Location};
use ndarray::{ArrayBase, Data, Dimension};

use super::dtype::{Hdf5Element, Mismatch};
use super::ffi::{Cause, as_bytes, write_fixed_texts};

/// A value that can be written as an attribute: a number, a `bool`, a text, or an array of these, which may be an
/// `ndarray` of any number of axes.
pub trait AttributeValue {
    /// The value as it can be stored, if it can be.
    #[doc(hidden)]
    fn prepared(&self) -> Result<Prepared<'_>, Problem>;

    /// Writes the value as an attribute of `location`.
    #[doc(hidden)]
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        Ok(self.prepared()?.write(location, name, Texts::Apart)?)
    }
}

/// A value to be written, of which nothing can be refused any more.
#[doc(hidden)]
pub enum Prepared<'a> {
    Elements(Writer<'a>),
    Texts {
        shape: Vec<usize>,
        texts: Vec<VarLenUnicode>,
    },
}

type Writer<'a> = Box<dyn FnOnce(&Location, &str) -> hdf5::Result<()> + 'a>;

/// Where HDF5 keeps texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// Of any length, in a heap of their own, without a checksum.
    Apart,
    /// Filled up to one length, where the attribute is.
    Within,
}

/// Texts that are kept where their attribute is have at most so many bytes together, filled up.
const MOST_WITHIN: usize = 64 << 20;

impl Prepared<'_> {
    /// What stands against keeping texts so.
    pub(super) fn check(&self, kept: Texts) -> Result<(), Cause> {
        match self {
            Prepared::Texts { texts, .. }
                if kept == Texts::Within
                    && longest(texts).saturating_mul(texts.len()) > MOST_WITHIN =>
            {
                Err("its texts, all as long as the longest, have more than 64 MiB".into())
            }
            _ => Ok(()),
        }
    }

    /// Writes the value, in the place of one of the same name.
    pub(super) fn write(self, location: &Location, name: &str, kept: Texts) -> Result<(), Cause> {
        if location.attr_names()?.iter().any(|other| other == name) {
            location.delete_attr(name)?;
        }
        match (self, kept) {
            (Prepared::Elements(write), _) => Ok(write(location, name)?),
            (Prepared::Texts { shape, texts }, Texts::Apart) => {
                let attribute = new_attribute::<VarLenUnicode>(location, name, &shape)?;
                if !texts.is_empty() {
                    attribute.write_raw(&texts)?;
                }
                Ok(())
            }
            (Prepared::Texts { shape, texts }, Texts::Within) => {
                let length = longest(&texts);
                let mut bytes = vec![0; length * texts.len()];
                for (place, text) in bytes.chunks_exact_mut(length).zip(&texts) {
                    place[..text.as_bytes().len()].copy_from_slice(text.as_bytes());
                }
                write_fixed_texts(location, name, extents(&shape), length, &bytes)
            }
        }
    }
}

/// HDF5 has no texts of a fixed length of zero.
fn longest(texts: &[VarLenUnicode]) -> usize {
    let lengths = texts.iter().map(|text| text.as_bytes().len());
    lengths.max().unwrap_or(0).max(1)
}

/// An element of an attribute that is an array: a number or a `bool`. For enumerations and structs that are
/// [elements](Hdf5Element) it is implemented by an empty line; a single one is then an array without axes.
///
/// ```
/// use bytemuck::CheckedBitPattern;
/// use hdf5::H5Type;
/// use ndarray::{Array0, Array2, arr0};
/// use partita_io::hdf5::{AttributeElement, AttributeValue, FromAttribute};
///
/// #[derive(Clone, Copy, Default, CheckedBitPattern, H5Type)]
/// #[repr(u8)]
/// enum Phase {
///     #[default]
///     Solid = 1,
///     Liquid = 2,
/// }
/// partita::element!(Phase);
/// impl AttributeElement for Phase {}
/// # fn is_written(_: impl AttributeValue) {}
/// # fn is_read<Value: FromAttribute>() {}
/// # is_written(arr0(Phase::Liquid));
/// # is_read::<Array0<Phase>>();
/// # is_read::<Array2<Phase>>();
/// ```
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

impl From<&str> for Problem {
    fn from(words: &str) -> Self {
        Cause::from(words).into()
    }
}

impl From<hdf5::Error> for Problem {
    fn from(error: hdf5::Error) -> Self {
        Cause::from(error).into()
    }
}

/// What an attribute that is an array consists of: elements, or texts.
pub trait AttributeItem: Sized {
    /// Items in C order as an attribute of this shape.
    #[doc(hidden)]
    fn prepared<'a>(items: &[&'a Self], shape: &'a [usize]) -> Result<Prepared<'a>, Problem>;
}

impl<T: AttributeElement> AttributeItem for T {
    fn prepared<'a>(items: &[&'a Self], shape: &'a [usize]) -> Result<Prepared<'a>, Problem> {
        let elements: Vec<T> = items.iter().map(|&&element| element).collect();
        prepared_elements(elements.into(), shape.to_vec())
    }
}

macro_rules! text_items {
    ($($text:ty),*) => {$(
        impl AttributeItem for $text {
            fn prepared<'a>(
                items: &[&'a Self],
                shape: &'a [usize],
            ) -> Result<Prepared<'a>, Problem> {
                prepared_texts(shape.to_vec(), items.iter().map(|text| text.as_ref()))
            }
        }
    )*};
}
text_items!(&str, String);

impl<Item, S, D> AttributeValue for ArrayBase<S, D>
where
    Item: AttributeItem,
    S: Data<Elem = Item>,
    D: Dimension,
{
    fn prepared(&self) -> Result<Prepared<'_>, Problem> {
        let items: Vec<&Item> = self.iter().collect();
        Item::prepared(&items, self.shape())
    }
}

impl<T: AttributeElement> AttributeValue for [T] {
    fn prepared(&self) -> Result<Prepared<'_>, Problem> {
        prepared_elements(self.into(), vec![self.len()])
    }
}

fn prepared_elements<T: AttributeElement>(
    elements: Cow<'_, [T]>,
    shape: Vec<usize>,
) -> Result<Prepared<'_>, Problem> {
    as_bytes(&elements)?;
    Ok(Prepared::Elements(Box::new(move |location, name| {
        let attribute = new_attribute::<T>(location, name, &shape)?;
        match elements.is_empty() {
            true => Ok(()),
            false => attribute.write_raw(&*elements),
        }
    })))
}

fn new_attribute<T: H5Type>(
    location: &Location,
    name: &str,
    shape: &[usize],
) -> hdf5::Result<Attribute> {
    location.new_attr::<T>().shape(extents(shape)).create(name)
}

fn extents(shape: &[usize]) -> Extents {
    match shape {
        [] => Extents::Scalar,
        _ => Extents::from(shape.to_vec()),
    }
}

impl<T: AttributeElement, const N: usize> AttributeValue for [T; N] {
    fn prepared(&self) -> Result<Prepared<'_>, Problem> {
        self.as_slice().prepared()
    }
}

impl<T: AttributeElement> AttributeValue for Vec<T> {
    fn prepared(&self) -> Result<Prepared<'_>, Problem> {
        self.as_slice().prepared()
    }
}

impl<Value: AttributeValue + ?Sized> AttributeValue for &Value {
    fn prepared(&self) -> Result<Prepared<'_>, Problem> {
        (**self).prepared()
    }
}

macro_rules! scalar_attributes {
    ($($number:ty),*) => {$(
        impl AttributeValue for $number {
            fn prepared(&self) -> Result<Prepared<'_>, Problem> {
                prepared_elements(std::slice::from_ref(self).into(), Vec::new())
            }
        }
    )*};
}
scalar_attributes!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, bool);
scalar_attributes!(num_complex::Complex<f32>, num_complex::Complex<f64>);

impl AttributeValue for str {
    fn prepared(&self) -> Result<Prepared<'_>, Problem> {
        prepared_texts(Vec::new(), std::iter::once(self))
    }
}

impl AttributeValue for String {
    fn prepared(&self) -> Result<Prepared<'_>, Problem> {
        self.as_str().prepared()
    }
}

macro_rules! text_arrays {
    ($($(#[$generic:tt])? $array:ty),*) => {$(
        impl AttributeValue for $array {
            fn prepared(&self) -> Result<Prepared<'_>, Problem> {
                prepared_texts(vec![self.len()], self.iter().map(AsRef::as_ref))
            }
        }
    )*};
}
text_arrays!([&str], [String], Vec<&str>, Vec<String>);

impl<const N: usize> AttributeValue for [&str; N] {
    fn prepared(&self) -> Result<Prepared<'_>, Problem> {
        self.as_slice().prepared()
    }
}

fn prepared_texts<'t, 'a>(
    shape: Vec<usize>,
    texts: impl Iterator<Item = &'t str>,
) -> Result<Prepared<'a>, Problem> {
    let texts = texts.map(as_stored_text).collect::<Result<Vec<_>, _>>()?;
    Ok(Prepared::Texts { shape, texts })
}

pub(super) fn as_stored_text(text: &str) -> Result<VarLenUnicode, Problem> {
    VarLenUnicode::from_str(text)
        .map_err(|_| Cause::from("a text with a NUL in it cannot be stored").into())
}
