//! What elements consist of, and how two of them are compared that may be of different types.

use std::fmt;

use hdf5::types::{CompoundField, CompoundType, EnumMember, EnumType};
use hdf5::types::{FloatSize, IntSize, TypeDescriptor};
use num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::attribute_read::decode_text;
use super::dtype;
use super::tolerance::{Difference, Number, Tolerance};

/// The type of elements, by which all of them can be read without loss: numbers as wide as there are, the fields of
/// structs by their names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Form {
    Signed,
    Unsigned,
    Float,
    Complex,
    Bool,
    Enumeration {
        size: usize,
        signed: bool,
        members: Vec<(String, u64)>,
    },
    Text {
        length: usize,
        is_unicode: bool,
    },
    Array(Box<Form>, usize),
    Record(Vec<Field>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Field {
    name: String,
    form: Form,
    /// In memory.
    offset: usize,
}

impl Form {
    /// `None` where elements are not their bytes.
    pub fn of(element: &TypeDescriptor) -> Option<Self> {
        Some(match element {
            _ if dtype::is_complex(element) => Form::Complex,
            TypeDescriptor::Integer(_) => Form::Signed,
            TypeDescriptor::Unsigned(_) => Form::Unsigned,
            TypeDescriptor::Float(_) => Form::Float,
            TypeDescriptor::Boolean => Form::Bool,
            TypeDescriptor::Enum(of) => Form::Enumeration {
                size: of.size as usize,
                signed: of.signed,
                members: { of.members.iter() }
                    .map(|member| (member.name.clone(), member.value))
                    .collect(),
            },
            TypeDescriptor::FixedAscii(length) | TypeDescriptor::FixedUnicode(length) => {
                Form::Text {
                    length: *length,
                    is_unicode: matches!(element, TypeDescriptor::FixedUnicode(_)),
                }
            }
            TypeDescriptor::FixedArray(element, length) => {
                Form::Array(Box::new(Form::of(element)?), *length)
            }
            TypeDescriptor::Compound(compound) => Form::of_fields(&compound.fields)?,
            _ => return None,
        })
    }

    fn of_fields(fields: &[CompoundField]) -> Option<Self> {
        let mut fields: Vec<_> = fields.iter().collect();
        fields.sort_by(|one, other| one.name.cmp(&other.name));
        let mut offset = 0;
        let fields = fields.into_iter().map(|field| {
            let form = Form::of(&field.ty)?;
            let start = offset;
            offset += form.size();
            Some(Field {
                name: field.name.clone(),
                form,
                offset: start,
            })
        });
        fields.collect::<Option<_>>().map(Form::Record)
    }

    /// The bytes of an element in memory.
    pub fn size(&self) -> usize {
        match self {
            Form::Signed | Form::Unsigned | Form::Float => 8,
            Form::Complex => 16,
            Form::Bool => 1,
            Form::Enumeration { size, .. } | Form::Text { length: size, .. } => *size,
            Form::Array(element, length) => element.size() * length,
            Form::Record(fields) => fields.iter().map(|field| field.form.size()).sum(),
        }
    }

    /// The type of the elements in memory.
    pub fn in_memory(&self) -> TypeDescriptor {
        match self {
            Form::Signed => TypeDescriptor::Integer(IntSize::U8),
            Form::Unsigned => TypeDescriptor::Unsigned(IntSize::U8),
            Form::Float => TypeDescriptor::Float(FloatSize::U8),
            Form::Complex => <Complex<f64> as hdf5::H5Type>::type_descriptor(),
            Form::Bool => TypeDescriptor::Boolean,
            Form::Enumeration {
                size,
                signed,
                members,
            } => {
                let members = members.iter().map(|(name, value)| EnumMember {
                    name: name.clone(),
                    value: *value,
                });
                TypeDescriptor::Enum(EnumType {
                    size: IntSize::from_int(*size).unwrap_or(IntSize::U8),
                    signed: *signed,
                    members: members.collect(),
                })
            }
            Form::Text { length, is_unicode } => match is_unicode {
                true => TypeDescriptor::FixedUnicode(*length),
                false => TypeDescriptor::FixedAscii(*length),
            },
            Form::Array(element, length) => {
                TypeDescriptor::FixedArray(Box::new(element.in_memory()), *length)
            }
            Form::Record(fields) => {
                let each = fields.iter().enumerate().map(|(number, field)| {
                    let ty = field.form.in_memory();
                    CompoundField::new(&field.name, ty, field.offset, number)
                });
                TypeDescriptor::Compound(CompoundType {
                    fields: each.collect(),
                    size: self.size(),
                })
            }
        }
    }

    fn is_number(&self) -> bool {
        matches!(
            self,
            Form::Signed | Form::Unsigned | Form::Float | Form::Complex
        )
    }

    /// Whether elements of both have anything in common.
    pub fn is_comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Form::Bool, Form::Bool)
            | (Form::Enumeration { .. }, Form::Enumeration { .. })
            | (Form::Text { .. }, Form::Text { .. }) => true,
            (Form::Array(one, length), Form::Array(other, others)) => {
                length == others && one.is_comparable(other)
            }
            (Form::Record(one), Form::Record(other)) => {
                let mut pairs = one.iter().zip(other);
                one.len() == other.len()
                    && pairs.all(|(one, other)| {
                        one.name == other.name && one.form.is_comparable(&other.form)
                    })
            }
            (one, other) => one.is_number() && other.is_number(),
        }
    }

    /// How many parts it has that are compared one by one; `None` where it is compared itself.
    fn parts(&self) -> Option<usize> {
        match self {
            Form::Array(_, length) => Some(*length),
            Form::Record(fields) => Some(fields.len()),
            _ => None,
        }
    }
}

/// An element, or a part of one.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub form: &'a Form,
    pub bytes: &'a [u8],
}

/// A difference that counts: in which part of an element, and what is there.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub part: String,
    pub values: [String; 2],
}

/// How far two elements are from each other.
pub(super) fn difference(one: Part, other: Part, tolerance: &Tolerance) -> Difference {
    let parts = one.pairs(other);
    match parts {
        None => one.difference(other, tolerance),
        Some(pairs) => pairs.fold(Difference::default(), |sum, (one, other)| {
            sum.and(difference(one, other, tolerance))
        }),
    }
}

/// The first part by which two elements differ more than is allowed.
pub(super) fn first(one: Part, other: Part, tolerance: &Tolerance) -> Option<Found> {
    let Some(pairs) = one.pairs(other) else {
        let counts = one.difference(other, tolerance).counts;
        return counts.then(|| Found {
            part: String::new(),
            values: [one.to_string(), other.to_string()],
        });
    };
    pairs.enumerate().find_map(|(number, (part, other))| {
        let found = first(part, other, tolerance)?;
        let label = match one.form {
            Form::Record(fields) => format!(".{}", fields[number].name),
            _ => format!("[{number}]"),
        };
        Some(Found {
            part: label + &found.part,
            ..found
        })
    })
}

impl<'a> Part<'a> {
    fn pairs(self, other: Self) -> Option<impl Iterator<Item = (Self, Self)>> {
        let number = self.form.parts()?;
        Some((0..number).map(move |number| (self.part(number), other.part(number))))
    }

    fn part(self, number: usize) -> Self {
        let (form, start) = match self.form {
            Form::Array(element, _) => (element.as_ref(), number * element.size()),
            Form::Record(fields) => (&fields[number].form, fields[number].offset),
            whole => (whole, 0),
        };
        let bytes = &self.bytes[start..start + form.size()];
        Part { form, bytes }
    }

    fn difference(self, other: Self, tolerance: &Tolerance) -> Difference {
        match (self.number(), other.number()) {
            (Some(one), Some(other)) => one.difference(other, tolerance),
            _ => Difference::of_equality(self.same_as(other), tolerance),
        }
    }

    fn same_as(self, other: Self) -> bool {
        match (self.member(), other.member()) {
            (Some(one), Some(other)) => one == other,
            _ => self.text() == other.text(),
        }
    }

    fn words<const N: usize>(self) -> [[u8; 8]; N] {
        let mut words = [[0; 8]; N];
        words.as_flattened_mut().copy_from_slice(self.bytes);
        words
    }

    fn number(self) -> Option<Number> {
        Some(match self.form {
            Form::Signed => Number::Integer(i64::from_ne_bytes(self.words::<1>()[0]).into()),
            Form::Unsigned => Number::Integer(u64::from_ne_bytes(self.words::<1>()[0]).into()),
            Form::Float => Number::Float(f64::from_ne_bytes(self.words::<1>()[0])),
            Form::Complex => {
                let [re, im] = self.words::<2>().map(f64::from_ne_bytes);
                Number::Complex(Complex::new(re, im))
            }
            _ => return None,
        })
    }

    /// Of an enumeration: its name, or its value where it has none.
    fn member(self) -> Option<Result<&'a str, u64>> {
        let Form::Enumeration {
            size,
            signed,
            members,
        } = self.form
        else {
            return None;
        };
        let mut word = [0; 8];
        word[..*size].copy_from_slice(self.bytes);
        let unused = 64 - 8 * *size as u32;
        let value = match signed {
            true => ((u64::from_le_bytes(word) << unused) as i64 >> unused) as u64,
            false => u64::from_le_bytes(word),
        };
        let named = members.iter().find(|(_, other)| *other == value);
        Some(named.map(|(name, _)| name.as_str()).ok_or(value))
    }

    fn text(self) -> String {
        match self.form {
            Form::Bool => (self.bytes != [0]).to_string(),
            _ => decode_text(self.bytes).trim_end_matches(' ').to_string(),
        }
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.number(), self.member()) {
            (Some(Number::Integer(integer)), _) => write!(formatter, "{integer}"),
            (Some(Number::Float(float)), _) => write!(formatter, "{float:?}"),
            (Some(Number::Complex(Complex { re, im })), _) => write!(formatter, "{re:?}{im:+?}i"),
            (_, Some(Ok(name))) => formatter.write_str(name),
            (_, Some(Err(value))) => write!(formatter, "{value}, no member,"),
            _ if *self.form == Form::Bool => formatter.write_str(&self.text()),
            _ => write!(formatter, "{:?}", self.text()),
        }
    }
}
