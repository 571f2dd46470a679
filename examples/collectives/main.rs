//! A tour of the collectives: what every rank had, and what it got.
//!
//!     cargo xtask run collectives --ranks 3
//!
//! prints, for each collective and each rank,
//!
//!     collective                     rank  had                got
//!     broadcast from rank 0             0  [0.5, 1.5]         [0.5, 1.5]
//!                                       1  [0.0, 0.0]         [0.5, 1.5]
//!                                       2  [0.0, 0.0]         [0.5, 1.5]
//!     gather on rank 0                  0  [0, 0]             [0, 0, 1, 10, 2, 20]
//!                                       1  [1, 10]            -
//!                                       2  [2, 20]            -
//!     …
//!
//! A collective is one call on every rank. Where one rank, the root, has or gets something that the others do
//! not, there is an `Option`: here a dash is `None`. What differs between ranks in this program is the data
//! alone, never which collective they call.

mod table;

use ndarray::{Array2, s};
use num_complex::Complex;
use partita::Parts;
use partita::prelude::*;
use serde::{Deserialize, Serialize};
use table::Table;

/// Anything that serde knows can travel as an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Probe(String, Option<f32>);

/// What every rank had before each collective, and what it got
#[derive(clap::Parser)]
#[command(name = "collectives", version)]
struct Arguments {}

fn main() -> std::process::ExitCode {
    partita::run_with_arguments(|world, Arguments {}| {
        let mut table = Table::of(world);
        same_lengths(world, &mut table)?;
        different_lengths(world, &mut table)?;
        reductions(world, &mut table)?;
        scans(world, &mut table)?;
        objects(world, &mut table)?;
        world.barrier()?; // nothing to have or to get: it returns when all ranks have called it
        table.print();
        Ok(())
    })
}

/// Parts of the same length on every rank.
fn same_lengths(world: &Communicator, table: &mut Table) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());

    let mut pair = if rank == 0 { [0.5, 1.5] } else { [0.0; 2] };
    let had = pair;
    world.broadcast(0, &mut pair)?;
    table.add("broadcast from rank 0", had, pair)?;

    let part = [rank as i32, 10 * rank as i32];
    table.add("gather on rank 0", part, world.gather(0, &part)?)?;

    // A column of a matrix does not lie in one piece: it is packed on the way.
    let matrix = Array2::from_shape_fn((2, 3), |(i, j)| (100 * rank + 10 * i + j) as u16);
    let column = matrix.slice(s![.., 1]);
    table.add("all_gather", column.to_vec(), world.all_gather(&column)?)?;

    let letters: Vec<u8> = (0..size as u8).map(|number| 65 + number).collect();
    let letters = world.is_root().then_some(letters);
    let letter = world.scatter(0, letters.as_deref())?;
    table.add("scatter from rank 0", letters, letter)?;

    let phases: Vec<_> = (0..size)
        .map(|to| Complex::new(rank as f32, to as f32))
        .collect();
    let received = world.all_to_all(&phases)?;
    table.add("all_to_all", pairs(&phases), pairs(&received))
}

/// Parts of a length of each rank's own. Nobody has to tell it to the others.
fn different_lengths(world: &Communicator, table: &mut Table) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let part = vec![rank as i64; rank % 3];
    let on_root = world.gatherv(0, &part)?;
    table.add("gatherv on rank 0", &part, on_root.map(lists))?;
    table.add("all_gatherv", &part, lists(world.all_gatherv(&part)?))?;

    let parts = Parts::from_iter((0..size).map(|to| vec![to as i8; 1 + to % 2]));
    let parts = world.is_root().then_some(parts);
    let own = world.scatterv(0, parts.as_ref())?;
    table.add("scatterv from rank 0", parts.map(lists), own)?;

    let parts = Parts::from_iter((0..size).map(|to| vec![rank as u32; (rank + to) % 2]));
    let received = world.all_to_allv(&parts)?;
    table.add("all_to_allv", lists(parts), lists(received))
}

/// Element by element over the ranks.
fn reductions(world: &Communicator, table: &mut Table) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    let values = [rank as f64, 0.5];
    table.add(
        "reduce on rank 0, sum",
        values,
        world.reduce(0, &values, Operation::Sum)?,
    )?;
    table.add(
        "all_reduce, largest",
        values,
        world.all_reduce(&values, Operation::Max)?,
    )?;
    let odd = rank % 2 == 1;
    table.add(
        "all_reduce_value, or",
        odd,
        world.all_reduce_value(odd, Operation::LogicalOr)?,
    )?;

    let heights = [(rank as f32 - 1.0).powi(2)];
    table.add(
        "all_reduce_min_location",
        heights,
        world.all_reduce_min_location(&heights)?,
    )?;

    // Any closure, in the order of the ranks: of two maps x → a·x + b the one after the other.
    let map = [Complex::new(2.0, rank as f64)];
    let composed = world.all_reduce_with(&map, |first, then| {
        Complex::new(first.re * then.re, then.re * first.im + then.im)
    })?;
    table.add(
        "all_reduce_with, composition",
        pairs(&map),
        pairs(&composed),
    )?;

    let row: Vec<i32> = (0..2 * size).map(|place| (rank + place) as i32).collect();
    table.add(
        "reduce_scatter, sum",
        &row,
        world.reduce_scatter(&row, Operation::Sum)?,
    )
}

/// Over the ranks up to this one.
fn scans(world: &Communicator, table: &mut Table) -> Result<()> {
    let count = [1 + world.rank() as u64];
    table.add("scan, sum", count, world.scan(&count, Operation::Sum)?)?;
    table.add(
        "exclusive_scan, sum",
        count,
        world.exclusive_scan(&count, Operation::Sum)?,
    )?;
    let product = world.scan_with(&count, |left, right| left * right)?;
    table.add("scan_with, product", count, product)?;
    let before = world.exclusive_scan_with(&count, |left, right| left * right)?;
    table.add("exclusive_scan_with, product", count, before)
}

/// Values of any type.
fn objects(world: &Communicator, table: &mut Table) -> Result<()> {
    let rank = world.rank();
    let probe = Probe(format!("probe {rank}"), (rank > 0).then_some(rank as f32));
    let given = world.is_root().then(|| probe.clone());
    let received = world.broadcast_object(0, given.clone())?;
    table.add("broadcast_object from rank 0", given, received)?;
    table.add(
        "gather_objects on rank 0",
        &probe,
        world.gather_objects(0, &probe)?,
    )?;

    let letter = char::from(97 + (rank % 26) as u8);
    table.add(
        "all_gather_objects",
        letter,
        world.all_gather_objects(&letter)?,
    )?;
    let words: Vec<String> = (0..world.size()).map(|to| format!("{rank}→{to}")).collect();
    let given = world.is_root().then_some(&words[..]);
    table.add(
        "scatter_objects from rank 0",
        given,
        world.scatter_objects(0, given)?,
    )?;
    table.add(
        "all_to_all_objects",
        &words,
        world.all_to_all_objects(&words)?,
    )?;

    let join = |left: String, right: String| left + &right;
    let on_root = world.reduce_objects(0, letter.to_string(), join)?;
    table.add("reduce_objects on rank 0", letter, on_root)?;
    let everywhere = world.all_reduce_objects(letter.to_string(), join)?;
    table.add("all_reduce_objects", letter, everywhere)?;

    // One rank's failure becomes everyone's: none here, so each keeps its own value.
    table.add("agree", rank, world.agree(Ok(rank))?)
}

/// The parts as lists.
fn lists<T: Clone>(parts: Parts<T>) -> Vec<Vec<T>> {
    parts.iter().map(<[T]>::to_vec).collect()
}

/// Complex numbers as pairs, which print shorter.
fn pairs<T: Copy>(numbers: &[Complex<T>]) -> Vec<(T, T)> {
    numbers
        .iter()
        .map(|number| (number.re, number.im))
        .collect()
}
