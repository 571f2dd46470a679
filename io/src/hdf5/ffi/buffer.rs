//! Memory that HDF5 reads and writes as bytes.

use std::alloc::{Layout, alloc_zeroed};
use std::mem::ManuallyDrop;

use bytemuck::{AnyBitPattern, CheckedBitPattern};

use super::{Cause, Outcome};
use crate::hdf5::dtype::{Hdf5Element, is_whole};

/// The bytes of `elements`, of which none may belong to no field: it could be anything.
pub(crate) fn as_bytes<A: Hdf5Element>(elements: &[A]) -> Outcome<&[u8]> {
    let descriptor = A::type_descriptor();
    if !is_whole(&descriptor) || descriptor.size() != size_of::<A>() {
        return Err(Cause::from("elements with bytes that belong to no field"));
    }
    // SAFETY: the same memory for as long; every byte belongs to a number, and is initialised.
    Ok(unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) })
}

/// The bytes of `elements`, to be overwritten by any others.
pub(crate) fn as_bytes_mut<A: Hdf5Element + AnyBitPattern>(
    elements: &mut [A],
) -> Outcome<&mut [u8]> {
    as_bytes(elements)?;
    let length = size_of_val(elements);
    // SAFETY: the same memory for as long, borrowed exclusively; `as_bytes` saw that every byte belongs to a number
    // and is initialised, and any bytes are a value of the type.
    Ok(unsafe { std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), length) })
}

/// From which size on memory is asked for on huge pages: below, few lie wholly within.
const LARGE: usize = 4 << 20;

/// Asks for huge pages under fresh memory, which otherwise costs its first writer a fault every 4 KiB. It is
/// advice: where the system has none, or does not grant them, nothing is different.
#[cfg(target_os = "linux")]
fn prefer_huge_pages(start: *mut u8, bytes: usize) {
    let page = rustix::param::page_size();
    let skipped = start.align_offset(page);
    let whole = bytes.saturating_sub(skipped) / page * page;
    if bytes < LARGE || whole == 0 {
        return;
    }
    // SAFETY: whole pages within the memory, and this advice never changes contents.
    let _ = unsafe {
        let first = start.add(skipped).cast();
        rustix::mm::madvise(first, whole, rustix::mm::Advice::LinuxHugepage)
    };
}

#[cfg(not(target_os = "linux"))]
fn prefer_huge_pages(_: *mut u8, _: usize) {}

/// Memory of elements to be, every byte of it initialised.
pub(crate) struct Memory<A: CheckedBitPattern> {
    bits: Vec<A::Bits>,
}

impl<A: CheckedBitPattern> Memory<A> {
    /// `length` elements of zeros, or `None` where there is not that much memory.
    pub fn zeroed(length: usize) -> Option<Self> {
        let layout = Layout::array::<A::Bits>(length).ok()?;
        if layout.size() == 0 {
            return (length == 0).then_some(Memory { bits: Vec::new() });
        }
        // SAFETY: the layout is of non-zero size. The memory is a vector's: allocated with the layout of
        // an array of `length`, and zeros are `length` values of a type of which any bits are one.
        let bits = unsafe {
            let memory = alloc_zeroed(layout).cast::<A::Bits>();
            if !memory.is_null() {
                prefer_huge_pages(memory.cast(), layout.size());
            }
            (!memory.is_null()).then(|| Vec::from_raw_parts(memory, length, length))
        };
        bits.map(|bits| Memory { bits })
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let length = size_of_val(self.bits.as_slice());
        // SAFETY: the same memory for as long, borrowed exclusively; it was made of zeros and nothing but bytes is
        // ever written to it, so all are initialised; any bytes are a value of the type.
        unsafe { std::slice::from_raw_parts_mut(self.bits.as_mut_ptr().cast(), length) }
    }

    /// The elements, or the place of the first whose bits are none.
    pub fn into_elements(self) -> Result<Vec<A>, usize> {
        let mut bits = self.bits.iter();
        if let Some(place) = bits.position(|bits| !A::is_valid_bit_pattern(bits)) {
            return Err(place);
        }
        let mut bits = ManuallyDrop::new(self.bits);
        // SAFETY: the vector's own parts, given up by it; `A` has the layout of its `Bits`, and all were
        // found to be values of `A`.
        Ok(unsafe {
            let (memory, length) = (bits.as_mut_ptr().cast::<A>(), bits.len());
            Vec::from_raw_parts(memory, length, bits.capacity())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_lengths_are_refused_and_none_is_fine() {
        assert!(Memory::<f64>::zeroed(usize::MAX).is_none());
        assert!(Memory::<f64>::zeroed(1 << 58).is_none());
        let none = Memory::<f64>::zeroed(0).unwrap();
        assert_eq!(none.into_elements(), Ok(vec![]));
        let three = Memory::<u16>::zeroed(3).unwrap();
        assert_eq!(three.into_elements(), Ok(vec![0; 3]));
    }

    #[test]
    fn elements_are_their_bytes() {
        assert_eq!(as_bytes(&[0u16, 258]).unwrap()[2..], 258u16.to_ne_bytes());
        let mut memory = Memory::<u16>::zeroed(2).unwrap();
        memory.bytes_mut()[2..].copy_from_slice(&7u16.to_ne_bytes());
        assert_eq!(memory.into_elements(), Ok(vec![0, 7]));
        let mut memory = Memory::<bool>::zeroed(3).unwrap();
        memory.bytes_mut().copy_from_slice(&[1, 0, 2]);
        assert_eq!(memory.into_elements(), Err(2));
    }
}
