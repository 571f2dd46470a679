//! SPMD tests that run under plain `cargo test` and `cargo nextest run`.
//!
//! ```
//! use partita::Communicator;
//! use partita_testing::spmd_test;
//!
//! #[spmd_test(ranks = [1, 2, 3])]
//! fn every_rank_is_below_the_size(world: &Communicator) -> partita::Result<()> {
//!     assert!(world.rank() < world.size());
//!     world.barrier()
//! }
//! ```
//!
//! Each number of ranks is an ordinary `#[test]` (`every_rank_is_below_the_size::ranks_3`). It
//! starts its own test binary again under `mpiexec`, and passes if the function returns well on
//! every rank within the time limit. Whatever else happens is a failure of that test, reported by
//! rank: an assertion, an `Err`, a hang, an early exit, a signal.
//!
//! [`run_example`] runs a whole program in the same way, and [`TemporaryDirectory`] is a place for
//! files which all ranks of a test see.
//!
//! In reading order: `spmd` is the test as `cargo test` sees it, `rank` the same test on a rank,
//! `verdict` what ranks leave behind for the `report`; `slots` keeps the number of jobs at once
//! small. What tests try is made by `cases` (the same cases on every rank), `grids`, `layouts` and
//! `sample` (values of every element type).
#![forbid(unsafe_code)]

mod cases;
mod example;
mod grids;
mod layouts;
mod rank;
mod report;
mod sample;
mod slots;
mod spmd;
mod temporary_directory;
mod verdict;

pub use cases::{cases, error_of_all};
pub use example::{example, run, run_example, run_refused};
pub use grids::{all_grids, axis_length, every_product, position, shape, shape_of, whole};
pub use layouts::{any_boxes, any_layout, any_layout_of, part_of, sampled};
pub use partita_launch::{Launch, Outcome};
/// ```
/// # use partita::Communicator;
/// # use partita_testing::spmd_test;
/// #[spmd_test(ranks = 1..=4, time_limit = 30)]
/// fn the_last_rank_is_one_below_the_size(world: &Communicator) {
///     assert!(world.rank() <= world.size() - 1);
/// }
/// ```
pub use partita_testing_macros::spmd_test;
pub use sample::{Sample, part};
pub use temporary_directory::TemporaryDirectory;

#[doc(hidden)]
pub use spmd::{SpmdTest, TestResult, run_spmd_test};
