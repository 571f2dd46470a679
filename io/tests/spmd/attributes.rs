//! Attributes: numbers, texts and arrays of them, on the file and on datasets.

use ndarray::{Array0, Array2, Array3, ArrayD, arr0, array};
use num_complex::Complex;
use partita::{Communicator, ProcessGrid, Result};
use partita_io::hdf5::File;
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{h5py, is_unsupported, numbered};

#[spmd_test(ranks = [1, 2, 3])]
fn attributes_of_every_kind_come_back(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("attributes.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    let mut file = File::create(world, &path)?;
    file.attribute("alpha", 0.1)?;
    file.attribute("steps", 1000u64)?;
    file.attribute("periodic", true)?;
    file.attribute("wave", Complex::new(1.0, -2.0))?;
    file.attribute("title", "Wärme")?;
    file.write("u", &numbered(&grid, ndarray::Ix1(7))?)?;
    file.attribute("spacing", [0.5f32, 0.25])?;
    file.attribute("axes", ["x", "y"])?;
    file.attribute("none", Vec::<i32>::new())?;
    file.attribute("alpha", 0.2)?;
    file.dataset_attribute("u", "units", String::from("K"))?;
    file.dataset_attribute("/", "of the root group", -1i8)?;
    file.close()?;

    let file = File::open(world, &path)?;
    assert_eq!(file.read_attribute::<f64>("alpha")?, 0.2);
    assert_eq!(file.read_attribute::<u64>("steps")?, 1000);
    assert_eq!(file.read_attribute::<f64>("steps")?, 1000.0);
    assert!(file.read_attribute::<bool>("periodic")?);
    let wave: Complex<f64> = file.read_attribute("wave")?;
    assert_eq!(wave, Complex::new(1.0, -2.0));
    assert_eq!(file.read_attribute::<String>("title")?, "Wärme");
    assert_eq!(file.read_attribute::<Vec<f32>>("spacing")?, [0.5, 0.25]);
    assert_eq!(file.read_attribute::<Vec<String>>("axes")?, ["x", "y"]);
    assert_eq!(file.read_attribute::<Vec<i32>>("none")?, [0i32; 0]);
    assert_eq!(file.read_attribute::<i32>("of the root group")?, -1);
    assert_eq!(file.read_dataset_attribute::<String>("u", "units")?, "K");
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn what_is_not_there_or_of_another_kind_is_named(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("attributes.h5");
    let mut file = File::create(world, &path)?;
    file.attribute("alpha", 0.1)?;
    file.attribute("pair", [1, 2])?;
    let refused = file.attribute("name", "a\0b").unwrap_err().to_string();
    assert!(refused.contains("NUL"), "{refused}");
    file.close()?;
    let file = File::open(world, &path)?;
    let refused = |outcome: Result<()>| outcome.unwrap_err().to_string();
    let missing = refused(file.read_attribute::<f64>("beta").map(drop));
    assert!(
        missing.ends_with("no such attribute; there is alpha, pair"),
        "{missing}"
    );
    let narrow = refused(file.read_attribute::<f32>("alpha").map(drop));
    assert!(
        narrow.ends_with("its elements are float64, and not all of them can be held as float32")
    );
    let many = refused(file.read_attribute::<i32>("pair").map(drop));
    assert!(many.ends_with("it has 2 values"), "{many}");
    let text = refused(file.read_attribute::<String>("alpha").map(drop));
    assert!(text.ends_with("it is no text but float64"), "{text}");
    let nowhere = refused(file.read_dataset_attribute::<f64>("u", "alpha").map(drop));
    assert!(
        nowhere.contains("no dataset \"u\" in it; there is none"),
        "{nowhere}"
    );
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn attributes_by_h5py_are_read(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
with h5py.File(sys.argv[1], "w") as file:
    file.attrs["text"] = "Wärme"
    file.attrs["fixed"] = np.bytes_("degC  ")
    file.attrs["texts"] = np.array([b"one", b"three"])
    file.attrs["big"] = np.array([1, 2, 3], dtype=">i4")
    file.attrs["long"] = np.int64(2)**53 + 1
    file.attrs["flag"] = np.bool_(True)
    file.attrs["complex"] = np.complex64(1 + 2j)
    file.attrs["half"] = np.float16(0.5)
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    assert_eq!(file.read_attribute::<String>("text")?, "Wärme");
    assert_eq!(file.read_attribute::<String>("fixed")?, "degC");
    assert_eq!(
        file.read_attribute::<Vec<String>>("texts")?,
        ["one", "three"]
    );
    assert_eq!(file.read_attribute::<Vec<f64>>("big")?, [1.0, 2.0, 3.0]);
    assert_eq!(file.read_attribute::<i64>("long")?, (1 << 53) + 1);
    let inexact = file.read_attribute::<f64>("long").unwrap_err().to_string();
    assert!(inexact.contains("9007199254740993"), "{inexact}");
    assert!(file.read_attribute::<bool>("flag")?);
    let complex: Complex<f64> = file.read_attribute("complex")?;
    assert_eq!(complex, Complex::new(1.0, 2.0));
    assert_eq!(file.read_attribute::<f64>("half")?, 0.5);
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn arrays_of_any_number_of_axes_go_both_ways(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (path, theirs) = (directory.join("ours.h5"), directory.join("theirs.h5"));
    let cube = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (12 * i + 4 * j + k) as i16);
    let waves = array![[Complex::new(1.0, -2.0)], [Complex::new(0.5, 0.0)]];
    let table = array![["T", "K"], ["ρ", ""]];
    let mut file = File::create(world, &path)?;
    file.attribute("cube", &cube)?;
    file.attribute("turned", cube.view().reversed_axes())?;
    file.attribute("flags", array![[true, false, true]])?;
    file.attribute("waves", waves.view())?;
    file.attribute("table", &table)?;
    file.attribute("empty", Array2::<f32>::zeros((3, 0)))?;
    file.attribute("no texts", Array2::<String>::default((0, 2)))?;
    file.attribute("scalar", arr0(2.5))?;
    file.attribute("word", arr0("one"))?;
    file.attribute("large", Array2::from_elem((300, 100), 7.0))?;
    file.close()?;
    let program = r#"
with h5py.File(sys.argv[1]) as file:
    read = {name: file.attrs[name] for name in file.attrs}
    cube = np.arange(24, dtype="i2").reshape(2, 3, 4)
    assert read["cube"].dtype == "<i2" and np.array_equal(read["cube"], cube) and np.array_equal(read["turned"], cube.T)
    assert read["flags"].dtype == bool and np.array_equal(read["flags"], [[True, False, True]])
    assert np.array_equal(read["waves"], [[1 - 2j], [0.5]]) and np.array_equal(read["table"], [["T", "K"], ["ρ", ""]])
    assert read["empty"].shape == (3, 0) and read["empty"].dtype == "<f4" and read["no texts"].shape == (0, 2)
    assert read["scalar"] == 2.5 and read["scalar"].shape == () and read["word"] == "one"
    assert np.array_equal(read["large"], np.full((300, 100), 7.0))
with h5py.File(sys.argv[2], "w", libver=("v108", "v110")) as file:
    for name, value in read.items():
        file.attrs[name] = value
    file.attrs["big"] = cube.astype(">i8")
    file.attrs["fixed"] = np.array([[b"a", b"bc"]])
    file.attrs["nothing"] = h5py.Empty("f8")
    file.attrs["half"] = np.float16(0.5)
    file.attrs.create("ragged", np.array([np.arange(2), np.arange(3)], object), dtype=h5py.vlen_dtype("i4"))
    print("read")
"#;
    let said = h5py(world, program, &[&path, &theirs])?;
    for path in [&path, &theirs]
        .into_iter()
        .take(if said.is_some() { 2 } else { 1 })
    {
        let file = File::open(world, path)?;
        assert_eq!(file.read_attribute::<Array3<i16>>("cube")?, cube);
        assert_eq!(
            file.read_attribute::<Array3<f64>>("cube")?,
            cube.mapv(f64::from)
        );
        let turned: ArrayD<i16> = file.read_attribute("turned")?;
        assert_eq!(turned, cube.view().reversed_axes().into_dyn());
        assert_eq!(
            file.read_attribute::<Array2<bool>>("flags")?,
            array![[true, false, true]]
        );
        assert_eq!(file.read_attribute::<Array2<Complex<f64>>>("waves")?, waves);
        assert_eq!(file.read_attribute::<Array2<String>>("table")?, table);
        assert_eq!(file.read_attribute::<Array2<f32>>("empty")?.dim(), (3, 0));
        assert_eq!(
            file.read_attribute::<Array2<String>>("no texts")?.dim(),
            (0, 2)
        );
        assert_eq!(file.read_attribute::<Array0<f64>>("scalar")?, arr0(2.5));
        assert_eq!(file.read_attribute::<String>("word")?, "one");
        assert_eq!(file.read_attribute::<Vec<f64>>("large")?, [7.0; 30_000]);
        let axes = file
            .read_attribute::<Array2<i16>>("cube")
            .unwrap_err()
            .to_string();
        assert!(
            axes.ends_with("it has 3 axes ([2, 3, 4]), the array 2"),
            "{axes}"
        );
        let root = &file.tree()?[0].attributes;
        let shown = |name: &str| &root.iter().find(|(other, _)| other == name).unwrap().1;
        assert_eq!(shown("flags"), "[[true, false, true]]");
        assert_eq!(shown("table"), "[[T, K], [ρ, ]]");
        assert_eq!(shown("empty"), "[[], [], []]");
    }
    if said.is_none() {
        return Ok(());
    }
    let file = File::open(world, &theirs)?;
    assert_eq!(
        file.read_attribute::<Array3<i64>>("big")?,
        cube.mapv(i64::from)
    );
    assert_eq!(
        file.read_attribute::<Array2<String>>("fixed")?,
        array![["a", "bc"]]
    );
    assert!(is_unsupported(file.read_attribute::<f64>("nothing")));
    assert!(is_unsupported(
        file.read_attribute::<Vec<String>>("nothing")
    ));
    assert_eq!(file.read_attribute::<f32>("half")?, 0.5);
    assert!(is_unsupported(file.read_attribute::<Vec<i32>>("ragged")));
    Ok(())
}
