//! What ranks must be called with alike, a file that is replaced while it is read, and sizes that no disk has.

use ndarray::{Array2, Ix1, Ix2, s};
use partita::{Communicator, DistArray, Error, ProcessGrid, Reductions, Result};
use partita_io::checkpoint::Checkpoint;
use partita_io::hdf5::{File, Series, Storage};
use partita_testing::{TemporaryDirectory, error_of_all, spmd_test};

#[spmd_test(ranks = [2, 3])]
fn names_slices_and_shapes_that_differ_are_one_error(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("differ.h5");
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let row = DistArray::full(&grid, [8], 1.5)?;
    let mut file = File::create(world, &path)?;
    for name in ["u", "v"] {
        let storage = Storage::chunks(&[2, 8]).unlimited(0);
        file.create_dataset(name, [6, 8], 0.0, &storage)?;
    }
    let other = world.rank();
    let differs = |outcome: Result<()>| -> Result<()> {
        let error = error_of_all(world, outcome)?.to_string();
        assert!(error.contains("called here with"), "{error}");
        Ok(())
    };
    differs(file.write_slice("u", s![other, ..], &row))?;
    differs(file.write_slice(["u", "v"][other.min(1)], s![0, ..], &row))?;
    differs(file.resize("u", [7 + other, 8]))?;
    // Nothing has changed, and the file is as good as before.
    file.write_slice("u", s![2, ..], &row)?;
    file.close()?;

    let file = File::open(world, &path)?;
    let of_rank = file.read_slice::<f64, Ix1>("u", s![other, ..], &grid);
    differs(of_rank.map(drop))?;
    differs(
        file.read::<f64, Ix2>(["u", "v"][other.min(1)], &grid)
            .map(drop),
    )?;
    differs(file.verify(["u", "v"][other.min(1)]).map(drop))?;
    let columns = ProcessGrid::new(world, &[1, world.size()])?;
    let mut rows = DistArray::<f64, Ix2>::zeros(&columns, [6, 8])?;
    differs(file.read_into(["u", "v"][other.min(1)], &mut rows))?;
    file.verify("u")?;
    let mut expected = Array2::zeros([6, 8]);
    expected.row_mut(2).fill(1.5);
    assert_eq!(
        file.read::<f64, Ix2>("u", &columns)?.all_gather()?,
        expected
    );
    Ok(())
}

#[spmd_test(ranks = [2, 3])]
fn what_one_rank_alone_refuses_is_everyones_error(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("refused.h5");
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let u = DistArray::full(&grid, [8], 1.5)?;
    let mut file = File::create(world, &path)?;
    for wrong in [0, world.size() - 1] {
        let storage = match world.rank() == wrong {
            true => Storage::chunked().gzip(10),
            false => Storage::chunked().gzip(4),
        };
        let refused = |outcome: Result<()>| error_of_all(world, outcome).map(drop);
        refused(file.write_with("u", &u, &storage))?;
        refused(file.create_dataset("u", [8], 0.0, &storage))?;
        let series = Series::new("u").with_storage(storage);
        refused(series.append(&mut file, 0.0, &u))?;
    }
    file.write("u", &u)?;
    file.close()?;
    assert_eq!(File::open(world, &path)?.verify_all()?, 1);

    let folder = directory.join("checkpoints");
    let mut checkpoint = Checkpoint::in_folder(world, &folder)?;
    for wrong in [0, world.size() - 1] {
        let is_wrong = world.rank() == wrong;
        let failed = checkpoint.save(1, |state| {
            state.array("u", &u)?;
            match is_wrong {
                true => Err(Error::other("no state here")),
                false => Ok(()),
            }
        });
        let error = error_of_all(world, failed)?.to_string();
        assert!(error.contains("no state here"), "{error}");
        let name = if is_wrong { "step" } else { "time" };
        let refused = checkpoint.save(1, |state| state.value(name, 1.0));
        let error = error_of_all(world, refused)?.to_string();
        assert!(error.contains("the checkpoint's own"), "{error}");
    }
    assert!(checkpoint.restore()?.is_none());
    // Who wants it first makes it for all.
    let every = 1 + world.rank() as u64;
    checkpoint
        .every(every)
        .after(1, |state| state.array("u", &u))?;
    let saved = Checkpoint::in_folder(world, &folder)?.restore()?;
    assert_eq!(saved.map(|saved| saved.step()), Some(1));
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn a_file_that_is_replaced_while_it_is_read_is_an_error(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("replaced.h5");
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let save = |length: usize| {
        let mut file = File::create(world, &path)?;
        file.write("u", &DistArray::full(&grid, [length], length as f64)?)?;
        file.close()
    };
    save(10)?;
    let old = File::open(world, &path)?;
    assert_eq!(old.read::<f64, Ix1>("u", &grid)?.sum()?, 100.0);
    save(20)?;
    let error = error_of_all(world, old.read::<f64, Ix1>("u", &grid))?.to_string();
    assert!(error.contains("replaced while it was open"), "{error}");
    let new = File::open(world, &path)?;
    assert_eq!(new.read::<f64, Ix1>("u", &grid)?.sum()?, 400.0);
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn fill_values_that_no_disk_has_room_for_are_not_begun(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("huge.h5");
    for storage in [Storage::contiguous(), Storage::chunks(&[1 << 20])] {
        let mut file = File::create(world, &path)?;
        let error = error_of_all(world, file.create_dataset("u", [1 << 50], 1.0, &storage))?;
        assert!(
            error.to_string().contains("no space left on device (needs"),
            "{error}"
        );
        drop(file);
    }
    let mut file = File::create(world, &path)?;
    let growing = Storage::chunks(&[1 << 20]).unlimited(0);
    file.create_dataset("u", [4], 1.0, &growing)?;
    let error = error_of_all(world, file.resize("u", [1 << 50]))?;
    assert!(
        error.to_string().contains("no space left on device (needs"),
        "{error}"
    );
    file.close()?;
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let file = File::open(world, &path)?;
    assert_eq!(
        file.read::<f64, Ix1>("u", &grid)?.all_gather()?,
        ndarray::arr1(&[1.0; 4])
    );
    file.verify("u").map(drop)
}
