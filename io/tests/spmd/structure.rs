//! What is in a file besides numbers: groups, links, scales, where it comes from.

use ndarray::{Ix1, Ix2};
use partita::{Communicator, Error, ProcessGrid, Result};
use partita_io::hdf5::{EntryKind, File, Series, Storage};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{assert_same, h5py, numbered, on_root, write_one};

#[spmd_test(ranks = [1, 2, 3])]
fn a_file_lists_all_that_is_in_it(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let mut file = File::create(world, &path)?;
    file.create_group("empty/inner")?;
    file.create_group("empty/inner")?; // is there: fine
    file.write("fields/u", &numbered(&grid, Ix2(3, 4))?)?;
    let storage = Storage::chunks(&[2, 4]).unlimited(0).shuffle().gzip(3);
    file.write_with("v", &numbered(&grid, Ix2(3, 4))?, &storage)?;
    file.link("latest", "/fields/u")?;
    file.dataset_attribute("v", "units", "m/s")?;
    file.dataset_attribute("v", "range", [0, 11])?;
    let taken = file.create_group("fields/u").unwrap_err();
    assert!(matches!(taken, Error::OnRank { .. }), "{taken:?}");
    file.close()?;
    let tree = File::open(world, &path)?.tree()?;
    let lines: Vec<String> = tree.iter().map(ToString::to_string).collect();
    assert_eq!(lines[..4], ["/", "/empty", "/empty/inner", "/fields"]);
    let u = &lines[4];
    assert!(
        u.starts_with("/fields/u  float64 [3, 4], 96 bytes, checksum "),
        "{u}"
    );
    assert_eq!(lines[5], "/latest -> /fields/u");
    let v = &lines[6];
    let expected = "/v  float64 [3, 4], axes [0] unlimited, chunks [2, 4], Shuffle, Deflate(3), ";
    assert!(v.starts_with(expected), "{v}");
    let attributes = [("range", "[0, 11]"), ("units", "m/s")];
    let attributes = attributes.map(|(name, value)| (name.to_string(), value.to_string()));
    assert_eq!(tree[6].attributes, attributes);
    let EntryKind::Dataset(dataset) = &tree[6].kind else {
        panic!("{:?}", tree[6]);
    };
    assert!(dataset.checksum.is_some());
    assert_same(
        &File::open(world, &path)?.read("latest", &grid)?,
        &numbered(&grid, Ix2(3, 4))?,
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn scales_and_labels_are_h5pys_and_netcdfs(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.nc");
    let grid = ProcessGrid::balanced(world, 2)?;
    let line = ProcessGrid::balanced(world, 1)?;
    let mut file = File::create(world, &path)?;
    file.write("y", &numbered(&line, Ix1(3))?)?;
    file.write("x", &numbered(&line, Ix1(4))?)?;
    file.write("u", &numbered(&grid, Ix2(3, 4))?)?;
    file.write("v", &numbered(&grid, Ix2(3, 4))?)?;
    file.attach_scales("u", &["y", "x"])?;
    file.attach_scales("v", &["y", "x"])?;
    file.write("w", &numbered(&grid, Ix2(2, 2))?)?;
    file.label_axes("w", &["row", "column"])?;
    let short = file
        .attach_scales("w", &["y", "x"])
        .unwrap_err()
        .to_string();
    assert!(
        short.ends_with("\"y\" of shape [3] is no scale of an axis of 2"),
        "{short}"
    );
    let few = file.label_axes("w", &["row"]).unwrap_err().to_string();
    assert!(few.ends_with("there are 1 names for 2 axes"), "{few}");
    file.close()?;
    let program = r#"
with h5py.File(sys.argv[1]) as file:
    for name in "uv":
        dims = file[name].dims
        assert [dim.label for dim in dims] == ["y", "x"], [dim.label for dim in dims]
        assert dims[0][0] == file["y"] and dims[1][0] == file["x"]
        assert np.array_equal(dims[1][0][...], np.arange(4.0))
    assert h5py.h5ds.is_scale(file["x"].id) and not h5py.h5ds.is_scale(file["u"].id)
    assert [dim.label for dim in file["w"].dims] == ["row", "column"]
try:
    import xarray
except ImportError:
    print("read")
else:
    with xarray.open_dataset(sys.argv[1], engine="h5netcdf", phony_dims="sort") as data:
        assert data.u.dims == ("y", "x") and float(data.u.sel(y=2, x=3)) == 11.0
    print("read")
"#;
    let said = h5py(world, program, &[&path])?;
    assert!(said.is_none_or(|said| said == "read"));
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn a_series_and_what_is_missing_are_netcdfs(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.nc");
    let grid = ProcessGrid::balanced(world, 2)?;
    let line = ProcessGrid::balanced(world, 1)?;
    let mut file = File::create(world, &path)?;
    file.write("x", &numbered(&line, Ix1(4))?)?;
    let u = Series::new("u")
        .with_time_units("seconds since 2000-01-01")
        .with_axes(&["y", "x"]);
    for step in 0..3 {
        u.append(&mut file, f64::from(step), &numbered(&grid, Ix2(3, 4))?)?;
    }
    let storage = Storage::contiguous();
    file.create_dataset("holes", [3, 4], -9999i32, &storage)?;
    file.create_dataset("zeros", [3, 4], 0.0, &storage)?;
    let part = numbered(&grid, Ix2(1, 4))?.map(|value| value as i32);
    file.write_slice("holes", ndarray::s![1..2, ..], &part)?;
    for name in ["holes", "zeros"] {
        file.attach_scales(name, &["y", "x"])?;
    }
    let few = u.clone().with_axes(&["y"]);
    file.close()?;
    let mut other = File::create(world, directory.join("few.nc"))?;
    let few = few.append(&mut other, 0.0, &numbered(&grid, Ix2(3, 4))?);
    let few = few.unwrap_err().to_string();
    assert!(
        few.ends_with("there are 1 names for 2 axes of a step"),
        "{few}"
    );
    drop(other);
    let program = r#"
with h5py.File(sys.argv[1]) as file:
    assert [dim.label for dim in file["u"].dims] == ["time", "y", "x"]
    assert file["u"].dims[2][0] == file["x"]
    assert file["time"].attrs["units"] == "seconds since 2000-01-01"
    assert file["y"].attrs["NAME"] == b"This is a netCDF dimension but not a netCDF variable.         3"
    missing = file["holes"].attrs["_FillValue"]
    assert missing.dtype == "i4" and missing == [-9999] and "_FillValue" not in file["zeros"].attrs
try:
    import xarray
except ImportError:
    print("h5py alone")
else:
    with xarray.open_dataset(sys.argv[1], engine="h5netcdf") as data:
        assert data.u.dims == ("time", "y", "x") and data.time.dtype.kind == "M"
        assert int(data.holes.isnull().sum()) == 8 and float(data.holes[1, 3]) == 3
    print("xarray too")
"#;
    h5py(world, program, &[&path])?;
    assert_eq!(File::open(world, &path)?.verify_all()?, 5);
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn a_file_tells_where_it_comes_from(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let mut file = File::create(world, &path)?;
    file.provenance("1.2.3")?;
    file.close()?;
    let file = File::open(world, &path)?;
    let text = |name: &str| file.read_attribute::<String>(name);
    let program = std::env::current_exe().unwrap();
    assert_eq!(
        text("program")?,
        program.file_name().unwrap().to_str().unwrap()
    );
    assert_eq!(text("version")?, "1.2.3");
    assert!(text("command")?.starts_with(&text("program")?));
    assert_eq!(text("time")?.len(), "2026-11-27T22:58:08Z".len());
    assert!(text("libraries")?.contains(", HDF5 1."));
    assert_eq!(file.read_attribute::<u64>("ranks")?, world.size() as u64);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn what_is_appended_replaces_the_file_at_once_or_not_at_all(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = numbered(&grid, Ix2(4, 5))?;
    write_one(world, &path, "u", &array)?;
    let old = std::fs::read(&path).unwrap();
    let mut file = File::append(world, &path)?;
    file.write("v", &array)?;
    file.write_slice("u", ndarray::s![1..3, ..], &numbered(&grid, Ix2(2, 5))?)?;
    assert!(std::fs::read(&path).unwrap() == old);
    world.barrier()?;
    file.close()?;
    let file = File::open(world, &path)?;
    assert_eq!(file.datasets()?, ["/u", "/v"]);
    assert_same(&file.read("v", &grid)?, &array);
    assert_same(
        &file.read_slice("u", ndarray::s![1..3, ..], &grid)?,
        &numbered(&grid, Ix2(2, 5))?,
    );
    assert_eq!(file.verify_all()?, 2);
    let missing = File::append(world, directory.join("missing.h5"))
        .map(drop)
        .unwrap_err();
    assert!(missing.to_string().contains("No such file"), "{missing}");
    world.barrier()?;
    on_root(world, || {
        std::fs::write(directory.join("text"), "no HDF5").unwrap()
    })?;
    assert!(File::append(world, directory.join("text")).is_err());
    world.barrier()?;
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
    Ok(())
}
