//! What a redistribution says it will cost, and what it costs.

use ndarray::{Array, Ix2, s};
use partita::layout::Distribution::{Block, Cyclic, Replicated};
use partita::layout::{Layout, Route};
use partita::{Communicator, DistArray, Error, ProcessGrid, Redistribution, Result};
use partita_testing::{Sample, error_of_all, part_of, sampled, spmd_test, whole};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Rows and columns of a shape, on all ranks.
fn rows_and_columns(
    world: &Communicator,
    shape: [usize; 2],
) -> Result<(ProcessGrid, Layout<Ix2>, Layout<Ix2>)> {
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let rows = grid.layout(shape, &[Block, Replicated])?;
    let columns = grid.layout(shape, &[Replicated, Block])?;
    Ok((grid, rows, columns))
}

/// The bytes that `work` had allocated at most, beyond those that there were.
fn peak_of(work: impl FnOnce() -> Result<()>) -> Result<usize> {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    work()?;
    Ok(ALLOCATED.peak_usage() - before)
}

/// Of arrays that are written past the caches, turned over or not, with messages of one size and of many.
#[spmd_test(ranks = [1, 2, 3, 5])]
fn buffers_stay_within_the_memory_limit(world: &Communicator) -> Result<()> {
    // What describes pieces and messages is no buffer: some hundred bytes a piece under way.
    const DESCRIPTIONS: usize = 24 << 10;
    let side = 760 * world.size();
    let (grid, rows, columns) = rows_and_columns(world, [side, 800])?;
    let in_turn = grid.layout([side, 800], &[Cyclic, Replicated])?;
    let turned = grid.layout([800, side], &[Block, Replicated])?;
    let array = sampled::<f64, Ix2>(world, &rows)?;
    for (target, order) in [(&columns, [0, 1]), (&in_turn, [0, 1]), (&turned, [1, 0])] {
        let plan = Redistribution::permuted(&grid, &rows, target, &order)?;
        let mut into = DistArray::full(&grid, target, 0.0)?;
        for limit in [64 << 10, 300_000, 1 << 20] {
            let plan = plan.clone().with_memory_limit(limit);
            let cost = plan.cost::<f64>();
            assert!(cost.peak_memory <= limit && cost.route == Route::Messages);
            let peak = peak_of(|| plan.forward_into(&mut into, &array))?;
            assert!(
                peak <= limit + DESCRIPTIONS,
                "{plan} within {limit}: {peak}"
            );
        }
        // Nor is more used than said where nothing was asked for.
        let plan = plan.with_messages_only();
        let said = plan.cost::<f64>().peak_memory;
        let peak = peak_of(|| plan.forward_into(&mut into, &array))?;
        assert!(peak <= said + DESCRIPTIONS, "{plan}: {peak} of {said}");
    }
    Ok(())
}

fn shares_memory(world: &Communicator, shape: [usize; 2]) -> Result<[Route; 2]> {
    let (grid, rows, columns) = rows_and_columns(world, shape)?;
    let plan = Redistribution::plan(&grid, &rows, &columns)?;
    let array = sampled::<f64, Ix2>(world, &rows)?;
    let before = plan.cost::<f64>().route;
    let expected = part_of(&whole(&rows.raw_dim()), &columns, world.rank());
    assert_eq!(plan.forward(&array)?.local(), expected);
    Ok([before, plan.cost::<f64>().route])
}

#[spmd_test(ranks = [1, 2, 3])]
fn the_route_is_told(world: &Communicator) -> Result<()> {
    let (large, small) = ([900, 700], [9, 7]);
    let alone = world.duplicate()?;
    let (grid, rows, columns) = rows_and_columns(&alone, large)?;
    let plan = Redistribution::plan(&grid, &rows, &columns)?;
    let (bound, told) = (plan.cost::<f64>(), plan.prepare::<f64>()?);
    assert!(
        told.peak_memory <= bound.peak_memory,
        "{told} after {bound}"
    );
    assert_eq!(plan.cost::<f64>(), told);
    assert_ne!(told.route, Route::Undecided);
    let as_messages = plan.with_messages_only().prepare::<f64>()?;
    assert_eq!(as_messages.route, Route::Messages);

    let [before, after] = shares_memory(world, large)?;
    if world.size() == 1 {
        assert_eq!([before, after], [Route::Messages; 2]);
        return Ok(());
    }
    assert_eq!([before, after], [Route::Undecided, Route::SharedMemory]);
    assert_eq!(shares_memory(world, large)?, [Route::SharedMemory; 2]);
    assert_eq!(shares_memory(world, small)?, [Route::Messages; 2]);
    Ok(())
}

/// A machine whose shared memory is full.
#[spmd_test(ranks = [2, 3, 5], environment = [("PARTITA_SHARED_ROOM", "1000000"), ("PARTITA_SHARED", "1")])]
fn without_room_for_shared_memory_all_ranks_send_messages(world: &Communicator) -> Result<()> {
    for _ in 0..2 {
        let [_, after] = shares_memory(world, [31, 17])?;
        assert_eq!(after, Route::Messages);
    }
    Ok(())
}

/// Where the checker is on, as it is in tests.
#[spmd_test(ranks = [2, 3])]
fn targets_that_differ_are_found(world: &Communicator) -> Result<()> {
    let (grid, rows, columns) = rows_and_columns(world, [6, 6])?;
    let array = sampled::<i32, Ix2>(world, &rows)?;
    let target = if world.is_root() { &rows } else { &columns };
    let plan = Redistribution::plan(&grid, &rows, target)?;
    let whole_array = array.all_gather()?;
    let whole_array = world.is_root().then_some(&whole_array);
    for outcome in [
        array.redistribute(target),
        plan.forward(&array),
        array.transpose_to(target),
        DistArray::full(&grid, target, 1),
        DistArray::scatter_to(&grid, target, 0, whole_array),
    ] {
        let error = error_of_all(world, outcome)?;
        let Error::Mismatch { calls } = &error else {
            panic!("not a mismatch: {error:?}");
        };
        assert!(calls.contains("layout #"), "{calls}");
    }
    Ok(())
}

/// Slices of larger arrays: their elements have gaps between them, or run backwards.
#[spmd_test(ranks = [1, 2, 3], environment = [("PARTITA_SHARED", "1")])]
fn parts_with_gaps_in_memory_are_moved(world: &Communicator) -> Result<()> {
    let (grid, rows, columns) = rows_and_columns(world, [7, 5])?;
    let expected = whole::<i32, Ix2>(&rows.raw_dim());
    let own = part_of(&expected, &rows, world.rank());
    let (height, width) = own.dim();
    let mut larger = Array::from_elem([2 * height + 1, width + 2], i32::sample(9));
    larger.slice_collapse(s![1..;2, 2..]);
    larger.invert_axis(ndarray::Axis(1));
    larger.assign(&own);
    let array = DistArray::from_local(&grid, &rows, larger)?;
    let there = array.redistribute(&columns)?;
    assert_eq!(there.local(), part_of(&expected, &columns, world.rank()));
    let mut backwards = expected.clone();
    backwards.invert_axis(ndarray::Axis(0));
    backwards.assign(&expected);
    let last = world.size() - 1;
    let offered = (world.rank() == last).then_some(&backwards);
    let scattered = DistArray::scatter_to(&grid, &columns, last, offered)?;
    assert_eq!(scattered.local(), there.local());
    Ok(())
}
