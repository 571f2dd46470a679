//! Ranks talk: collectives, messages between two ranks, errors that all ranks agree on.

mod address;
mod agree;
mod buffer;
pub(crate) mod checker;
mod collective;
mod communicator;
mod element;
#[allow(unsafe_code)]
pub(crate) mod ffi;
mod gate;
mod group;
mod inter;
mod job;
mod number;
pub(crate) mod object;
mod operation;
mod parts;
mod point_to_point;
mod purpose;
mod raw_file;
mod reclaim;
mod requests;
mod scope;
mod sharing;
mod window;

pub use address::{Destination, Received, Source, Tag};
pub use buffer::{ReceiveBuffer, SendBuffer};
pub(crate) use checker::Call;
pub use communicator::Communicator;
pub use element::Element;
pub use ffi::{Persistent, PersistentExchange, Request, Scope, ScopedRequest};
pub use inter::{InterCommunicator, Root};
pub use job::Job;
pub use number::{Integer, Number};
pub use operation::Operation;
pub use parts::Parts;
pub(crate) use purpose::Purpose;
pub use raw_file::RawFile;
pub(crate) use sharing::{Numbered, OpenBoxes, SHARED_BYTES};
pub use window::{Epoch, Passive, Target, Targets, Window};
