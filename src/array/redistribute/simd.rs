//! Stores that go past the caches, for what nobody reads again soon, and blocks that are turned over in registers.

use super::strided::Stores;

/// Rows and columns of a block that is held in registers.
pub(super) const SIDE: usize = 8;

/// Bytes that go to memory at once.
const LINE: usize = 64;

/// Whether this processor turns over blocks of such elements in its registers.
pub(super) fn transposes<T>() -> bool {
    size_of::<T>() * SIDE == LINE && has_wide_registers()
}

/// Whether so many elements are whole lines.
pub(super) fn is_whole_lines<T>(elements: usize) -> bool {
    (elements * size_of::<T>()).is_multiple_of(LINE)
}

/// How many elements come before the first one at which a line begins.
pub(super) fn before_a_line<T>(elements: &[T]) -> usize {
    elements.as_ptr().addr().wrapping_neg() % LINE / size_of::<T>().max(1)
}

#[cfg(target_arch = "x86_64")]
fn has_wide_registers() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_wide_registers() -> bool {
    false
}

/// Copies the first `extents.1` elements of the first `extents.0` rows of `from` to columns of `to`, both multiples
/// of a block's side. `strides` are the distances of rows and of columns; what lies `ahead` of each element is
/// fetched as far as the second cache: in the first it would drive out what is turned over now, where rows are
/// powers of two apart.
pub(super) fn transpose_tile<T: Copy>(
    from: &[T],
    to: &mut [T],
    (strides, extents): ((usize, usize), (usize, usize)),
    ahead: isize,
    stores: Stores,
) {
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code)]
    if transposes::<T>() {
        assert!(extents.0.is_multiple_of(SIDE) && extents.1.is_multiple_of(SIDE));
        assert!(reach(extents.0, strides.0, extents.1) <= from.len());
        assert!(reach(extents.1, strides.1, extents.0) <= to.len());
        let streamed = stores == Stores::Streamed
            && to.as_ptr().addr().is_multiple_of(LINE)
            && is_whole_lines::<T>(strides.1);
        let (from, to) = (from.as_ptr().cast::<f64>(), to.as_mut_ptr().cast::<f64>());
        // SAFETY: the processor has the instructions; rows and columns lie within the slices, of elements of
        // eight bytes, as was just asserted; columns begin at lines where they are streamed.
        return unsafe {
            if streamed {
                transpose_eights::<true>(from, to, strides, extents, ahead);
            } else {
                transpose_eights::<false>(from, to, strides, extents, ahead);
            }
        };
    }
    for start in (0..extents.1).step_by(SIDE) {
        for first in (0..extents.0).step_by(SIDE) {
            let from = &from[first * strides.0 + start..];
            transpose_block(
                from,
                strides.0,
                &mut to[start * strides.1 + first..],
                strides.1,
            );
        }
    }
}

/// How far `count` rows of this length reach.
fn reach(count: usize, stride: usize, length: usize) -> usize {
    count.saturating_sub(1) * stride + length
}

fn transpose_block<T: Copy>(from: &[T], row_stride: usize, to: &mut [T], column_stride: usize) {
    let mut block = [[from[0]; SIDE]; SIDE];
    for (row, line) in block.iter_mut().enumerate() {
        line.copy_from_slice(&from[row * row_stride..][..SIDE]);
    }
    for column in 0..SIDE {
        let to = &mut to[column * column_stride..][..SIDE];
        for (to, line) in to.iter_mut().zip(&block) {
            *to = line[column];
        }
    }
}

/// Block by block along the columns of the target, so that several of its lines are written in a row.
///
/// # Safety
/// As for [`transpose_eight`], of every block.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
unsafe fn transpose_eights<const STREAMED: bool>(
    from: *const f64,
    to: *mut f64,
    strides: (usize, usize),
    extents: (usize, usize),
    ahead: isize,
) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};

    for start in (0..extents.1).step_by(SIDE) {
        for first in (0..extents.0).step_by(SIDE) {
            // SAFETY: as the caller vouches; what is fetched need not exist.
            unsafe {
                let from = from.add(first * strides.0 + start);
                for row in 0..SIDE {
                    let row = from.add(row * strides.0).wrapping_offset(ahead);
                    _mm_prefetch::<_MM_HINT_T1>(row.cast());
                }
                let to = to.add(start * strides.1 + first);
                transpose_eight::<STREAMED>(from, strides.0, to, strides.1);
            }
        }
    }
}

/// A block of elements of eight bytes, whatever they are.
///
/// # Safety
/// The eight rows and columns can be read and written; if streamed, columns begin at lines.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn transpose_eight<const STREAMED: bool>(
    from: *const f64,
    row_stride: usize,
    to: *mut f64,
    column_stride: usize,
) {
    use std::arch::x86_64::{
        _mm512_loadu_pd, _mm512_shuffle_f64x2, _mm512_storeu_pd, _mm512_stream_pd,
        _mm512_unpackhi_pd, _mm512_unpacklo_pd,
    };
    // SAFETY: as the caller vouches.
    let rows: [_; SIDE] =
        std::array::from_fn(|row| unsafe { _mm512_loadu_pd(from.add(row * row_stride)) });
    // Pairs of rows: the elements of even columns, and of odd ones.
    let even: [_; 4] =
        std::array::from_fn(|pair| _mm512_unpacklo_pd(rows[2 * pair], rows[2 * pair + 1]));
    let odd: [_; 4] =
        std::array::from_fn(|pair| _mm512_unpackhi_pd(rows[2 * pair], rows[2 * pair + 1]));
    for (parity, pairs) in [even, odd].into_iter().enumerate() {
        // Of each pair of rows two columns, then of all rows one.
        let upper = [
            _mm512_shuffle_f64x2::<0x44>(pairs[0], pairs[1]),
            _mm512_shuffle_f64x2::<0x44>(pairs[2], pairs[3]),
        ];
        let lower = [
            _mm512_shuffle_f64x2::<0xEE>(pairs[0], pairs[1]),
            _mm512_shuffle_f64x2::<0xEE>(pairs[2], pairs[3]),
        ];
        let columns = [
            _mm512_shuffle_f64x2::<0x88>(upper[0], upper[1]),
            _mm512_shuffle_f64x2::<0xDD>(upper[0], upper[1]),
            _mm512_shuffle_f64x2::<0x88>(lower[0], lower[1]),
            _mm512_shuffle_f64x2::<0xDD>(lower[0], lower[1]),
        ];
        for (number, column) in columns.into_iter().enumerate() {
            // SAFETY: as the caller vouches.
            unsafe {
                let place = to.add((2 * number + parity) * column_stride);
                if STREAMED {
                    _mm512_stream_pd(place, column);
                } else {
                    _mm512_storeu_pd(place, column);
                }
            }
        }
    }
}

/// Copies a row without bringing the target's memory into the caches, which would be to read it first.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
pub(super) fn stream<T: Copy>(from: &[T], to: &mut [T]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};

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
