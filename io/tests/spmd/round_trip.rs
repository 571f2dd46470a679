//! What is written is read: any shape, number of ranks and grid, in and out.

use ndarray::{Ix0, Ix1, Ix2, Ix3};
use num_complex::Complex;
use partita::layout::Axes;
use partita::{Boundary, Communicator, DistArray, Halo, ProcessGrid, Result};
use partita_io::hdf5::{File, Hdf5Element, Storage, TransferMode};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{assert_same, grids, numbered, write_one};

/// Written in every grid, read in every grid, and by every smaller number of ranks.
fn goes_through<D: Axes>(world: &Communicator, shape: D) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let ndim = shape.ndim();
    let mut bytes = None;
    for (number, grid) in grids(world, ndim)?.iter().enumerate() {
        let path = directory.join(format!("{number}.h5"));
        write_one(world, &path, "u", &numbered(grid, shape.clone())?)?;
        let file = std::fs::read(&path).unwrap();
        assert_eq!(
            &file,
            bytes.get_or_insert(file.clone()),
            "the file depends on the grid"
        );
        let file = File::open(world, &path)?;
        assert_eq!(file.shape("u")?, shape.slice());
        for grid in grids(world, ndim)? {
            assert_same(&file.read("u", &grid)?, &numbered(&grid, shape.clone())?);
        }
    }
    let path = directory.join("0.h5");
    for size in 1..world.size() {
        // Two groups read at the same time, each on its own.
        let group = u32::from(world.rank() >= size);
        let part = world.split(Some(group), 0)?.unwrap();
        let again = directory.join(format!("{size}-{group}.h5"));
        let grid = ProcessGrid::for_shape(&part, shape.slice())?;
        write_one(&part, &again, "u", &numbered(&grid, shape.clone())?)?;
        let same = std::fs::read(&again).unwrap() == std::fs::read(&path).unwrap();
        assert!(same, "the file depends on the number of ranks");
        let file = File::open(&part, &path)?;
        for grid in grids(&part, ndim)? {
            assert_same(&file.read("u", &grid)?, &numbered(&grid, shape.clone())?);
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn arrays_of_one_and_two_axes_go_through(world: &Communicator) -> Result<()> {
    for length in [1, 2, 3, 7, 64] {
        goes_through(world, Ix1(length))?;
    }
    for (rows, columns) in [(1, 1), (2, 9), (9, 2), (7, 5), (31, 17)] {
        goes_through(world, Ix2(rows, columns))?;
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn arrays_of_three_axes_go_through(world: &Communicator) -> Result<()> {
    goes_through(world, Ix3(3, 4, 5))?;
    goes_through(world, Ix3(1, 2, 1))
}

#[spmd_test(ranks = [1, 2, 4])]
fn empty_axes_go_through(world: &Communicator) -> Result<()> {
    goes_through(world, Ix1(0))?;
    goes_through(world, Ix2(0, 3))?;
    goes_through(world, Ix2(3, 0))
}

#[spmd_test(ranks = [1, 2, 3])]
fn every_type_of_element_goes_through(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("types.h5");
    fn each<A: Hdf5Element + PartialEq + std::fmt::Debug>(
        world: &Communicator,
        path: &std::path::Path,
        value: impl Fn(usize) -> A,
    ) -> Result<()> {
        let grid = ProcessGrid::balanced(world, 1)?;
        let array = DistArray::from_fn(&grid, [10], |[index]| value(index))?;
        let mut file = File::create(world, path)?;
        file.write("x", &array)?;
        file.close()?;
        let read: DistArray<A, Ix1> = File::open(world, path)?.read("x", &grid)?;
        assert_eq!(read.local(), array.local());
        Ok(())
    }
    each(world, &path, |index| -(index as i8))?;
    each(world, &path, |index| -(index as i16) << 9)?;
    each(world, &path, |index| -(index as i32) << 20)?;
    each(world, &path, |index| i64::MIN + index as i64)?;
    each(world, &path, |index| 255 - index as u8)?;
    each(world, &path, |index| 65535 - index as u16)?;
    each(world, &path, |index| u32::MAX - index as u32)?;
    each(world, &path, |index| u64::MAX - index as u64)?;
    each(world, &path, |index| 1.0 / index as f32)?;
    each(world, &path, |index| 1.0 / index as f64)?;
    each(world, &path, |index| Complex::new(index as f32, -0.5))?;
    each(world, &path, |index| Complex::new(-0.5, index as f64))?;
    each(world, &path, |index| index % 3 == 0)
}

#[spmd_test(ranks = [1, 2, 4])]
fn an_array_inside_a_halo_is_written_without_it(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("halo.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let plain = numbered(&grid, Ix2(9, 8))?;
    let haloed = numbered(&grid, Ix2(9, 8))?.with_halo(Halo::uniform(2, 1, Boundary::Periodic))?;
    write_one(world, &path, "u", &haloed)?;
    assert_same(&File::open(world, &path)?.read("u", &grid)?, &plain);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn a_tiny_limit_a_call_makes_the_same_file_in_more_rounds(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = numbered(&grid, Ix2(13, 11))?;
    write_one(world, &directory.join("whole.h5"), "u", &array)?;
    let mut file = File::create(world, directory.join("pieces.h5"))?.with_transfer_limit(40);
    file.write("u", &array)?;
    let transfer = file.last_transfer().unwrap();
    file.close()?;
    let largest = world.all_reduce(&[array.local().len() as u64], partita::Operation::Max)?[0];
    assert!(
        transfer.rounds as u64 >= largest.div_ceil(5),
        "{transfer:?}"
    );
    assert_eq!(transfer.bytes, 8 * array.local().len());
    let read = |name| std::fs::read(directory.join(name)).unwrap();
    assert!(read("whole.h5") == read("pieces.h5"));
    let file = File::open(world, directory.join("pieces.h5"))?.with_transfer_limit(1);
    assert_same(&file.read("u", &grid)?, &array);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn the_transfer_is_collective_by_hdf5s_own_account(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    // The last ranks own nothing of the second.
    for (number, rows) in [64, 2].into_iter().enumerate() {
        let grid = ProcessGrid::new(world, &[world.size(), 1])?;
        let array = numbered(&grid, Ix2(rows, 5))?;
        let mut file = File::create(world, &path)?;
        file.write("u", &array)?;
        let written = file.last_transfer().unwrap();
        assert_eq!(
            written.mode,
            TransferMode::Contiguous,
            "{number}: {written:?}"
        );
        assert_eq!(written.no_collective_cause, 0);
        file.close()?;
        let file = File::open(world, &path)?;
        assert_same(&file.read("u", &grid)?, &array);
        let read = file.last_transfer().unwrap();
        assert_eq!(read.mode, TransferMode::Contiguous, "{number}: {read:?}");
        assert!(read.mode.is_collective());
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn a_single_number_goes_through(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("scalar.h5");
    let alone = world.split(Some(world.rank() as u32), 0)?.unwrap();
    if world.is_root() {
        let grid = ProcessGrid::balanced(&alone, 0)?;
        let array = DistArray::<f64, Ix0>::full(&grid, (), 2.5)?;
        let mut file = File::create(&alone, &path)?;
        file.write("x", &array)?;
        file.close()?;
    }
    world.barrier()?;
    let grid = ProcessGrid::balanced(&alone, 0)?;
    let read: DistArray<f64, Ix0> = File::open(&alone, &path)?.read("x", &grid)?;
    assert_eq!(read.local()[()], 2.5);
    Ok(())
}

#[spmd_test(ranks = [2])]
fn several_arrays_in_groups_lie_side_by_side(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("many.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    let mut file = File::create(world, &path)?;
    for (name, length) in [("fields/a", 5), ("fields/deep/b", 50), ("c", 500)] {
        file.write(name, &numbered(&grid, Ix1(length))?)?;
    }
    file.close()?;
    let file = File::open(world, &path)?;
    assert_eq!(file.datasets()?, ["/c", "/fields/a", "/fields/deep/b"]);
    for (name, length) in [("/fields/a", 5), ("fields/deep/b", 50), ("/c", 500)] {
        assert_same(&file.read(name, &grid)?, &numbered(&grid, Ix1(length))?);
    }
    file.close()
}

/// Some 10 GB of memory and 5 GB of the folder for temporary files: by hand, with `--run-ignored only`.
#[spmd_test(ranks = [1, 2])]
#[ignore]
fn more_than_two_gibibytes_a_rank_go_through(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 1)?;
    let length = world.size() * (300 << 20);
    let array = DistArray::from_fn(&grid, [length], |[index]| !(index as u64))?;
    for storage in [Storage::contiguous(), Storage::chunked()] {
        let path = directory.join("large.h5");
        let mut file = File::create(world, &path)?;
        file.write_with("x", &array, &storage)?;
        file.close()?;
        let read: DistArray<u64, Ix1> = File::open(world, &path)?.read("x", &grid)?;
        assert!(read.local() == array.local(), "{storage:?}");
    }
    Ok(())
}
