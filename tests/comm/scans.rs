//! Reductions whose result is not the same on every rank.

use partita::{Communicator, Error, Operation, Result};
use partita_testing::{cases, error_of_all, spmd_test};
use proptest::prelude::*;

/// Small numbers of each rank, as exact in `f64` as in `i32`.
fn value(rank: usize, place: usize) -> i32 {
    ((rank * 31 + place * 17) % 23) as i32 - 11
}

fn values(rank: usize, length: usize) -> Vec<i32> {
    (0..length).map(|place| value(rank, place)).collect()
}

fn as_floats(values: &[i32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// The operation over these ranks, element by element.
fn reduced(ranks: std::ops::Range<usize>, length: usize, operation: Operation) -> Vec<i32> {
    (0..length)
        .map(|place| {
            let of_ranks = ranks.clone().map(|rank| value(rank, place));
            match operation {
                Operation::Sum => of_ranks.sum(),
                Operation::Min => of_ranks.min().unwrap_or(0),
                _ => of_ranks.max().unwrap_or(0),
            }
        })
        .collect()
}

const OPERATIONS: [Operation; 3] = [Operation::Sum, Operation::Min, Operation::Max];

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn a_reduction_to_the_root_is_told_nobody_else(world: &Communicator) -> Result<()> {
    for (root, length) in cases(10, (0..world.size(), 0..20usize)) {
        let own = values(world.rank(), length);
        for operation in OPERATIONS {
            let expected = reduced(0..world.size(), length, operation);
            let expected = (world.rank() == root).then_some(expected);
            let floats = expected.as_deref().map(as_floats);
            assert_eq!(world.reduce(root, &own, operation)?, expected);
            assert_eq!(world.reduce(root, &as_floats(&own), operation)?, floats);
        }
    }
    let error = error_of_all(world, world.reduce(world.size(), &[1], Operation::Sum))?;
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn reduced_parts_of_any_length_go_to_their_ranks(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    for lengths in cases(12, prop::array::uniform8(prop_oneof![Just(0), 0..9usize])) {
        let lengths = &lengths[..size];
        let total: usize = lengths.iter().sum();
        let start: usize = lengths[..rank].iter().sum();
        let equal = lengths[0];
        for operation in OPERATIONS {
            let all = reduced(0..size, total, operation);
            let own = world.reduce_scatterv(&values(rank, total), lengths, operation)?;
            assert_eq!(own, all[start..start + lengths[rank]], "{lengths:?}");
            let all = reduced(0..size, equal * size, operation);
            let own = world.reduce_scatter(&as_floats(&values(rank, equal * size)), operation)?;
            assert_eq!(own, as_floats(&all[rank * equal..(rank + 1) * equal]));
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn scans_reduce_the_ranks_up_to_or_before_this_one(world: &Communicator) -> Result<()> {
    let rank = world.rank();
    for length in cases(10, 0..20usize) {
        let own = values(rank, length);
        for operation in OPERATIONS {
            let upto = reduced(0..rank + 1, length, operation);
            assert_eq!(world.scan(&own, operation)?, upto);
            assert_eq!(world.scan(&as_floats(&own), operation)?, as_floats(&upto));
            let before = (rank > 0).then(|| reduced(0..rank, length, operation));
            assert_eq!(world.exclusive_scan(&own, operation)?, before);
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 4, 5, 8])]
pub fn parts_that_do_not_fit_are_the_same_shape_error_on_every_rank(
    world: &Communicator,
) -> Result<()> {
    let size = world.size();
    let uneven = vec![1; size + 1];
    for outcome in [
        world.reduce_scatter(&uneven, Operation::Sum),
        world.reduce_scatterv(&uneven, &vec![1; size], Operation::Sum),
        world.reduce_scatterv(&uneven, &[size + 1], Operation::Sum),
        world.reduce_scatterv(&uneven, &vec![usize::MAX; size], Operation::Sum),
    ] {
        let error = error_of_all(world, outcome)?;
        assert!(matches!(error, Error::Shape { .. }), "{error:?}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
pub fn an_operation_that_mpi_does_not_define_is_its_error(world: &Communicator) -> Result<()> {
    let undefined = Operation::BitwiseAnd;
    let values = vec![1.0; world.size()];
    for (outcome, expected) in [
        (world.reduce(0, &values, undefined).map(drop), "MPI_Reduce"),
        (world.scan(&values, undefined).map(drop), "MPI_Scan"),
        (
            world.exclusive_scan(&values, undefined).map(drop),
            "MPI_Exscan",
        ),
        (
            world.reduce_scatter(&values, undefined).map(drop),
            "MPI_Reduce_scatter",
        ),
    ] {
        let error = error_of_all(world, outcome)?;
        assert!(
            matches!(&error, Error::Mpi { call, class, .. } if call == expected && class == "MPI_ERR_OP"),
            "{error:?}"
        );
    }
    Ok(())
}
