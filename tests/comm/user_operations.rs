//! Reductions by operations of the user's own.

use partita::{Communicator, Error, Result};
use partita_testing::{cases, error_of_all, spmd_test};
use proptest::prelude::*;

/// The composition of two maps x ↦ a·x + b modulo a prime, packed in one number: associative, and not
/// commutative.
fn compose(first: u64, second: u64) -> u64 {
    const PRIME: u64 = 65_521;
    let ((a, b), (c, d)) = (
        (first >> 32, first & 0xffff),
        (second >> 32, second & 0xffff),
    );
    ((a * c % PRIME) << 32) | ((b * c + d) % PRIME)
}

fn map(rank: usize, place: usize) -> u64 {
    ((rank as u64 + 2) << 32) | (7 * place as u64 + 5 * rank as u64 + 1)
}

fn composed(ranks: std::ops::RangeInclusive<usize>, length: usize) -> Vec<u64> {
    (0..length)
        .map(|place| {
            let maps = ranks.clone().map(|rank| map(rank, place));
            maps.reduce(compose).expect("at least one rank")
        })
        .collect()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn an_operation_that_is_not_commutative_is_applied_in_rank_order(
    world: &Communicator,
) -> Result<()> {
    let (rank, last) = (world.rank(), world.size() - 1);
    assert!(compose(map(0, 0), map(1, 0)) != compose(map(1, 0), map(0, 0)));
    for (root, length) in cases(12, (0..world.size(), 0..20usize)) {
        let own: Vec<u64> = (0..length).map(|place| map(rank, place)).collect();
        let all = composed(0..=last, length);
        assert_eq!(world.all_reduce_with(&own, compose)?, all);
        let (started, upto) = world.scope(|scope| {
            let all = scope.start_all_reduce_with(&own, compose)?;
            let upto = scope.start_scan_with(&own, compose)?;
            Ok((all.wait()?, upto.wait()?))
        })?;
        assert_eq!((started, upto), (all.clone(), composed(0..=rank, length)));
        let at_root = (rank == root).then_some(all);
        assert_eq!(world.reduce_with(root, &own, compose)?, at_root);
        assert_eq!(world.scan_with(&own, compose)?, composed(0..=rank, length));
        let before = (rank > 0).then(|| composed(0..=rank - 1, length));
        assert_eq!(world.exclusive_scan_with(&own, compose)?, before);
    }
    let error = error_of_all(world, world.reduce_with(last + 1, &[1], compose))?;
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn parts_of_what_an_operation_gives_go_to_their_ranks(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    for lengths in cases(12, prop::array::uniform8(prop_oneof![Just(0), 0..9usize])) {
        let lengths = &lengths[..size];
        let total: usize = lengths.iter().sum();
        let start: usize = lengths[..rank].iter().sum();
        let own: Vec<u64> = (0..total).map(|place| map(rank, place)).collect();
        let all = composed(0..=size - 1, total);
        let part = world.reduce_scatterv_with(&own, lengths, compose)?;
        assert_eq!(part, all[start..start + lengths[rank]], "{lengths:?}");
        let equal = lengths[0];
        let own: Vec<u64> = (0..equal * size).map(|place| map(rank, place)).collect();
        let all = composed(0..=size - 1, equal * size);
        let part = world.reduce_scatter_with(&own, compose)?;
        assert_eq!(part, all[rank * equal..(rank + 1) * equal]);
    }
    let uneven = vec![1; size + rank];
    for outcome in [
        world.reduce_scatterv_with(&[1; 3], &vec![1; size + 1], compose),
        world.reduce_scatter_with(&uneven, compose),
    ] {
        if size > 1 || outcome.is_err() {
            let error = error_of_all(world, outcome)?;
            assert!(
                matches!(error, Error::Shape { .. } | Error::Mismatch { .. }),
                "{error:?}"
            );
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5, 8])]
pub fn the_bits_of_a_floating_point_result_are_the_same_on_every_rank(
    world: &Communicator,
) -> Result<()> {
    let own = [1.0 / (world.rank() + 3) as f64];
    let sum = world.all_reduce_with(&own, |a, b| a + b)?[0];
    let all = world.all_gather(&[sum.to_bits()])?;
    assert!(all.iter().all(|&bits| bits == sum.to_bits()), "{all:?}");
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn the_lowest_rank_with_the_extreme_value_is_told(world: &Communicator) -> Result<()> {
    // Few values, so that many ranks have the same one; with NaN on any of them.
    let value = prop_oneof![Just(-1.0), Just(0.0), Just(-0.0), Just(2.5), Just(f64::NAN)];
    for table in cases(
        40,
        prop::collection::vec(prop::array::uniform8(value), 0..6),
    ) {
        let own: Vec<f64> = table.iter().map(|place| place[world.rank()]).collect();
        let expected = |better: fn(f64, f64) -> bool| -> Vec<(u64, usize)> {
            let of_place = |place: &[f64; 8]| {
                let ranks = &place[..world.size()];
                let rank = ranks
                    .iter()
                    .position(|value| value.is_nan())
                    .unwrap_or_else(|| {
                        (1..ranks.len()).fold(0, |best, rank| {
                            if better(ranks[rank], ranks[best]) {
                                rank
                            } else {
                                best
                            }
                        })
                    });
                (ranks[rank].to_bits(), rank)
            };
            table.iter().map(of_place).collect()
        };
        let bits = |found: Vec<(f64, usize)>| -> Vec<(u64, usize)> {
            found
                .into_iter()
                .map(|(value, rank)| (value.to_bits(), rank))
                .collect()
        };
        let smallest = bits(world.all_reduce_min_location(&own)?);
        assert_eq!(smallest, expected(|a, b| a < b), "{table:?}");
        let (started, other) = world.scope(|scope| {
            let smallest = scope.start_all_reduce_min_location(&own)?;
            let largest = scope.start_all_reduce_max_location(&own)?;
            Ok((largest.wait()?, smallest.wait()?))
        })?;
        assert_eq!(bits(other), smallest, "{table:?}");
        assert_eq!(bits(started), expected(|a, b| a > b), "{table:?}");
        let largest = bits(world.all_reduce_max_location(&own)?);
        assert_eq!(largest, expected(|a, b| a > b), "{table:?}");
    }
    Ok(())
}
