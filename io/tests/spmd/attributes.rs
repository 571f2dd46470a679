//! Attributes: numbers, texts and arrays of them, on the file and on datasets.

use num_complex::Complex;
use partita::{Communicator, ProcessGrid, Result};
use partita_io::hdf5::File;
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{h5py, numbered};

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
    assert!(file.read_attribute::<f64>("half").is_err());
    Ok(())
}
