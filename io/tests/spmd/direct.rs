//! Long runs go straight to their places: the same file and the same arrays as by HDF5.

use ndarray::{Ix2, s};
use partita::layout::Distribution;
use partita::{Communicator, DistArray, Operation, ProcessGrid, Result};
use partita_io::hdf5::{File, Storage, TransferMode, Verdict};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::assert_same;

/// Halves of its rows are 32 KiB long and more.
const SHAPE: [usize; 2] = [7, 8193];

fn value([i, j]: [usize; 2]) -> f64 {
    (i * 10_007 + j) as f64
}

/// Whole rows, uneven; columns; more ranks than rows have parts; all rows on the last rank.
fn arrays(world: &Communicator) -> Result<Vec<(&'static str, DistArray<f64, Ix2>)>> {
    let size = world.size();
    let rows = ProcessGrid::new(world, &[size, 1])?;
    let columns = ProcessGrid::new(world, &[1, size])?;
    let mut parts = vec![0; size];
    parts[size - 1] = SHAPE[0];
    let last = rows.layout(
        SHAPE,
        &[Distribution::Parts(parts), Distribution::Replicated],
    )?;
    let cyclic = rows.layout(SHAPE, &[Distribution::Cyclic, Distribution::Replicated])?;
    Ok(vec![
        ("rows", DistArray::from_fn(&rows, SHAPE, value)?),
        ("columns", DistArray::from_fn(&columns, SHAPE, value)?),
        ("empty", DistArray::from_fn(&rows, &last, value)?),
        ("cyclic", DistArray::from_fn(&rows, &cyclic, value)?),
    ])
}

#[spmd_test(ranks = [1, 2, 3, 8])]
fn long_runs_make_the_same_file_as_hdf5(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let storages = [Storage::contiguous(), Storage::chunks(&[3, 5000])];
    for (name, array) in arrays(world)? {
        for storage in &storages {
            let mut bytes = Vec::new();
            for direct in [true, false] {
                let path = directory.join(format!("{direct}.h5"));
                let mut file = File::create(world, &path)?;
                if !direct {
                    file = file.with_collective_transfers();
                }
                file.write_with("u", &array, storage)?;
                let mode = file.last_transfer().unwrap().mode;
                if name == "rows" {
                    assert_eq!(mode == TransferMode::Direct, direct, "{storage:?}");
                }
                file.write_slice("u", s![2..6;3, ..], &array.slice_to_owned(s![0..2, ..])?)?;
                file.close()?;
                bytes.push(std::fs::read(&path).unwrap());
            }
            assert!(bytes[0] == bytes[1], "{name} {storage:?}: another file");
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 8])]
fn long_runs_are_read_as_hdf5_reads_them(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("u.h5");
    for (name, array) in arrays(world)? {
        for storage in [Storage::contiguous(), Storage::chunks(&[3, 5000])] {
            let mut file = File::create(world, &path)?;
            file.write_with("u", &array, &storage)?;
            file.close()?;
            let file = File::open(world, &path)?;
            assert_eq!(file.verify("u")?, Verdict::Intact, "{name}");
            let again: DistArray<f64, Ix2> = file.read("u", array.grid())?;
            assert_same(&again, &DistArray::from_fn(array.grid(), SHAPE, value)?);
            let mut into = DistArray::full(array.grid(), SHAPE, f64::NAN)?;
            file.read_into("u", &mut into)?;
            assert_same(&into, &again);
            let part: DistArray<f64, Ix2> =
                file.read_slice("u", s![1..;2, 5..8100], array.grid())?;
            let expected =
                DistArray::from_fn(array.grid(), [3, 8095], |[i, j]| value([1 + 2 * i, 5 + j]))?;
            assert_same(&part, &expected);
            let floats: DistArray<f32, Ix2> = File::open(world, &path)?
                .with_lossy_conversion()
                .read("u", array.grid())?;
            let expected = DistArray::from_fn(array.grid(), SHAPE, |index| value(index) as f32)?;
            assert_eq!(floats.local(), expected.local());
        }
    }
    Ok(())
}

/// Blocks both ways and columns, of which no rank's runs are long: they are put together, all at once or a few rows at a
/// time, also where the part of the dataset held something else.
#[spmd_test(ranks = [2, 3, 4, 8])]
fn short_runs_are_put_together_to_the_same_file(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let shape = [61, 2048];
    let columns = ProcessGrid::new(world, &[1, world.size()])?;
    let rows = ProcessGrid::new(world, &[world.size(), 1])?;
    let cyclic = rows.layout(shape, &[Distribution::Cyclic, Distribution::Replicated])?;
    let arrays = [
        DistArray::from_fn(&columns, shape, value)?,
        DistArray::from_fn(&ProcessGrid::balanced(world, 2)?, shape, value)?,
        DistArray::from_fn(&rows, &cyclic, value)?,
    ];
    let cases = arrays.iter();
    for (array, limit) in cases.flat_map(|array| [(array, 1 << 30), (array, 40_000)]) {
        let grid = array.grid();
        let part = DistArray::from_fn(grid, [30, 2048], |[i, j]| -value([i, j]))?;
        for storage in [Storage::contiguous(), Storage::chunks(&[8, 2048])] {
            let write = |name: &str, direct: bool| -> Result<Vec<u8>> {
                let path = directory.join(name);
                let mut file = File::create(world, &path)?.with_transfer_limit(limit);
                if !direct {
                    file = file.with_collective_transfers();
                }
                file.write_with("u", array, &storage)?;
                let transfer = file.last_transfer().unwrap();
                assert_eq!(transfer.mode == TransferMode::Direct, direct, "{grid:?}");
                let bytes = world.all_reduce(&[transfer.bytes as u64], Operation::Sum)?[0];
                assert_eq!(bytes, 8 * 61 * 2048);
                file.write_slice("u", s![1..;2, ..], &part)?;
                file.close()?;
                assert_eq!(File::open(world, &path)?.verify("u")?, Verdict::Intact);
                Ok(std::fs::read(&path).unwrap())
            };
            let same = write("direct.h5", true)? == write("hdf5.h5", false)?;
            assert!(same, "{grid:?} {storage:?} {limit}: another file");
        }
    }
    Ok(())
}
