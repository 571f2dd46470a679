//! Every dataset is known again by its checksum, whoever wrote it in whatever parts.

use ndarray::{Ix1, Ix2, s};
use num_complex::Complex;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::{File, Storage, Verdict};
use partita_testing::{TemporaryDirectory, error_of_all, spmd_test};

use crate::tools::{grids, h5py, numbered, on_root};

#[spmd_test(ranks = [1, 2, 3, 5])]
fn a_flipped_bit_anywhere_in_the_data_is_reported_with_the_datasets_name(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, damaged) = (directory.join("out.h5"), directory.join("damaged.h5"));
    let grid = ProcessGrid::balanced(world, 2)?;
    let mut file = File::create(world, &path)?;
    file.write("fields/u", &numbered(&grid, Ix2(6, 7))?)?;
    let narrow = numbered(&grid, Ix2(6, 7))?.map(|value| value as u16 + 1000);
    file.write_with("narrow", &narrow, &Storage::chunks(&[4, 7]))?;
    file.close()?;
    let bytes = std::fs::read(&path).unwrap();
    let place = |pattern: &[u8]| {
        bytes
            .windows(pattern.len())
            .position(|window| window == pattern)
            .unwrap()
    };
    // The second row, the 31st element.
    let of_u = place(&[7f64.to_le_bytes(), 8f64.to_le_bytes()].concat());
    let of_narrow = place(&[1030u16.to_le_bytes(), 1031u16.to_le_bytes()].concat());
    for (name, at) in [
        ("/fields/u", of_u),
        ("/fields/u", of_u + 15),
        ("/narrow", of_narrow),
    ] {
        for bit in [0, 3, 7] {
            on_root(world, || {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                std::fs::write(&damaged, bytes).unwrap();
            })?;
            let file = File::open(world, &damaged)?;
            let error = file.verify_all().unwrap_err();
            assert!(matches!(error, Error::Format { .. }), "{error:?}");
            let text = error.to_string();
            assert!(
                text.starts_with(&format!("cannot verify {name:?} in ")),
                "{text}"
            );
            assert!(text.contains("its data are not what was written"), "{text}");
            world.barrier()?;
        }
    }
    assert_eq!(File::open(world, &path)?.verify_all()?, 2);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn the_checksum_is_of_the_data_and_not_of_their_arrangement(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let mut sums = Vec::new();
    for grid in grids(world, 2)? {
        let array = numbered(&grid, Ix2(9, 5))?;
        let mut file = File::create(world, &path)?.with_transfer_limit(50);
        file.write("contiguous", &array)?;
        file.write_with("chunked", &array, &Storage::chunks(&[2, 2]).gzip(1))?;
        file.create_dataset("in parts", [9, 5], 0.5, &Storage::chunked())?;
        file.write_slice("in parts", ndarray::s![.., ..], &array)?;
        // Once more: now there are data already.
        file.write_slice("in parts", ndarray::s![.., ..], &array)?;
        file.close()?;
        let file = File::open(world, &path)?;
        for name in ["contiguous", "chunked", "in parts"] {
            sums.push(file.read_dataset_attribute::<u64>(name, "partita_checksum")?);
        }
        assert_eq!(file.verify_all()?, 3);
        world.barrier()?;
    }
    assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:x?}");
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn a_dataset_written_by_several_names_is_known_again(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    let part = |value: f64| DistArray::full(&grid, [4], value);
    let mut file = File::create(world, &path)?;
    file.write("g/u", &numbered(&grid, Ix1(10))?)?;
    file.write_slice("g//u", s![2..6], &part(100.0)?)?;
    file.write_slice("./g/u", s![4..8], &part(200.0)?)?;
    file.link("latest", "/g/u")?;
    file.write_slice("g/u", s![1..5], &part(300.0)?)?;
    file.write_slice("latest", s![3..7], &part(400.0)?)?;
    file.create_dataset("v", [10], 7.0, &Storage::contiguous())?;
    file.link("other", "/v")?;
    file.write_slice("other", s![2..6], &part(100.0)?)?;
    file.write_slice("v", s![4..8], &part(200.0)?)?;
    file.write_slice("other", s![0..4], &part(300.0)?)?;
    assert_eq!(file.verify("latest")?, Verdict::Intact);
    file.close()?;
    let file = File::open(world, &path)?;
    assert_eq!(file.verify_all()?, 2);
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn a_tolerance_that_is_no_number_compares_nothing(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    let mut file = File::create(world, &path)?;
    file.write("zeros", &DistArray::full(&grid, [5], 0.0)?)?;
    file.write("ones", &DistArray::full(&grid, [5], 1.0)?)?;
    file.close()?;
    let file = File::open(world, &path)?;
    for tolerance in [f64::NAN, -1.0] {
        let refused = file.compare("zeros", &file, "ones", tolerance);
        let refused = refused.unwrap_err();
        assert!(matches!(refused, Error::Usage(_)), "{refused:?}");
    }
    assert_eq!(file.compare("zeros", &file, "ones", 0.5)?.different, 5);
    assert_eq!(file.compare("zeros", &file, "ones", 1.0)?.different, 0);
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn elements_of_every_size_are_verified(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let line = ProcessGrid::balanced(world, 1)?;
    let mut file = File::create(world, &path)?;
    file.write("i8", &DistArray::from_fn(&line, [11], |[i]| -(i as i8))?)?;
    file.write("f32", &DistArray::from_fn(&line, [11], |[i]| i as f32)?)?;
    file.write("bool", &DistArray::from_fn(&line, [11], |[i]| i % 2 == 0)?)?;
    file.write(
        "complex",
        &DistArray::from_fn(&line, [11], |[i]| Complex::new(i as f64, 1.0))?,
    )?;
    file.write("empty", &numbered(&line, Ix1(0))?)?;
    file.close()?;
    assert_eq!(File::open(world, &path)?.verify_all()?, 5);
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn a_dataset_of_another_program_is_not_known(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = "h5py.File(sys.argv[1], 'w')['u'] = np.arange(5.0)";
    if h5py(world, program, &[&path])?.is_some() {
        let file = File::open(world, &path)?;
        assert_eq!(file.verify("u")?, Verdict::Unknown);
        assert_eq!(file.verify_all()?, 0);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3], time_limit = 20)]
fn a_dataset_that_nobody_wrote_is_verified_without_waiting(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("empty.h5");
    if world.is_root() {
        let file = hdf5::File::create(&path).expect("a new file");
        for (name, length) in [("u", 7), ("one", 1)] {
            let dataset = file.new_dataset::<f64>().shape(length).create(name);
            let dataset = dataset.expect("a new dataset");
            let checksum = dataset.new_attr::<u64>().create("partita_checksum");
            let written = checksum.and_then(|checksum| checksum.write_scalar(&1u64));
            written.expect("a new attribute");
        }
    }
    world.barrier()?;
    for name in ["u", "one"] {
        let outcome = File::open(world, &path)?.verify(name).map(drop);
        let error = error_of_all(world, outcome)?.to_string();
        assert!(error.contains("not what was written"), "{error}");
    }
    Ok(())
}
