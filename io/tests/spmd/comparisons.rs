//! Datasets compared by value, of all types.

use bytemuck::{AnyBitPattern, CheckedBitPattern};
use hdf5::H5Type;
use mpi::traits::Equivalence;
use ndarray::Ix2;
use num_complex::Complex;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::{Comparison, File, Hdf5Element, Storage, Tolerance};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::records::{Charge, Particle};
use crate::tools::{h5py, numbered};

/// The same names with other values, and a member more.
#[derive(Debug, Clone, Copy, PartialEq, Default, CheckedBitPattern, H5Type)]
#[repr(u8)]
enum Sign {
    #[default]
    Positive = 1,
    Neutral = 2,
    Negative = 3,
    Unknown = 9,
}

partita::element!(Sign);

/// The same fields in another order, and wider or narrower.
#[derive(Debug, Clone, Copy, PartialEq, Default, Equivalence, AnyBitPattern, H5Type)]
#[repr(C)]
struct Turned {
    species: i64,
    charge: i64,
    position: [f32; 3],
    padding: f32,
    spin: Complex<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Equivalence, AnyBitPattern, H5Type)]
#[repr(C)]
struct Slim {
    spin: Complex<f64>,
    species: i64,
    charge: i64,
    position: [f64; 3],
}

fn write<A: Hdf5Element>(
    file: &mut File<partita_io::hdf5::Writing>,
    name: &str,
    elements: &[A],
) -> Result<()> {
    let line = ProcessGrid::balanced(file.communicator(), 1)?;
    let array = DistArray::from_fn(&line, [elements.len()], |[index]| elements[index])?;
    file.write(name, &array)
}

/// How many differ, by how much at most, and where the first is: by its index, its part and what is there.
type Summary = (usize, f64, Option<(usize, String, [String; 2])>);

fn summary(comparison: Comparison) -> Summary {
    let part = comparison.part.unwrap_or_default();
    let first = comparison.first.zip(comparison.values);
    let first = first.map(|(first, values)| (first[0], part, values));
    (comparison.different, comparison.largest, first)
}

fn at(index: usize, part: &str, one: &str, other: &str) -> Option<(usize, String, [String; 2])> {
    Some((index, part.to_string(), [one, other].map(str::to_string)))
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn numbers_of_all_types_are_compared_exactly(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("numbers.h5");
    let (nan, infinite) = (f64::NAN, f64::INFINITY);
    let mut file = File::create(world, &path)?;
    write(&mut file, "i64", &[0, -1, (1 << 53) + 1, i64::MAX])?;
    write(&mut file, "near", &[0, -1, 1 << 53, i64::MAX])?;
    write(&mut file, "u64", &[0, u64::MAX, 1 << 53, i64::MAX as u64])?;
    write(
        &mut file,
        "f64",
        &[-0.0, -1.0, 2f64.powi(53), 2f64.powi(63)],
    )?;
    write(&mut file, "i8", &[0i8, -1, 3, 4])?;
    write(&mut file, "special", &[nan, infinite, -infinite, 1.0])?;
    write(&mut file, "other", &[nan, infinite, infinite, nan])?;
    write(
        &mut file,
        "c64",
        &[Complex::new(3f32, 4.0), Complex::new(0.0, 0.0)],
    )?;
    write(&mut file, "pair", &[0i16, 0])?;
    write(&mut file, "bools", &[true, false, true, false])?;
    write(&mut file, "turned", &[true, true, true, false])?;
    file.close()?;
    let file = File::open(world, &path)?;
    let compare = |one: &str, other: &str, tolerance: Tolerance| {
        file.compare(one, &file, other, tolerance).map(summary)
    };
    let exact = Tolerance::default();
    let cases: [(&str, &str, Tolerance, Summary); 12] = [
        ("i64", "i64", exact, (0, 0.0, None)),
        (
            "i64",
            "near",
            exact,
            (1, 1.0, at(2, "", "9007199254740993", "9007199254740992")),
        ),
        ("i64", "near", 1.0.into(), (0, 1.0, None)),
        // The distance of -1 and 2⁶⁴ - 1 has no 64 bits.
        (
            "i64",
            "u64",
            exact,
            (2, 2f64.powi(64), at(1, "", "-1", "18446744073709551615")),
        ),
        (
            "i64",
            "f64",
            exact,
            (2, 1.0, at(2, "", "9007199254740993", "9007199254740992.0")),
        ),
        (
            "i8",
            "near",
            Tolerance::from(1.0).with_relative(1.0),
            (0, 2f64.powi(63), None),
        ),
        ("special", "special", exact, (0, 0.0, None)),
        (
            "special",
            "other",
            1e300.into(),
            (2, infinite, at(2, "", "-inf", "inf")),
        ),
        (
            "c64",
            "pair",
            4.0.into(),
            (1, 5.0, at(0, "", "3.0+4.0i", "0")),
        ),
        ("c64", "pair", 5.0.into(), (0, 5.0, None)),
        (
            "bools",
            "turned",
            exact,
            (1, 1.0, at(1, "", "false", "true")),
        ),
        ("bools", "bools", exact, (0, 0.0, None)),
    ];
    for (one, other, tolerance, expected) in cases {
        let found = compare(one, other, tolerance)?;
        assert_eq!(found, expected, "{one} and {other} by {tolerance:?}");
    }
    for (one, other) in [("bools", "i8"), ("f64", "bools")] {
        let refused = compare(one, other, exact).unwrap_err();
        assert!(matches!(refused, Error::Format { .. }), "{refused:?}");
        let words = refused.to_string();
        assert!(
            words.contains("bool") && words.contains("nothing in common"),
            "{words}"
        );
    }
    let refused = compare("i64", "pair", exact).unwrap_err();
    assert!(matches!(refused, Error::Shape { .. }), "{refused:?}");
    assert!(refused.to_string().contains("[4] and [2]"), "{refused}");
    let wrong = Tolerance::default().with_relative(-0.5);
    assert!(matches!(compare("i64", "i64", wrong), Err(Error::Usage(_))));
    Ok(())
}

#[spmd_test(ranks = [1, 2, 4])]
fn structs_and_enumerations_are_compared_by_their_names(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("records.h5");
    let line = ProcessGrid::balanced(world, 1)?;
    let particle = |index: usize| Particle {
        position: [index as f64, 0.5, -0.25],
        spin: Complex::new(0.25, index as f32),
        charge: -(index as i32),
        species: 3,
    };
    let slim = |index: usize| {
        let Particle { position, .. } = particle(index);
        let third = if index % 5 == 4 { 2.0 } else { position[2] };
        Slim {
            spin: Complex::new(0.25, index as f64),
            species: 3,
            charge: -(index as i64) + i64::from(index == 9),
            position: [position[0], position[1], third],
        }
    };
    let particles = DistArray::from_fn(&line, [13], |[i]| particle(i))?;
    let mut file = File::create(world, &path)?;
    file.write("particles", &particles)?;
    let chunks = Storage::chunks(&[4]).shuffle().gzip(1);
    file.write_with("chunked", &particles, &chunks)?;
    file.write("slim", &DistArray::from_fn(&line, [13], |[i]| slim(i))?)?;
    file.write(
        "turned",
        &DistArray::from_fn(&line, [13], |_| Turned::default())?,
    )?;
    let charges = [
        Charge::Negative,
        Charge::Neutral,
        Charge::Positive,
        Charge::Negative,
    ];
    write(&mut file, "charges", &charges)?;
    let signs = [Sign::Negative, Sign::Neutral, Sign::Unknown, Sign::Negative];
    write(&mut file, "signs", &signs)?;
    write(&mut file, "numbers", &[-2i16, 0, 700, -2])?;
    write(&mut file, "thirteen", &[0.0; 13])?;
    file.close()?;
    let file = File::open(world, &path)?;
    let compare = |one: &str, other: &str, tolerance: f64| {
        file.compare(one, &file, other, tolerance).map(summary)
    };
    assert_eq!(compare("particles", "chunked", 0.0)?, (0, 0.0, None));
    let first = at(4, ".position[2]", "-0.25", "2.0");
    assert_eq!(compare("chunked", "slim", 0.0)?, (2, 2.25, first));
    assert_eq!(compare("particles", "slim", 1.0)?.0, 2);
    assert_eq!(compare("particles", "slim", 2.25)?, (0, 2.25, None));
    let first = at(2, "", "Positive", "Unknown");
    assert_eq!(compare("charges", "signs", 0.0)?, (1, 1.0, first));
    assert_eq!(compare("signs", "signs", 0.0)?, (0, 0.0, None));
    for (one, other, named) in [
        ("charges", "numbers", "enum (int16)"),
        ("thirteen", "particles", "compound (4 fields)"),
        ("particles", "turned", "compound (5 fields)"),
    ] {
        let refused = compare(one, other, 0.0).unwrap_err();
        assert!(matches!(refused, Error::Format { .. }), "{refused:?}");
        assert!(refused.to_string().contains(named), "{refused}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn what_h5py_writes_is_compared_across_types(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
file = h5py.File(sys.argv[1], "w")
file["fixed"] = np.array([b"one", b"three", b"two "])
file["longer"] = np.char.encode(["one", "three", "twö"], "utf-8").astype(h5py.string_dtype("utf-8", 9))
file["texts"] = ["one", "threE", "two"]
for order in "<>":
    kind = h5py.enum_dtype({"RED": -1, "GREEN": 300}, basetype=order + "i2")
    file.create_dataset("enum" + order, data=np.array([-1, 300, -1, 5]), dtype=kind)
    kind = [("e", kind, 2), ("x", order + "f4"), ("n", order + "i8"), ("s", "S3"), ("b", "?"), ("in", [("v", order + "u2", 2)])]
    file["struct" + order] = np.array([((-1, 7), 1, 2, b"a", True, ((3, 4),)), ((7, 300), 5, 6, b"b", False, ((7, 8),))], kind)
file.create_dataset("turned", data=np.array([300, 300, 300, 5]), dtype=h5py.enum_dtype({"RED": -1, "GREEN": 300}, basetype=">i2"))
file.create_dataset("wide", data=np.array([2, 1, 2, 6]), dtype=h5py.enum_dtype({"GREEN": 1, "RED": 2, "BLUE": -1}, basetype=">i4"))
other = file["struct>"][:]
other["in"]["v"][1, 1] = 9
other["s"] = b"a"
other["b"] = True
other["e"] = [300, 8]
file["other"] = other
file["matrices"] = np.zeros(3, [("m", "f8", (2, 2))])
file.create_dataset("ragged", (3,), h5py.vlen_dtype("f8"))
file["null"] = h5py.Empty("f8")
file["numbers"] = np.arange(3)
file["scalar"], file["same"], file["more"] = 1.5, np.float32(1.5), 2
file["none"] = np.zeros((4, 0, 2))
file.create_dataset("empty", (4, 0, 2), "i1", chunks=(1, 1, 1), maxshape=(None, None, None))
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    let compare = |one: &str, other: &str| file.compare(one, &file, other, 0.0);
    let cases = [
        ("fixed", "longer", (1, 1.0, at(2, "", "\"two\"", "\"twö\""))),
        (
            "fixed",
            "texts",
            (1, 1.0, at(1, "", "\"three\"", "\"threE\"")),
        ),
        ("enum<", "enum>", (0, 0.0, None)),
        ("enum>", "turned", (2, 1.0, at(0, "", "RED", "GREEN"))),
        (
            "enum<",
            "wide",
            (1, 1.0, at(3, "", "5, no member,", "6, no member,")),
        ),
        ("struct<", "struct>", (0, 0.0, None)),
        ("struct>", "other", (2, 1.0, at(0, ".e[0]", "RED", "GREEN"))),
    ];
    for (one, other, expected) in cases {
        assert_eq!(summary(compare(one, other)?), expected, "{one} and {other}");
    }
    let same = compare("scalar", "same")?;
    assert_eq!((same.elements, same.different), (1, 0));
    let more = compare("scalar", "more")?;
    assert_eq!((more.first, more.largest), (Some(vec![]), 0.5));
    assert_eq!(more.values, Some(["1.5", "2"].map(str::to_string)));
    let none = compare("none", "empty")?;
    assert_eq!((none.elements, none.different, none.first), (0, 0, None));
    for name in ["fixed", "texts", "enum>", "struct<"] {
        let refused = compare("numbers", name).unwrap_err();
        let refused = match name {
            "struct<" | "enum>" => {
                assert!(matches!(refused, Error::Shape { .. }), "{refused:?}");
                continue;
            }
            _ => refused,
        };
        assert!(matches!(refused, Error::Format { .. }), "{refused:?}");
        assert!(
            refused.to_string().contains("nothing in common"),
            "{refused}"
        );
    }
    for (name, feature) in [
        ("matrices", "parts of which have no name here"),
        ("ragged", "[float64] (var len)"),
        ("null", "a dataset without a shape"),
    ] {
        let refused = compare("numbers", name).unwrap_err();
        let Error::OnRank { error, .. } = &refused else {
            panic!("{refused:?}");
        };
        assert!(matches!(**error, Error::Unsupported { .. }), "{refused:?}");
        assert!(refused.to_string().contains(feature), "{refused}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn the_first_difference_is_the_first_in_the_array_whoever_has_it(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("arrays.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let mut file = File::create(world, &path)?;
    let whole = numbered(&grid, Ix2(3, 40))?;
    file.write("whole", &whole)?;
    // The ranks take columns, so that the last one has the first difference.
    let changed = DistArray::from_fn(&grid, [3, 40], |[i, j]| {
        let change = f64::from(u8::from((i, j) == (0, 39) || i == 2));
        (40 * i + j) as f64 + change * (1 + j) as f64
    })?;
    file.write("changed", &changed)?;
    file.close()?;
    let file = File::open(world, &path)?;
    let found = file.compare("whole", &file, "changed", 0.0)?;
    assert_eq!((found.elements, found.different), (120, 41));
    assert_eq!((found.first, found.largest), (Some(vec![0, 39]), 40.0));
    assert_eq!(found.values, Some(["39.0", "79.0"].map(str::to_string)));
    let text = file.compare("whole", &file, "changed", 30.0)?.to_string();
    assert_eq!(
        text,
        "11 of 120 elements differ, the first at [0, 39] (39.0 and 79.0), by 4e1 at most"
    );
    Ok(())
}
