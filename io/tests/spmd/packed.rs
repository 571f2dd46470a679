//! Compressed chunks are unpacked within the bounds of their elements, whatever wrote them, and read right.

use std::path::Path;

use ndarray::{Ix1, Ix2, Ix3, Ix4, Slice, SliceInfoElem, s};
use partita::layout::Axes;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::{File, Reading, Series, Storage, TransferMode, Writing};
use partita_testing::{TemporaryDirectory, spmd_test};

use crate::tools::{grids, h5py, numbered};

/// Streams of 512 MiB of zeros where a chunk has 1 MiB, by datasets that differ in what unpacks them, and when.
const BOMBS: &str = r#"
import zlib
MIB = 1 << 20
def zeros(mib):
    # Blocks that end at bytes can be repeated; the checksum of n zeros is known.
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = head[2:]
    sum = ((mib * MIB) % 65521) << 16 | 1
    return head[:2] + block * mib + b"\x03\x00" + sum.to_bytes(4, "big")
bomb = zeros(512)
assert len(bomb) < MIB
assert zlib.decompress(zeros(3)) == bytes(3 * MIB)
def lay(data, stream=bomb, count=4, first=0):
    chunk = data.chunks[0]
    for number in range(first, count):
        data.id.write_direct_chunk((number * chunk,) + (0,) * (data.ndim - 1), stream)
gzip = dict(compression="gzip")
with h5py.File(sys.argv[1], "w") as file:
    lay(file.create_dataset("plain", (4 * MIB,), "u1", chunks=(MIB,), maxshape=(None,), **gzip))
    lay(file.create_dataset("one of four", (4 * MIB,), "u1", chunks=(MIB,), **gzip), first=3)
    lay(file.create_dataset("shuffled", (MIB // 2,), ">f8", chunks=(MIB // 8,), shuffle=True, **gzip))
    lay(file.create_dataset("wider", (MIB,), "f4", chunks=(MIB // 4,), **gzip))
    summed = file.create_dataset("summed", (4 * MIB,), "u1", chunks=(MIB,), maxshape=(None,), **gzip)
    lay(summed)
    summed.attrs["partita_checksum"] = np.uint64(7)
    twice = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    twice.set_chunk((MIB,))
    twice.set_deflate(9)
    twice.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
    h5py.h5d.create(file.id, b"twice", h5py.h5t.STD_U8LE, h5py.h5s.create_simple((4 * MIB,)), dcpl=twice)
    lay(file["twice"], zlib.compress(bomb))
    lay(file.create_dataset("scaled", (MIB // 2,), "i8", chunks=(MIB // 8,), scaleoffset=0, **gzip))
    series = file.create_dataset("series", (0, MIB), "u1", chunks=(4, MIB // 4), maxshape=(None, MIB), **gzip)
    series.resize((1, MIB))
    for column in range(4):
        series.id.write_direct_chunk((0, column * MIB // 4), bomb)
    file.create_dataset("times of it", data=[0.0], maxshape=(None,))
    file.create_dataset("honest", (0, 8), "f8", chunks=(1, 8), maxshape=(None, 8), **gzip)
    lay(file.create_dataset("bombed times", (MIB // 2,), "f8", chunks=(MIB // 8,), maxshape=(None,), **gzip))
    lay(file.create_dataset("fixed texts", (MIB // 2,), "S8", chunks=(MIB // 8,), **gzip))
    texts = file.create_dataset("texts", (MIB // 4,), h5py.string_dtype(), chunks=(MIB // 16,), **gzip)
    lay(texts)
"#;

/// The most memory that this process has had, in MiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let kib = line.split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() >> 10
}

/// Sees the same refusal of a damaged file on every rank, which says all of `words`.
fn refused<T>(world: &Communicator, outcome: Result<T>, words: &[&str]) -> Result<()> {
    let error = outcome.map(drop).unwrap_err();
    assert_eq!(error, world.broadcast_object(0, Some(error.clone()))?);
    let text = error.to_string();
    assert!(words.iter().all(|words| text.contains(words)), "{text}");
    let error = match error {
        Error::OnRank { error, .. } | Error::OnEveryRank(error) => *error,
        error => error,
    };
    assert!(matches!(error, Error::Format { .. }), "{error:?}");
    Ok(())
}

/// Reads bombs in every way there is.
fn read_bombs(world: &Communicator, file: &File<Reading>) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let more = "unpacks to more than";
    for (name, words) in [
        ("plain", [more, "\"plain\": the chunk at ["]),
        ("one of four", [more, "the chunk at [3145728]"]),
        ("shuffled", [more, "its 1048576 bytes"]),
        ("wider", [more, "its 1048576 bytes"]),
        ("twice", [more, "its 1048576 bytes"]),
        ("scaled", [more, "its 1054720 bytes"]),
    ] {
        refused(world, file.read::<f64, Ix1>(name, &grid), &words)?;
    }
    let some = file.read_slice::<u8, Ix1>("one of four", s![..3 << 20], &grid)?;
    assert!(some.local().iter().all(|&value| value == 0));
    let behind = s![(3 << 20) + 5..;1000];
    refused(
        world,
        file.read_slice::<u8, Ix1>("one of four", behind, &grid),
        &[more],
    )?;
    let mut there = DistArray::full(&grid, [4 << 20], 0u8)?;
    refused(world, file.read_into("plain", &mut there), &[more])?;
    refused(world, file.verify("summed"), &[more, "summed"])?;
    refused(
        world,
        file.compare("plain", file, "one of four", 0.0),
        &[more],
    )?;
    refused(
        world,
        file.compare("one of four", file, "one of four", 0.0),
        &[more],
    )?;
    refused(world, file.read_texts("fixed texts"), &[more])?;
    refused(world, file.read_texts("texts"), &[more])
}

/// Writes to datasets of bombs, for which HDF5 would unpack them.
fn write_to_bombs(world: &Communicator, path: &Path) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let few = DistArray::full(&grid, [9], 1u8)?;
    let more = ["unpacks to more than"];
    let append = |change: &dyn Fn(&mut File<Writing>) -> Result<()>| -> Result<()> {
        let mut file = File::append(world, path)?;
        refused(world, change(&mut file), &more)?;
        // What was refused before anything was changed can be closed, the rest cannot.
        let _ = file.close();
        Ok(())
    };
    for name in ["plain", "summed"] {
        append(&|file| file.write_slice(name, s![5..14], &few))?;
    }
    append(&|file| file.resize("plain", [(4 << 20) - 9]))?;
    append(&|file| file.resize("summed", [(4 << 20) - 9]))?;
    let storage = Storage::chunks(&[4, 1 << 18]).gzip(1);
    let series = Series::new("series").with_times("times of it");
    let (series, step) = (
        series.with_storage(storage),
        DistArray::full(&grid, [1 << 20], 1u8)?,
    );
    append(&|file| series.append(file, 1.0, &step))?;
    let series = Series::new("honest").with_times("bombed times");
    let step = DistArray::full(&grid, [8], 1.0)?;
    append(&|file| series.append(file, 0.0, &step))?;
    let file = File::open(world, path)?;
    let mut copy = File::create(world, path.with_extension("copy"))?;
    refused(world, copy.copy_from(&file, "texts", "texts"), &more)?;
    // Packed as they are, the others can be copied.
    copy.copy_from(&file, "plain", "plain")?;
    copy.close()
}

#[spmd_test(ranks = [1, 2, 3])]
fn streams_that_unpack_to_more_than_their_chunk_are_refused_in_little_memory(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("bombs.h5");
    if h5py(world, BOMBS, &[&path])?.is_none() {
        return Ok(());
    }
    let before = peak();
    let file = File::open(world, &path)?;
    read_bombs(world, &file)?;
    drop(file);
    write_to_bombs(world, &path)?;
    // A single stream has 512.
    let taken = peak() - before;
    assert!(taken < 200, "{taken} MiB more than before");
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn chunks_that_are_damaged_are_told_by_their_place(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("damaged.h5");
    let program = r#"
import zlib
numbers = np.arange(60.0).reshape(6, 10)
def made(name, **filters):
    return file.create_dataset(name, data=numbers, chunks=(2, 5), **filters)
def lay(data, change, mask=0):
    found, stream = data.id.read_direct_chunk((4, 5))
    data.id.write_direct_chunk((4, 5), change(stream), mask)
with h5py.File(sys.argv[1], "w") as file:
    lay(made("cut", compression="gzip"), lambda stream: stream[:-3])
    lay(made("flipped", compression="gzip"), lambda stream: stream[:9] + bytes([stream[9] ^ 8]) + stream[10:])
    lay(made("short", compression="gzip"), lambda stream: zlib.compress(bytes(79)))
    lay(made("empty stream", compression="gzip"), lambda stream: zlib.compress(b""))
    lay(made("sum", fletcher32=True), lambda stream: stream[:-1] + bytes([stream[-1] ^ 1]))
    lay(made("under the sum", shuffle=True, compression="gzip", fletcher32=True), lambda stream: b"\0" + stream[1:])
    lay(made("less than a sum", fletcher32=True), lambda stream: b"abc")
    lay(made("raw and short", compression="gzip"), lambda stream: bytes(79), 1)
    lay(made("long", shuffle=True), lambda stream: bytes(81))
    lay(made("much too long", compression="gzip"), lambda stream: bytes(10000))
    lay(made("behind", compression="gzip"), lambda stream: stream + b"anything")
    lay(made("raw", compression="gzip"), lambda stream: numbers[4:, 5:].tobytes(), 1)
"#;
    if h5py(world, program, &[&path])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    let grid = ProcessGrid::balanced(world, 2)?;
    for (name, words) in [
        ("cut", "its zlib stream has no end"),
        ("flipped", ""),
        ("short", "it unpacks to 79 bytes, not 80"),
        ("empty stream", "it unpacks to 0 bytes, not 80"),
        ("sum", "its Fletcher32 checksum is"),
        ("under the sum", "its Fletcher32 checksum is"),
        ("less than a sum", "it is shorter than its checksum"),
        ("raw and short", "it has 79 bytes, not 80"),
        ("long", "its 80 bytes take 81 in the file"),
        ("much too long", "its 80 bytes take 10000 in the file"),
    ] {
        let place = format!("{name:?}: the chunk at [4, 5]: ");
        refused(world, file.read::<f64, Ix2>(name, &grid), &[&place, words])?;
        file.read_slice::<f64, Ix2>(name, s![..4, ..], &grid)?;
    }
    // HDF5 reads these too.
    let expected = numbered(&grid, Ix2(6, 10))?;
    for name in ["behind", "raw"] {
        let read: DistArray<f64, Ix2> = file.read(name, &grid)?;
        assert_eq!(read.local(), expected.local(), "{name}");
    }
    Ok(())
}

/// Datasets of random shapes, chunks, types and filters, and beside each what h5py reads of it.
const CASES: &str = r#"
import zlib
random = np.random.default_rng(int(sys.argv[2]))
def filters(count):
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    kinds = [kind for kind in random.permutation(["deflate", "shuffle", "fletcher32", "deflate"])[:count]]
    for kind in kinds:
        if kind == "deflate":
            made.set_filter(h5py.h5z.FILTER_DEFLATE, h5py.h5z.FLAG_OPTIONAL, (int(random.integers(0, 10)),))
        else:
            getattr(made, "set_" + kind)()
    return made
with h5py.File(sys.argv[1], "w", libver=random.choice(["earliest", "latest"])) as file:
    cases = file.create_group("cases")
    for number in range(24):
        ndim = int(random.integers(1, 5))
        shape = tuple(int(n) for n in random.integers(0 if number % 8 == 0 else 1, 10, ndim))
        if number == 1:
            shape = (1100, 2)
        chunk = tuple(int(random.integers(1, max(n, 1) + 1)) for n in shape)
        if number == 1:
            chunk = (1, 2)
        dtype = np.dtype(random.choice(list("<>")) + random.choice(["f4", "f8", "i2", "i4", "u1", "u2", "u4"]))
        made = filters(int(random.integers(1, 5)))
        made.set_chunk(chunk)
        if random.integers(2):
            made.set_fill_value(np.array(77, dtype))
        most = tuple(h5py.h5s.UNLIMITED if random.integers(2) and n == shape[0] else max(n, c) for n, c in zip(shape, chunk))
        space = h5py.h5s.create_simple(shape, most)
        name = str(number).encode()
        data = h5py.Dataset(h5py.h5d.create(cases.id, name, h5py.h5t.py_create(dtype), space, dcpl=made))
        values = (np.arange(np.prod(shape)).reshape(shape) % 251).astype(dtype)
        for origin in np.ndindex(*[-(-n // c) for n, c in zip(shape, chunk)]):
            start = tuple(o * c for o, c in zip(origin, chunk))
            part = tuple(slice(s, min(s + c, n)) for s, c, n in zip(start, chunk, shape))
            kind = random.integers(6)
            if kind == 1:
                raw = np.full(chunk, 5, dtype)
                raw[tuple(slice(0, p.stop - p.start) for p in part)] = values[part]
                data.id.write_direct_chunk(start, raw.tobytes(), (1 << made.get_nfilters()) - 1)
            elif kind > 1:
                data[part] = values[part]
# HDF5 1.10.8 forgets which filters a chunk went through while it has the file open for writing.
with h5py.File(sys.argv[1], "r+") as file:
    for name, data in file["cases"].items():
        file["expected/" + name] = data[...].astype("f8")
"#;

/// Some part of each axis, with steps; another for every number.
fn slices(shape: &[usize], number: usize) -> Vec<Slice> {
    let axes = shape.iter().enumerate().map(|(axis, &length)| {
        let start = (number * 3 + axis) % (length + 1).min(5);
        let end = length.max(start) as isize;
        Slice::new(start as isize, Some(end), 1 + (number + axis) as isize % 3)
    });
    axes.collect()
}

/// Reads a case as it lies in its chunks and as h5py has read it: whole and in part, on several grids.
fn compare_with_h5py<D: Axes>(
    world: &Communicator,
    file: &File<Reading>,
    number: usize,
) -> Result<()> {
    let (case, expected) = (format!("cases/{number}"), format!("expected/{number}"));
    let shape = file.shape(&case)?;
    let grids = grids(world, shape.len())?;
    let known = file.read::<f64, D>(&expected, &grids[0])?.all_gather()?;
    for grid in grids.iter().step_by(1 + grids.len() / 2) {
        let place = format!("{case} {shape:?} on {}", grid.shape());
        let read: DistArray<f64, D> = file.read(&case, grid)?;
        if !shape.contains(&0) {
            let mode = file.last_transfer().unwrap().mode;
            assert_eq!(mode, TransferMode::Unpacked);
        }
        assert_eq!(read.all_gather()?, known, "{place}");
        let slices = slices(&shape, number);
        let part = known.slice_each_axis(|axis| slices[axis.axis.index()]);
        let slice: Vec<SliceInfoElem> = slices.iter().map(|&axis| axis.into()).collect();
        let read: DistArray<f64, D> = file.read_slice(&case, &slice, grid)?;
        assert_eq!(read.all_gather()?, part, "{place} {slices:?}");
    }
    if number % 8 == 2 {
        let compared = file.compare(&case, file, &expected, 0.0)?;
        assert_eq!(compared.different, 0, "{case}: {compared}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn what_any_order_of_filters_wrote_is_read_as_h5py_reads_it(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("cases.h5");
    let seed = world.size().to_string();
    if h5py(world, CASES, &[&path, Path::new(&seed)])?.is_none() {
        return Ok(());
    }
    let file = File::open(world, &path)?;
    for number in 0..24 {
        match file.shape(&format!("cases/{number}"))?.len() {
            1 => compare_with_h5py::<Ix1>(world, &file, number)?,
            2 => compare_with_h5py::<Ix2>(world, &file, number)?,
            3 => compare_with_h5py::<Ix3>(world, &file, number)?,
            _ => compare_with_h5py::<Ix4>(world, &file, number)?,
        }
    }
    Ok(())
}
