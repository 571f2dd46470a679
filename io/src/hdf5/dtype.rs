//! Elements of arrays and numbers in files: which becomes which, and what is refused.

use hdf5::types::TypeDescriptor;
use num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::ffi::{self, Plain};

/// An element that HDF5 files hold: `f32`, `f64`, the integers from 8 to 64 bits, complex numbers (a
/// compound of `r` and `i`, as h5py writes them) and `bool` (h5py's enumeration).
///
/// What is read must fit without loss. From the file's type alone that is so for narrower numbers of
/// the same kind, unsigned integers in wider signed ones, and integers of up to 32 bits in `f64` (16 in
/// `f32`). 64-bit integers are read into `f64` where every value in the file is one of `f64` exactly.
/// Byte order does not matter.
pub trait Hdf5Element: partita::Element + hdf5::H5Type + Default + Stored {}

impl<T: partita::Element + hdf5::H5Type + Default + Stored> Hdf5Element for T {}

/// How an element lies in memory while HDF5 fills it.
#[doc(hidden)]
pub trait Stored: Sized {
    /// Its own type, or an integer where not every value is one of its own.
    type Plain: Plain;

    /// The bytes HDF5 writes.
    fn bytes(elements: &[Self]) -> &[u8];

    /// The elements HDF5 read.
    fn from_plain(plain: Vec<Self::Plain>) -> Vec<Self>;

    /// Turns 64-bit integers, left in the memory of the elements, into the elements: or gives back the
    /// first that is not one of them exactly.
    fn from_wide_integers(plain: &mut [Self::Plain], signed: bool) -> Result<(), i128>;
}

/// No type but `f64` is offered 64-bit integers, see [`conversion`].
fn no_wide_integers<T>(_plain: &mut [T], _signed: bool) -> Result<(), i128> {
    Ok(())
}

macro_rules! stored_as_itself {
    ($($number:ty => $wide:path),* $(,)?) => {$(
        impl Stored for $number {
            type Plain = $number;

            fn bytes(elements: &[Self]) -> &[u8] {
                ffi::as_bytes(elements)
            }

            fn from_plain(plain: Vec<Self>) -> Vec<Self> {
                plain
            }

            fn from_wide_integers(plain: &mut [Self], signed: bool) -> Result<(), i128> {
                $wide(plain, signed)
            }
        }
    )*};
}
stored_as_itself! {
    i8 => no_wide_integers, i16 => no_wide_integers, i32 => no_wide_integers, i64 => no_wide_integers,
    u8 => no_wide_integers, u16 => no_wide_integers, u32 => no_wide_integers, u64 => no_wide_integers,
    f32 => no_wide_integers, f64 => exact_floats,
    Complex<f32> => no_wide_integers, Complex<f64> => no_wide_integers,
}

impl Stored for bool {
    type Plain = u8;

    fn bytes(elements: &[Self]) -> &[u8] {
        ffi::bool_bytes(elements)
    }

    fn from_plain(plain: Vec<u8>) -> Vec<Self> {
        plain.into_iter().map(|value| value != 0).collect()
    }

    fn from_wide_integers(plain: &mut [u8], signed: bool) -> Result<(), i128> {
        no_wide_integers(plain, signed)
    }
}

/// 64-bit integers to the floats that equal them.
fn exact_floats(plain: &mut [f64], signed: bool) -> Result<(), i128> {
    for element in plain {
        let bits = element.to_bits();
        let integer = if signed {
            i128::from(bits as i64)
        } else {
            i128::from(bits)
        };
        *element = integer as f64;
        if *element as i128 != integer {
            return Err(integer);
        }
    }
    Ok(())
}

/// How the numbers of a file become elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Conversion {
    /// As HDF5 converts: every value of the file's type is one of the element's.
    ByType,
    /// From 64-bit integers, value by value.
    ByValue { signed: bool },
}

/// Why numbers of a file do not become elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// They are no numbers of a kind that partita reads.
    Unsupported(String),
    /// Some values would not survive.
    Loses(String),
}

/// The kinds of number that are told apart, with their size in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Signed(usize),
    Unsigned(usize),
    Float(usize),
    Complex(usize),
    Bool,
}

/// What is done to read `file`'s numbers as elements of `memory`'s type.
pub(crate) fn conversion(
    file: &TypeDescriptor,
    memory: &TypeDescriptor,
) -> Result<Conversion, Mismatch> {
    use Kind::*;
    let unsupported = |what| Mismatch::Unsupported(format!("the element type {what}"));
    let from = kind(file).ok_or_else(|| unsupported(name(file)))?;
    let to = kind(memory).ok_or_else(|| unsupported(name(memory)))?;
    match (from, to) {
        (Signed(n), Signed(m)) | (Unsigned(n), Unsigned(m)) if n <= m => {}
        (Unsigned(n), Signed(m)) if n < m => {}
        (Float(n), Float(m)) | (Complex(n), Complex(m)) if n <= m => {}
        (Signed(n) | Unsigned(n), Float(m)) if n <= exact_integer_bits(m) => {}
        (Signed(64), Float(64)) => return Ok(Conversion::ByValue { signed: true }),
        (Unsigned(64), Float(64)) => return Ok(Conversion::ByValue { signed: false }),
        (Bool, Bool) => {}
        _ => {
            let (from, to) = (name(file), name(memory));
            return Err(Mismatch::Loses(format!(
                "its elements are {from}, and not all of them can be held as {to}"
            )));
        }
    }
    Ok(Conversion::ByType)
}

/// The same where values may change: any number becomes any other, as HDF5 converts.
pub(crate) fn lossy_conversion(
    file: &TypeDescriptor,
    memory: &TypeDescriptor,
) -> Result<Conversion, Mismatch> {
    use Kind::*;
    match (kind(file), kind(memory)) {
        (Some(Signed(_) | Unsigned(_) | Float(_)), Some(Signed(_) | Unsigned(_) | Float(_)))
        | (Some(Complex(_)), Some(Complex(_))) => Ok(Conversion::ByType),
        _ => conversion(file, memory),
    }
}

/// The widest of the usual integers that a float of this many bits holds exactly.
fn exact_integer_bits(float: usize) -> usize {
    if float == 64 { 32 } else { 16 }
}

/// Whether a type is made of numbers alone, so that its bytes may come from anywhere.
pub(crate) fn is_numeric(descriptor: &TypeDescriptor) -> bool {
    kind(descriptor).is_some()
}

fn kind(descriptor: &TypeDescriptor) -> Option<Kind> {
    Some(match descriptor {
        TypeDescriptor::Integer(size) => Kind::Signed(8 * *size as usize),
        TypeDescriptor::Unsigned(size) => Kind::Unsigned(8 * *size as usize),
        TypeDescriptor::Float(size) => Kind::Float(8 * *size as usize),
        TypeDescriptor::Boolean => Kind::Bool,
        TypeDescriptor::Compound(compound) => match compound.fields.as_slice() {
            [real, imaginary]
                if real.name == "r" && imaginary.name == "i" && real.ty == imaginary.ty =>
            {
                match kind(&real.ty)? {
                    Kind::Float(bits) => Kind::Complex(2 * bits),
                    _ => return None,
                }
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// The type as numpy calls it.
pub(crate) fn name(descriptor: &TypeDescriptor) -> String {
    match kind(descriptor) {
        Some(Kind::Complex(bits)) => format!("complex{bits}"),
        _ => descriptor.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdf5::H5Type;

    fn outcome<From: H5Type, To: H5Type>() -> Result<Conversion, Mismatch> {
        conversion(&From::type_descriptor(), &To::type_descriptor())
    }

    fn refused<From: H5Type, To: H5Type>() -> bool {
        matches!(outcome::<From, To>(), Err(Mismatch::Loses(_)))
    }

    #[test]
    fn what_fits_by_its_type_is_left_to_hdf5() {
        let by_type = Ok(Conversion::ByType);
        assert_eq!(outcome::<f64, f64>(), by_type);
        assert_eq!(outcome::<f32, f64>(), by_type);
        assert_eq!(outcome::<i32, f64>(), by_type);
        assert_eq!(outcome::<u16, f32>(), by_type);
        assert_eq!(outcome::<u32, i64>(), by_type);
        assert_eq!(outcome::<Complex<f32>, Complex<f64>>(), by_type);
        assert_eq!(outcome::<bool, bool>(), by_type);
    }

    #[test]
    fn what_could_lose_a_value_is_refused() {
        assert!(refused::<f64, f32>());
        assert!(refused::<i64, i32>());
        assert!(refused::<u8, i8>());
        assert!(refused::<i8, u64>());
        assert!(refused::<i32, f32>());
        assert!(refused::<f64, Complex<f64>>());
        assert!(refused::<u8, bool>());
        assert!(refused::<f64, i64>());
        let text = conversion(&TypeDescriptor::VarLenUnicode, &f64::type_descriptor());
        let named = "the element type unicode (var len)".to_string();
        assert_eq!(text, Err(Mismatch::Unsupported(named)));
    }

    #[test]
    fn wide_integers_become_floats_where_they_are_equal() {
        assert_eq!(
            outcome::<i64, f64>(),
            Ok(Conversion::ByValue { signed: true })
        );
        assert!(refused::<i64, f32>());
        let mut exact = [-3i64, 1 << 53, i64::MIN].map(|integer| f64::from_bits(integer as u64));
        assert_eq!(f64::from_wide_integers(&mut exact, true), Ok(()));
        assert_eq!(exact, [-3.0, 9007199254740992.0, -9223372036854775808.0]);
        for (integer, signed) in [
            ((1 << 53) + 1, true),
            (i64::MAX as u64, true),
            (u64::MAX, false),
        ] {
            let refused = f64::from_wide_integers(&mut [f64::from_bits(integer)], signed);
            assert_eq!(refused, Err(i128::from(integer)));
        }
    }
}
