//! Datasets of texts, of any shape.

use ndarray::{Array0, Array3, ArrayD, Ix0, Ix1, Ix2, Ix3, IxDyn, array};
use partita::{Communicator, Error, ProcessGrid, Result};
use partita_io::hdf5::{File, Verdict};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{h5py, numbered, on_root};

#[spmd_test(ranks = [1, 2, 3])]
fn texts_of_every_shape_come_back_and_are_known_again(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let table = array![
        ["Wärme", " K "],
        ["", "heat"],
        ["x".repeat(70_000).leak(), "\n"]
    ];
    let mut file = File::create(world, &path)?;
    // The root's texts count.
    let list = if world.is_root() {
        &["one", ""][..]
    } else {
        &[]
    };
    file.write_texts("names/long", list)?;
    file.write_texts("none", &Vec::<String>::new())?;
    file.write_texts("table", &table)?;
    file.write_texts("turned", &table.t())?;
    file.write_texts("single", &Array0::from_elem((), "alone"))?;
    file.write_texts("hollow", &Array3::<&str>::default((2, 0, 3)))?;
    file.write_texts(
        "deep",
        &ArrayD::from_elem(IxDyn(&[1, 2, 1, 2, 1, 2]), "d".to_string()),
    )?;
    let refused = file.write_texts("nul", &["a\0b"]).unwrap_err().to_string();
    assert!(refused.contains("NUL"), "{refused}");
    let refused = file.write_texts("none", &["a"]).unwrap_err().to_string();
    assert!(refused.contains("there is one already"), "{refused}");
    assert_eq!(file.verify("table")?, Verdict::Intact);
    file.close()?;
    let file = File::open(world, &path)?;
    assert_eq!(file.verify_all()?, 7);
    assert_eq!(file.read_texts("names/long")?, ["one", ""]);
    assert_eq!(file.read_texts("none")?, [""; 0]);
    assert_eq!(file.read_text_array::<Ix2>("table")?, table);
    assert_eq!(file.read_text_array::<Ix2>("turned")?, table.t());
    assert_eq!(
        file.read_text_array::<Ix0>("single")?.into_scalar(),
        "alone"
    );
    let hollow = file.read_text_array::<Ix3>("hollow")?;
    assert_eq!(hollow, Array3::<String>::default((2, 0, 3)));
    assert_eq!(file.read_texts("deep")?, ["d"; 8]);
    let refused = file.read_text_array::<Ix1>("table").unwrap_err();
    assert!(matches!(refused, Error::Shape { .. }), "{refused:?}");
    let program = r#"
with h5py.File(sys.argv[1]) as file:
    text = lambda name: file[name].asstr()[()]
    assert list(text("names/long")) == ["one", ""]
    assert text("table").tolist()[:2] == [["Wärme", " K "], ["", "heat"]], text("table")
    assert text("turned").tolist()[1] == [" K ", "heat", "\n"]
    assert text("single") == "alone" and file["hollow"].shape == (2, 0, 3)
"#;
    h5py(world, program, &[&path])?;

    // Another letter is reported, with the dataset's name. HDF5 would remember the old one of an open file.
    drop(file);
    on_root(world, || {
        let mut bytes = std::fs::read(&path).unwrap();
        let places = bytes.windows(4).enumerate();
        let hits: Vec<_> = places.filter(|(_, part)| *part == b"heat").collect();
        let place = hits[0].0;
        bytes[place] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    })?;
    let error = File::open(world, &path)?.verify_all().unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("\"table\"") || said.contains("\"/table\""),
        "{said}"
    );
    assert!(said.contains("not what was written"), "{said}");
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn texts_by_h5py_are_read_compared_and_copied(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, copy) = (directory.join("h5py.h5"), directory.join("copy.h5"));
    let program = r#"
with h5py.File(sys.argv[1], "w") as file:
    file["fixed"] = np.array([[b"one", b"three"]])
    file["wide"] = np.array([b"one", b"three"], "S10")
    file["texts"] = ["one", "three"]
    file["other"] = ["one", "four"]
    file["ascii"] = np.array(["a", "b"], dtype=h5py.string_dtype("ascii"))
    file["single"] = "Wärme"
    file.create_dataset("unwritten", (2,), h5py.string_dtype())
    chunked = file.create_dataset("chunked", (4, 3), h5py.string_dtype(), chunks=(2, 2), compression="gzip")
    chunked[:] = np.array([f"{n}" for n in range(12)], object).reshape(4, 3)
    chunked.attrs["units"] = "K"
    file.create_dataset("ragged", (2,), h5py.vlen_dtype("f8"))[:] = [np.arange(3.0), np.arange(1.0)]
    file.create_dataset("refs", (2,), h5py.ref_dtype)
    file["numbers"] = np.arange(3)
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    assert_eq!(
        file.read_text_array::<Ix2>("fixed")?,
        array![["one", "three"]]
    );
    for name in ["wide", "texts"] {
        assert_eq!(file.read_texts(name)?, ["one", "three"], "{name}");
    }
    assert_eq!(file.read_texts("ascii")?, ["a", "b"]);
    assert_eq!(file.read_texts("single")?, ["Wärme"]);
    assert_eq!(file.read_texts("unwritten")?, ["", ""]);
    assert_eq!(file.verify("texts")?, Verdict::Unknown);
    let numbers = file.read_texts("numbers").unwrap_err().to_string();
    assert!(numbers.ends_with("it is no text but int64"), "{numbers}");

    let same = file.compare("wide", &file, "texts", 0.0)?;
    assert_eq!((same.elements, same.different, same.first), (2, 0, None));
    let differ = file.compare("texts", &file, "other", 0.0)?;
    assert_eq!((differ.different, differ.first), (1, Some(vec![1])));
    assert_eq!(file.compare("texts", &file, "other", 1.0)?.different, 0);
    assert!(file.compare("texts", &file, "single", 0.0).is_err());
    assert!(file.compare("texts", &file, "numbers", 0.0).is_err());

    let mut target = File::create(world, &copy)?;
    target.copy_from(&file, "chunked", "texts/chunked")?;
    for name in ["single", "unwritten", "ragged", "wide"] {
        target.copy_from(&file, name, name)?;
    }
    target.write("u", &numbered(&ProcessGrid::balanced(world, 1)?, Ix1(5))?)?;
    target.close()?;
    let copied = File::open(world, &copy)?;
    assert_eq!(
        file.compare("chunked", &copied, "texts/chunked", 0.0)?
            .different,
        0
    );
    let program = r#"
with h5py.File(sys.argv[1]) as a, h5py.File(sys.argv[2]) as b:
    chunked = b["texts/chunked"]
    assert chunked.chunks == (2, 2) and chunked.compression == "gzip" and chunked.attrs["units"] == "K"
    assert (chunked[:] == a["chunked"][:]).all() and b["single"].asstr()[()] == "Wärme"
    assert [list(part) for part in b["ragged"][:]] == [[0, 1, 2], [0]]
"#;
    h5py(world, program, &[&path, &copy])?;
    let mut target = File::create(world, directory.join("refused.h5"))?;
    let refused = target.copy_from(&file, "refs", "refs").unwrap_err();
    assert!(refused.to_string().contains("not supported"), "{refused}");
    // Nothing was written, so the file is whole.
    target.close()
}
