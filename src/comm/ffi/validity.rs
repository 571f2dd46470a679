//! Whether what MPI wrote are values of the type it was received as.

use crate::comm::Element;
use crate::error::{Error, Result};

/// Makes defaults of the elements that are no values of their type; an error if there are any. To be called
/// wherever MPI has written, before anybody looks. Nothing for types of which all bits are values.
///
/// # Safety
/// `place` must hold `length` elements, all of whose bytes are initialised but for padding, and nobody else
/// may use them meanwhile.
pub(super) unsafe fn validate<T: Element>(place: *mut T, length: usize) -> Result<()> {
    let mut first = None;
    for index in 0..length {
        // SAFETY: within the elements. `Bits` has the layout of `T`, and any bits are one.
        unsafe {
            let element = place.add(index);
            let bits = element.cast::<T::Bits>().read();
            if !T::is_valid_bit_pattern(&bits) {
                element.write(T::default());
                first = first.or(Some(index));
            }
        }
    }
    match first {
        None => Ok(()),
        Some(index) => Err(Error::shape(
            "receive",
            format!(
                "element {index} of {length} is no {}: elements of another type were sent",
                std::any::type_name::<T>()
            ),
        )),
    }
}

/// [`validate`] where MPI wrote into a slice: after the call, whatever its outcome.
///
/// # Safety
/// As of [`validate`].
pub(super) unsafe fn validated<T: Element, R>(
    place: *mut T,
    length: usize,
    outcome: Result<R>,
) -> Result<R> {
    // SAFETY: as the caller says.
    let valid = unsafe { validate(place, length) };
    let value = outcome?;
    valid.map(|()| value)
}
