//! Members of enumerations: their values in this machine's order, and elements that are none of them.

use std::ffi::{c_int, c_void};

use hdf5::types::{FloatSize, TypeDescriptor};
use hdf5::{Datatype, from_id};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5p::{H5P_CLS_DATASET_XFER, H5P_DEFAULT, H5Pclose, H5Pcreate, H5Pset_type_conv_cb};
use hdf5_sys::h5t::{
    H5T_class_t, H5T_conv_except_t, H5T_conv_ret_t, H5T_direction_t, H5Tclose, H5Tconvert,
    H5Tget_class, H5Tget_ebias, H5Tget_fields, H5Tget_member_type, H5Tget_native_type, H5Tget_size,
    H5Tget_super,
};

use super::{Cause, Outcome, check, locked};

/// A type's description with the members of enumerations as this machine has them. The `hdf5` crate reads them as
/// they are stored, whatever their order and sign.
pub(super) fn with_native_members(
    datatype: &Datatype,
    description: TypeDescriptor,
) -> Outcome<TypeDescriptor> {
    match description {
        TypeDescriptor::Enum(_) => {
            let native = part(|| {
                // SAFETY: the id is an open type.
                unsafe { H5Tget_native_type(datatype.id(), H5T_direction_t::H5T_DIR_DEFAULT) }
            })?;
            let description = with_signs(native.to_descriptor()?);
            let TypeDescriptor::Enum(members) = &description else {
                return Ok(description);
            };
            let mut members = members.members.iter();
            members.try_for_each(|member| is_text(&member.name))?;
            Ok(description)
        }
        TypeDescriptor::Compound(mut compound) => {
            for field in &mut compound.fields {
                is_text(&field.name)?;
                // SAFETY: the id is an open compound, which has a member of this number.
                let member =
                    part(|| unsafe { H5Tget_member_type(datatype.id(), field.index as _) })?;
                field.ty = with_native_members(&member, field.ty.clone())?;
            }
            Ok(TypeDescriptor::Compound(compound))
        }
        TypeDescriptor::FixedArray(element, length) => {
            // SAFETY: the id is an open array type.
            let base = part(|| unsafe { H5Tget_super(datatype.id()) })?;
            let element = with_native_members(&base, *element)?;
            Ok(TypeDescriptor::FixedArray(Box::new(element), length))
        }
        TypeDescriptor::Float(FloatSize::U2) if !is_half(datatype) => {
            Err(Cause::from("a float of two bytes that is no half"))
        }
        other => Ok(other),
    }
}

/// Whether a float of two bytes is IEEE's: others have their bits elsewhere.
fn is_half(datatype: &Datatype) -> bool {
    let mut places = [0; 5];
    let [sign, exponent, exponents, fraction, fractions] = &mut places;
    // SAFETY: the id is an open type of floats, and five live locals are filled in.
    let (got, bias) = locked(|| unsafe {
        let id = datatype.id();
        let got = H5Tget_fields(id, sign, exponent, exponents, fraction, fractions);
        (got, H5Tget_ebias(id))
    });
    got >= 0 && places == [15, 10, 5, 0, 10] && bias == 15
}

/// The `hdf5` crate takes any bytes for a text.
fn is_text(name: &str) -> Outcome<()> {
    match std::str::from_utf8(name.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Cause::from("a name that is not UTF-8")),
    }
}

/// A type that a call makes of another.
fn part(call: impl FnOnce() -> hid_t) -> Outcome<Datatype> {
    locked(|| {
        // SAFETY: the new id is a type, and belongs to nothing else.
        Ok(unsafe { from_id(check("part of a type", call())?) }?)
    })
}

fn with_signs(description: TypeDescriptor) -> TypeDescriptor {
    match description {
        TypeDescriptor::Enum(mut members) if members.signed => {
            let unused = 64 - 8 * members.size as u32;
            for member in &mut members.members {
                member.value = ((member.value << unused) as i64 >> unused) as u64;
            }
            TypeDescriptor::Enum(members)
        }
        other => other,
    }
}

/// Does `convert` with the properties of conversions under which values that are no members of an enumeration stay
/// what they are. HDF5 alone would make them -1, which may be a member.
pub(super) fn keeping_values(convert: impl FnOnce(hid_t) -> c_int) -> Outcome<()> {
    // SAFETY: the class is the library's own; the list is this function's, and closed by it.
    unsafe {
        let list = check("H5Pcreate", H5Pcreate(*H5P_CLS_DATASET_XFER))?;
        let set = H5Pset_type_conv_cb(list, Some(keep_value), std::ptr::null_mut());
        let converted =
            check("H5Pset_type_conv_cb", set).and_then(|_| check("H5Tconvert", convert(list)));
        check("H5Pclose", H5Pclose(list))?;
        converted.map(drop)
    }
}

/// Called by HDF5 for each element that it cannot convert. HDF5 (1.10.8) gives no pointer to an element of an
/// enumeration, but one to its type; where both are as long it converts in place, and the element is there.
extern "C" fn keep_value(
    _: H5T_conv_except_t,
    from: hid_t,
    to: hid_t,
    _: *mut c_void,
    element: *mut c_void,
    _: *mut c_void,
) -> H5T_conv_ret_t {
    // SAFETY: HDF5 gives two open types, and an element of the first where one of the second, of the same length, goes.
    // The types made here are closed here; both have that length too, and nothing in the background.
    unsafe {
        if H5Tget_class(from) != H5T_class_t::H5T_ENUM {
            return H5T_conv_ret_t::H5T_CONV_UNHANDLED;
        }
        if H5Tget_size(from) != H5Tget_size(to) {
            return H5T_conv_ret_t::H5T_CONV_ABORT;
        }
        let (stored, native) = (H5Tget_super(from), H5Tget_super(to));
        let none = std::ptr::null_mut();
        let outcome = H5Tconvert(stored, native, 1, element, none, H5P_DEFAULT);
        H5Tclose(stored);
        H5Tclose(native);
        match outcome < 0 {
            true => H5T_conv_ret_t::H5T_CONV_ABORT,
            false => H5T_conv_ret_t::H5T_CONV_HANDLED,
        }
    }
}
