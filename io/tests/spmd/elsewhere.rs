//! Data in other files and code of other people: refused, unless they are allowed.

use std::path::Path;
use std::process::Command;

use ndarray::{Ix1, Ix2};
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_io::hdf5::{File, Reading, Storage, Verdict, allow_filters_from};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{assert_same, h5py, is_unsupported, numbered, on_root};

#[spmd_test(ranks = [1, 2, 3], time_limit = 20)]
fn links_into_other_files_and_data_in_them_are_followed_only_where_they_may_be(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, other) = (directory.join("links.h5"), directory.join("other.h5"));
    let grid = ProcessGrid::balanced(world, 2)?;
    let line = ProcessGrid::balanced(world, 1)?;
    let array = numbered(&grid, Ix2(5, 4))?;
    let mut file = File::create(world, &other)?;
    file.write("group/u", &array)?;
    file.write_with("v", &array, &Storage::chunks(&[2, 3]).gzip(1))?;
    file.write_texts("names", &["one", "two"])?;
    file.close()?;
    let program = r#"
import os
folder = os.path.dirname(sys.argv[1])
raw, short = os.path.join(folder, "raw"), os.path.join(folder, "short")
np.arange(9.0).tofile(raw)
np.arange(2.0).tofile(short)
os.mkfifo(os.path.join(folder, "fifo"))
with h5py.File(sys.argv[1], "w") as file:
    file["u"] = h5py.ExternalLink("other.h5", "/group/u")
    file["v"] = h5py.ExternalLink(sys.argv[2], "v")
    file["names"] = h5py.ExternalLink("other.h5", "names")
    file["folder"] = h5py.ExternalLink("other.h5", "/group")
    file["detour"] = h5py.SoftLink("/folder/u")
    file["missing"] = h5py.ExternalLink("nothing.h5", "/u")
    file["fifo"] = h5py.ExternalLink("fifo", "/u")
    file.create_dataset("raw", shape=(6,), dtype="f8", external=[(raw, 8, 32), (raw, 48, 16)])
    file.create_dataset("short", shape=(6,), dtype="f8", external=[(short, 0, 48)])
    file.create_dataset("waiting", shape=(6,), dtype="f8", external=[(os.path.join(folder, "fifo"), 0, 48)])
"#;
    if h5py(world, program, &[&path, &other])?.is_none() {
        return Ok(());
    }
    let names = ["u", "v", "detour", "missing", "fifo"];
    let file = File::open(world, &path)?;
    for name in names {
        let read = file.read::<f64, Ix2>(name, &grid);
        assert!(is_unsupported(read), "{name}");
        assert!(is_unsupported(file.verify(name)), "{name}");
    }
    for name in ["raw", "short", "waiting"] {
        let read = file.read::<f64, Ix1>(name, &line);
        assert!(is_unsupported(read), "{name}");
    }
    assert!(is_unsupported(file.read_texts("names")));

    let file = File::open(world, &path)?.with_other_files();
    for name in ["u", "v", "detour"] {
        assert_same(&file.read(name, &grid)?, &array);
        assert_eq!(file.verify(name)?, Verdict::Intact, "{name}");
    }
    assert_eq!(file.read_texts("names")?, ["one", "two"]);
    let raw: DistArray<f64, Ix1> = file.read("raw", &line)?;
    assert_eq!(raw.all_gather()?.to_vec(), [1.0, 2.0, 3.0, 4.0, 6.0, 7.0]);
    let part: DistArray<f64, Ix1> = file.read_slice("raw", ndarray::s![1..;2], &line)?;
    assert_eq!(part.all_gather()?.to_vec(), [2.0, 4.0, 7.0]);
    assert_eq!(file.compare("u", &file, "v", 0.0)?.different, 0);
    refused_all_the_same(&file, &grid, &line)?;

    let copied = directory.join("copied.h5");
    let mut copy = File::create(world, &copied)?;
    copy.copy_from(&file, "raw", "raw")?;
    copy.close()?;
    let copied = File::open(world, &copied)?;
    let raw: DistArray<f64, Ix1> = copied.read("raw", &line)?;
    assert_eq!(raw.all_gather()?.to_vec(), [1.0, 2.0, 3.0, 4.0, 6.0, 7.0]);
    Ok(())
}

/// What leads nowhere, or to what HDF5 would wait for.
fn refused_all_the_same(
    file: &File<Reading>,
    grid: &ProcessGrid,
    line: &ProcessGrid,
) -> Result<()> {
    for (name, said) in [("missing", "no dataset"), ("fifo", "no regular file")] {
        let refused = file.read::<f64, Ix2>(name, grid).unwrap_err();
        assert!(refused.to_string().contains(said), "{name}: {refused}");
    }
    for (name, said) in [
        ("short", "it has 16 bytes, not 48"),
        ("waiting", "it is a FIFO"),
    ] {
        let refused = file.read::<f64, Ix1>(name, line).unwrap_err();
        assert!(refused.to_string().contains(said), "{name}: {refused}");
    }
    Ok(())
}

/// Builds the filter on the root; whether there is a C compiler.
fn built(world: &Communicator, folder: &Path) -> Result<bool> {
    let built = on_root(world, || {
        std::fs::create_dir(folder).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/filter.c");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&folder.join("libinverted.so"), &source])
            .status();
        status.is_ok_and(|status| status.success())
    })?;
    world.broadcast_object(0, built)
}

#[spmd_test(ranks = [1, 3], time_limit = 20)]
fn a_filter_s_code_is_loaded_only_where_it_may_be(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, folder) = (directory.join("inverted.h5"), directory.join("filters"));
    if !built(world, &folder)? {
        eprintln!("skipped: no C compiler here");
        return Ok(());
    }
    let program = r#"
h5py.h5pl.prepend(sys.argv[2].encode())
with h5py.File(sys.argv[1], "w") as file:
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_chunk((2, 4))
    create.set_filter(305, 0, ())
    space = h5py.h5s.create_simple((5, 4))
    u = h5py.h5d.create(file.id, b"u", h5py.h5t.IEEE_F64LE, space, create)
    u.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(20.0).reshape(5, 4))
"#;
    if h5py(world, program, &[&path, &folder])?.is_none() {
        return Ok(());
    }
    let grid = ProcessGrid::balanced(world, 2)?;
    let read = || File::open(world, &path)?.read::<f64, Ix2>("u", &grid);
    assert!(is_unsupported(read()));
    assert!(allow_filters_from(world, directory.join("nowhere")).is_err());
    assert!(allow_filters_from(world, &path).is_err());
    assert!(is_unsupported(read()));
    allow_filters_from(world, &folder)?;
    assert_same(&read()?, &numbered(&grid, Ix2(5, 4))?);
    Ok(())
}
