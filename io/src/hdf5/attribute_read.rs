//! Attributes as they are read: by the root, who tells the others.

use std::ops::Deref;

use hdf5::types::{TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{Attribute, Container, Datatype, H5Type};
use ndarray::{Array, ArrayD, ArrayViewD, Dimension};
use serde::{Deserialize, Serialize};

use super::attribute::{AttributeElement, Problem};
use super::dtype::{Conversion, Mismatch, conversion, exact_floats, left_in_memory};
use super::ffi::{
    Cause, Memory, convert, descriptor, is_padded_with_blanks, read_attribute, read_fixed_text,
};
use super::read::dimension;

/// A value that an attribute can be read as: a number, a `bool`, a `String`, or a `Vec` or an `ndarray` of these. A
/// `Vec` takes what has any number of axes, in C order.
///
/// Numbers are converted as those of datasets are, without loss ([`Hdf5Element`](super::Hdf5Element)).
pub trait FromAttribute: Sized {
    /// Reads the attribute on one rank.
    #[doc(hidden)]
    fn read(attribute: &Attribute) -> Result<Content, Problem>;

    /// The value, on every rank.
    #[doc(hidden)]
    fn decode(content: Content) -> Option<Self>;
}

/// An attribute's content on its way to the other ranks, in C order.
#[doc(hidden)]
#[derive(Debug, Serialize, Deserialize)]
pub struct Content {
    shape: Vec<usize>,
    values: Values,
}

#[derive(Debug, Serialize, Deserialize)]
enum Values {
    /// The bytes of elements, as they lie in memory.
    Elements(Vec<u8>),
    Texts(Vec<String>),
}

/// The shape of an attribute, if it has one.
fn shape(attribute: &Attribute) -> Result<Vec<usize>, Problem> {
    let space = attribute.space()?;
    match space.is_null() {
        true => Err(Problem(Mismatch::Unsupported(
            "an attribute without a shape".into(),
        ))),
        false => Ok(space.shape()),
    }
}

impl<T: AttributeElement> FromAttribute for Vec<T> {
    fn read(attribute: &Attribute) -> Result<Content, Problem> {
        let stored = attribute.dtype()?;
        let shape = shape(attribute)?;
        let unsupported = |words| Mismatch::Unsupported(format!("the element type {words}"));
        let from = descriptor(&stored).map_err(|words| Problem(unsupported(words)))?;
        let to = T::type_descriptor();
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
        let values = Values::Elements(bytes);
        Ok(Content { shape, values })
    }

    fn decode(content: Content) -> Option<Self> {
        let Values::Elements(bytes) = content.values else {
            return None;
        };
        let mut memory = Memory::<T>::zeroed(content.shape.iter().product())?;
        if memory.bytes_mut().len() != bytes.len() {
            return None;
        }
        memory.bytes_mut().copy_from_slice(&bytes);
        memory.into_elements().ok()
    }
}

impl FromAttribute for Vec<String> {
    fn read(attribute: &Attribute) -> Result<Content, Problem> {
        let (shape, texts) = (shape(attribute)?, texts(attribute, read_fixed_text)?);
        let values = Values::Texts(texts);
        Ok(Content { shape, values })
    }

    fn decode(content: Content) -> Option<Self> {
        match content.values {
            Values::Texts(texts) => Some(texts),
            Values::Elements(_) => None,
        }
    }
}

macro_rules! arrays {
    ($($item:ty $(where $element:ident: $bound:ident)?),*) => {$(
        impl<$($element: $bound,)? D: Dimension> FromAttribute for Array<$item, D> {
            fn read(attribute: &Attribute) -> Result<Content, Problem> {
                let content = Vec::<$item>::read(attribute)?;
                match dimension::<D>(&content.shape) {
                    Some(_) => Ok(content),
                    None => Err(other_axes(&content.shape, D::NDIM)),
                }
            }

            fn decode(content: Content) -> Option<Self> {
                let shape = dimension::<D>(&content.shape)?;
                Array::from_shape_vec(shape, Vec::decode(content)?).ok()
            }
        }
    )*};
}
arrays!(T where T: AttributeElement, String);

fn other_axes(shape: &[usize], ndim: Option<usize>) -> Problem {
    let (axes, ndim) = (shape.len(), ndim.unwrap_or_default());
    let detail = format!("it has {axes} axes ({shape:?}), the array {ndim}");
    Problem(Mismatch::Loses(detail))
}

/// The texts of an attribute or a dataset; `fixed` reads those of fixed length.
pub(super) fn texts<From>(
    from: &From,
    fixed: impl FnOnce(&From, &Datatype) -> Result<Vec<Vec<u8>>, Cause>,
) -> Result<Vec<String>, Problem>
where
    From: Deref<Target = Container>,
{
    if from.size() == 0 {
        return Ok(Vec::new());
    }
    let datatype = from.dtype()?;
    match datatype.to_descriptor()? {
        TypeDescriptor::VarLenUnicode => Ok(of_any_length::<VarLenUnicode>(from)?),
        TypeDescriptor::VarLenAscii => Ok(of_any_length::<VarLenAscii>(from)?),
        element @ (TypeDescriptor::FixedAscii(_) | TypeDescriptor::FixedUnicode(_)) => {
            let texts = fixed(from, &datatype)?;
            let texts = texts.iter().map(|text| decode_text(text));
            // Programs that know ASCII only fill texts up with blanks, whatever the type says.
            let has_blanks = matches!(element, TypeDescriptor::FixedAscii(_))
                || is_padded_with_blanks(&datatype);
            Ok(match has_blanks {
                true => texts
                    .map(|text| text.trim_end_matches(' ').to_string())
                    .collect(),
                false => texts.collect(),
            })
        }
        other => Err(Problem(Mismatch::Loses(format!(
            "it is no text but {other}"
        )))),
    }
}

fn of_any_length<Text>(from: &Container) -> hdf5::Result<Vec<String>>
where
    Text: H5Type + Deref<Target = str>,
{
    let texts = from.read_raw::<Text>()?.into_iter();
    Ok(texts.map(|text| decode_text(text.as_bytes())).collect())
}

/// Up to the first zero. What is no UTF-8 is shown as such: a wrong letter in a unit is no reason to fail.
pub(super) fn decode_text(bytes: &[u8]) -> String {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).to_string()
}

/// An array as a list of lists.
fn in_brackets(values: ArrayViewD<String>) -> String {
    let parts: Vec<String> = match values.ndim() {
        0 | 1 => values.iter().cloned().collect(),
        _ => values.outer_iter().map(in_brackets).collect(),
    };
    format!("[{}]", parts.join(", "))
}

/// An attribute's value for people to read; what is no number and no text by its type.
pub(super) fn in_words(attribute: &Attribute) -> String {
    fn list<T: ToString>(values: Option<ArrayD<T>>) -> Option<String> {
        let values = values?.map(T::to_string);
        Some(match values.len() {
            1 => values.first()?.clone(),
            _ => in_brackets(values.view()),
        })
    }
    fn values<T>(attribute: &Attribute) -> Option<ArrayD<T>>
    where
        ArrayD<T>: FromAttribute,
    {
        ArrayD::decode(ArrayD::<T>::read(attribute).ok()?)
    }
    if attribute.space().is_ok_and(|space| space.is_null()) {
        return "(nothing)".to_string();
    }
    let otherwise = || match attribute.dtype().as_ref().map(descriptor) {
        Ok(Ok(descriptor)) => format!("({descriptor})"),
        Ok(Err(words)) => format!("({words})"),
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
                match shape(attribute)?.iter().product() {
                    1 => Vec::<$value>::read(attribute),
                    length => {
                        let length: usize = length;
                        Err(Problem(Mismatch::Loses(format!("it has {length} values"))))
                    }
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
