//! Parts of datasets, by global range and step, into and out of any grid.

use ndarray::{Array2, Array3, Ix1, Ix2, Ix3, SliceInfoElem, s};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::{File, Storage, TransferMode, Verdict};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{assert_same, grids, numbered, write_one};

fn slices() -> Vec<[SliceInfoElem; 2]> {
    let slice = |start, end, step| SliceInfoElem::Slice { start, end, step };
    let mut slices = Vec::new();
    for rows in [
        slice(0, None, 1),
        slice(2, Some(3), 1),
        slice(1, None, 3),
        slice(-4, Some(-1), 2),
    ] {
        for columns in [
            slice(0, None, 2),
            slice(3, Some(8), 1),
            slice(5, Some(5), 1),
        ] {
            slices.push([rows, columns]);
        }
    }
    slices
}

fn reference() -> Array2<f64> {
    Array2::from_shape_fn((7, 11), |(row, column)| (row * 11 + column) as f64)
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn slices_are_read_into_any_grid(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = numbered(&grid, Ix2(7, 11))?;
    let mut file = File::create(world, &path)?;
    file.write("contiguous", &array)?;
    file.write_with("gzip", &array, &Storage::chunks(&[3, 4]).gzip(1))?;
    file.close()?;
    let line = ProcessGrid::balanced(world, 1)?;
    let together = File::open(world, &path)?;
    let alone = File::open(world, &path)?.with_independent_transfers();
    for (file, name) in [&together, &alone]
        .iter()
        .flat_map(|file| [(file, "contiguous"), (file, "gzip")])
    {
        for slice in slices() {
            let expected = reference();
            let expected = expected.slice_each_axis(|axis| match slice[axis.axis.index()] {
                SliceInfoElem::Slice { start, end, step } => ndarray::Slice::new(start, end, step),
                _ => unreachable!(),
            });
            for grid in grids(world, 2)? {
                let read: DistArray<f64, Ix2> = file.read_slice(name, slice, &grid)?;
                assert_eq!(read.all_gather()?, expected, "{name} {slice:?}");
            }
        }
        let row: DistArray<f64, Ix1> = file.read_slice(name, s![-2, 1..;3], &line)?;
        assert_eq!(row.all_gather()?, reference().slice(s![-2, 1..;3]));
        let mode = file.last_transfer().unwrap().mode;
        match name {
            "gzip" => assert_eq!(mode, TransferMode::Unpacked),
            _ if std::ptr::eq(*file, &together) => assert!(mode.is_collective()),
            _ => assert!(matches!(
                mode,
                TransferMode::Independent | TransferMode::Nothing
            )),
        }
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn slices_that_are_written_change_that_part_alone(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let storages = [
        Storage::contiguous(),
        Storage::chunks(&[3, 4]),
        Storage::chunks(&[3, 4]).shuffle().gzip(1),
    ];
    for (grid, storage) in grids(world, 2)?
        .iter()
        .flat_map(|grid| storages.iter().map(move |storage| (grid, storage)))
    {
        let mut expected = Array2::from_elem((7, 11), -1.0);
        let mut file = File::create(world, &path)?;
        file.create_dataset("u", [7, 11], -1.0, storage)?;
        for (number, slice) in slices().into_iter().enumerate() {
            let mut part = expected.slice_each_axis_mut(|axis| match slice[axis.axis.index()] {
                SliceInfoElem::Slice { start, end, step } => ndarray::Slice::new(start, end, step),
                _ => unreachable!(),
            });
            let shape = Ix2(part.nrows(), part.ncols());
            let array = numbered(grid, shape)?.map(|value| value + 100.0 * number as f64);
            part.assign(&array.all_gather()?);
            file.write_slice("u", slice, &array)?;
        }
        file.close()?;
        let file = File::open(world, &path)?;
        let read: DistArray<f64, Ix2> = file.read("u", grid)?;
        assert_eq!(
            read.all_gather()?,
            expected,
            "{storage:?} on {}",
            grid.shape()
        );
        assert_eq!(
            file.verify("u")?,
            Verdict::Intact,
            "{storage:?} on {}",
            grid.shape()
        );
        world.barrier()?;
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn planes_fill_a_block_and_a_file_reads_what_it_wrote(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 2)?;
    let mut file = File::create(world, directory.join("out.h5"))?;
    file.create_dataset("u", [4, 3, 5], f64::NAN, &Storage::chunks(&[1, 3, 5]))?;
    for plane in [2usize, 0, 3, 1] {
        let array = numbered(&grid, Ix2(3, 5))?.map(|value| value + 15.0 * plane as f64);
        file.write_slice("u", s![plane, .., ..], &array)?;
    }
    let block = ProcessGrid::balanced(world, 3)?;
    assert_same(&file.read("u", &block)?, &numbered(&block, Ix3(4, 3, 5))?);
    assert_eq!(file.verify("u")?, Verdict::Intact);
    file.close()?;
    let whole: DistArray<f64, Ix3> =
        File::open(world, directory.join("out.h5"))?.read("u", &block)?;
    let expected = Array3::from_shape_fn((4, 3, 5), |(i, j, k)| (i * 15 + j * 5 + k) as f64);
    assert_eq!(whole.all_gather()?, expected);
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn what_a_slice_cannot_be_is_refused_and_leaves_the_file_usable(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = numbered(&grid, Ix2(3, 5))?;
    let mut file = File::create(world, &path)?;
    file.write("u", &array)?;
    let refused = |outcome: Result<()>| outcome.unwrap_err();
    let beyond = refused(file.write_slice("u", s![1..4, ..], &array));
    assert!(
        beyond.to_string().contains("not within its length 3"),
        "{beyond}"
    );
    let backwards = refused(file.write_slice("u", s![..;-1, ..], &array));
    assert!(matches!(backwards, Error::Shape { .. }), "{backwards}");
    let shape = refused(file.write_slice("u", s![1.., ..], &array));
    assert!(
        shape
            .to_string()
            .ends_with("the slice has shape [2, 5], the array [3, 5]"),
        "{shape}"
    );
    let integers = array.map(|value| value as i64);
    let elements = refused(file.write_slice("u", s![.., ..], &integers));
    assert!(
        elements
            .to_string()
            .ends_with("its elements are float64, the array's are int64"),
        "{elements}"
    );
    file.write_slice("u", s![.., ..], &array)?;
    file.close()?;
    let file = File::open(world, &path)?;
    let flat = refused(file.read_slice::<f64, Ix2>("u", s![0, ..], &grid).map(drop));
    assert!(
        flat.to_string()
            .ends_with("the slice has 1 axes ([5]), the array 2"),
        "{flat}"
    );
    write_one(world, &path, "u", &array)
}

#[spmd_test(ranks = [1, 2, 3])]
fn numbers_are_cut_down_only_where_that_is_asked_for(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let line = ProcessGrid::balanced(world, 1)?;
    let array = DistArray::from_fn(&line, [9], |[index]| index as f64 * 1e9 + 0.5)?;
    let mut file = File::create(world, &path)?;
    file.write("u", &array)?;
    file.write("n", &array.map(|value| value as i64))?;
    file.close()?;
    let file = File::open(world, &path)?;
    for name in ["u", "n"] {
        assert!(file.read::<f32, Ix1>(name, &line).is_err());
        assert!(file.read::<i32, Ix1>(name, &line).is_err());
    }
    // Few elements a call, so that the buffer between is used more than once.
    let file = file.with_lossy_conversion().with_transfer_limit(16);
    let read: DistArray<f32, Ix1> = file.read("u", &line)?;
    assert_eq!(read.local(), array.local().mapv(|value| value as f32));
    let read: DistArray<i32, Ix1> = file.read("u", &line)?;
    assert_eq!(read.local(), array.local().mapv(|value| value as i32));
    let read: DistArray<i32, Ix1> = file.read("n", &line)?;
    assert_eq!(read.local(), array.local().mapv(|value| value as i32));
    assert!(file.last_transfer().unwrap().mode.is_collective());
    assert!(file.read::<bool, Ix1>("n", &line).is_err());
    Ok(())
}
