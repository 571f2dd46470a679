//! partita
#![deny(unsafe_code)]

mod array;
#[allow(unsafe_code)]
mod comm;
pub mod error;
pub mod layout;
#[doc(hidden)]
pub mod runtime;

pub use array::{Boundary, DistArray, Halo, HaloExchange, Haloed, ProcessGrid, Summable};
pub use comm::{Communicator, Element, Operation, Parts};
pub use error::{Error, Result};
pub use runtime::{abandon, run, run_with_arguments};
