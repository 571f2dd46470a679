//! Elements of arrays and numbers in files: which becomes which, and what is refused.

use hdf5::types::TypeDescriptor;
use serde::{Deserialize, Serialize};

/// An element that HDF5 files hold: `f32`, `f64`, the integers from 8 to 64 bits, complex numbers (a
/// compound of `r` and `i`, as h5py writes them), `bool` (h5py's enumeration), and types that derive the `hdf5` crate's
/// `H5Type`: enumerations, and structs of all of these and of arrays of them.
///
/// What is read must fit without loss. From the file's type alone that is so for narrower numbers of
/// the same kind (`float16` too, which is not written), unsigned integers in wider signed ones, and integers of up to
/// 32 bits in `f64` (16 in `f32`). 64-bit integers are read into `f64` where every value in the file is one of `f64` exactly.
/// Byte order does not matter. The fields of a struct are found by their names, wherever they lie in the file's elements
/// and whatever lies beside them; the members of an enumeration by their names and values.
///
/// ```
/// use bytemuck::AnyBitPattern;
/// use hdf5::H5Type;
/// use mpi::traits::Equivalence;
///
/// #[derive(Clone, Copy, Default, Equivalence, AnyBitPattern, H5Type)]
/// #[repr(C)]
/// struct Particle {
///     position: [f64; 3],
///     charge: i32,
///     species: u32, // no byte may belong to no field: such bytes could be anything
/// }
/// # fn is_element<A: partita_io::hdf5::Hdf5Element>() {}
/// # is_element::<Particle>();
/// ```
///
/// An enumeration is made an element by [`partita::element!`]:
///
/// ```
/// use bytemuck::CheckedBitPattern;
/// use hdf5::H5Type;
///
/// #[derive(Clone, Copy, Default, CheckedBitPattern, H5Type)]
/// #[repr(u8)]
/// enum Phase {
///     #[default]
///     Solid = 1,
///     Liquid = 2,
///     Gas = 7,
/// }
/// partita::element!(Phase);
/// # fn is_element<A: partita_io::hdf5::Hdf5Element>() {}
/// # is_element::<Phase>();
/// ```
///
/// Texts are no elements, because they have no fixed length and lie outside of arrays: every rank has all texts of a
/// dataset, as a list or an `ndarray`. See [`File::write_texts`](super::File::write_texts).
pub trait Hdf5Element: partita::Element + hdf5::H5Type {}

impl<T: partita::Element + hdf5::H5Type> Hdf5Element for T {}

/// 64-bit integers to the `f64`s that equal them, in their place; or the first that has no equal.
pub(crate) fn exact_floats(memory: &mut [u8], signed: bool) -> Result<(), i128> {
    for element in memory.as_chunks_mut::<8>().0 {
        let integer = match signed {
            true => i128::from(i64::from_ne_bytes(*element)),
            false => i128::from(u64::from_ne_bytes(*element)),
        };
        let float = integer as f64;
        if float as i128 != integer {
            return Err(integer);
        }
        *element = float.to_ne_bytes();
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
    let loses = || {
        let (from, to) = (name(file), name(memory));
        Mismatch::Loses(format!(
            "its elements are {from}, and not all of them can be held as {to}"
        ))
    };
    let (from, to) = match (kind(file), kind(memory)) {
        (Some(from), Some(to)) => (from, to),
        (_, None) if fits(file, memory) => return Ok(Conversion::ByType),
        (None, _) if kind(memory).is_some() || !is_plain(file) => {
            let what = name(file);
            return Err(Mismatch::Unsupported(format!("the element type {what}")));
        }
        _ => return Err(loses()),
    };
    match (from, to) {
        (Signed(n), Signed(m)) | (Unsigned(n), Unsigned(m)) if n <= m => {}
        (Unsigned(n), Signed(m)) if n < m => {}
        (Float(n), Float(m)) | (Complex(n), Complex(m)) if n <= m => {}
        (Signed(n) | Unsigned(n), Float(m)) if n <= exact_integer_bits(m) => {}
        (Signed(64), Float(64)) => return Ok(Conversion::ByValue { signed: true }),
        (Unsigned(64), Float(64)) => return Ok(Conversion::ByValue { signed: false }),
        (Bool, Bool) => {}
        _ => return Err(loses()),
    }
    Ok(Conversion::ByType)
}

/// Whether a part of an element, or an element that is no number, is read without loss as HDF5 converts.
fn fits(file: &TypeDescriptor, memory: &TypeDescriptor) -> bool {
    use TypeDescriptor::{Compound, Enum, FixedArray};
    match (file, memory) {
        (Enum(from), Enum(to)) => {
            let mut members = from.members.iter();
            members.all(|member| to.members.contains(member))
        }
        (FixedArray(from, length), FixedArray(to, room)) => length == room && fits(from, to),
        (Compound(from), Compound(to)) => to.fields.iter().all(|field| {
            let mut there = from.fields.iter();
            there.any(|other| other.name == field.name && fits(&other.ty, &field.ty))
        }),
        _ if kind(file).is_none() || kind(memory).is_none() => false,
        _ => conversion(file, memory) == Ok(Conversion::ByType),
    }
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

/// What HDF5's conversion leaves in the memory of the elements.
pub(crate) fn left_in_memory(memory: &TypeDescriptor, conversion: Conversion) -> TypeDescriptor {
    use hdf5::types::IntSize;
    match conversion {
        Conversion::ByType => memory.clone(),
        Conversion::ByValue { signed: true } => TypeDescriptor::Integer(IntSize::U8),
        Conversion::ByValue { signed: false } => TypeDescriptor::Unsigned(IntSize::U8),
    }
}

/// Whether elements are their bytes: nothing in them points elsewhere, so that the bytes may come from anywhere.
pub(crate) fn is_plain(descriptor: &TypeDescriptor) -> bool {
    use TypeDescriptor::*;
    match descriptor {
        Integer(_) | Unsigned(_) | Float(_) | Boolean | Enum(_) => true,
        FixedAscii(_) | FixedUnicode(_) => true,
        FixedArray(element, _) => is_plain(element),
        Compound(compound) => compound.fields.iter().all(|field| is_plain(&field.ty)),
        VarLenArray(_) | VarLenAscii | VarLenUnicode | Reference(_) => false,
    }
}

/// Whether each byte of a plain element belongs to a number in it.
pub(crate) fn is_whole(descriptor: &TypeDescriptor) -> bool {
    match descriptor {
        TypeDescriptor::FixedArray(element, _) => is_whole(element),
        TypeDescriptor::Compound(compound) => {
            let fields = compound.fields.iter();
            let bytes: usize = fields.clone().map(|field| field.ty.size()).sum();
            bytes == compound.size && fields.clone().all(|field| is_whole(&field.ty))
        }
        _ => is_plain(descriptor),
    }
}

/// Whether elements are single numbers.
pub(crate) fn is_number(descriptor: &TypeDescriptor) -> bool {
    use Kind::*;
    matches!(kind(descriptor), Some(Signed(_) | Unsigned(_) | Float(_)))
}

/// Whether elements are single complex numbers.
pub(crate) fn is_complex(descriptor: &TypeDescriptor) -> bool {
    matches!(kind(descriptor), Some(Kind::Complex(_)))
}

/// Whether every pattern of bits is an element.
pub(crate) fn is_any_bits(descriptor: &TypeDescriptor) -> bool {
    !matches!(kind(descriptor), None | Some(Kind::Bool))
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
    use num_complex::Complex;

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
        let mut exact = [-3i64, 1 << 53, i64::MIN].map(i64::to_ne_bytes).concat();
        assert_eq!(exact_floats(&mut exact, true), Ok(()));
        let expected = [-3.0, 9007199254740992.0, -9223372036854775808.0];
        assert_eq!(exact, expected.map(f64::to_ne_bytes).concat());
        for (integer, signed) in [
            ((1u64 << 53) + 1, true),
            (i64::MAX as u64, true),
            (u64::MAX, false),
        ] {
            let refused = exact_floats(&mut integer.to_ne_bytes(), signed);
            assert_eq!(refused, Err(i128::from(integer)));
        }
    }

    #[test]
    fn structs_are_read_by_the_names_of_their_fields() {
        use hdf5::types::{CompoundField, CompoundType};
        let field = |name: &str, ty, offset| CompoundField::new(name, ty, offset, 0);
        let of = |fields, size| TypeDescriptor::Compound(CompoundType { fields, size });
        let (narrow, wide) = (f32::type_descriptor(), f64::type_descriptor());
        let file = of(
            vec![
                field("b", narrow.clone(), 0),
                field("a", u8::type_descriptor(), 4),
            ],
            5,
        );
        let one = of(vec![field("b", wide.clone(), 0)], 8);
        assert_eq!(conversion(&file, &one), Ok(Conversion::ByType));
        let other = of(vec![field("c", wide, 0)], 8);
        assert!(matches!(conversion(&file, &other), Err(Mismatch::Loses(_))));
        assert!(matches!(conversion(&one, &file), Err(Mismatch::Loses(_))));
        assert!(is_whole(&file) && !is_any_bits(&file));
        let padded = of(vec![field("b", narrow, 0)], 8);
        assert!(is_plain(&padded) && !is_whole(&padded));
    }
}
