//! What others wrote, we read: other types, byte orders, layouts.

use ndarray::{Ix1, Ix2, Ix3};
use num_complex::Complex;
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_io::hdf5::{File, Location};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{assert_same, grids, h5py, numbered};

#[spmd_test(ranks = [1, 2, 3, 4])]
fn numbers_of_other_programs_become_floats(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
numbers = np.arange(24).reshape(4, 6)
with h5py.File(sys.argv[2], "w", libver="latest", userblock_size=1024) as file:
    file["plain"] = numbers
    file.create_dataset("one chunk", data=numbers, chunks=(4, 6))
    file.create_dataset("fixed chunks", data=numbers, chunks=(3, 4))
    file.create_dataset("one way", data=numbers, chunks=(3, 4), maxshape=(None, 6))
    file.create_dataset("both ways", data=numbers, chunks=(3, 4), maxshape=(None, None), compression="gzip")
with h5py.File(sys.argv[1], "w") as file:
    for order in "<>":
        for dtype in ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
            name = {"<": "little", ">": "big"}[order] + dtype
            file.create_dataset(name, data=numbers.astype(order + dtype))
    file.create_dataset("chunked", data=numbers.astype(">f4"), chunks=(3, 4))
    file.create_dataset("gzip", data=numbers.astype("<i8"), chunks=(3, 4), compression="gzip", shuffle=True)
    file.create_dataset("checksum", data=numbers.astype(">i2"), chunks=(1, 6), fletcher32=True)
    file.create_dataset("unlimited", data=numbers.astype("f8"), maxshape=(None, None))
    file["alias"] = h5py.SoftLink("/gzip")
    for name, filters in [("sparse", {}), ("sparse gzip", {"compression": "gzip"})]:
        sparse = file.create_dataset(name, shape=(4, 6), dtype="f8", chunks=(2, 2), fillvalue=-1, **filters)
        sparse[1:3, :3] = 5
    twelve = h5py.h5t.NATIVE_INT32.copy()
    twelve.set_precision(12)
    twelve.set_offset(3)
    packed = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    packed.set_chunk((3, 4))
    packed.set_filter(h5py.h5z.FILTER_NBIT)
    for name, properties in [(b"12 bits", None), (b"12 bits packed", packed)]:
        made = h5py.h5d.create(file.id, name, twelve, h5py.h5s.create_simple((4, 6)), dcpl=properties)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, numbers.astype("i4"))
    file.create_dataset("scaled", data=numbers, chunks=(3, 4), scaleoffset=0)
    file.create_dataset("scaled float", data=numbers / 1.0, chunks=(3, 4), scaleoffset=2)
    szip = {"compression": "szip"} if h5py.h5z.filter_avail(h5py.h5z.FILTER_SZIP) else {}
    file.create_dataset("szip", data=numbers, chunks=(4, 6), **szip)
    file["kind"] = np.dtype(">f4")
    file.create_dataset("committed", data=numbers, dtype=file["kind"])
    file.create_group("ordered", track_order=True).create_dataset("u", data=numbers, track_times=True)
    file.create_dataset("compact", data=numbers.astype("f8"),
                        dcpl=(lambda p: (p.set_layout(h5py.h5d.COMPACT), p)[1])(h5py.h5p.create(h5py.h5p.DATASET_CREATE)))
"#;
    let newest = directory.join("newest.h5");
    if h5py(world, program, &[&path, &newest])?.is_none() {
        return Ok(());
    }
    let (file, newest) = (File::open(world, &path)?, File::open(world, &newest)?);
    let mut names = file.datasets()?;
    assert_eq!(names.len(), 34);
    names.retain(|name| !name.contains("sparse"));
    names.push("alias".to_string());
    for grid in grids(world, 2)? {
        let expected = numbered(&grid, Ix2(4, 6))?;
        for name in &names {
            assert_same(&file.read(name, &grid)?, &expected);
        }
        for name in newest.datasets()? {
            assert_same(&newest.read(&name, &grid)?, &expected);
        }
    }
    let grid = ProcessGrid::balanced(world, 2)?;
    let expected = numbered(&grid, Ix2(4, 6))?;
    for name in ["bigu2", "bigi1", "littlef4"] {
        let read: DistArray<f32, Ix2> = file.read(name, &grid)?;
        assert_eq!(read.local(), expected.local().mapv(|value| value as f32));
    }
    let expected_sparse = ndarray::Array2::from_shape_fn((4, 6), |(row, column)| {
        if (1..3).contains(&row) && column < 3 {
            5.0
        } else {
            -1.0
        }
    });
    for name in ["sparse", "sparse gzip"] {
        let read: DistArray<f64, Ix2> = file.read(name, &grid)?;
        assert_eq!(read.all_gather()?, expected_sparse, "{name}");
    }
    let read: DistArray<i64, Ix2> = file.read("bigu4", &grid)?;
    assert_eq!(read.local(), expected.local().mapv(|value| value as i64));
    Ok(())
}

#[spmd_test(ranks = [1, 2, 4])]
fn reading_with_a_conversion_is_still_collective(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
with h5py.File(sys.argv[1], "w") as file:
    file.create_dataset("contiguous", data=np.arange(64).reshape(8, 8).astype(">f4"))
    file.create_dataset("chunked", data=np.arange(64).reshape(8, 8).astype(">i4"), chunks=(3, 3))
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    let grid = ProcessGrid::balanced(world, 2)?;
    for name in ["contiguous", "chunked"] {
        assert_same(&file.read(name, &grid)?, &numbered(&grid, Ix2(8, 8))?);
        let transfer = file.last_transfer().unwrap();
        assert!(transfer.mode.is_collective(), "{name}: {transfer:?}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn big_and_complex_numbers_are_exact_or_refused(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
with h5py.File(sys.argv[1], "w") as file:
    file["exact"] = np.array([0, -2**53, 2**62, -2**63], dtype=">i8")
    file["inexact"] = np.array([1, 2, 2**53 + 1], dtype="i8")
    file["unsigned"] = np.array([2**64 - 1, 0], dtype="u8")
    file["complex"] = np.array([1 + 2j, 3 - 4j], dtype=">c8")
    file["truth"] = np.array([True, False, True])
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    let grid = ProcessGrid::balanced(world, 1)?;
    let exact: DistArray<f64, Ix1> = file.read("exact", &grid)?;
    let expected = [
        0.0,
        -9007199254740992.0,
        4611686018427387904.0,
        -9223372036854775808.0,
    ];
    assert_eq!(exact.all_gather()?.to_vec(), expected);
    let refusal = file.read::<f64, Ix1>("inexact", &grid).unwrap_err();
    assert!(refusal.is_agreed());
    assert!(
        refusal.to_string().contains("9007199254740993"),
        "{refusal}"
    );
    assert!(file.read::<f64, Ix1>("unsigned", &grid).is_err());
    let unsigned: DistArray<u64, Ix1> = file.read("unsigned", &grid)?;
    assert_eq!(unsigned.all_gather()?.to_vec(), [u64::MAX, 0]);
    let complex: DistArray<Complex<f64>, Ix1> = file.read("complex", &grid)?;
    let expected = [Complex::new(1.0, 2.0), Complex::new(3.0, -4.0)];
    assert_eq!(complex.all_gather()?.to_vec(), expected);
    let truth: DistArray<bool, Ix1> = file.read("truth", &grid)?;
    assert_eq!(truth.all_gather()?.to_vec(), [true, false, true]);
    Ok(())
}

#[spmd_test(ranks = [2])]
fn a_location_without_a_dataset_takes_the_only_one(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let grid = ProcessGrid::balanced(world, 3)?;
    let path = directory.join("one.h5");
    crate::tools::write_one(world, &path, "fields/u", &numbered(&grid, Ix3(2, 3, 4))?)?;
    let location: Location = path.to_str().unwrap().parse()?;
    let file = File::open(world, location.file())?;
    assert_eq!(file.dataset_at(&location)?, "/fields/u");
    let mut two = File::create(world, &path)?;
    two.write("u", &numbered(&grid, Ix3(2, 3, 4))?)?;
    two.write("v", &numbered(&grid, Ix3(2, 3, 4))?)?;
    two.close()?;
    let refusal = File::open(world, &path)?.dataset_at(&location).unwrap_err();
    assert!(
        refusal.to_string().ends_with("there is /u, /v"),
        "{refusal}"
    );
    let named: Location = format!("{}:/v", path.display()).parse()?;
    assert_eq!(file.dataset_at(&named)?, "/v");
    Ok(())
}
