//! The only room of this crate that is `unsafe`: safe functions around the MPI calls partita makes.
//!
//! Every return code becomes a `Result` here and nowhere else ([`check`]), every length an MPI
//! count ([`buffer`]). What a function needs to be sound it takes as a type: slices for buffers
//! that are done with when the call returns, owned vectors for those that are not ([`request`]).

mod buffer;
mod check;
mod collective;
pub(crate) mod environment;
mod exchange;
mod handle;
mod persistent;
mod point_to_point;
mod probe;
mod reduction;
pub(crate) mod request;
mod scope;
mod start;
mod status;

pub(crate) use buffer::{set_count_limit, vector_of_defaults};
pub(crate) use handle::Handle;
pub use persistent::Persistent;
pub use request::Request;
pub(crate) use scope::run_scope;
pub use scope::{Scope, ScopedRequest};
pub(crate) use start::Target;
