//! SPMD tests that pass, as a user writes them.
#![forbid(unsafe_code)]

use partita::{Communicator, Operation, Result};
use partita_testing::{TemporaryDirectory, spmd_test};

/// As in the README.
#[spmd_test(ranks = [1, 2, 3, 4])]
fn ranks_add_up(world: &Communicator) -> Result<()> {
    let sum = world.all_reduce_value(world.rank(), Operation::Sum)?;
    assert_eq!(sum, world.size() * (world.size() - 1) / 2);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn every_rank_is_below_the_size(world: &Communicator) -> Result<()> {
    assert!(world.rank() < world.size());
    world.barrier()
}

#[spmd_test(ranks = 1..=2, time_limit = 30)]
fn a_test_may_return_nothing(world: &Communicator) {
    assert_eq!(world.is_root(), world.rank() == 0);
}

#[spmd_test(ranks = 3)]
fn all_ranks_see_the_same_temporary_directory(world: &Communicator) -> Result<()> {
    let (first, second) = (TemporaryDirectory::new(), TemporaryDirectory::new());
    assert_ne!(first.path(), second.path());
    assert_eq!(
        std::fs::read_dir(&second).map(Iterator::count).ok(),
        Some(0)
    );
    std::fs::write(first.join(format!("of-rank-{}", world.rank())), "here")
        .expect("a file is written");
    world.barrier()?;
    assert_eq!(
        std::fs::read_dir(&first).map(Iterator::count).ok(),
        Some(world.size())
    );
    Ok(())
}

#[spmd_test(ranks = 2, environment = [("PARTITA_TEST_OF_ENVIRONMENT", "as given")])]
fn every_rank_finds_the_given_variables(_world: &Communicator) {
    let value = std::env::var("PARTITA_TEST_OF_ENVIRONMENT");
    assert_eq!(value.as_deref(), Ok("as given"));
}

/// A module of its own, so that the name to filter by has several parts.
mod nested {
    pub mod deeper {
        use super::super::*;

        #[spmd_test(ranks = 2)]
        fn tests_are_found_by_their_whole_path(world: &Communicator) {
            assert_eq!(world.size(), 2);
        }
    }
}

#[test]
fn outside_a_job_a_temporary_directory_is_gone_when_dropped() {
    let directory = TemporaryDirectory::new();
    let path = directory.path().to_owned();
    assert!(path.is_dir());
    drop(directory);
    assert!(!path.exists());
}
