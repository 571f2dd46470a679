//! Rust values between ranks, as postcard bytes: the one place that encodes and decodes.
//!
//! What travels is always a `Result`: a rank that cannot encode its value sends the error in its
//! place, so that nobody waits, and one agreement at the end makes every failure everyone's.
//!
//! Floating-point numbers are bytes in memory's own order there, so that a vector of them is copied whole
//! (`numbers.rs`); within other values they go one by one. Integers are as long as their value needs, which
//! takes longer.

mod broadcast;
mod bytes;
mod collective;
mod message;
mod numbers;
mod reduce;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

pub(crate) use bytes::Bytes;

/// The tag of what goes up the tree of a reduction.
const REDUCTION_TAG: i32 = 0x5001;

/// `value` as bytes, or why it cannot be sent.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Bytes> {
    if let Some(outcome) = numbers::encode(value) {
        return outcome;
    }
    let value: Result<&T, &Error> = Ok(value);
    let mut bytes = Bytes::none();
    bytes.append(&value, |cause| {
        let name = std::any::type_name::<T>();
        Error::other(format!("cannot encode {name}: {cause}"))
    })?;
    Ok(bytes)
}

/// A failure of `rank` as bytes, to stand in the place of its value.
fn encode_failure(error: Error, rank: usize) -> Bytes {
    let failure: Result<(), Error> = Err(error.on_rank(rank));
    // Texts and numbers into a growing vector: nothing of that can fail.
    postcard::to_stdvec(&failure).unwrap_or_default().into()
}

/// `outcome` of `rank` as bytes; a value that cannot be encoded becomes a failure.
pub(crate) fn encode_outcome<T: Serialize>(outcome: Result<&T>, rank: usize) -> Bytes {
    outcome
        .and_then(encode)
        .unwrap_or_else(|error| encode_failure(error, rank))
}

/// The other way: the value, the sender's failure, or why the bytes make no `T`.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if let Some(outcome) = numbers::decode(bytes) {
        return outcome;
    }
    let cannot = |cause: &dyn std::fmt::Display| {
        let name = std::any::type_name::<T>();
        Error::other(format!("cannot decode {name}: {cause}"))
    };
    match postcard::take_from_bytes::<Result<T, Error>>(bytes) {
        Ok((outcome, [])) => outcome,
        Ok((_, left)) => Err(cannot(&format_args!("{} bytes too many", left.len()))),
        Err(cause) => Err(cannot(&cause)),
    }
}
