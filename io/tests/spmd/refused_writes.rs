//! A call that is refused leaves a save as if it had never been made.

use ndarray::{Ix1, Ix2, array, s};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_io::hdf5::{File, Series, Storage, Writing};
use partita_testing::{TemporaryDirectory, error_of_all, spmd_test};

use crate::records::Padded;
use crate::tools::{assert_same, numbered};

/// A save that is made twice: as it is, and with calls in between that are refused.
struct Trial<'a> {
    world: &'a Communicator,
    file: File<Writing>,
    with_refusals: bool,
}

impl Trial<'_> {
    /// Makes a call that all ranks are to be refused, in words that contain `said`.
    fn refused<T>(
        &mut self,
        said: &str,
        call: impl FnOnce(&mut File<Writing>) -> Result<T>,
    ) -> Result<()> {
        if !self.with_refusals {
            return Ok(());
        }
        let error = error_of_all(self.world, call(&mut self.file))?.to_string();
        assert!(error.contains(said), "{error} does not say {said:?}");
        assert!(!error.contains("H5"), "{error}");
        Ok(())
    }
}

#[spmd_test(ranks = [1, 2, 3], time_limit = 60)]
fn a_refused_call_leaves_the_file_as_if_it_had_never_been_made(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (plain, tried) = (directory.join("plain.h5"), directory.join("tried.h5"));
    for (path, with_refusals) in [(&plain, false), (&tried, true)] {
        let file = File::create(world, path)?;
        let mut trial = Trial {
            world,
            file,
            with_refusals,
        };
        fields(&mut trial)?;
        names(&mut trial)?;
        structure(&mut trial)?;
        series(&mut trial)?;
        disagreements(&mut trial)?;
        trial.file.close()?;
        // Again, on a file that is there.
        let file = File::append(world, path)?;
        let mut trial = Trial {
            world,
            file,
            with_refusals,
        };
        names(&mut trial)?;
        disagreements(&mut trial)?;
        trial.file.attribute("end", 1)?;
        trial.file.close()?;
    }
    world.barrier()?;
    assert!(
        std::fs::read(&plain).unwrap() == std::fs::read(&tried).unwrap(),
        "a refused call left something behind"
    );
    let grid = ProcessGrid::balanced(world, 2)?;
    let file = File::open(world, &tried)?;
    assert_same(&file.read("u", &grid)?, &numbered(&grid, Ix2(4, 6))?);
    assert!(file.verify_all()? > 5);
    Ok(())
}

fn fields(trial: &mut Trial) -> Result<()> {
    let grid = ProcessGrid::balanced(trial.world, 2)?;
    let u = numbered(&grid, Ix2(4, 6))?;
    trial.file.attribute("first", "of all")?;
    trial.refused("no dataset \"u\"", |file| {
        file.write_slice("u", s![0..1, ..], &u)
    })?;
    trial.file.write("u", &u)?;
    let unfit = Storage::chunks(&[5, 5]);
    trial.refused("there is one already", |file| file.write("u", &u))?;
    trial.refused("there is one already", |file| file.write("/u", &u))?;
    trial.refused("\"u\" is no group", |file| file.write("u/v", &u))?;
    trial.refused("do not fit", |file| file.write_with("v", &u, &unfit))?;
    trial.refused("levels end at 9", |file| {
        file.write_with("v", &u, &Storage::chunked().gzip(10))
    })?;
    trial.refused("do not fit", |file| {
        file.create_dataset("v", [3, 3], 0.0, &unfit)
    })?;
    trial.refused("there is one already", |file| {
        file.create_dataset("u", [3], 0i8, &Storage::contiguous())
    })?;
    trial.refused("no space left on device (needs", |file| {
        file.create_dataset("v", [1usize << 50], 0.0, &Storage::contiguous())
    })?;
    trial.refused("belong to no field", |file| {
        let padded = DistArray::full(&grid, [2, 2], Padded::default())?;
        file.write("v", &padded)
    })?;
    let growing = Storage::chunks(&[2, 6]).unlimited(0);
    trial.file.create_dataset("grows", [2, 6], -1.0, &growing)?;
    trial.refused("cannot become", |file| file.resize("grows", [2, 7]))?;
    trial.refused("cannot become", |file| file.resize("grows", [2]))?;
    trial.refused("Storage::chunked().unlimited(0)", |file| {
        file.resize("u", [5, 6])
    })?;
    trial.refused("Storage::chunked().unlimited(0)", |file| {
        file.resize("u", [3, 6])
    })?;
    trial.refused("no space left on device (needs", |file| {
        file.resize("grows", [1 << 50, 6])
    })?;
    trial.refused("no dataset \"none\"", |file| file.resize("none", [2]))?;
    trial.file.resize("grows", [4, 6])?;
    trial.refused("not within its length", |file| {
        file.write_slice("grows", s![1..5, ..], &u)
    })?;
    trial.refused("the array [4, 6]", |file| {
        file.write_slice("grows", s![1.., ..], &u)
    })?;
    trial.refused("the array's are int32", |file| {
        file.write_slice("grows", s![.., ..], &u.map(|value| value as i32))
    })?;
    trial.file.write_slice("grows", s![.., ..], &u)
}

/// Names that are none, of all that can have one.
fn names(trial: &mut Trial) -> Result<()> {
    let grid = ProcessGrid::balanced(trial.world, 1)?;
    let u = numbered(&grid, Ix1(5))?;
    let long = "x".repeat(70_000);
    let wrong = ["", "/", ".", "a/./b", "a/", "a\0b", &long, "u/none", "u"];
    for name in wrong {
        trial.refused("", |file| file.write(name, &u))?;
        trial.refused("", |file| {
            file.create_dataset(name, [3], 0.5, &Storage::chunked())
        })?;
        trial.refused("", |file| file.write_texts(name, &["a"]))?;
        trial.refused("", |file| file.link(name, "u"))?;
        trial.refused("", |file| Series::new(name).append(file, 0.0, &u))?;
        trial.refused("", |file| {
            Series::new("new").with_times(name).append(file, 0.0, &u)
        })?;
        trial.refused("", |file| file.resize(name, [3]))?;
        trial.refused("", |file| file.write_slice(name, s![..], &u))?;
    }
    for name in ["", "a\0b", &long] {
        trial.refused("as a name", |file| file.attribute(name, 1))?;
        trial.refused("as a name", |file| file.dataset_attribute("u", name, 1))?;
        trial.refused("as a name", |file| file.link("new", name))?;
    }
    for name in ["", ".", "a/.", "a\0b", &long] {
        trial.refused("as a name", |file| file.create_group(name))?;
    }
    Ok(())
}

fn structure(trial: &mut Trial) -> Result<()> {
    let line = ProcessGrid::balanced(trial.world, 1)?;
    trial.file.create_group("group/inner")?;
    trial.refused("\"u\" is no group", |file| file.create_group("u"))?;
    trial.refused("\"u\" is no group", |file| file.create_group("u/group"))?;
    trial.file.link("nowhere", "/none")?;
    trial.refused("\"nowhere\" is no group", |file| {
        file.create_group("nowhere/in")
    })?;
    trial.refused("there is one already", |file| file.link("nowhere", "u"))?;
    trial.refused("NUL", |file| file.attribute("text", "a\0b"))?;
    trial.refused("there is no \"none\"", |file| {
        file.dataset_attribute("none", "units", "m")
    })?;
    trial.file.attribute("text", "old")?;
    trial.refused("NUL", |file| file.attribute("text", array!["new", "a\0b"]))?;
    trial.refused("NUL", |file| file.provenance("1\0"))?;
    trial.refused("NUL", |file| file.write_texts("texts", &["a", "b\0"]))?;
    trial.file.write_texts("texts", &["a", "b"])?;
    trial.refused("there is one already", |file| {
        file.write_texts("texts", &["a"])
    })?;
    trial.file.write("y", &numbered(&line, Ix1(4))?)?;
    trial.file.write("x", &numbered(&line, Ix1(6))?)?;
    trial.refused("1 names for 2 axes", |file| file.label_axes("u", &["y"]))?;
    trial.refused("NUL", |file| file.label_axes("u", &["y", "\0"]))?;
    trial.refused("no dataset \"none\"", |file| {
        file.label_axes("none", &["y"])
    })?;
    trial.refused("no dataset \"none\"", |file| {
        file.attach_scales("u", &["y", "none"])
    })?;
    trial.refused("no scale of an axis of 6", |file| {
        file.attach_scales("u", &["y", "y"])
    })?;
    trial.refused("no scale of itself", |file| file.attach_scales("y", &["y"]))?;
    trial.file.attach_scales("u", &["y", "x"])?;
    trial.refused("is a scale", |file| file.attach_scales("y", &["y"]))?;
    trial.refused("already", |file| {
        let other = File::open(&file.communicator().clone(), beside(file, "other.h5"))?;
        file.copy_from(&other, "/", "/")
    })
}

/// Another file beside the one that is written, with a dataset in it.
fn beside(file: &File<Writing>, name: &str) -> std::path::PathBuf {
    let path = file.path().with_file_name(name);
    let world = file.communicator();
    let grid = ProcessGrid::balanced(world, 1).unwrap();
    crate::tools::write_one(world, &path, "u", &numbered(&grid, Ix1(3)).unwrap()).unwrap();
    path
}

fn series(trial: &mut Trial) -> Result<()> {
    let grid = ProcessGrid::balanced(trial.world, 2)?;
    let u = numbered(&grid, Ix2(4, 6))?;
    let steps = Series::new("run/u").with_axes(&["y", "x"]);
    trial.refused("1 names for 2 axes", |file| {
        Series::new("run/u").with_axes(&["y"]).append(file, 0.0, &u)
    })?;
    trial.refused("no scale of an axis of 4", |file| {
        Series::new("run/u")
            .with_axes(&["x", "y"])
            .append(file, 0.0, &u)
    })?;
    trial.refused("its times are", |file| {
        Series::new("run/u").with_times("u").append(file, 0.0, &u)
    })?;
    steps.append(&mut trial.file, 0.0, &u)?;
    trial.refused("its steps have shape [4, 6]", |file| {
        steps.append(file, 1.0, &numbered(&grid, Ix2(4, 5))?)
    })?;
    trial.refused("the array's are float32", |file| {
        steps.append(file, 1.0, &u.map(|value| value as f32))
    })?;
    trial.refused("step 0 is at 0.0", |file| {
        Series::new("run/v").append(file, 0.5, &u)
    })?;
    steps.append(&mut trial.file, 1.0, &u)?;
    Series::new("run/v").append(&mut trial.file, 0.0, &u)
}

/// What ranks are called with that is not the same.
fn disagreements(trial: &mut Trial) -> Result<()> {
    let world = trial.world;
    if world.size() == 1 {
        return Ok(());
    }
    let grid = ProcessGrid::balanced(world, 2)?;
    let u = numbered(&grid, Ix2(4, 6))?;
    let own = world.rank().min(1);
    let said = "called here with";
    let storage = [Storage::contiguous(), Storage::chunked()];
    trial.refused(said, |file| file.write(["a", "b"][own], &u))?;
    trial.refused(said, |file| file.write_with("a", &u, &storage[own]))?;
    trial.refused(said, |file| {
        file.create_dataset("a", [3 + own], 0.0, &storage[0])
    })?;
    trial.refused(said, |file| {
        file.create_dataset("a", [3], own as f64, &storage[0])
    })?;
    trial.refused(said, |file| file.resize("grows", [4 + own, 6]))?;
    trial.refused(said, |file| {
        file.write_slice("grows", s![own..own + 4, ..], &u)
    })?;
    trial.refused(said, |file| {
        Series::new("run/u").append(file, own as f64 + 7.0, &u)
    })
}

#[spmd_test(ranks = [1, 2])]
fn compressed_chunks_are_not_written_independently(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    let u = numbered(&grid, Ix2(40, 6))?;
    let mut file = File::create(world, &path)?;
    let compressed = Storage::chunks(&[8, 6]).gzip(1).unlimited(0);
    file.create_dataset("u", [40, 6], 0.0, &compressed)?;
    Series::new("steps")
        .with_storage(Storage::chunked().gzip(1))
        .append(&mut file, 0.0, &u)?;
    let mut file = file.with_independent_transfers();
    let mut refused = |call: &mut dyn FnMut(&mut File<Writing>) -> Result<()>| -> Result<()> {
        let error = error_of_all(world, call(&mut file))?;
        let Error::OnRank { error, .. } = error else {
            panic!("{error:?}");
        };
        assert!(matches!(*error, Error::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains("collectively only"), "{error}");
        Ok(())
    };
    refused(&mut |file| file.write_with("v", &u, &compressed))?;
    refused(&mut |file| file.write_slice("u", s![.., ..], &u))?;
    refused(&mut |file| {
        let storage = Storage::chunked().gzip(1);
        Series::new("steps")
            .with_storage(storage)
            .append(file, 1.0, &u)
    })?;
    file.write("plain", &u)?;
    let mut file = file.with_collective_transfers();
    file.write_slice("u", s![.., ..], &u)?;
    file.close()?;
    let file = File::open(world, &path)?;
    assert_same(&file.read("u", &grid)?, &u);
    assert_same(&file.read("plain", &grid)?, &u);
    assert_eq!(file.verify_all()?, 4);
    Ok(())
}
