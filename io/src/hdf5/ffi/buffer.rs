//! Memory that HDF5 reads and writes as bytes.

use std::alloc::{Layout, alloc_zeroed};

use num_complex::Complex;

/// Plain numbers: no padding, no pointer, and any bytes are a value.
///
/// # Safety
/// Implementors are such types, and no others.
pub unsafe trait Plain: Copy + 'static {}

macro_rules! plain {
    ($($number:ty),*) => {$(
        // SAFETY: a primitive number has no padding, and every bit pattern is a value of it.
        unsafe impl Plain for $number {}
    )*};
}
plain!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
// SAFETY: `repr(C)`, two numbers of one type: no padding.
unsafe impl Plain for Complex<f32> {}
// SAFETY: as above.
unsafe impl Plain for Complex<f64> {}

/// The memory of `elements`.
pub(crate) fn as_bytes<T: Plain>(elements: &[T]) -> &[u8] {
    // SAFETY: the same memory for as long; without padding every byte is initialised.
    unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
}

/// The memory of `elements`, to be filled.
pub(crate) fn as_bytes_mut<T: Plain>(elements: &mut [T]) -> &mut [u8] {
    // SAFETY: the same memory for as long, borrowed exclusively; any bytes make valid elements.
    unsafe { std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), size_of_val(elements)) }
}

/// The memory of truth values: 0 and 1.
pub(crate) fn bool_bytes(values: &[bool]) -> &[u8] {
    // SAFETY: as above; a `bool` is one byte, and every `bool` is a valid byte.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len()) }
}

/// `length` zeros, or `None` where there is not that much memory.
pub(crate) fn zeroed<T: Plain>(length: usize) -> Option<Vec<T>> {
    let layout = Layout::array::<T>(length).ok()?;
    if layout.size() == 0 {
        return Some(Vec::new());
    }
    // SAFETY: the layout is of non-zero size. The memory is a vector's: allocated with the layout of
    // an array of `length`, and zeros are `length` valid elements of a plain type.
    unsafe {
        let memory = alloc_zeroed(layout).cast::<T>();
        (!memory.is_null()).then(|| Vec::from_raw_parts(memory, length, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_lengths_are_refused_and_none_is_fine() {
        assert_eq!(zeroed::<f64>(usize::MAX), None);
        assert_eq!(zeroed::<f64>(1 << 58), None);
        assert_eq!(zeroed::<f64>(0), Some(vec![]));
        assert_eq!(zeroed::<u16>(3), Some(vec![0; 3]));
    }

    #[test]
    fn elements_are_their_bytes() {
        let mut elements = [0u16, 258];
        assert_eq!(as_bytes(&elements)[2..], 258u16.to_ne_bytes());
        as_bytes_mut(&mut elements)[..2].copy_from_slice(&7u16.to_ne_bytes());
        assert_eq!(elements, [7, 258]);
    }
}
