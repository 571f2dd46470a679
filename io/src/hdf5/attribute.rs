//! Attributes as they are written, by the root.

use std::str::FromStr;

use hdf5::types::VarLenUnicode;
use hdf5::{Attribute, Extents, H5Type, Location};
use ndarray::{ArrayBase, Data, Dimension};

use super::dtype::{Hdf5Element, Mismatch};
use super::ffi::{Cause, as_bytes};

/// A value that can be written as an attribute: a number, a `bool`, a text, or an array of these, which may be an
/// `ndarray` of any number of axes.
pub trait AttributeValue {
    /// Writes the value as a new attribute of `location`.
    #[doc(hidden)]
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem>;
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

impl From<hdf5::Error> for Problem {
    fn from(error: hdf5::Error) -> Self {
        Cause::from(error).into()
    }
}

/// Removes an attribute of this name, so that the new one replaces it.
fn make_way(location: &Location, name: &str) -> Result<(), Problem> {
    if location.attr_names()?.iter().any(|other| other == name) {
        location.delete_attr(name)?;
    }
    Ok(())
}

/// What an attribute that is an array consists of: elements, or texts.
pub trait AttributeItem: Sized {
    /// Writes items in C order as a new attribute of this shape.
    #[doc(hidden)]
    fn write_items(
        items: &[&Self],
        shape: &[usize],
        location: &Location,
        name: &str,
    ) -> Result<(), Problem>;
}

impl<T: AttributeElement> AttributeItem for T {
    fn write_items(
        items: &[&Self],
        shape: &[usize],
        location: &Location,
        name: &str,
    ) -> Result<(), Problem> {
        let elements: Vec<T> = items.iter().map(|&&element| element).collect();
        write_elements(&elements, shape, location, name)
    }
}

macro_rules! text_items {
    ($($text:ty),*) => {$(
        impl AttributeItem for $text {
            fn write_items(
                items: &[&Self],
                shape: &[usize],
                location: &Location,
                name: &str,
            ) -> Result<(), Problem> {
                write_texts(location, name, shape, items.iter().map(|text| text.as_ref()))
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
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        let items: Vec<&Item> = self.iter().collect();
        Item::write_items(&items, self.shape(), location, name)
    }
}

impl<T: AttributeElement> AttributeValue for [T] {
    fn write(&self, location: &Location, name: &str) -> Result<(), Problem> {
        write_elements(self, &[self.len()], location, name)
    }
}

fn write_elements<T: AttributeElement>(
    elements: &[T],
    shape: &[usize],
    location: &Location,
    name: &str,
) -> Result<(), Problem> {
    as_bytes(elements)?;
    make_way(location, name)?;
    let attribute = new_attribute::<T>(location, name, shape)?;
    if !elements.is_empty() {
        attribute.write_raw(elements)?;
    }
    Ok(())
}

fn new_attribute<T: H5Type>(
    location: &Location,
    name: &str,
    shape: &[usize],
) -> hdf5::Result<Attribute> {
    let extents = match shape {
        [] => Extents::Scalar,
        _ => Extents::from(shape.to_vec()),
    };
    location.new_attr::<T>().shape(extents).create(name)
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
                write_texts(location, name, &[self.len()], self.iter().map(AsRef::as_ref))
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
    shape: &[usize],
    texts: impl Iterator<Item = &'a str>,
) -> Result<(), Problem> {
    let texts = texts.map(as_stored_text).collect::<Result<Vec<_>, _>>()?;
    make_way(location, name)?;
    let attribute = new_attribute::<VarLenUnicode>(location, name, shape)?;
    if !texts.is_empty() {
        attribute.write_raw(&texts)?;
    }
    Ok(())
}

pub(super) fn as_stored_text(text: &str) -> Result<VarLenUnicode, Problem> {
    VarLenUnicode::from_str(text)
        .map_err(|_| Cause::from("a text with a NUL in it cannot be stored").into())
}
