//! Stores that go past the caches, for what nobody reads again soon.

/// Copies a row without bringing the target's memory into the caches, which would be to read it first.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
pub(super) fn stream<T: Copy>(from: &[T], to: &mut [T]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};

    const LINE: usize = 64;
    assert_eq!(from.len(), to.len(), "a row has one length");
    let bytes = size_of_val(from);
    // Lines that are written in part only are left to the caches.
    let head = to.as_ptr().addr().wrapping_neg() % LINE;
    if bytes < head + LINE {
        return to.copy_from_slice(from);
    }
    let lines = (bytes - head) / LINE;
    let (source, target) = (from.as_ptr().cast::<u8>(), to.as_mut_ptr().cast::<u8>());
    // SAFETY: both slices are `bytes` long, and `to` is exclusive. Bytes are copied as they are, those of
    // padding too, which no type looks at. `target + head` is aligned to a line, of which `lines` lie
    // within the slice.
    unsafe {
        std::ptr::copy_nonoverlapping(source, target, head);
        for line in 0..lines {
            let (source, target) = (
                source.add(head + line * LINE),
                target.add(head + line * LINE),
            );
            for quarter in 0..4 {
                let value = _mm_loadu_si128(source.cast::<__m128i>().add(quarter));
                _mm_stream_si128(target.cast::<__m128i>().add(quarter), value);
            }
        }
        let done = head + lines * LINE;
        std::ptr::copy_nonoverlapping(source.add(done), target.add(done), bytes - done);
    }
}

/// Has the line of an element fetched, if there is such an element.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
pub(super) fn prefetch<T>(elements: &[T], place: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

    if let Some(element) = elements.get(place) {
        // SAFETY: a hint, which reads nothing; part of every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(element).cast()) };
    }
}

/// Returns when what was streamed can be seen by everyone who is told afterwards.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
pub(super) fn fence() {
    // SAFETY: part of every x86-64 processor.
    unsafe { std::arch::x86_64::_mm_sfence() };
}

/// Copies a row.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn stream<T: Copy>(from: &[T], to: &mut [T]) {
    to.copy_from_slice(from);
}

/// Nothing to wait for.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn fence() {}

/// A hint that is not given.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn prefetch<T>(_elements: &[T], _place: usize) {}
