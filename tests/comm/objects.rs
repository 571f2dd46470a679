//! Rust values between ranks, against what one rank computes alone.

use std::collections::BTreeMap;

use partita::{Communicator, Result, Source, Tag};
use partita_testing::spmd_test;
use serde::{Deserialize, Serialize};

/// A value with something of everything that serde knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Sample {
    Nothing,
    Number(f64),
    Table {
        name: String,
        rows: BTreeMap<i16, Vec<Option<u64>>>,
    },
}

/// What `from` has for `to`: of different kinds and lengths, empty ones among them.
fn sample(from: usize, to: usize) -> Sample {
    match (from + 2 * to) % 3 {
        0 => Sample::Nothing,
        1 => Sample::Number(from as f64 - 0.1 * to as f64),
        _ => Sample::Table {
            name: format!("von {from} an {to} ♪"),
            rows: (0..to as i16)
                .map(|row| (row - 1, vec![None, Some(u64::MAX - from as u64)]))
                .collect(),
        },
    }
}

fn samples(to: usize, size: usize) -> Vec<Sample> {
    (0..size).map(|from| sample(from, to)).collect()
}

#[spmd_test(ranks = [2, 3, 4, 5, 8])]
pub fn objects_go_around_a_ring(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size);
    for _ in 0..5 {
        if rank == 0 {
            world.send_object(&sample(0, next), next)?;
        }
        assert_eq!(
            world.receive_object::<Sample>(previous)?,
            sample(previous, rank)
        );
        if rank != 0 {
            world.send_object(&sample(rank, next), next)?;
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5])]
pub fn objects_arrive_in_their_order_and_apart_from_buffers(world: &Communicator) -> Result<()> {
    match world.rank() {
        0 => {
            world.send_object(&1u8, 1)?;
            world.send(&[2u8], 1)?;
            world.send_object(&"three", 1)?;
            world.send_object(&vec![0.5; 300_000], 1)?;
            world.send_object(&(), 1)?;
        }
        1 => {
            let mut buffer = [0u8];
            world.receive(&mut buffer, 0)?;
            assert_eq!(buffer, [2]);
            assert_eq!(world.receive_object::<u8>(0)?, 1);
            assert_eq!(world.receive_object::<String>(0)?, "three");
            assert_eq!(world.receive_object::<Vec<f64>>(0)?, vec![0.5; 300_000]);
            world.receive_object::<()>(0)?;
        }
        _ => {}
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5])]
pub fn objects_are_told_apart_by_tags_and_tell_their_source(world: &Communicator) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let last = Tag::MAX;
    if rank != 0 {
        world.send_object(&sample(rank, 1), (0, Tag(7)))?;
        world.send_object(&sample(rank, 2), 0)?;
        // With the same tags, and no object: a receive of any tag takes one and not the other.
        world.send(&[rank], 0)?;
        world
            .start_send_object(&sample(rank, 3), (0, last))?
            .wait()?;
        return Ok(());
    }
    let mut seen = vec![];
    for _ in 1..size {
        let (value, told) = world.receive_any_object::<Sample>(Source::any())?;
        assert_eq!((value, told.tag), (sample(told.source, 2), Tag(0)));
        seen.push(told.source);
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..size).collect::<Vec<_>>());
    for from in (1..size).rev() {
        let next = Source::rank(from).any_tag();
        for (to, tag) in [(1, Tag(7)), (3, last)] {
            let (value, told) = world.receive_any_object::<Sample>(next)?;
            assert_eq!(
                (value, told.source, told.tag),
                (sample(from, to), from, tag)
            );
        }
        let (number, _) = world.receive_vec::<usize>(Source::rank(from).any_tag())?;
        assert_eq!(number, [from]);
    }
    let nothing = world.try_receive_object::<Sample>(Source::any().any_tag())?;
    assert!(nothing.is_none());
    Ok(())
}

#[spmd_test(ranks = [2, 3])]
pub fn objects_that_are_there_are_received_without_waiting(world: &Communicator) -> Result<()> {
    if world.rank() == 1 {
        let long = vec![0.25; 100_000];
        let request = world.start_send_object(&long, (0, Tag(1)))?;
        world.start_send_object(&"short", 0)?.wait()?;
        request.wait()?;
    }
    if world.rank() == 0 {
        assert_eq!(world.receive_object::<String>(1)?, "short");
        let (long, told) = loop {
            if let Some(came) = world.try_receive_object::<Vec<f64>>(Source::any().any_tag())? {
                break came;
            }
        };
        assert_eq!(
            (long, told.source, told.tag),
            (vec![0.25; 100_000], 1, Tag(1))
        );
    }
    Ok(())
}

/// Of all sizes in any order, so that memory is used again that is too large, too small or just right.
#[spmd_test(ranks = [2, 3])]
pub fn objects_of_any_size_follow_each_other(world: &Communicator) -> Result<()> {
    // Around the memory that is kept at first, and more than is kept at all (5 million doubles).
    let lengths = [
        0, 1, 509, 510, 511, 512, 3, 100_000, 2, 5_000_000, 7, 70_000, 0,
    ];
    let of_length = |length: usize| (0..length).map(|i| i as f64 * 0.5).collect::<Vec<_>>();
    for length in lengths {
        let value = of_length(length);
        match world.rank() {
            0 => world.send_object(&value, 1)?,
            1 => assert!(world.receive_object::<Vec<f64>>(0)? == value, "{length}"),
            _ => {}
        }
        let given = (world.rank() == 1).then(|| value.clone());
        assert!(world.broadcast_object(1, given)? == value, "{length}");
    }
    Ok(())
}

/// The messages of objects take the way of those that are longer than an MPI count.
#[spmd_test(ranks = [2, 3], environment = [("PARTITA_COUNT_LIMIT", "7")])]
pub fn objects_longer_than_an_mpi_count_arrive_whole(world: &Communicator) -> Result<()> {
    let long: Vec<u32> = (0..1000).collect();
    match world.rank() {
        0 => world.send_object(&long, 1)?,
        1 => assert_eq!(world.receive_object::<Vec<u32>>(0)?, long),
        _ => {}
    }
    assert_eq!(world.all_gather_objects(&long)?, vec![long; world.size()]);
    numbers_arrive_as_they_are(world, &[0.0_f64, -0.0, f64::INFINITY, 1e-310, 0.1], |x| {
        x.to_bits()
    })
}

/// Of vectors of such numbers the memory travels: each way that a value can go, with all lengths.
#[spmd_test(ranks = [1, 2, 3, 5])]
pub fn vectors_of_numbers_arrive_as_they_are(world: &Communicator) -> Result<()> {
    let doubles = [
        0.0,
        -0.0,
        f64::MIN_POSITIVE,
        1e-310,
        f64::from_bits(0x7ff8_0000_0000_0123),
    ];
    numbers_arrive_as_they_are(world, &doubles, |x| x.to_bits())?;
    let floats = [f32::NEG_INFINITY, 1.5, f32::from_bits(0xffc0_4321)];
    numbers_arrive_as_they_are(world, &floats, |x| u64::from(x.to_bits()))?;
    numbers_arrive_as_they_are(world, &[0_u8, 1, 127, 128, 255], u64::from)?;
    numbers_arrive_as_they_are(world, &[0_i8, -1, 127, -128], |x| x as u64)?;
    numbers_arrive_as_they_are(world, &[0_i64, -1, 127, i64::MIN], |x| x as u64)
}

fn numbers_arrive_as_they_are<N>(
    world: &Communicator,
    some: &[N],
    bits: impl Fn(N) -> u64,
) -> Result<()>
where
    N: Copy + Serialize + serde::de::DeserializeOwned,
{
    let (rank, size) = (world.rank(), world.size());
    let of = |rank: usize, length: usize| -> Vec<N> {
        let numbers = some.iter().cycle().skip(rank);
        numbers.take(length).copied().collect()
    };
    let same = |came: Vec<N>, from: usize, length: usize| {
        let expected = of(from, length);
        assert!(
            came.into_iter()
                .map(&bits)
                .eq(expected.into_iter().map(&bits))
        );
    };
    for length in [0, 1, 15, 127, 128, 5000] {
        let own = of(rank, length);
        let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size);
        let sent = world.start_send_object(&own, next)?;
        same(world.receive_object(previous)?, previous, length);
        sent.wait()?;
        for root in 0..size {
            let given = (rank == root).then(|| own.clone());
            same(world.broadcast_object(root, given)?, root, length);
        }
        for (from, came) in world.all_gather_objects(&own)?.into_iter().enumerate() {
            same(came, from, length);
        }
        let last = world.all_reduce_objects(own, |_, right| right)?;
        same(last, size - 1, length);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn every_rank_gets_the_roots_object(world: &Communicator) -> Result<()> {
    for root in 0..world.size() {
        let value = (world.rank() == root).then(|| sample(root, 2));
        assert_eq!(world.broadcast_object(root, value)?, sample(root, 2));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn the_root_gathers_all_objects_in_rank_order(world: &Communicator) -> Result<()> {
    for root in 0..world.size() {
        let gathered = world.gather_objects(root, &sample(world.rank(), root))?;
        let expected = (world.rank() == root).then(|| samples(root, world.size()));
        assert_eq!(gathered, expected);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn every_rank_gathers_all_objects_in_rank_order(world: &Communicator) -> Result<()> {
    let gathered = world.all_gather_objects(&sample(world.rank(), 7))?;
    assert_eq!(gathered, samples(7, world.size()));
    // Nothing at all is an object too.
    assert_eq!(world.all_gather_objects(&())?, vec![(); world.size()]);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn each_rank_gets_its_own_of_the_roots_objects(world: &Communicator) -> Result<()> {
    for root in 0..world.size() {
        let values: Vec<_> = (0..world.size()).map(|to| sample(root, to)).collect();
        let given = (world.rank() == root).then_some(&values[..]);
        let own = world.scatter_objects(root, given)?;
        assert_eq!(own, sample(root, world.rank()));
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn each_rank_gets_one_object_from_each(world: &Communicator) -> Result<()> {
    let values: Vec<_> = (0..world.size())
        .map(|to| sample(world.rank(), to))
        .collect();
    let received = world.all_to_all_objects(&values)?;
    assert_eq!(received, samples(world.rank(), world.size()));
    Ok(())
}

/// Two ranks' words behind each other: associative, and not commutative.
fn join(left: String, right: String) -> String {
    left + &right
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn objects_are_reduced_in_rank_order_whoever_is_the_root(world: &Communicator) -> Result<()> {
    let word = |rank: usize| format!("{rank}, ");
    let expected: String = (0..world.size()).map(word).collect();
    for root in 0..world.size() {
        let joined = world.reduce_objects(root, word(world.rank()), join)?;
        let of_root = (world.rank() == root).then(|| expected.clone());
        assert_eq!(joined, of_root);
    }
    let everywhere = world.all_reduce_objects(word(world.rank()), join)?;
    assert_eq!(everywhere, expected);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
pub fn of_matrix_products_the_order_counts(world: &Communicator) -> Result<()> {
    type Matrix = [[i64; 2]; 2];
    let product = |a: Matrix, b: Matrix| -> Matrix {
        let entry = |i: usize, j: usize| a[i][0] * b[0][j] + a[i][1] * b[1][j];
        [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]]
    };
    let of_rank = |rank: usize| -> Matrix {
        let number = rank as i64;
        [[1, number], [number + 1, 2]]
    };
    let expected = (1..world.size()).map(of_rank).fold(of_rank(0), product);
    let found = world.all_reduce_objects(of_rank(world.rank()), product)?;
    assert_eq!(found, expected);
    Ok(())
}
