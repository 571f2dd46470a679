//! What we write, others read.

use std::process::Command;

use ndarray::{Ix1, Ix2};
use num_complex::Complex;
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_io::hdf5::File;
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{h5py, numbered, on_root};

#[spmd_test(ranks = [1, 2, 3])]
fn h5py_reads_what_was_written(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let line = ProcessGrid::balanced(world, 1)?;
    let mut file = File::create(world, &path)?;
    file.write("fields/u", &numbered(&grid, Ix2(6, 4))?)?;
    let wave = DistArray::from_fn(&line, [3], |[index]| Complex::new(index as f64, 0.5))?;
    file.write("wave", &wave)?;
    file.write(
        "odd",
        &DistArray::from_fn(&line, [4], |[index]| index % 2 == 1)?,
    )?;
    file.write("empty", &numbered(&line, Ix1(0))?)?;
    file.dataset_attribute("fields/u", "units", "K")?;
    file.attribute("alpha", 0.1)?;
    file.attribute("axes", ["y", "x"])?;
    file.close()?;
    let program = r#"
with h5py.File(sys.argv[1]) as file:
    u = file["fields/u"]
    assert u.dtype == "<f8" and u.chunks is None, u
    assert np.array_equal(u[...], np.arange(24.0).reshape(6, 4)), u[...]
    made = u.id.get_create_plist()
    assert made.get_fill_time() == h5py.h5d.FILL_TIME_NEVER
    assert made.get_alloc_time() == h5py.h5d.ALLOC_TIME_EARLY
    assert not made.get_obj_track_times()
    assert u.attrs["units"] == "K"
    assert np.array_equal(file["wave"][...], np.arange(3) + 0.5j), file["wave"]
    assert np.array_equal(file["odd"][...], [False, True] * 2) and file["odd"].dtype == bool
    assert file["empty"].shape == (0,)
    assert file.attrs["alpha"] == 0.1
    assert list(file.attrs["axes"]) == ["y", "x"]
    print("read")
"#;
    let said = h5py(world, program, &[&path])?;
    assert!(said.is_none_or(|said| said == "read"));
    Ok(())
}

#[spmd_test(ranks = [2])]
fn h5dump_reads_what_was_written(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let mut file = File::create(world, &path)?;
    file.write("u", &numbered(&grid, Ix2(2, 3))?)?;
    file.attribute("title", "heat")?;
    file.close()?;
    on_root(world, || {
        let Ok(dump) = Command::new("h5dump").arg(&path).env_clear().output() else {
            return eprintln!("skipped: no h5dump here");
        };
        let dump = String::from_utf8_lossy(&dump.stdout);
        for expected in [
            "DATATYPE  H5T_IEEE_F64LE",
            "DATASPACE  SIMPLE { ( 2, 3 ) / ( 2, 3 ) }",
            "(0,0): 0, 1, 2,",
            "(1,0): 3, 4, 5",
            "(0): \"heat\"",
        ] {
            assert!(dump.contains(expected), "{expected} is not in\n{dump}");
        }
    })?;
    Ok(())
}
