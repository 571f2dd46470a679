//! Files of numbers and nothing else.

use std::fs;

use partita::{Communicator, Error, Number, RawFile, Result};
use partita_testing::{Sample, TemporaryDirectory, cases, error_of_all, spmd_test};
use proptest::prelude::*;

/// Where each rank's part of these lengths begins.
fn starts(lengths: &[usize]) -> Vec<usize> {
    let before = |rank: usize| lengths[..rank].iter().sum();
    (0..lengths.len()).map(before).collect()
}

/// Parts of any length, one after the other behind a gap; then each rank reads the next rank's.
fn parts_come_back<T: Sample + Number>(world: &Communicator, lengths: &[usize]) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("numbers");
    let gap = 3;
    let lengths = &lengths[..size];
    let (starts, total) = (starts(lengths), lengths.iter().sum::<usize>());
    let numbers = |rank: usize| -> Vec<T> {
        let range = starts[rank]..starts[rank] + lengths[rank];
        range.map(T::sample).collect()
    };

    let file = RawFile::create(world, &path)?;
    assert_eq!(file.size()?, 0);
    file.write_at_all((gap + starts[rank]) as u64, &numbers(rank))?;
    file.sync()?;
    if total > 0 {
        assert_eq!(file.size()?, ((gap + total) * size_of::<T>()) as u64);
    }

    let next = (rank + 1) % size;
    let mut read = vec![T::default(); lengths[next]];
    let file = RawFile::open(world, &path)?;
    file.read_at_all((gap + starts[next]) as u64, &mut read)?;
    assert_eq!(read, numbers(next));

    // By itself, what nobody else reads.
    read.fill(T::default());
    file.read_at((gap + starts[next]) as u64, &mut read)?;
    assert_eq!(read, numbers(next));
    world.barrier()
}

fn every_type(world: &Communicator, lengths: &[usize]) -> Result<()> {
    parts_come_back::<f64>(world, lengths)?;
    parts_come_back::<f32>(world, lengths)?;
    parts_come_back::<i8>(world, lengths)?;
    parts_come_back::<u16>(world, lengths)?;
    parts_come_back::<i32>(world, lengths)?;
    parts_come_back::<usize>(world, lengths)?;
    parts_come_back::<num_complex::Complex<f64>>(world, lengths)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn what_is_written_together_is_read_together_and_alone(world: &Communicator) -> Result<()> {
    for lengths in cases(
        3,
        prop::collection::vec(prop_oneof![Just(0), 0..40usize], 8),
    ) {
        every_type(world, &lengths)?;
    }
    parts_come_back::<f64>(world, &[0; 8])?;
    parts_come_back::<f64>(world, &[100_000; 8])
}

/// The ranks need different numbers of calls, and make the same number.
#[spmd_test(ranks = [1, 2, 3, 5], environment = [("PARTITA_COUNT_LIMIT", "3")])]
fn files_work_beyond_mpis_counts(world: &Communicator) -> Result<()> {
    parts_come_back::<f64>(world, &[10, 0, 1, 3, 7, 0, 0, 0])?;
    parts_come_back::<u16>(world, &[0, 20, 6, 5, 0, 0, 0, 0])
}

/// The bytes are the machine's, in element order, as any other program reads and writes them.
#[spmd_test(ranks = [1, 2, 3])]
fn other_programs_read_and_write_the_same_bytes(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("numbers");
    let file = RawFile::create(world, &path)?;
    let (rank, size) = (world.rank(), world.size());
    file.write_at_all(rank as u64, &[rank as u32 + 0x0102_0304])?;
    let expected: Vec<u8> = (0..size)
        .flat_map(|rank| (rank as u32 + 0x0102_0304).to_ne_bytes())
        .collect();
    let found = fs::read(&path).map_err(Error::other)?;
    assert_eq!(found, expected);
    world.barrier()?;

    if world.is_root() {
        fs::write(&path, 2.5f64.to_ne_bytes()).map_err(Error::other)?;
    }
    world.barrier()?;
    let mut value = [0.0];
    RawFile::open(world, &path)?.read_at_all(0, &mut value)?;
    assert_eq!(value, [2.5]);
    world.barrier()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn each_rank_writes_by_itself(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (rank, size) = (world.rank(), world.size());
    let file = RawFile::create(world, directory.path().join("numbers"))?;
    file.set_size(8 * size as u64)?;
    assert_eq!(file.size()?, 8 * size as u64);
    if rank % 2 == 1 {
        file.write_at(rank as u64, &[rank as i64])?;
    }
    world.barrier()?;
    let mut all = vec![-1i64; size];
    file.read_at_all(0, &mut all)?;
    let expected: Vec<i64> = (0..size as i64).map(|rank| rank * (rank % 2)).collect();
    assert_eq!(all, expected);
    file.set_size(8)?;
    assert_eq!(file.size()?, 8);
    world.barrier()
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn a_file_that_ends_too_early_is_everyones_error(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let last = world.rank() + 1 == world.size();
    let file = RawFile::create(world, directory.path().join("short"))?;
    if world.is_root() {
        file.write_at(0, &[1.0, 2.0, 3.0, 4.0])?;
    }
    world.barrier()?;
    let mut buffer = [0.0; 3];
    let outcome = file.read_at_all(if last { 2 } else { 0 }, &mut buffer);
    let error = error_of_all(world, outcome)?;
    let text = "of the 3 elements at byte 16 there are 2";
    assert_eq!(error.exit_code(), 4, "{error:?}");
    assert!(error.to_string().contains(text), "{error}");
    // Alone it is the error of that rank only.
    let alone = file.read_at(if last { 4 } else { 1 }, &mut buffer);
    assert_eq!(alone.is_err(), last, "{alone:?}");
    file.read_at_all(1, &mut buffer)?;
    assert_eq!(buffer, [2.0, 3.0, 4.0]);
    world.barrier()
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn a_range_that_no_file_or_disk_has_is_everyones_error(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let file = RawFile::create(world, directory.path().join("numbers"))?;
    let last = world.rank() + 1 == world.size();
    for offset in [u64::MAX, u64::MAX / 8, 1 << 60, 1 << 58] {
        let outcome = file.write_at_all(if last { offset } else { 0 }, &[1.0]);
        let error = error_of_all(world, outcome)?;
        assert_eq!(error.exit_code(), 4, "{error:?}");
        // Nothing was written by the others either.
        assert_eq!(file.size()?, 0);
    }
    error_of_all(world, file.set_size(u64::MAX))?;
    file.write_at_all(0, &[1.0])?;
    assert_eq!(file.size()?, 8);
    world.barrier()
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn what_is_no_file_is_everyones_error(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let missing = directory.path().join("missing");
    let folder = directory.path().to_path_buf();
    let error = error_of_all(world, RawFile::open(world, &missing))?;
    assert!(error.to_string().contains("cannot open"), "{error}");
    assert!(error.to_string().contains("No such file"), "{error}");
    for outcome in [
        RawFile::open(world, &folder),
        RawFile::create(world, &folder),
        RawFile::open(world, "/dev/null"),
        RawFile::create(world, missing.join("below")),
    ] {
        let error = error_of_all(world, outcome)?;
        assert_eq!(error.exit_code(), 4, "{error:?}");
    }
    if world.size() > 1 {
        let name = format!("rank{}", world.rank());
        let outcome = RawFile::create(world, directory.path().join(name));
        assert_eq!(error_of_all(world, outcome)?.exit_code(), 2);
    }
    // It was there, and is gone.
    let file = RawFile::create(world, &missing)?;
    world.barrier()?;
    if world.is_root() {
        fs::remove_file(&missing).map_err(Error::other)?;
    }
    world.barrier()?;
    let error = error_of_all(world, file.read_at_all(0, &mut [0u8; 0]))?;
    assert!(error.to_string().contains("No such file"), "{error}");
    let error = error_of_all(world, file.write_at_all(0, &[1u8]))?;
    assert!(error.to_string().contains("No such file"), "{error}");
    world.barrier()
}
