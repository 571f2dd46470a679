//! What each of HDF5's filters did to the bytes of a chunk, undone.

use flate2::{Decompress, FlushDecompress, Status};

use super::pipeline::Broken;

/// Unpacks a whole zlib stream into the room for it, which it may not fill; how many bytes it was. What lies behind the
/// stream is nothing, to HDF5 too.
pub(super) fn unpack(
    inflate: &mut Decompress,
    packed: &[u8],
    room: &mut [u8],
) -> Result<usize, Broken> {
    // A stream that has filled the room may still have its end to tell: it gets one byte more, which it must not use.
    let (most, mut beyond) = (room.len(), [0u8]);
    loop {
        let (taken, made) = (inflate.total_in() as usize, inflate.total_out() as usize);
        let rest = match made < most {
            true => &mut room[made..],
            false => &mut beyond[..],
        };
        let status = inflate.decompress(&packed[taken..], rest, FlushDecompress::Finish);
        let found = inflate.total_out() as usize;
        if found > most {
            let detail = format!("it unpacks to more than its {most} bytes");
            return Err(Broken::Damaged(detail));
        }
        match status {
            Ok(Status::StreamEnd) => return Ok(found),
            Ok(_) if found > made || inflate.total_in() as usize > taken => {}
            Ok(_) => return Err(Broken::Damaged("its zlib stream has no end".into())),
            Err(_) => return Err(Broken::Damaged("its zlib stream is damaged".into())),
        }
    }
}

/// The length without the checksum at the end, which must be that of the bytes before it.
pub(super) fn without_checksum(stored: &[u8]) -> Result<usize, Broken> {
    let Some((data, checksum)) = stored.split_last_chunk::<4>() else {
        return Err(Broken::Damaged("it is shorter than its checksum".into()));
    };
    let (found, expected) = (fletcher32(data), u32::from_le_bytes(*checksum));
    // Until version 1.6.2 HDF5 wrote the halves of the sum in the machine's order of bytes.
    let swapped = (found & 0x00ff_00ff) << 8 | (found >> 8) & 0x00ff_00ff;
    match found == expected || swapped == expected {
        true => Ok(data.len()),
        false => {
            let detail = format!("its Fletcher32 checksum is {found:08x}, not {expected:08x}");
            Err(Broken::Damaged(detail))
        }
    }
}

/// Fletcher's checksum of 16-bit words, the first byte of each the higher one.
///
/// # Source
/// J. G. Fletcher, "An arithmetic checksum for serial transmissions", 1982; with sums modulo 65535 that are 65535 for
/// 0 unless all was 0, and a last odd byte followed by a zero, as in HDF5's file format.
pub(super) fn fletcher32(data: &[u8]) -> u32 {
    let fold = |sum: u32| (sum & 0xffff) + (sum >> 16);
    let (mut first, mut second) = (0u32, 0u32);
    let (words, odd) = data.as_chunks::<2>();
    // 360 words are what the second sum holds without an overflow.
    for words in words.chunks(360) {
        for word in words {
            first += u32::from(u16::from_be_bytes(*word));
            second += first;
        }
        (first, second) = (fold(first), fold(second));
    }
    if let [last] = odd {
        first += u32::from(*last) << 8;
        second += first;
        (first, second) = (fold(first), fold(second));
    }
    fold(second) << 16 | fold(first)
}

/// Puts the bytes of units together again that lie apart; what is no whole unit is at the end, as it was.
pub(super) fn unshuffle(shuffled: &[u8], size: usize, together: &mut [u8]) {
    match size {
        2 => unshuffle_units::<2>(shuffled, together),
        4 => unshuffle_units::<4>(shuffled, together),
        8 => unshuffle_units::<8>(shuffled, together),
        16 => unshuffle_units::<16>(shuffled, together),
        _ => {
            let number = shuffled.len() / size;
            let (whole, rest) = shuffled.split_at(number * size);
            together[number * size..].copy_from_slice(rest);
            for (byte, plane) in whole.chunks_exact(number).enumerate() {
                for (unit, &value) in together.chunks_exact_mut(size).zip(plane) {
                    unit[byte] = value;
                }
            }
        }
    }
}

fn unshuffle_units<const SIZE: usize>(shuffled: &[u8], together: &mut [u8]) {
    let (units, rest) = together.as_chunks_mut::<SIZE>();
    let number = units.len();
    rest.copy_from_slice(&shuffled[number * SIZE..]);
    let planes: [&[u8]; SIZE] = std::array::from_fn(|byte| &shuffled[byte * number..][..number]);
    for (place, unit) in units.iter_mut().enumerate() {
        *unit = std::array::from_fn(|byte| planes[byte][place]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fletcher32_has_known_values() {
        // Computed by h5py for chunks of these bytes.
        assert_eq!(fletcher32(b""), 0);
        assert_eq!(fletcher32(b"abcde"), 0x4ff0_29c7);
        assert_eq!(fletcher32(&[0xff; 4096]), 0xffff_ffff);
    }
}
