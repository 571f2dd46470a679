//! All types that h5py writes, by values: read right, whatever their order and storage.

use bytemuck::AnyBitPattern;
use hdf5::H5Type;
use mpi::traits::Equivalence;
use ndarray::{Array1, Ix0, Ix1, Ix2, Ix3};
use num_complex::Complex;
use partita::layout::Axes;
use partita::{Communicator, DistArray, ProcessGrid, Result};
use partita_io::hdf5::{AttributeElement, File, Hdf5Element, Reading};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::h5py;

/// Whether two elements are the same: one that is not a number as good as another.
trait Same: AttributeElement {
    fn same(self, other: Self) -> bool;
}

macro_rules! same_if_equal {
    ($($type:ty),*) => {$(
        impl Same for $type {
            fn same(self, other: Self) -> bool {
                self == other
            }
        }
    )*};
}
same_if_equal!(i64, u64, bool);

impl Same for f64 {
    fn same(self, other: Self) -> bool {
        self.to_bits() == other.to_bits() || self.is_nan() && other.is_nan()
    }
}

impl Same for Complex<f64> {
    fn same(self, other: Self) -> bool {
        self.re.same(other.re) && self.im.same(other.im)
    }
}

/// Reads a dataset, and an attribute of the same name, and compares both with what they should be.
fn check<A: Same + std::fmt::Debug>(file: &File<Reading>, name: &str, kind: &str) -> Result<()> {
    let mut expected = all::<A, Ix1>(file, &format!("expected/{kind}"))?;
    let read = match (name.ends_with("scalar"), file.communicator().size()) {
        (true, 1) => all::<A, Ix0>(file, name)?,
        // An array of no axes is on one rank.
        (true, _) => {
            let same = file.compare(name, file, &format!("first/{kind}"), 0.0)?;
            assert_eq!((same.elements, same.different), (1, 0), "{name}");
            vec![expected[0]]
        }
        (false, _) => all::<A, Ix3>(file, name)?,
    };
    expected.truncate(read.len());
    assert!(matches!(read.len(), 1 | 24), "{name}: {read:?}");
    let agree = |read: &[A]| {
        let mut pairs = read.iter().zip(&expected);
        pairs.all(|(one, other)| one.same(*other)) && read.len() == expected.len()
    };
    assert!(agree(&read), "{name}: {read:?} is not {expected:?}");
    let attribute: Vec<A> = file.read_attribute(&name.replace('/', " "))?;
    assert!(
        agree(&attribute),
        "{name}: {attribute:?} is not {expected:?}"
    );
    Ok(())
}

/// All elements of a dataset, in C order.
fn all<A: Hdf5Element, D: Axes>(file: &File<Reading>, name: &str) -> Result<Vec<A>> {
    let axes = D::NDIM.unwrap_or_default();
    let grid = ProcessGrid::balanced(file.communicator(), axes)?;
    let read: DistArray<A, D> = file.read(name, &grid)?;
    Ok(read.all_gather()?.into_iter().collect())
}

// Thousands of collectives: three ranks that spin on two cores take a minute under MPICH.
#[spmd_test(ranks = [1, 2])]
fn every_number_of_every_width_and_order_is_read_right(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
chance = np.random.default_rng(2024)
def values(kind):
    if kind[0] in "iu":
        limits = np.iinfo(kind)
        few = [limits.min, limits.max, 0, 1, limits.max - 1]
        return np.concatenate([np.array(few, kind), chance.integers(limits.min, limits.max, 19, kind, endpoint=True)])
    if kind[0] == "c":
        part = "f%d" % (int(kind[1:]) // 2)
        return (values(part) + 0j).astype(kind) + np.array(1j, kind) * values(part)[::-1]
    if kind == "?":
        return chance.integers(0, 2, 24).astype(bool)
    limits = np.finfo(kind)
    few = [limits.min, limits.max, limits.tiny, limits.tiny / 2, limits.eps, -0.0, np.inf, -np.inf, np.nan]
    return np.concatenate([np.array(few, kind), chance.normal(size=15).astype(kind)])
wide = {"i": "<i8", "u": "<u8", "f": "<f8", "c": "<c16", "?": "?"}
def compact():
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    return properties
storages = {"plain": {}, "compact": {"dcpl": compact()}, "chunked": {"chunks": (2, 3, 2)},
            "packed": {"chunks": (1, 3, 4), "compression": "gzip", "shuffle": True, "fletcher32": True},
            "growing": {"chunks": (2, 2, 2), "maxshape": (None, None, None)}}
np.seterr(all="ignore")
with h5py.File(sys.argv[1], "w") as file:
    for kind in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16", "?"]:
        data = values(kind)
        file["expected/" + kind.replace("?", "b1")] = data.astype(wide[kind[0]])
        file["first/" + kind.replace("?", "b1")] = data.astype(wide[kind[0]])[0]
        for order in "<>" if kind != "?" else "<":
            stored = data if kind == "?" else data.astype(order + kind)
            name = {"<": "little ", ">": "big "}[order] + kind.replace("?", "b1")
            for storage, how in storages.items():
                file.create_dataset(name + "/" + storage, data=stored.reshape(2, 3, 4), **how)
                file.attrs[name + " " + storage] = stored.reshape(4, 6)
            file[name + "/scalar"] = stored[0]
            file.attrs[name + " scalar"] = stored[0]
    every = np.arange(65536).astype("u2").view("f2")
    file["all halves"], file["all halves turned"] = every, every.astype(">f2")
    file["as floats"] = every.astype("f4")
    file["pairs"] = np.array([(1, 2), (-0.5, 6e-8)], [("r", "f2"), ("i", "f2")])
    for kind in ["f2", "i4", "c8", "?"]:
        file["none " + kind.replace("?", "b1")] = np.zeros((3, 0), kind)
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    let mut read = 0;
    for name in file.datasets()? {
        // "little f4/chunked"
        let name = name.trim_matches('/');
        let kind = name
            .split_once('/')
            .and_then(|(kind, _)| kind.split_once(' '));
        let Some((_, kind)) = kind else { continue };
        match &kind[..1] {
            "i" => check::<i64>(&file, name, kind)?,
            "u" => check::<u64>(&file, name, kind)?,
            "f" => check::<f64>(&file, name, kind)?,
            "c" => check::<Complex<f64>>(&file, name, kind)?,
            _ => check::<bool>(&file, name, kind)?,
        }
        read += 1;
    }
    assert_eq!(read, (13 * 2 + 1) * 6);
    halves_are_exact(&file)?;
    let pairs = all::<Complex<f32>, Ix1>(&file, "pairs")?;
    let expected = [
        Complex::new(1.0, 2.0),
        Complex::new(-0.5, 1.0 / 16_777_216.0),
    ];
    assert_eq!(pairs, expected);
    assert!(all::<f64, Ix2>(&file, "none f2")?.is_empty());
    assert!(all::<f64, Ix2>(&file, "none i4")?.is_empty());
    assert!(all::<Complex<f64>, Ix2>(&file, "none c8")?.is_empty());
    assert!(all::<bool, Ix2>(&file, "none b1")?.is_empty());
    Ok(())
}

/// All 65536 of them.
fn halves_are_exact(file: &File<Reading>) -> Result<()> {
    let expected = all::<f32, Ix1>(file, "as floats")?;
    for name in ["all halves", "all halves turned"] {
        let read = all::<f32, Ix1>(file, name)?;
        let mut pairs = read.iter().zip(&expected);
        assert!(pairs.all(|(one, other)| f64::from(*one).same(f64::from(*other))));
        let same = file.compare(name, file, "as floats", 0.0)?;
        assert_eq!((same.elements, same.different), (65_536, 0), "{name}");
    }
    let line = ProcessGrid::balanced(file.communicator(), 1)?;
    let refused = file.read::<i64, Ix1>("all halves", &line).unwrap_err();
    let words = refused.to_string();
    assert!(
        words.contains("float16, and not all of them can be held as int64"),
        "{words}"
    );
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Equivalence, AnyBitPattern, H5Type)]
#[repr(C)]
struct Inner {
    at: [i32; 2],
    value: Complex<f64>,
}

/// Of elements that have structs in them, and half numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Equivalence, AnyBitPattern, H5Type)]
#[repr(C)]
struct Outer {
    weight: f64,
    inner: Inner,
}

#[spmd_test(ranks = [1, 3])]
fn structs_in_structs_and_texts_however_padded_are_read(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("h5py.h5");
    let program = r#"
inner = [("value", ">c8"), ("at", ">i2", 2), ("note", "S4")]
outer = [("id", "u1"), ("inner", inner), ("weight", ">f2"), ("flags", "?", 3)]
rows = [(n, (n - 2j, (n, -n), b"abc"), n / 4, (n % 2, 0, 1)) for n in range(11)]
with h5py.File(sys.argv[1], "w") as file:
    file["contiguous"] = np.array(rows, outer)
    file.create_dataset("chunked", data=np.array(rows, outer), chunks=(3,), compression="gzip")
    for name, padding in [("ends", h5py.h5t.STR_NULLTERM), ("nulls", h5py.h5t.STR_NULLPAD), ("blanks", h5py.h5t.STR_SPACEPAD)]:
        for letters, text in [("ascii", h5py.h5t.CSET_ASCII), ("utf8", h5py.h5t.CSET_UTF8)]:
            kind = h5py.h5t.C_S1.copy()
            kind.set_size(6)
            kind.set_strpad(padding)
            kind.set_cset(text)
            made = h5py.h5d.create(file.id, (name + " " + letters).encode(), kind, h5py.h5s.create_simple((3,)))
            space = b" " if padding == h5py.h5t.STR_SPACEPAD else b"\0"
            texts = [b"one".ljust(6, space), b"".ljust(6, space), b"a b".ljust(6, space)]
            made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(texts, "S6"), kind)
    file["texts"] = ["one", "", "a b"]
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    let line = ProcessGrid::balanced(world, 1)?;
    let expected = Array1::from_shape_fn(11, |n| Outer {
        weight: n as f64 / 4.0,
        inner: Inner {
            at: [n as i32, -(n as i32)],
            value: Complex::new(n as f64, -2.0),
        },
    });
    for name in ["contiguous", "chunked"] {
        let read: DistArray<Outer, Ix1> = file.read(name, &line)?;
        assert_eq!(read.all_gather()?, expected, "{name}");
    }
    for padding in ["ends", "nulls", "blanks"] {
        for letters in ["ascii", "utf8"] {
            let name = format!("{padding} {letters}");
            assert_eq!(file.read_texts(&name)?, ["one", "", "a b"], "{name}");
            for other in ["texts", "blanks utf8", "nulls ascii"] {
                let compared = file.compare(&name, &file, other, 0.0)?;
                assert_eq!(
                    (compared.elements, compared.different),
                    (3, 0),
                    "{name}, {other}"
                );
            }
        }
    }
    Ok(())
}
