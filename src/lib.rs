//! SPMD numerics for Rust: arrays cut over the ranks of an MPI program.
//!
//! The same program runs on every rank (`mpiexec -n 4 program`), each holding a part of the arrays;
//! the ranks meet in collective calls.
//!
//! ```no_run
//! use partita::prelude::*;
//!
//! fn main() -> std::process::ExitCode {
//!     partita::run(|world| {
//!         let grid = ProcessGrid::balanced(world, 2)?;
//!         let u = DistArray::from_fn(&grid, [4000, 3000], |[i, j]| (i * j) as f64)?;
//!         let total = u.sum()?; // the same bits on any number of ranks
//!         root_println!(world, "{total:e}");
//!         Ok(())
//!     })
//! }
//! ```
//!
//! No tags, counts, displacements or datatype handles; global indices in, global answers out; `?` on
//! everything that can fail, and what fails on one rank is an [`Error`] on all of them. The way down
//! stays open: [`DistArray::local`] is an `ndarray` view, [`Communicator::as_mpi`] the `mpi` crate's
//! communicator.
//!
//! In the order in which a program meets them:
//!
//! * [`run`] and [`run_with_arguments`] start and end MPI; [`Progress`] shows how far it is.
//! * [`run_coupled`] does beside other programs, a Python for instance, and gives the [`Job`] of all.
//! * [`Communicator`]: the ranks, and what they say to each other; [`element!`] makes enumerations of users elements.
//! * [`InterCommunicator`]: two groups of ranks, such as a program and the workers it started.
//! * [`Farm`]: many independent tasks, each done by whichever rank is free.
//! * [`Window`]: memory of each rank that the others put to and get from.
//! * [`RawFile`]: numbers in a file that is not HDF5.
//! * [`ProcessGrid`], [`DistArray`], its views ([`DistView`], [`DistViewMut`]) and its [`Halo`].
//! * [`RemoteArray`]: elements anywhere, read and written by global index.
//! * [`SharedArray`]: one array a machine, in memory that its ranks have in common.
//! * [`random`]: random numbers that do not depend on who draws them.
//! * [`layout`]: who owns which index, as plain arithmetic.
//! * [`Reductions`]: sums, extremes, counts, digests, of arrays and views, whole and along axes ([`reduce`]); [`Lines`].
//! * [`sum`]: exact, reproducible and fast sums on one rank, as plain arithmetic.
//! * [`error`]: the one error type.
//!
//! The kernels are in `partita-kernels`, files in `partita-io`, tests on several ranks in
//! `partita-testing`.
#![deny(unsafe_code)]

mod array;

mod comm;
pub mod error;
mod farm;
pub mod layout;
pub mod prelude;
pub mod random;
#[doc(hidden)]
pub mod runtime;
pub mod sum;

/// What [`element!`] names.
#[doc(hidden)]
pub mod of_element {
    pub use bytemuck::CheckedBitPattern;
    pub use mpi::traits::Equivalence;
}

pub use array::reduce::{Lines, Reductions};
pub use array::{
    Boundary, DistArray, DistView, DistViewMut, Distributed, Halo, HaloExchange, Haloed,
    IntoLayout, Panels, Printable, Printed, ProcessGrid, Progression, Redistribution, RemoteAccess,
    RemoteArray, Replacement, SharedArray, Shift, reduce,
};
pub use array::{HaloExchanges, StencilRow};
pub use comm::{
    Communicator, Destination, Element, Integer, InterCommunicator, Job, Number, Operation, Parts,
    Persistent, PersistentExchange, RawFile, ReceiveBuffer, Received, Request, Root, Scope,
    ScopedRequest, SendBuffer, Source, Tag,
};
pub use comm::{Epoch, Passive, Target, Targets, Window};
pub use error::{Error, Result};
pub use farm::Farm;
pub use runtime::{Progress, abandon, run, run_coupled, run_with_arguments, unfinished};

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The programs of the page for Python's users compile.
#[cfg(doctest)]
#[doc = include_str!("../docs/for-mpi4py-and-numpy-users.md")]
struct ForPythonUsers;
