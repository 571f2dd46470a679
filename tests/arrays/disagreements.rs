//! Arguments that differ between ranks are one error on all of them, and the array is as good as before.

use ndarray::{Ix2, s};
use partita::layout::Distribution::*;
use partita::prelude::*;
use partita::{Boundary, Halo, Redistribution, Replacement};
use partita_testing::{error_of_all, spmd_test};

/// All ranks' error names the operation, and says that they do not agree.
fn is_mismatch<T>(world: &Communicator, operation: &str, outcome: Result<T>) -> Result<()> {
    let error = error_of_all(world, outcome)?;
    let Error::Mismatch { calls } = &error else {
        panic!("{operation}: {error}");
    };
    assert!(calls.contains(operation), "{operation}: {calls}");
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5])]
fn axes_indices_slices_and_panels_that_differ_are_found(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let layout = grid.layout([6, 8], &[BlockCyclic(4), Block])?;
    let array = DistArray::from_fn(&grid, &layout, |[i, j]| (8 * i + j) as f64)?;
    // The last rank differs from all others.
    let other = usize::from(world.rank() + 1 == world.size());
    is_mismatch(world, "index_axis", array.index_axis(0, other))?;
    is_mismatch(world, "index_axis", array.index_axis(other, 0))?;
    is_mismatch(world, "sum", array.sum_axis(other))?;
    is_mismatch(world, "dot_axis", array.dot_axis(&array, other))?;
    let owned = array.slice_to_owned(s![..;3 + other as isize, ..]);
    is_mismatch(world, "slice_to_owned", owned)?;
    let target = grid.layout([2, 8], &[Block, Block])?;
    let mut scratch = vec![];
    let panel = array.panel((0, other..2 + other), [0, 1], &target, &mut scratch);
    is_mismatch(world, "panel", panel.map(drop))?;
    let panels = array.panels(0, [0, 1], [(other..2 + other, target)]);
    is_mismatch(world, "panels", panels.map(drop))?;
    assert_eq!(array.sum()?, (0..48).sum::<usize>() as f64);
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5])]
fn distributions_and_progressions_that_differ_are_found(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let other = u64::from(world.rank() == 0);
    let float = other as f64;
    is_mismatch(
        world,
        "linspace",
        DistArray::linspace(&grid, [9], 0.0, 1.0 + float),
    )?;
    let integers = DistArray::integers(&grid, [9], 7, 0..10 + other);
    is_mismatch(world, "random", integers)?;
    is_mismatch(
        world,
        "random",
        DistArray::normal(&grid, [9], 7, float, 1.0),
    )?;
    is_mismatch(
        world,
        "random",
        DistArray::uniform(&grid, [9], 7, 0.0..1.0 + float),
    )?;
    let choice = DistArray::choice(&grid, [4], 7, 9 + other, Replacement::Without);
    is_mismatch(world, "choice", choice)?;
    let steps = DistArray::arange(&grid, Block, 0.0..9.0 + float / 2.0, 1.0 + float / 8.0);
    is_mismatch(world, "arange", steps)
}

#[spmd_test(ranks = [2, 3, 5])]
fn halos_and_limits_that_differ_are_found(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let array = DistArray::<f64, Ix2>::zeros(&grid, [12, 12])?;
    let other = world.rank() == 0;
    let boundary = if other {
        Boundary::Periodic
    } else {
        Boundary::Reflecting
    };
    let halo = Halo::uniform(2, 1, boundary);
    is_mismatch(world, "with_halo", array.clone().with_halo(halo))?;
    let halo = Halo::uniform(2, 1 + usize::from(other), Boundary::Open);
    is_mismatch(world, "with_halo", array.clone().with_halo(halo))?;
    let columns = grid.layout([12, 12], &[Replicated, Replicated])?;
    let plan = Redistribution::plan(&grid, array.layout(), &columns)?;
    let limited = |bytes| plan.clone().with_memory_limit(bytes);
    let plan = if other {
        limited(1 << 10)
    } else {
        plan.clone()
    };
    is_mismatch(world, "redistribute", plan.forward(&array))?;
    // Each rank may have a limit of its own; the least counts.
    let limited = |bytes| plan.clone().with_memory_limit(bytes);
    let own = limited(if other { 64 } else { 1 << 10 });
    assert_eq!(own.forward(&array)?.sum()?, 0.0);
    let too_small = limited(if other { 1 } else { 1 << 10 });
    let error = error_of_all(world, too_small.forward(&array))?;
    assert!(error.to_string().contains("limit"), "{error}");
    Ok(())
}
