//! The only room of this crate that is `unsafe`: safe functions around the MPI calls partita makes.
//!
//! Every return code becomes a `Result` here and nowhere else ([`check`]), every length an MPI
//! count ([`buffer`]). What a function needs to be sound it takes as a type: slices for buffers
//! that are done with when the call returns, owned vectors for those that are not ([`request`]).

mod begin;
mod buffer;
mod check;
mod collective;
mod common_file;
mod double_buffer;
mod element;
pub(crate) mod environment;
mod exchange;
pub(crate) mod file;
mod gate;
mod handle;
mod huge_pages;
mod inter;
mod mailbox;
mod meeting;
mod message;
mod object;
mod outboxes;
mod persistent;
mod point_to_point;
mod probe;
mod programs;
mod reduction;
mod remote_access;
mod remote_memory;
mod request;
mod scope;
mod shared_memory;
mod shared_parts;
mod spawn;
mod start;
mod start_reduction;
mod status;
mod type_identity;
mod validity;
mod window;
mod words;

pub(crate) use buffer::{
    more_room, set_count_limit, vector_of_defaults, vector_with_capacity, vector_with_room,
};
pub(crate) use double_buffer::DoubleBuffer;
pub(crate) use gate::Gate;
pub(crate) use handle::{Handle, set_machine_ranks};
pub(crate) use mailbox::Mailboxes;
pub(crate) use meeting::Meeting;
pub(crate) use message::leak_orphans;
pub(crate) use outboxes::{Exchange, Outboxes};
pub use persistent::{Persistent, PersistentExchange};
pub(crate) use remote_memory::{Access, RemoteMemory};
pub use request::Request;
pub(crate) use scope::run_scope;
pub use scope::{Scope, ScopedRequest};
pub(crate) use shared_memory::{Machine, SharedMemory, set_shared_room};
pub(crate) use shared_parts::{AllParts, SharedPart, SharedParts};
pub(crate) use start::Target;
