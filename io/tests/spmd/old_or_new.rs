//! A file that is replaced is the old one byte for byte, or the new one whole.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use ndarray::{Ix1, Ix2};
use partita::{Communicator, Error, ProcessGrid, Result};
use partita_io::hdf5::File;
use partita_io::save::Replacement;
use partita_testing::{TemporaryDirectory, error_of_all, spmd_test};

use crate::tools::{assert_same, numbered, on_root, write_one};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[spmd_test(ranks = [1, 2, 3])]
fn the_old_file_stays_until_the_new_one_is_closed(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 2)?;
    on_root(world, || fs::write(&path, "old").unwrap())?;
    let mut file = File::create(world, &path)?;
    file.write("u", &numbered(&grid, Ix2(5, 5))?)?;
    assert_eq!(fs::read(&path).unwrap(), b"old");
    world.barrier()?;
    file.close()?;
    assert_same(
        &File::open(world, &path)?.read("u", &grid)?,
        &numbered(&grid, Ix2(5, 5))?,
    );
    assert_eq!(names(directory.path()), ["out.h5"]);
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn a_failed_file_leaves_the_old_one_and_no_trace(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("out.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    on_root(world, || fs::write(&path, "old").unwrap())?;
    let mut file = File::create(world, &path)?;
    file.write("u", &numbered(&grid, Ix1(5))?)?;
    let twice = file.write("u", &numbered(&grid, Ix1(5))?).unwrap_err();
    assert!(
        twice.to_string().contains("there is one already"),
        "{twice}"
    );
    // Nothing is lost by that, but the file itself by this.
    let temporary = names(directory.path());
    let temporary = temporary
        .iter()
        .find(|name| !name.contains("out.h5.lock") && *name != "out.h5");
    on_root(world, || {
        fs::remove_file(directory.join(temporary.unwrap())).unwrap()
    })?;
    let lost = file.write("v", &numbered(&grid, Ix1(5))?).unwrap_err();
    assert!(lost.to_string().contains("No such file"), "{lost}");
    assert!(file.attribute("alpha", 0.1).is_err());
    assert!(file.close().is_err());
    world.barrier()?;
    assert_eq!(names(directory.path()), ["out.h5"]);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn links_permissions_and_leftovers_are_respected(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let (file, link) = (directory.join("file.h5"), directory.join("link.h5"));
    let leftover = directory.join(".file.h5.1-0123456789abcdef.partita");
    let of_other = directory.join(".other.h5.1-0123456789abcdef.partita");
    on_root(world, || {
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file.h5", &link).unwrap();
        fs::write(&leftover, "of a crashed run").unwrap();
        fs::write(&of_other, "of a run that may be alive").unwrap();
    })?;
    let grid = ProcessGrid::balanced(world, 1)?;
    write_one(world, &link, "u", &numbered(&grid, Ix1(5))?)?;
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o7777,
        0o640
    );
    assert_same(
        &File::open(world, &file)?.read("u", &grid)?,
        &numbered(&grid, Ix1(5))?,
    );
    // Whoever has the lock knows that nobody writes what lies there.
    assert!(!leftover.exists() && of_other.exists());
    assert_eq!(names(directory.path()).len(), 3);
    Ok(())
}

#[spmd_test(ranks = [1, 2])]
fn files_with_the_longest_names_are_saved_by_one_writer_at_a_time(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("x".repeat(252) + ".h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    // So long that no rank needs MPI for it.
    let u = numbered(&grid, Ix1(20_000))?;
    let mut file = File::create(world, &path)?;
    file.write("u", &u)?;
    let second = error_of_all(world, File::create(world, &path))?;
    assert!(second.to_string().contains("is writing it"), "{second}");
    file.close()?;
    assert_same(&File::open(world, &path)?.read("u", &grid)?, &u);
    assert_eq!(names(directory.path()).len(), 1);
    // MPI may have limits of its own.
    let mut file = File::append(world, &path)?.with_collective_transfers();
    if let Err(error) = file.write("v", &u) {
        assert!(error.to_string().contains("its path is longer"), "{error}");
    }
    file.close().or(Ok(()))
}

#[spmd_test(ranks = [1, 2])]
fn a_replacement_of_any_kind_of_file_is_old_or_new(world: &Communicator) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let path = directory.join("notes.txt");
    for text in ["first", "second"] {
        let before = fs::read(&path).ok();
        let abandoned = Replacement::begin(world, &path)?;
        on_root(world, || fs::write(abandoned.path(), "never").unwrap())?;
        drop(abandoned);
        assert_eq!(fs::read(&path).ok(), before);
        let replacement = Replacement::begin(world, &path)?;
        on_root(world, || fs::write(replacement.path(), text).unwrap())?;
        replacement.commit()?;
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        world.barrier()?;
    }
    assert_eq!(names(directory.path()), ["notes.txt"]);
    Ok(())
}

/// A file system of one MiB, while it lives; on the root.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(folder: &'a Path) -> Option<Self> {
        fs::create_dir(folder).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "partita-test"])
            .arg(folder)
            .output();
        mount
            .is_ok_and(|mount| mount.status.success())
            .then_some(SmallDisk(folder))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[spmd_test(ranks = [1, 2, 3], time_limit = 30)]
fn a_full_disk_is_an_error_on_every_rank_and_the_old_file_stays(
    world: &Communicator,
) -> Result<()> {
    let directory = TemporaryDirectory::new();
    let folder = directory.join("disk");
    let disk = on_root(world, || SmallDisk::mount(&folder))?.flatten();
    let mounted = [u64::from(disk.is_some())];
    if world.all_reduce(&mounted, partita::Operation::Max)?[0] == 0 {
        if world.is_root() {
            eprintln!("skipped: no file system may be mounted here");
        }
        return Ok(());
    }
    let path = folder.join("out.h5");
    let grid = ProcessGrid::balanced(world, 1)?;
    write_one(world, &path, "u", &numbered(&grid, Ix1(1000))?)?;
    let old = fs::read(&path).unwrap();

    let mut file = File::create(world, &path)?;
    file.write("fits", &numbered(&grid, Ix1(50_000))?)?;
    let full = file
        .write("does not", &numbered(&grid, Ix1(150_000))?)
        .unwrap_err();
    let Error::OnRank { rank: 0, error } = &full else {
        panic!("{full:?}");
    };
    let text = error.to_string();
    assert!(
        text.contains("no space left on device (needs 1.1 MiB, "),
        "{text}"
    );
    assert!(text.ends_with("KiB free)"), "{text}");
    assert!(matches!(**error, Error::Io { .. }));
    drop(file);
    world.barrier()?;
    assert_eq!(fs::read(&path).unwrap(), old);
    assert_eq!(names(&folder), ["out.h5"]);
    // There is room again, and the library is in order.
    write_one(world, &path, "u", &numbered(&grid, Ix1(50_000))?)?;
    world.barrier()?;
    drop(disk);
    Ok(())
}
