//! What cannot be read or written is refused: one typed error, the same on every rank, naming the path.

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use ndarray::{Ix1, Ix2};
use partita::{Communicator, Error, ProcessGrid, Result};
use partita_io::hdf5::File;
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{h5py, numbered, on_root, write_one};

/// The error inside its rank, which is the same on all ranks and names the path.
fn agreed<T>(world: &Communicator, outcome: Result<T>, path: &Path) -> Result<Error> {
    let Err(error) = outcome else {
        panic!("{} was not refused", path.display());
    };
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
    let of_root = world.broadcast_object(0, Some(error.clone()))?;
    assert_eq!(error, of_root);
    match error {
        Error::OnRank { error, .. } => Ok(*error),
        error => Ok(error),
    }
}

#[spmd_test(ranks = [1, 2, 3], time_limit = 20)]
fn what_is_no_hdf5_file_is_not_opened(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = |name: &str| directory.join(name);
    let _socket = on_root(world, || {
        std::fs::write(path("empty"), "").unwrap();
        std::fs::write(path("text"), "no HDF5 ".repeat(500)).unwrap();
        std::fs::create_dir(path("folder")).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(path("fifo"))
                .status()
                .unwrap()
                .success()
        );
        UnixListener::bind(path("socket")).unwrap()
    })?;
    let refusal =
        |path: &Path| agreed(world, File::open(world, path), path).map(|error| error.to_string());
    assert!(refusal(&path("missing"))?.contains("No such file"));
    assert!(refusal(&path("empty"))?.ends_with("it is empty"));
    assert!(refusal(&path("text"))?.ends_with("it is not an HDF5 file"));
    assert!(refusal(&path("folder"))?.ends_with("it is a directory"));
    assert!(refusal(&path("fifo"))?.ends_with("it is a FIFO"));
    assert!(refusal(&path("socket"))?.ends_with("it is a socket"));
    assert!(refusal(Path::new("/dev/zero"))?.ends_with("it is a device"));
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3], time_limit = 20)]
fn a_file_cut_short_anywhere_is_refused(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let whole = directory.join("whole.h5");
    let cut = directory.join("cut.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    write_one(world, &whole, "u", &numbered(&grid, Ix2(20, 20))?)?;
    let bytes = std::fs::read(&whole).unwrap();
    for length in [1, 8, 40, 96, 200, 700, bytes.len() / 2, bytes.len() - 1] {
        on_root(world, || std::fs::write(&cut, &bytes[..length]).unwrap())?;
        let read = File::open(world, &cut).and_then(|file| file.read::<f64, Ix2>("u", &grid));
        let error = agreed(world, read, &cut)?;
        assert!(
            matches!(error, Error::Format { .. }),
            "{length} bytes: {error:?}"
        );
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn a_dataset_that_does_not_fit_is_refused(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("one.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    write_one(world, &path, "fields/u", &numbered(&grid, Ix2(2, 3))?)?;
    let file = File::open(world, &path)?;
    let line = ProcessGrid::balanced(world, 1)?;
    let error = agreed(world, file.read::<f64, Ix2>("v", &grid), &path)?.to_string();
    assert!(
        error.ends_with("no dataset \"v\" in it; there is /fields/u"),
        "{error}"
    );
    let error = agreed(world, file.shape("fields"), &path)?.to_string();
    assert!(
        error.ends_with("no dataset \"fields\" in it; there is /fields/u"),
        "{error}"
    );
    let error = agreed(world, file.read::<f64, Ix1>("fields/u", &line), &path)?;
    assert!(matches!(error, Error::Shape { .. }));
    assert!(
        error
            .to_string()
            .ends_with("the dataset has 2 axes ([2, 3]), the array 1"),
        "{error}"
    );
    let error = agreed(world, file.read::<f32, Ix2>("fields/u", &grid), &path)?.to_string();
    assert!(
        error.ends_with("its elements are float64, and not all of them can be held as float32")
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3], time_limit = 20)]
fn what_partita_does_not_read_is_named(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
import os
folder = os.path.dirname(sys.argv[1])
with h5py.File(os.path.join(folder, "other.h5"), "w") as other:
    other["x"] = np.arange(4.0)
with h5py.File(sys.argv[1], "w") as file:
    file["text"] = ["a", "b"]
    file["fixed"] = np.array([b"a", b"b"])
    file["compound"] = np.array([(1, 2.0)], dtype=[("n", "i4"), ("x", "f8")])
    file["half"] = np.arange(4, dtype="f2")
    file["long"] = np.arange(4, dtype=np.longdouble)
    file["long complex"] = np.arange(4, dtype=np.clongdouble)
    file["opaque"] = np.array([b"ab", b"cd"], "V2")
    file.create_dataset("moment", data=np.array(["2020-01-01"], "M8[s]").astype(h5py.opaque_dtype("M8[s]")))
    file["matrices"] = np.zeros(3, [("m", "f8", (2, 2))])
    file.create_dataset("vectors", (4,), np.dtype(("f8", 3)))
    file["nested"] = np.zeros(3, [("a", [("x", "f4"), ("y", "i2", (2,))]), ("b", "c8")])
    file.create_dataset("object", data=[file.ref], dtype=h5py.ref_dtype)
    file.create_dataset("region", data=[file["half"].regionref[0:1]], dtype=h5py.regionref_dtype)
    h5py.h5d.create(file.id, b"bits", h5py.h5t.STD_B8LE, h5py.h5s.create_simple((4,)))
    narrow = h5py.h5t.STD_I32LE.copy()
    narrow.set_precision(24)
    narrow.set_size(3)
    h5py.h5d.create(file.id, b"int24", narrow, h5py.h5s.create_simple((4,)))
    brain = h5py.h5t.IEEE_F32LE.copy()
    brain.set_fields(15, 7, 8, 0, 7)
    brain.set_precision(16)
    brain.set_size(2)
    h5py.h5d.create(file.id, b"bfloat16", brain, h5py.h5s.create_simple((4,)))
    file.create_dataset("enum", data=[0, 1], dtype=h5py.enum_dtype({"RED": 0, "GREEN": 1}, basetype="u1"))
    file.create_dataset("ragged", shape=(2,), dtype=h5py.vlen_dtype("f8"))
    file["null"] = h5py.Empty("f8")
    file.create_dataset("outside", shape=(4,), dtype="f8", external=[("/etc/hostname", 0, 32)])
    file.create_dataset("lzf", data=np.arange(64.0), chunks=(8,), compression="lzf")
    file["link"] = h5py.ExternalLink("other.h5", "/x")
    file["folder"] = h5py.ExternalLink("other.h5", "/")
    file["detour"] = h5py.SoftLink("/folder/x")
    layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    file.create_virtual_dataset("virtual", layout)
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    let grid = ProcessGrid::balanced(world, 1)?;
    for (name, feature) in [
        ("text", "unicode (var len)"),
        ("fixed", "string (len 1)"),
        ("compound", "compound (2 fields)"),
        ("long", "the element type float of 128 bits"),
        (
            "long complex",
            "the element type compound (32 bytes, parts of which",
        ),
        ("opaque", "the element type opaque (2 bytes)"),
        ("moment", "the element type opaque (8 bytes)"),
        (
            "matrices",
            "the element type compound (32 bytes, parts of which",
        ),
        ("vectors", "the element type [float64; 3]"),
        ("nested", "the element type compound (2 fields)"),
        ("object", "the element type reference (object)"),
        ("region", "the element type reference (region)"),
        ("bits", "the element type bitfield of 8 bits"),
        ("int24", "the element type integer of 24 bits"),
        ("bfloat16", "the element type float of 16 bits"),
        ("enum", "enum (uint8)"),
        ("ragged", "[float64] (var len)"),
        ("null", "a dataset without a shape"),
        ("outside", "data in external files"),
        ("lzf", "a filter that HDF5 has no code for"),
        ("link", "a link into another file"),
        ("detour", "a link into another file"),
        ("virtual", "a virtual dataset"),
    ] {
        let error = agreed(world, file.read::<f64, Ix1>(name, &grid), &path)?;
        let Error::Unsupported { feature: named, .. } = &error else {
            panic!("{name}: {error:?}");
        };
        assert!(named.contains(feature), "{name}: {named}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn chunks_that_would_fill_the_memory_are_refused(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("bombs.h5");
    let program = r#"
import zlib
with h5py.File(sys.argv[1], "w") as file:
    bomb = file.create_dataset("bomb", (1000,), "u1", chunks=(1000,), compression="gzip")
    bomb.id.write_direct_chunk((0,), zlib.compress(bytes(1 << 24), 9))
    file.create_dataset("wide", (10,), "u1", maxshape=(None,), chunks=((1 << 26) + 1,), compression="gzip")
    noise = np.random.default_rng(7).integers(0, 256, 3000, "u1")
    file.create_dataset("noise", data=noise, chunks=(1000,), compression="gzip", fletcher32=True)
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    let grid = ProcessGrid::balanced(world, 1)?;
    for (name, said) in [
        ("bomb", "they hold something else"),
        ("wide", "absurdly large"),
    ] {
        let error = agreed(world, file.read::<u8, Ix1>(name, &grid), &path)?;
        assert!(error.to_string().contains(said), "{name}: {error}");
    }
    file.read::<u8, Ix1>("noise", &grid)?;
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3], time_limit = 20)]
fn absurd_sizes_and_damaged_data_are_errors(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
with h5py.File(sys.argv[1], "w") as file:
    file.create_dataset("large", shape=(2**46,), chunks=(2**10,), dtype="f8")
    file.create_dataset("beyond", shape=(2**40, 2**40), chunks=(2**5, 2**5), dtype="f8")
    file.create_dataset("damaged", data=np.arange(4096.0), chunks=(512,), compression="gzip")
    file["elsewhere"] = np.arange(1000.0)
    info = file["damaged"].id.get_chunk_info(5)
    place = file["elsewhere"].id.get_offset().to_bytes(8, "little")
with open(sys.argv[1], "r+b") as raw:
    content = raw.read()
    assert content.count(place) == 1
    raw.seek(content.index(place))
    raw.write((10**9).to_bytes(8, "little"))
    raw.seek(info.byte_offset)
    raw.write(b"\xff" * info.size)
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    let (line, grid) = (
        ProcessGrid::balanced(world, 1)?,
        ProcessGrid::balanced(world, 2)?,
    );
    let large = file.read::<f64, Ix1>("large", &line).unwrap_err();
    assert!(
        large.is_agreed() && large.to_string().contains("cannot allocate"),
        "{large}"
    );
    let error = agreed(world, file.read::<f64, Ix2>("beyond", &grid), &path)?;
    assert!(error.to_string().contains("beyond any memory"), "{error}");
    let error = agreed(world, file.read::<f64, Ix1>("damaged", &line), &path)?;
    assert!(matches!(error, Error::Format { .. }), "{error:?}");
    // MPI reads zeros beyond the end of a file.
    let error = agreed(world, file.read::<f64, Ix1>("elsewhere", &line), &path)?;
    assert!(
        error
            .to_string()
            .contains("its data end at byte 1000008000"),
        "{error}"
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2], time_limit = 20)]
fn what_cannot_be_replaced_is_refused_before_anything_is_made(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let fifo = directory.join("fifo");
    let folder = directory.join("folder");
    on_root(world, || {
        assert!(
            Command::new("mkfifo")
                .arg(&fifo)
                .status()
                .unwrap()
                .success()
        );
        std::fs::create_dir(&folder).unwrap();
    })?;
    let refusal =
        |path: &Path| agreed(world, File::create(world, path), path).map(|error| error.to_string());
    assert!(refusal(&folder)?.ends_with("it is a directory"));
    assert!(refusal(&fifo)?.ends_with("it is a FIFO"));
    assert!(refusal(Path::new("/dev/full"))?.ends_with("it is a device"));
    assert!(refusal(&directory.join("missing/out.h5"))?.contains("its folder"));
    assert!(refusal(Path::new("/proc/out.h5"))?.contains("no file can be made in /proc"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
    Ok(())
}

#[spmd_test(ranks = [2, 3], time_limit = 20)]
fn ranks_that_disagree_are_told(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let own = directory.join(format!("{}.h5", world.rank()));
    let refusal = File::create(world, &own).map(drop).unwrap_err();
    assert!(
        refusal
            .to_string()
            .starts_with("rank 1: save: called here with"),
        "{refusal}"
    );
    world.barrier()?;
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    // Before all have looked, none makes the next file.
    world.barrier()?;
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    let mut file = File::create(world, &path)?;
    let name = if world.is_root() { "u" } else { "v" };
    let refusal = file.write(name, &numbered(&grid, Ix1(5))?).unwrap_err();
    assert!(
        refusal
            .to_string()
            .starts_with("rank 1: write \"v\" to: called here"),
        "{refusal}"
    );
    // Neither is written, and the file as good as before.
    file.close()?;
    assert!(File::open(world, &path)?.datasets()?.is_empty());
    Ok(())
}
