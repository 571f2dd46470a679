//! Whether all ranks mean the same element type by the memory they share.

use std::any::{TypeId, type_name};

use crate::comm::Communicator;
use crate::error::{Error, Result};

/// An error, the same on every rank, unless all of them call with the same `A`: bytes that one rank writes
/// as its elements are read by another as its own. Collective.
pub(super) fn same_elements<A: 'static>(
    communicator: &Communicator,
    operation: &str,
) -> Result<()> {
    // The name is for people; the number tells apart what has the same name.
    let own = (
        operation.to_string(),
        type_name::<A>().to_string(),
        format!("{:?}", TypeId::of::<A>()),
    );
    let of_root = communicator.broadcast_object(0, communicator.is_root().then(|| own.clone()))?;
    // Local: each rank knows its own type only.
    communicator.agree(if own == of_root {
        Ok(())
    } else {
        Err(Error::usage(format!(
            "{} of {} here, {} of {} on rank 0: all ranks share one type of element",
            own.0, own.1, of_root.0, of_root.1
        )))
    })
}
