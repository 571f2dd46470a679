//! Datasets that grow and shrink, and series of steps.

use ndarray::{Array2, Ix1, Ix2, Ix3};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::{File, Series, Storage, Verdict};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{assert_same, h5py, is_unsupported, numbered};

#[spmd_test(ranks = [1, 2, 3])]
fn a_dataset_grows_and_shrinks_and_stays_known(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    for storage in [Storage::chunks(&[2, 3]), Storage::chunks(&[2, 3]).gzip(2)] {
        let storage = storage.unlimited(0).unlimited(1);
        let mut file = File::create(world, &path)?;
        file.create_dataset("u", [3, 4], -1.0, &storage)?;
        file.write_slice("u", ndarray::s![.., ..], &numbered(&grid, Ix2(3, 4))?)?;
        let mut expected = Array2::from_shape_fn((3, 4), |(i, j)| (4 * i + j) as f64);
        for shape in [[5, 4], [5, 7], [2, 2], [4, 4], [0, 3], [3, 1]] {
            file.resize("u", shape)?;
            let old = expected;
            expected =
                Array2::from_shape_fn(shape, |index| old.get(index).copied().unwrap_or(-1.0));
            let read: DistArray<f64, Ix2> = file.read("u", &grid)?;
            assert_eq!(read.all_gather()?, expected, "{storage:?} to {shape:?}");
            assert_eq!(
                file.verify("u")?,
                Verdict::Intact,
                "{storage:?} to {shape:?}"
            );
        }
        file.close()?;
        assert_eq!(File::open(world, &path)?.verify("u")?, Verdict::Intact);
        world.barrier()?;
    }
    let mut file = File::append(world, &path)?;
    let refused = file.resize("u", [3, 3, 3]).unwrap_err();
    assert!(
        refused
            .to_string()
            .ends_with("its shape [3, 1] cannot become [3, 3, 3]"),
        "{refused}"
    );
    file.write("fixed", &numbered(&grid, Ix2(3, 4))?)?;
    let refused = file.resize("fixed", [4, 4]).unwrap_err();
    assert!(
        refused
            .to_string()
            .ends_with("its shape [3, 4] cannot become [4, 4]"),
        "{refused}"
    );
    file.resize("u", [6, 6])?;
    file.close()
}

#[spmd_test(ranks = [1, 2, 3])]
fn steps_follow_each_other_over_several_runs(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, at_once) = (directory.join("series.h5"), directory.join("at once.h5"));
    let grid = ProcessGrid::balanced(world, 2)?;
    let step = |number: usize| {
        Ok::<_, Error>(numbered(&grid, Ix2(5, 4))?.map(|value| value + 20.0 * number as f64))
    };
    let u = Series::new("fields/u").with_storage(Storage::chunked().shuffle().gzip(1));
    let count = Series::new("fields/count");
    let mut number = 0;
    for steps in [2, 1, 3] {
        let mut file = match number {
            0 => File::create(world, &path)?,
            _ => File::append(world, &path)?,
        };
        for _ in 0..steps {
            let time = 0.5 * number as f64;
            u.append(&mut file, time, &step(number)?)?;
            count.append(&mut file, time, &step(number)?.map(|value| value as i32))?;
            number += 1;
        }
        file.close()?;
        let file = File::open(world, &path)?;
        let block = ProcessGrid::balanced(world, 3)?;
        assert_same(
            &file.read("fields/u", &block)?,
            &numbered(&block, Ix3(number, 5, 4))?,
        );
        assert_same(
            &file.read_slice("fields/u", ndarray::s![-1, .., ..], &grid)?,
            &step(number - 1)?,
        );
        assert_eq!(file.verify_all()?, 3);
        world.barrier()?;
    }
    let mut file = File::create(world, &at_once)?;
    let plain = Series::new("u")
        .with_times("t")
        .with_storage(Storage::chunks(&[1, 5, 4]));
    plain.append(&mut file, 0.0, &step(0)?)?;
    let other = Series::new("v")
        .with_times("t")
        .append(&mut file, 0.25, &step(0)?)
        .unwrap_err();
    assert!(
        other
            .to_string()
            .ends_with("step 0 is at 0.0 in \"t\" already, not at 0.25"),
        "{other}"
    );
    drop(file);
    let program = r#"
with h5py.File(sys.argv[1]) as file:
    u = file["fields/u"]
    assert [dim.label for dim in u.dims] == ["time", "u_axis1", "u_axis2"]
    assert u.dims[1][0].attrs["NAME"].startswith(b"This is a netCDF dimension but not")
    assert u.shape == (6, 5, 4) and u.maxshape == (None, 5, 4) and u.chunks == (1, 5, 4), u
    assert np.array_equal(u.dims[0][0][...], 0.5 * np.arange(6)) and u.dims[0].label == "time"
    assert file["fields/count"].dims[0][0] == file["fields/time"]
    print("read")
"#;
    let said = h5py(world, program, &[&path])?;
    assert!(said.is_none_or(|said| said == "read"));
    Ok(())
}

#[spmd_test(ranks = [2])]
fn a_step_of_another_shape_or_type_is_refused(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("series.h5");
    let line = ProcessGrid::balanced(world, 1)?;
    let series = Series::new("u");
    let mut file = File::create(world, &path)?;
    series.append(&mut file, 0.0, &numbered(&line, Ix1(5))?)?;
    file.close()?;
    let mut file = File::append(world, &path)?;
    let refused = series
        .append(&mut file, 1.0, &numbered(&line, Ix1(6))?)
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .ends_with("its steps have shape [5], the array has [6]"),
        "{refused}"
    );
    drop(file);
    let mut file = File::append(world, &path)?;
    let narrow = numbered(&line, Ix1(5))?.map(|value| value as f32);
    let refused = series.append(&mut file, 1.0, &narrow).unwrap_err();
    assert!(
        refused
            .to_string()
            .ends_with("its elements are float64, the array's are float32"),
        "{refused}"
    );
    drop(file);
    let file = File::open(world, &path)?;
    assert_eq!(file.shape("u")?, [1, 5]);
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn a_series_whose_chunks_come_late_is_refused_and_stays_as_it_was(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("theirs.h5");
    let line = ProcessGrid::balanced(world, 1)?;
    if world.is_root() {
        let file = hdf5::File::create(&path).expect("a new file");
        let dataset = file.new_dataset::<f64>().chunk((1, 5)).shape((0.., 5));
        dataset.create("u").expect("a new dataset");
    }
    world.barrier()?;
    let mut file = File::append(world, &path)?;
    let refused = Series::new("u").append(&mut file, 0.0, &numbered(&line, Ix1(5))?);
    assert!(is_unsupported(refused));
    drop(file);
    assert_eq!(File::open(world, &path)?.shape("u")?, [0, 5]);
    Ok(())
}
