//! What all ranks have in common: the cases they try, and the errors they end with.

use partita::{Communicator, Error, Result};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Pseudo-random cases, the same ones on every rank and in every run.
pub fn cases<S: Strategy>(count: usize, strategy: S) -> Vec<S::Value> {
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    (0..count)
        .map(|_| match strategy.new_tree(&mut runner) {
            Ok(tree) => tree.current(),
            Err(reason) => panic!("no case: {reason}"),
        })
        .collect()
}

/// The error with which every rank ended, after a look that it is the same one on all of them.
#[track_caller]
pub fn error_of_all<T>(world: &Communicator, outcome: Result<T>) -> Result<Error> {
    let own = match outcome {
        Ok(_) => "no error".to_owned(),
        // All fields of an error are texts and numbers, so that equal texts are equal errors.
        Err(ref error) => format!("{error:?}"),
    };
    let all = world.all_gatherv(own.as_bytes())?;
    let all: Vec<_> = all.iter().map(String::from_utf8_lossy).collect();
    assert!(all.iter().all(|one| *one == own), "errors differ: {all:#?}");
    match outcome {
        Ok(_) => panic!("no rank failed"),
        Err(error) => Ok(error),
    }
}
