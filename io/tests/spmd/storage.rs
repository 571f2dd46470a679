//! Datasets in chunks: compressed, with fill values, written by any ranks in any grid.

use ndarray::{Ix0, Ix1, Ix2, Ix3};
use partita::layout::Axes;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::{ChunkMode, File, Hdf5Element, Storage, TransferMode, Verdict};
use partita_testing::{Sample, TemporaryDirectory, spmd_test};

use crate::tools::{assert_same, grids, h5py, numbered};

fn storages() -> Vec<Storage> {
    vec![
        Storage::chunked(),
        Storage::chunks(&[3, 4]),
        Storage::chunks(&[1, 7]).gzip(6),
        Storage::chunks(&[4, 2]).shuffle().gzip(1).fletcher32(),
        Storage::chunks(&[5, 5]).fletcher32(),
        Storage::chunked().unlimited(0),
        Storage::chunks(&[2, 3]).unlimited(0).unlimited(1).gzip(4),
        // More of them than fit one node of HDF5's tree.
        Storage::chunks(&[1, 1]).gzip(1),
        Storage::chunks(&[1, 1]).unlimited(0).shuffle(),
    ]
}

#[spmd_test(ranks = [1, 2, 3, 4, 5])]
fn chunks_of_every_kind_go_through_and_do_not_depend_on_the_ranks(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    for (number, storage) in storages().iter().enumerate() {
        let shape = Ix2(9, 8);
        let write = |communicator: &Communicator, grid: &ProcessGrid, name: &str| {
            let path = directory.join(name);
            let mut file = File::create(communicator, &path)?;
            file.write_with("u", &numbered(grid, shape)?, storage)?;
            let transfer = file.last_transfer();
            file.close()?;
            Ok::<_, Error>((std::fs::read(path).unwrap(), transfer.unwrap()))
        };
        // One rank alone, on each rank, is what all are compared with.
        let alone = world.split(Some(world.rank() as u32), 0)?.unwrap();
        let name = format!("alone-{number}-{}.h5", world.rank());
        let (expected, _) = write(&alone, &ProcessGrid::balanced(&alone, 2)?, &name)?;
        for grid in grids(world, 2)? {
            let name = format!("{number}.h5");
            let (bytes, transfer) = write(world, &grid, &name)?;
            let same = bytes == expected;
            assert!(same, "{storage:?} depends on the grid {}", grid.shape());
            assert_eq!(
                transfer.mode,
                TransferMode::Chunked,
                "{storage:?}: {transfer:?}"
            );
            assert_ne!(
                transfer.chunks,
                ChunkMode::None,
                "{storage:?}: {transfer:?}"
            );
            let file = File::open(world, directory.join(&name))?;
            for grid in grids(world, 2)? {
                assert_same(&file.read("u", &grid)?, &numbered(&grid, shape)?);
            }
            assert_eq!(file.verify("u")?, Verdict::Intact);
            world.barrier()?;
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 4])]
fn chunks_of_any_number_of_axes_and_empty_ones_go_through(world: &Communicator) -> Result<()> {
    fn through<D: Axes>(world: &Communicator, name: &str, shape: D) -> Result<()> {
        let directory = TemporaryDirectory::new();
        let path = directory.join(name);
        let grid = ProcessGrid::for_shape(world, shape.slice())?;
        let array = numbered(&grid, shape)?;
        let mut file = File::create(world, &path)?;
        file.write_with("plain", &array, &Storage::chunked())?;
        file.write_with("as laid out", &array, &Storage::chunked_as_laid_out())?;
        file.write_with("gzip", &array, &Storage::chunked().gzip(2))?;
        file.close()?;
        let file = File::open(world, &path)?;
        for name in ["plain", "as laid out", "gzip"] {
            assert_same(&file.read(name, &grid)?, &array);
        }
        assert_eq!(file.verify_all()?, 3);
        Ok(())
    }
    through(world, "out.h5", Ix1(0))?;
    through(world, "out.h5", Ix1(17))?;
    through(world, "out.h5", Ix2(0, 3))?;
    through(world, "out.h5", Ix3(3, 1, 4))?;
    through(world, "out.h5", ndarray::Ix4(2, 3, 1, 4))?;
    through(world, "out.h5", ndarray::Ix5(2, 3, 2, 1, 2))?;
    through(world, "out.h5", ndarray::Ix6(2, 1, 2, 1, 3, 2))?;
    let alone = world.split(Some(world.rank() as u32), 0)?.unwrap();
    // Each rank writes a file of its own.
    through(&alone, &format!("{}.h5", world.rank()), Ix0())
}

#[spmd_test(ranks = [1, 2, 3])]
fn what_nobody_wrote_is_the_fill_value(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("fill.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let mut file = File::create(world, &path)?;
    let storages = [
        Storage::contiguous(),
        Storage::chunks(&[2, 3]),
        Storage::chunks(&[2, 3]).gzip(3),
        Storage::chunked().unlimited(1),
    ];
    for (number, storage) in storages.iter().enumerate() {
        for fill in [0.0, -2.5] {
            file.create_dataset(&format!("{number} of {fill}"), [5, 7], fill, storage)?;
        }
    }
    file.close()?;
    let file = File::open(world, &path)?;
    for number in 0..storages.len() {
        for fill in [0.0, -2.5] {
            let name = format!("{number} of {fill}");
            assert_same(
                &file.read(&name, &grid)?,
                &DistArray::full(&grid, [5, 7], fill)?,
            );
            assert_eq!(file.verify(&name)?, Verdict::Intact, "{name}");
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn h5py_reads_chunks_and_their_properties(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = numbered(&grid, Ix2(6, 5))?;
    let mut file = File::create(world, &path)?;
    let storage = Storage::chunks(&[4, 5])
        .shuffle()
        .gzip(5)
        .fletcher32()
        .unlimited(0);
    file.write_with("all", &array, &storage)?;
    file.create_dataset("filled", [3, 4], 7i16, &Storage::chunked())?;
    file.close()?;
    let program = r#"
with h5py.File(sys.argv[1]) as file:
    u = file["all"]
    assert u.chunks == (4, 5) and u.maxshape == (None, 5), (u.chunks, u.maxshape)
    assert u.compression == "gzip" and u.compression_opts == 5 and u.shuffle and u.fletcher32
    assert np.array_equal(u[...], np.arange(30.0).reshape(6, 5)), u[...]
    filled = file["filled"]
    assert filled.fillvalue == 7 and filled.dtype == "<i2" and (filled[...] == 7).all()
    print("read")
"#;
    let said = h5py(world, program, &[&path])?;
    assert!(said.is_none_or(|said| said == "read"));
    Ok(())
}

/// The least, the greatest, and what is near to each other, in chunks of their own and together.
fn packed<A>(world: &Communicator, extremes: [A; 4]) -> Result<()>
where
    A: Hdf5Element + Sample,
{
    let directory = TemporaryDirectory::new();
    let path = directory.join("packed.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    let array = DistArray::from_fn(&grid, [203], |[i]| match i {
        40..80 => extremes[i % 4],
        80..120 => extremes[0],
        120..160 => extremes[1],
        _ => A::sample(i % 7),
    })?;
    let packed = |length: usize| Storage::chunks(&[length]).scale_offset();
    let storages = [packed(40), packed(203), packed(7), packed(40).gzip(1)];
    let mut file = File::create(world, &path)?;
    for (number, storage) in storages.iter().enumerate() {
        file.write_with(&number.to_string(), &array, storage)?;
    }
    file.close()?;
    let file = File::open(world, &path)?;
    for (number, storage) in storages.iter().enumerate() {
        let read: DistArray<A, Ix1> = file.read(&number.to_string(), &grid)?;
        assert_eq!(read.local(), array.local(), "{storage:?}");
    }
    assert_eq!(file.verify_all()?, storages.len());
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn integers_of_every_width_are_what_they_were_after_packing(world: &Communicator) -> Result<()> {
    macro_rules! integers {
        ($($Integer:ty)*) => {$(
            let (least, greatest) = (<$Integer>::MIN, <$Integer>::MAX);
            packed::<$Integer>(world, [least, greatest, 0, greatest / 2])?;
        )*};
    }
    integers!(i8 i16 i32 i64 u8 u16 u32 u64);
    Ok(())
}

#[spmd_test(ranks = [2])]
fn h5py_reads_packed_integers(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = numbered(&grid, Ix2(16, 8))?.map(|value| value as i32 - 50);
    let mut file = File::create(world, &path)?;
    file.write_with("u", &array, &Storage::chunks(&[4, 8]).scale_offset())?;
    file.close()?;
    let program = r#"
with h5py.File(sys.argv[1]) as file:
    u = file["u"]
    assert u.scaleoffset is not None and u.id.get_storage_size() < 16 * 8 * 2
    assert np.array_equal(u[...], np.arange(128).reshape(16, 8) - 50), u[...]
    print("read")
"#;
    let said = h5py(world, program, &[&path])?;
    assert!(said.is_none_or(|said| said == "read"));
    Ok(())
}

#[spmd_test(ranks = [2])]
fn packing_that_is_not_for_such_elements_is_refused(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 1)?;
    let reals = numbered(&grid, Ix1(6))?;
    let packed = Storage::chunked().scale_offset();
    let create = || File::create(world, directory.join("out.h5"));
    let real = create()?.write_with("u", &reals, &packed);
    let twice = create()?.write_with("u", &reals.cast::<i64>(), &packed.fletcher32());
    for (refused, words) in [
        (real, "integers, and not for float64"),
        (twice, "no fletcher32"),
    ] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, Error::Shape { .. }), "{refused:?}");
        assert!(refused.to_string().contains(words), "{refused}");
    }
    Ok(())
}

#[spmd_test(ranks = [2])]
fn chunks_that_do_not_fit_are_refused(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = numbered(&grid, Ix2(6, 5))?;
    let mut file = File::create(world, directory.join("out.h5"))?;
    let refused = file
        .write_with("u", &array, &Storage::chunks(&[7, 5]))
        .unwrap_err();
    assert!(matches!(refused, Error::Shape { .. }), "{refused:?}");
    assert!(
        refused
            .to_string()
            .ends_with("chunks of [7, 5] do not fit a shape of [6, 5]")
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn minus_zero_is_a_fill_value_like_any_other(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    let mut file = File::create(world, &path)?;
    file.create_dataset("run", [5], -0.0, &Storage::contiguous())?;
    let growing = Storage::chunks(&[2]).unlimited(0);
    file.create_dataset("grows", [3], -0.0, &growing)?;
    file.resize("grows", [5])?;
    file.close()?;
    let file = File::open(world, &path)?;
    for name in ["run", "grows"] {
        let values: DistArray<f64, Ix1> = file.read(name, &grid)?;
        let bits = values.all_gather()?.mapv(f64::to_bits);
        assert_eq!(bits, ndarray::arr1(&[(-0.0f64).to_bits(); 5]), "{name}");
        file.verify(name)?;
        let missing: f64 = file.read_dataset_attribute(name, "_FillValue")?;
        assert_eq!(missing.to_bits(), (-0.0f64).to_bits(), "{name}");
    }
    Ok(())
}
