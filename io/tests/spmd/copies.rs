//! What is copied from file to file: as h5py sees both.

use std::path::Path;

use ndarray::Ix2;
use partita::{Communicator, Error, ProcessGrid, Result};
use partita_io::hdf5::File;
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{assert_same, h5py, numbered, on_root, write_one};

/// A group with a bit of everything.
const EVERYTHING: &str = r#"
with h5py.File(sys.argv[1], "w", libver=("v108", "v110")) as file:
    run = file.create_group("run", track_order=True)
    run["types/named"] = np.dtype([("x", "f4"), ("n", ">i2", (2,))])
    attributes = {"text": "Wärme", "fixed": np.bytes_("K"), "texts": ["one", "three"], "table": np.ones((2, 3), ">i2"),
                  "flag": np.bool_(True), "wave": 1 + 2j, "nothing": h5py.Empty("f4"), "no text": h5py.Empty("S3"),
                  "empty": np.zeros((0, 2)), "half": np.float16(0.5), "record": np.ones(2, run["types/named"].dtype)}
    for name, value in attributes.items():
        run.attrs[name] = value
    run.attrs.create("named", np.ones(3, run["types/named"].dtype), dtype=run["types/named"])
    run.attrs.create("ragged", np.array([np.arange(2), np.arange(3)], object), dtype=h5py.vlen_dtype("i4"))
    run.attrs.create("colour", 2, dtype=h5py.enum_dtype({"red": 1, "blue": 2}))
    large = np.arange(400 * 500).reshape(400, 500)
    run.create_dataset("z", data=large.astype(">f8"), fillvalue=7)
    run["z"].attrs["units"] = "K"
    run.create_dataset("a", data=large.astype("i8"), chunks=(70, 500), maxshape=(None, 500), fillvalue=-1)
    run.create_dataset("packed", data=large, chunks=(100, 100), compression="gzip", shuffle=True, fletcher32=True)
    run.create_dataset("lzf", data=large, chunks=(100, 100), compression="lzf")
    run.create_dataset("scaled", data=large, chunks=(100, 100), scaleoffset=0)
    sparse = run.create_dataset("sparse", (10**9, 10**6), "f4", chunks=(16, 16), fillvalue=3)
    sparse[5, 5] = 8
    run.create_dataset("never", (10**6, 10**6), "f4", fillvalue=4)
    run["half"] = np.arange(5, dtype="f2")
    run["long"] = np.arange(5, dtype=np.longdouble)
    run["opaque"] = np.array([b"ab", b"cd"], "V2")
    run["fixed"] = np.array([b"one", b"three"])
    run["scalar"] = 1 + 2j
    run["none"] = h5py.Empty("f8")
    run["zero"] = np.zeros((3, 0), "i2")
    run.create_dataset("texts", data=["Anna", "Zoë"])
    run.create_dataset("ragged", data=np.array([np.arange(2), np.arange(3)], object), dtype=h5py.vlen_dtype("i4"))
    run.create_dataset("records", data=np.ones(4, run["types/named"].dtype), dtype=run["types/named"])
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    run.create_dataset("compact", data=np.arange(6), dcpl=compact)
    run["again"] = run["z"]
    run["inner/back"] = run
    run["inner/relative"] = h5py.SoftLink("inner too")
    run["inner/inner too"] = np.arange(3)
    run["inside"] = h5py.SoftLink("/run/inner/inner too")
    run["outside"] = h5py.SoftLink("/other")
    run["dangling"] = h5py.SoftLink("/running/x")
    run["external"] = h5py.ExternalLink("other: file.h5", "/x")
    for axis, (name, length) in enumerate([("row", 400), ("column", 500)]):
        run[name] = np.arange(length) / 2
        run[name].make_scale(name)
        run["z"].dims[axis].attach_scale(run[name])
        run["z"].dims[axis].label = name + "s"
    run["a"].dims[1].attach_scale(run["column"])
    run["zero"].attrs["of"] = run["z"].ref
    file["other"] = np.arange(4)
    file["links/self"] = h5py.SoftLink("/run")
"#;

/// Compares groups as far as h5py knows them: all properties, attributes, links and values.
const SAME: &str = r#"
def values(one, other, what):
    if isinstance(one, h5py.Empty) or isinstance(other, h5py.Empty):
        assert one == other, what
    else:
        one, other = np.asarray(one), np.asarray(other)
        assert one.dtype == other.dtype and one.shape == other.shape, (what, one, other)
        pairs = zip(one.ravel(), other.ravel()) if one.dtype == object else [(one, other)]
        assert all(np.array_equal(*pair) for pair in pairs), (what, one, other)

def attributes(one, other, what):
    own = [name for name in one.attrs if name not in ["of", "DIMENSION_LIST", "REFERENCE_LIST"]]
    kept = [name for name in other.attrs if name not in ["DIMENSION_LIST", "REFERENCE_LIST"]]
    assert sorted(own) == sorted(kept), (what, own, kept)
    for name in own:
        assert one.attrs.get_id(name).get_type() == other.attrs.get_id(name).get_type(), (what, name)
        values(one.attrs[name], other.attrs[name], (what, name))

def datasets(one, other):
    what, made, copied = one.name, one.id.get_create_plist(), other.id.get_create_plist()
    assert one.id.get_type() == other.id.get_type() and one.shape == other.shape, what
    assert one.maxshape == other.maxshape and one.chunks == other.chunks, what
    assert made.get_layout() == copied.get_layout() or what.endswith("never"), what
    filters = lambda list: [list.get_filter(n) for n in range(list.get_nfilters())]
    assert filters(made) == filters(copied), (what, filters(made), filters(copied))
    assert made.fill_value_defined() == copied.fill_value_defined(), what
    if one.shape is not None and one.dtype.kind in "iuf":
        assert one.fillvalue == other.fillvalue, (what, one.fillvalue, other.fillvalue)
    if one.size is None or one.size < 10**6:
        values(one[()], other[()], what)
    else:
        assert one.id.get_storage_size() == other.id.get_storage_size(), what
        values(one[:8, :8], other[:8, :8], what)

def same(one, other):
    assert list(one) == list(other), (one.name, list(one), list(other))
    attributes(one, other, one.name)
    for name in one:
        link, copied = one.get(name, getlink=True), other.get(name, getlink=True)
        if isinstance(link, h5py.SoftLink):
            path = link.path.replace("/run/", other.file.attrs["to"] + "/")
            assert isinstance(copied, h5py.SoftLink) and copied.path == path, (name, copied.path)
        elif isinstance(link, h5py.ExternalLink):
            assert (link.path, link.filename) == (copied.path, copied.filename), name
        elif isinstance(one[name], h5py.Datatype):
            assert one[name].dtype == other[name].dtype, name
        elif isinstance(one[name], h5py.Dataset):
            datasets(one[name], other[name])
            attributes(one[name], other[name], one[name].name)
        elif name != "back":
            same(one[name], other[name])
"#;

#[spmd_test(ranks = [1, 2, 3])]
fn what_is_copied_is_the_same_in_all_that_h5py_knows(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, copy) = (directory.join("h5py.h5"), directory.join("copy.h5"));
    if h5py(world, EVERYTHING, &[&path])?.is_none() {
        return Ok(());
    }
    let original = File::open(world, &path)?;
    let mut file = File::create(world, &copy)?;
    let copied = file.copy_from(&original, "links/self", "once/more/run")?;
    assert_eq!((copied.groups, copied.links), (3, 5));
    let left = "attribute \"of\" of \"/links/self/zero\", a reference";
    assert_eq!(copied.left, [left]);
    let alone = file.copy_from(&original, "/links/self/z/", "z")?;
    let left = [
        "\"/run/row\", the scale of axis 0 of \"/links/self/z\"",
        "\"/run/column\", the scale of axis 1 of \"/links/self/z\"",
    ];
    assert_eq!(
        (alone.datasets, alone.bytes, alone.left),
        (1, 1_600_000, left.map(String::from).to_vec())
    );
    file.attribute("to", "/once/more/run")?;
    file.close()?;
    let program = format!(
        r#"{SAME}
with h5py.File(sys.argv[1]) as one, h5py.File(sys.argv[2]) as other:
    run = other["once/more/run"]
    same(one["run"], run)
    datasets(one["run/z"], other["z"])
    assert run["again"] == run["z"] and run["inner/back"] == run
    assert np.array_equal(run["inside"][:], np.arange(3)) and np.array_equal(run["inner/relative"][:], np.arange(3))
    for axis, name in enumerate(["row", "column"]):
        dim = run["z"].dims[axis]
        assert len(dim) == 1 and dim[0] == run[name] and dim.label == name + "s", name
    assert run["a"].dims[1][0] == run["column"] and len(other["z"].dims[0]) == 0
    run["a"].id.get_create_plist().get_fill_value(fill := np.zeros(1, "i8"))
    print("the same", fill[0])
"#
    );
    let said = h5py(world, &program, &[&path, &copy])?;
    assert_eq!(said.as_deref(), Some("the same -1"));
    // What grows after it was copied is filled.
    let mut file = File::append(world, &copy)?;
    file.resize("once/more/run/a", [401, 500])?;
    file.close()?;
    let grid = ProcessGrid::balanced(world, 2)?;
    let grown = File::open(world, &copy)?;
    let row: partita::DistArray<i64, Ix2> =
        grown.read_slice("once/more/run/a", ndarray::s![400.., ..], &grid)?;
    assert!(row.local().iter().all(|&value| value == -1));
    Ok(())
}

/// The error inside its rank.
fn refusal<T: std::fmt::Debug>(outcome: Result<T>) -> Error {
    match outcome.unwrap_err() {
        Error::OnRank { error, .. } => *error,
        error => error,
    }
}

#[spmd_test(ranks = [1, 3])]
fn what_cannot_be_copied_is_all_named_before_anything_is_written(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, target) = (directory.join("h5py.h5"), directory.join("target.h5"));
    let program = r#"
with h5py.File(sys.argv[1], "w") as file:
    run = file.create_group("run")
    run.attrs["case"] = "cold"
    run["fine"] = np.arange(5.0)
    run["reference"] = np.array([run.ref], h5py.ref_dtype)
    layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    run.create_virtual_dataset("virtual", layout)
    run.create_dataset("outside", shape=(4,), dtype="f8", external=[(sys.argv[2], 0, 32)])
    file["elsewhere"] = h5py.ExternalLink(sys.argv[3], "/u")
np.arange(4.0).tofile(sys.argv[2])
"#;
    let (raw, linked) = (directory.join("raw"), directory.join("linked.h5"));
    if h5py(world, program, &[&path, &raw, &linked])?.is_none() {
        return Ok(());
    }
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = numbered(&grid, Ix2(300, 500))?;
    write_one(world, &target, "u", &array)?;
    write_one(world, &linked, "u", &array)?;
    let original = File::open(world, &path)?;
    let mut file = File::append(world, &target)?;
    let error = refusal(file.copy_from(&original, "/run", "/new/run"));
    let Error::Unsupported {
        path: named,
        feature,
        ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(Path::new(named), path);
    let all = [
        "\"/run/outside\" (data in external files)",
        "\"/run/reference\" (references to objects of its file)",
        "\"/run/virtual\" (a virtual dataset)",
    ];
    assert_eq!(*feature, format!("what is in {}", all.join(", ")));
    let error = refusal(file.copy_from(&original, "/elsewhere", "/v"));
    assert!(
        matches!(&error, Error::Unsupported { path: named, .. } if Path::new(named) == path),
        "{error:?}"
    );
    let error = refusal(file.copy_from(&original, "/missing", "/v")).to_string();
    assert!(
        error.contains("no \"/missing\" in it; of datasets there is /run/fine, "),
        "{error}"
    );
    // What is there already is named with the file that it is in, and stays.
    for (from, to, taken) in [
        ("/run/fine", "/u", "there is \"/u\" already"),
        (
            "/run/fine",
            "/u/x",
            "there is \"/u\", which is no group of it, already",
        ),
    ] {
        let error = refusal(file.copy_from(&original, from, to));
        assert!(
            matches!(&error, Error::Io { path: named, cause, .. } if Path::new(named) == target && cause == taken),
            "{error:?}"
        );
    }
    // Nothing was written, so that the file can be gone on with.
    let original = original.with_other_files();
    file.copy_from(&original, "/elsewhere", "/v")?;
    file.copy_from(&original, "/run/outside", "/run/outside")?;
    file.copy_from(&original, "/run/fine", "/run/fine")?;
    file.close()?;
    let file = File::open(world, &target)?;
    assert_eq!(file.datasets()?, ["/run/fine", "/run/outside", "/u", "/v"]);
    assert_same(&file.read("v", &grid)?, &array);
    assert_eq!(file.verify_all()?, 2);
    on_root(world, || ())?;
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn a_file_is_copied_into_itself_and_into_another(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, whole) = (directory.join("a.h5"), directory.join("b.h5"));
    let grid = ProcessGrid::balanced(world, 2)?;
    let array = numbered(&grid, Ix2(400, 500))?;
    let mut file = File::create(world, &path)?;
    file.write("fields/u", &array)?;
    file.attribute("title", "heat")?;
    file.close()?;
    let mut file = File::append(world, &path)?;
    let old = File::open(world, &path)?;
    file.copy_from(&old, "/", "/copies/1")?;
    file.close()?;
    let mut file = File::create(world, &whole)?;
    file.copy_from(&File::open(world, &path)?, "/", "/")?;
    let again = refusal(file.copy_from(&File::open(world, &path)?, "/", "/")).to_string();
    let taken = "there is attribute \"title\" of \"/\", attribute \"title\" of \"/copies/1\", \
        \"/copies/1/fields/u\", \"/fields/u\" already";
    assert!(again.ends_with(taken), "{again}");
    file.close()?;
    let file = File::open(world, &whole)?;
    assert_same(&file.read("copies/1/fields/u", &grid)?, &array);
    assert_eq!(file.verify_all()?, 2);
    assert_eq!(
        file.read_dataset_attribute::<String>("copies/1", "title")?,
        "heat"
    );
    Ok(())
}
