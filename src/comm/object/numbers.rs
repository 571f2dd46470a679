//! Vectors whose numbers lie in memory as they travel: encoded by a copy, and decoded by another one, where
//! one by one they take several times as long.
//!
//! In postcard's form these bytes are the same, so that only the time tells which way a value has gone.

use bytemuck::Pod;
use castaway::{LifetimeFree, cast};

use super::Bytes;
use crate::comm::Element;
use crate::comm::ffi::{Handle, vector_with_capacity};
use crate::error::{Error, Result};

/// A number whose encoded bytes are those in memory.
trait Plain: Element + Pod + LifetimeFree {}

impl Plain for f64 {}
impl Plain for f32 {}
impl Plain for u8 {}
impl Plain for i8 {}

/// `value` as bytes, if it is such a vector.
pub(super) fn encode<T>(value: &T) -> Option<Result<Bytes>> {
    memory_of(value).map(|(length, memory)| {
        let mut bytes = Bytes::none();
        bytes.reserve(memory.len() + size_of::<[u64; 2]>())?;
        bytes.append(&Ok::<usize, &Error>(length), Error::other)?;
        bytes.append_bytes(memory);
        Ok(bytes)
    })
}

/// The numbers of such a vector: how many, and their memory.
pub(super) fn memory_of<T>(value: &T) -> Option<(usize, &[u8])> {
    fn of<T, N: Plain>(value: &T) -> Option<(usize, &[u8])> {
        let numbers = cast!(value, &Vec<N>).ok()?;
        Some((numbers.len(), bytemuck::cast_slice(numbers)))
    }
    if cfg!(target_endian = "big") {
        return None;
    }
    of::<T, f64>(value)
        .or_else(|| of::<T, f32>(value))
        .or_else(|| of::<T, u8>(value))
        .or_else(|| of::<T, i8>(value))
}

/// Where such a vector comes from, as a function of its elements' type.
trait Origin {
    /// `None`, before anything is done, if what there is makes no such vector.
    fn vector<N: Plain>(&self) -> Option<Result<Vec<N>>>;
}

/// A vector from `origin`, if `T` is one.
fn make<T>(origin: impl Origin) -> Option<Result<T>> {
    fn fill<T, N: Plain>(place: &mut Option<T>, origin: &impl Origin) -> Option<Result<()>> {
        let place = cast!(place, &mut Option<Vec<N>>).ok()?;
        let vector = origin.vector::<N>()?;
        Some(vector.map(|numbers| *place = Some(numbers)))
    }
    if cfg!(target_endian = "big") {
        return None;
    }
    let mut place = None;
    let outcome = fill::<T, f64>(&mut place, &origin)
        .or_else(|| fill::<T, f32>(&mut place, &origin))
        .or_else(|| fill::<T, u8>(&mut place, &origin))
        .or_else(|| fill::<T, i8>(&mut place, &origin))?;
    match outcome {
        Ok(()) => place.map(Ok),
        Err(error) => Some(Err(error)),
    }
}

/// What came in `bytes`, if `T` is such a vector and the bytes make one: neither the sender's failure nor
/// what else may be wrong concerns only vectors.
pub(super) fn decode<T>(bytes: &[u8]) -> Option<Result<T>> {
    make(Encoded(bytes))
}

struct Encoded<'a>(&'a [u8]);

impl Origin for Encoded<'_> {
    fn vector<N: Plain>(&self) -> Option<Result<Vec<N>>> {
        let (outcome, memory) =
            postcard::take_from_bytes::<std::result::Result<usize, Error>>(self.0).ok()?;
        let one = size_of::<N>();
        let length = outcome.ok()?;
        (length.checked_mul(one) == Some(memory.len())).then(|| {
            let mut numbers = vector_with_capacity(length, "receive an object")?;
            numbers.extend(
                memory
                    .chunks_exact(one)
                    .map(bytemuck::pod_read_unaligned::<N>),
            );
            Ok(numbers)
        })
    }
}

/// The root's vector, whose memory of so many bytes it broadcasts, if `T` is one. Collective if so.
pub(super) fn receive_broadcast<T>(handle: Handle, root: usize, bytes: usize) -> Option<Result<T>> {
    make(Broadcast {
        handle,
        root,
        bytes,
    })
}

struct Broadcast {
    handle: Handle,
    root: usize,
    bytes: usize,
}

impl Origin for Broadcast {
    fn vector<N: Plain>(&self) -> Option<Result<Vec<N>>> {
        let one = size_of::<N>();
        let length = self.bytes / one;
        (length * one == self.bytes)
            .then(|| self.handle.receive_broadcast_numbers(self.root, length))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::comm::object;

    fn goes_both_ways<N: Plain + serde::Serialize + serde::de::DeserializeOwned>(numbers: Vec<N>) {
        let bytes = encode(&numbers).unwrap().unwrap();
        let by_postcard = postcard::to_stdvec(&Ok::<_, Error>(&numbers)).unwrap();
        assert_eq!(*bytes, *by_postcard);
        let back: Vec<N> = decode(&bytes).unwrap().unwrap();
        let (memory, same) = (memory_of(&numbers).unwrap(), memory_of(&back).unwrap());
        assert_eq!(memory, same);
    }

    proptest! {
        #[test]
        fn a_vector_of_numbers_takes_the_form_that_it_has_in_other_values(
            doubles: Vec<u64>, floats: Vec<u32>, bytes: Vec<u8>,
        ) {
            goes_both_ways(doubles.into_iter().map(f64::from_bits).collect());
            goes_both_ways(floats.into_iter().map(f32::from_bits).collect());
            goes_both_ways(bytes.iter().map(|&byte| byte as i8).collect());
            goes_both_ways(bytes);
        }
    }

    #[test]
    fn what_makes_no_such_vector_is_left_to_others() {
        let bytes = encode(&vec![1.5_f64, 2.5]).unwrap().unwrap();
        assert!(decode::<Vec<f32>>(&bytes).is_none());
        assert!(decode::<Vec<i64>>(&bytes).is_none());
        assert!(decode::<Vec<f64>>(&bytes[..bytes.len() - 1]).is_none());
        assert!(decode::<Vec<f64>>(&[]).is_none());
        let failure = object::encode_failure(Error::other("lost"), 3);
        assert!(decode::<Vec<f64>>(&failure).is_none());
        assert!(encode(&vec![1_i64]).is_none());
    }
}
