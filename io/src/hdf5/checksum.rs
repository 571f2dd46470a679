//! The checksum of a dataset: a sum over its elements, so that it does not matter who adds what.
//!
//! Each 64-bit word of each element (the last one filled up with zeros, little-endian) is mixed with a key
//! of its place, bijectively, and the results are added modulo 2⁶⁴. So one changed element always changes
//! the sum, and elements that trade places do so but for one chance in 2⁶⁴. The key is a sum over the axes
//! of index times constant, hence independent of the dataset's shape: growing only adds.
//!
//! It is not [`DistArray::digest`](partita::DistArray::digest), which is of an array and its shape: there a place is the
//! element's number in C order, which growing along any axis but the first changes, so that nothing could be added to a
//! dataset without reading it again. And this one knows bytes as they are stored, whatever they mean.

use multiversion::multiversion;

use super::hyperslab::Selection;

/// One odd constant for each axis: the golden ratio's bits, and splitmix64's next ones.
const AXIS: [u64; 32] = constants(0x9e37_79b9_7f4a_7c15);
/// From word to word within an element.
const WORD: u64 = 0xd1b5_4a32_d192_ed03;

const fn constants<const N: usize>(seed: u64) -> [u64; N] {
    let mut constants = [0; N];
    let (mut number, mut state) = (0, seed);
    while number < N {
        constants[number] = mix(state) | 1;
        state = state.wrapping_add(seed);
        number += 1;
    }
    constants
}

/// The finalizer of MurmurHash3: a bijection in which every bit of the word changes half of the result's.
#[inline(always)]
const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let word = (word ^ (word >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

/// The share of `bytes`, which are the elements of `selection`, each of `size` bytes.
pub(crate) fn of_elements(selection: &Selection, size: usize, bytes: &[u8]) -> u64 {
    let mut sum = 0u64;
    let mut rest = bytes;
    for_each_run(selection, &mut |key, step, length| {
        let (run, behind) = rest.split_at((length * size).min(rest.len()));
        sum = sum.wrapping_add(of_run(run, size, key, step));
        rest = behind;
    });
    sum
}

/// The share of the elements of `selection` if each of them were `element`.
pub(crate) fn of_copies(selection: &Selection, element: &[u8]) -> u64 {
    let mut sum = 0u64;
    for_each_run(selection, &mut |key, step, length| {
        let mut key = key;
        for _ in 0..length {
            sum = sum.wrapping_add(of_run(element, element.len(), key, step));
            key = key.wrapping_add(step);
        }
    });
    sum
}

/// Calls `visit` with the key of the first element, the step to the next and the length of each run along
/// the last axis, in C order.
fn for_each_run(selection: &Selection, visit: &mut dyn FnMut(u64, u64, usize)) {
    fn along(selection: &Selection, axis: usize, key: u64, visit: &mut dyn FnMut(u64, u64, usize)) {
        let axes = selection.axes();
        let Some(own) = axes.get(axis) else {
            return visit(key, 0, 1);
        };
        let constant = AXIS[axis % AXIS.len()];
        for run in own.runs() {
            if axis + 1 == axes.len() {
                let first = key.wrapping_add(constant.wrapping_mul(run.start as u64));
                visit(first, constant, run.len());
                continue;
            }
            for index in run {
                let key = key.wrapping_add(constant.wrapping_mul(index as u64));
                along(selection, axis + 1, key, visit);
            }
        }
    }
    if selection.volume() > 0 {
        along(selection, 0, 0, visit);
    }
}

fn of_run(bytes: &[u8], size: usize, key: u64, step: u64) -> u64 {
    match size {
        1 => of_narrow::<1>(bytes, key, step),
        2 => of_narrow::<2>(bytes, key, step),
        4 => of_narrow::<4>(bytes, key, step),
        8 => of_words(bytes, key, step),
        _ => of_wide(bytes, size, key, step),
    }
}

/// Four vectors of the widest kind: as many as it takes for none to wait for its own multiplications.
const LANES: usize = 32;

/// Elements of one word each: the loop that has to keep up with memory.
#[multiversion(targets = "simd")]
fn of_words(bytes: &[u8], key: u64, step: u64) -> u64 {
    let (words, _) = bytes.as_chunks::<8>();
    let (blocks, rest) = words.as_chunks::<LANES>();
    let key_of = |place: usize| key.wrapping_add(step.wrapping_mul(place as u64));
    let stride = step.wrapping_mul(LANES as u64);
    let mut keys: [u64; LANES] = std::array::from_fn(key_of);
    let mut sums = [0u64; LANES];
    for block in blocks {
        for lane in 0..LANES {
            let word = u64::from_le_bytes(block[lane]);
            sums[lane] = sums[lane].wrapping_add(mix(word ^ keys[lane]));
            keys[lane] = keys[lane].wrapping_add(stride);
        }
    }
    let sum = sums.into_iter().fold(0, u64::wrapping_add);
    let first = blocks.len() * LANES;
    rest.iter().enumerate().fold(sum, |sum, (place, word)| {
        sum.wrapping_add(mix(u64::from_le_bytes(*word) ^ key_of(first + place)))
    })
}

/// Elements of `N` bytes, fewer than a word has.
#[inline(always)]
fn of_narrow<const N: usize>(bytes: &[u8], key: u64, step: u64) -> u64 {
    let mut sum = 0u64;
    let (elements, _) = bytes.as_chunks::<N>();
    for (place, element) in elements.iter().enumerate() {
        let key = key.wrapping_add(step.wrapping_mul(place as u64));
        let mut word = [0; 8];
        word[..N].copy_from_slice(element);
        sum = sum.wrapping_add(mix(u64::from_le_bytes(word) ^ key));
    }
    sum
}

/// Elements of any other size.
fn of_wide(bytes: &[u8], size: usize, key: u64, step: u64) -> u64 {
    let (mut sum, mut key) = (0u64, key);
    for element in bytes.chunks_exact(size.max(1)) {
        let mut place = key;
        for part in element.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            sum = sum.wrapping_add(mix(u64::from_le_bytes(word) ^ place));
            place = place.wrapping_add(WORD);
        }
        key = key.wrapping_add(step);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdf5::stripes::AxisSelection;
    use proptest::prelude::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| mix(at as u64) as u8).collect()
    }

    #[test]
    fn the_sum_is_the_one_that_files_hold() {
        // A known answer: files of earlier versions must verify for ever.
        let whole = Selection::of_ranges([0..2, 0..3]);
        let elements: Vec<u8> = (0..6u64).flat_map(u64::to_le_bytes).collect();
        assert_eq!(of_elements(&whole, 8, &elements), KNOWN);
    }
    const KNOWN: u64 = 13_910_548_281_625_376_902;

    #[test]
    fn every_flipped_bit_and_every_trade_of_places_changes_the_sum() {
        for size in [1, 2, 3, 4, 8, 12, 16] {
            let whole = Selection::of_ranges([0..5, 0..3]);
            let mut data = bytes(15 * size);
            let sum = of_elements(&whole, size, &data);
            for bit in 0..8 * data.len() {
                data[bit / 8] ^= 1 << (bit % 8);
                assert_ne!(
                    of_elements(&whole, size, &data),
                    sum,
                    "size {size}, bit {bit}"
                );
                data[bit / 8] ^= 1 << (bit % 8);
            }
            let mut traded = data.clone();
            traded[..size].copy_from_slice(&data[size..2 * size]);
            traded[size..2 * size].copy_from_slice(&data[..size]);
            assert_ne!(traded, data);
            assert_ne!(of_elements(&whole, size, &traded), sum);
        }
    }

    #[test]
    fn signs_that_flip_in_pairs_are_seen() {
        let whole = Selection::of_ranges(Some(0..64));
        let mut data = bytes(64 * 8);
        let sum = of_elements(&whole, 8, &data);
        for (one, other) in (0..64).flat_map(|one| (0..one).map(move |other| (one, other))) {
            data[8 * one + 7] ^= 0x80;
            data[8 * other + 7] ^= 0x80;
            assert_ne!(of_elements(&whole, 8, &data), sum);
            data[8 * one + 7] ^= 0x80;
            data[8 * other + 7] ^= 0x80;
        }
    }

    #[test]
    fn long_runs_have_the_sum_of_their_words() {
        for length in [31, 32, 33, 64, 1000] {
            let data = bytes(8 * length);
            let each = data.as_chunks::<8>().0.iter().zip(0u64..);
            let each = each.map(|(word, place)| mix(u64::from_le_bytes(*word) ^ (5 + 3 * place)));
            assert_eq!(
                of_words(&data, 5, 3),
                each.fold(0, u64::wrapping_add),
                "{length}"
            );
        }
    }

    proptest! {
        #[test]
        fn shares_of_any_cut_add_up(
            rows in 1usize..7, columns in 1usize..7, parts in 1usize..4,
            size in prop::sample::select(vec![1usize, 2, 4, 6, 8, 16]),
        ) {
            let data = bytes(rows * columns * size);
            let whole = of_elements(&Selection::of_ranges([0..rows, 0..columns]), size, &data);
            let (mut sum, mut copies) = (0u64, 0u64);
            for part in 0..parts {
                // Columns dealt out one by one.
                let own: Vec<usize> = (part..columns).step_by(parts).collect();
                let selection = Selection::new(vec![
                    AxisSelection::of_runs(Some(0..rows)),
                    AxisSelection::of_runs(own.iter().map(|&column| column..column + 1)),
                ]);
                let elements = (0..rows).flat_map(|row| own.iter().map(move |column| row * columns + column));
                let share: Vec<u8> =
                    elements.flat_map(|at| data[at * size..(at + 1) * size].to_vec()).collect();
                sum = sum.wrapping_add(of_elements(&selection, size, &share));
                copies = copies.wrapping_add(of_copies(&selection, &data[..size]));
            }
            prop_assert_eq!(sum, whole);
            let same = data[..size].repeat(rows * columns);
            let expected = of_elements(&Selection::of_ranges([0..rows, 0..columns]), size, &same);
            prop_assert_eq!(copies, expected);
        }
    }
}
