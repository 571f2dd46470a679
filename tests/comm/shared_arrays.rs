//! Arrays in the memory that the ranks of a machine have in common. All ranks of a test are on one.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use ndarray::{Array, Array2, Ix1, Ix2, arr0};
use partita::layout::{Axes, block_range};
use partita::{Communicator, Error, Result, SharedArray};
use partita_testing::{Sample, cases, error_of_all, spmd_test, with_every_element_type};
use proptest::prelude::*;

/// Each rank fills its block by hand, then all of them see all of it.
fn blocks_reach_all<A: Sample>(world: &Communicator, shape: [usize; 2]) -> Result<()> {
    let mut table = SharedArray::full(world, shape, A::sample(0))?;
    let rows = block_range(shape[0], world.size(), world.rank());
    assert_eq!(table.local_rows(), rows);
    table.write(|mut block| {
        assert_eq!(block.shape(), [rows.len(), shape[1]]);
        for ((row, column), value) in block.indexed_iter_mut() {
            assert_eq!(*value, A::sample(0), "the initial value");
            *value = A::sample((rows.start + row) * shape[1] + column);
        }
        Ok(())
    })?;
    let expected = Array2::from_shape_fn(shape, |(row, column)| A::sample(row * shape[1] + column));
    table.read(|all| assert_eq!(all, expected))?;
    table.close()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn what_each_rank_writes_in_its_block_every_rank_reads(world: &Communicator) -> Result<()> {
    let lengths = prop_oneof![Just(0usize), Just(1), 0..20usize];
    for (rows, columns) in cases(4, (lengths.clone(), lengths)) {
        with_every_element_type!(blocks_reach_all(world, [rows, columns]));
    }
    // Many pages of memory.
    blocks_reach_all::<f64>(world, [1001, 500])
}

fn equals_serial<D: Axes>(world: &Communicator, shape: D) -> Result<()> {
    let number = |index: &[usize]| index.iter().fold(1, |number, i| number * 31 + i) as f64;
    let array = SharedArray::from_fn(world, shape.clone(), |index| number(index.as_ref()))?;
    assert_eq!(array.shape(), shape.slice());
    assert_eq!(array.ranks_on_machine(), world.size());
    let expected = Array::from_shape_fn(shape.into_dyn(), |index| {
        number(ndarray::Dimension::slice(&index))
    });
    array.read(|all| assert_eq!(all.into_dyn(), expected))?;
    array.close()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn from_fn_is_the_function_of_every_index(world: &Communicator) -> Result<()> {
    equals_serial(world, ndarray::Ix1(17))?;
    equals_serial(world, ndarray::Ix2(3, 5))?;
    equals_serial(world, ndarray::Ix3(7, 2, 3))?;
    equals_serial(world, ndarray::Ix4(2, 0, 3, 1))
}

/// Every phase depends on what the others wrote in the one before: a rank that runs ahead, or reads too
/// early, spoils the numbers.
#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn phases_of_reading_and_writing_never_overlap(world: &Communicator) -> Result<()> {
    const LENGTH: usize = 23;
    let mut array = SharedArray::from_fn(world, LENGTH, |[i]| i as u64)?;
    let mut expected: Vec<u64> = (0..LENGTH as u64).collect();
    let rows = array.local_rows();
    let step = |old: &[u64], i: usize| {
        old[(i + 1) % LENGTH]
            .wrapping_mul(3)
            .wrapping_add(old[LENGTH - 1 - i])
    };
    for _ in 0..300 {
        let old = array.read(|all| all.to_vec())?;
        assert_eq!(old, expected);
        array.write(|mut block| {
            for (value, i) in block.iter_mut().zip(rows.clone()) {
                *value = step(&old, i);
            }
            Ok(())
        })?;
        expected = (0..LENGTH).map(|i| step(&expected, i)).collect();
    }
    array.close()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn an_error_in_one_ranks_block_is_everyones_and_the_array_goes_on(
    world: &Communicator,
) -> Result<()> {
    let mut array = SharedArray::<f64, Ix1>::zeros(world, 20)?;
    let last = world.size() - 1;
    let outcome = array.write(|mut block| {
        block.fill(1.0);
        match world.rank() == last {
            true => Err(Error::numerical("step", "unstable")),
            false => Ok(()),
        }
    });
    let error = error_of_all(world, outcome)?;
    assert_eq!(error, Error::numerical("step", "unstable").on_rank(last));
    // What was written is there.
    assert_eq!(array.read(|all| all.sum())?, 20.0);
    array.write(|mut block| {
        block.fill(2.0);
        Ok(())
    })?;
    assert_eq!(array.read(|all| all.sum())?, 40.0);
    array.close()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn arrays_that_are_not_closed_or_dropped_by_some_ranks_only_do_no_harm(
    world: &Communicator,
) -> Result<()> {
    let mut kept = Vec::new();
    for number in 0..5u32 {
        let array = SharedArray::full(world, [world.size(), 100], number)?;
        if (number as usize + world.rank()).is_multiple_of(2) {
            kept.push((number, array));
        }
    }
    world.barrier()?;
    for (number, array) in &kept {
        array.read(|all| assert!(all.iter().all(|value| value == number)))?;
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 5])]
fn different_shapes_and_different_elements_are_everyones_error(world: &Communicator) -> Result<()> {
    let last = world.rank() + 1 == world.size();
    let outcome = SharedArray::<f64, Ix1>::zeros(world, if last { 8 } else { 9 });
    let error = error_of_all(world, outcome)?;
    assert_eq!(error.exit_code(), 2, "{error:?}");
    assert!(error.to_string().contains("shape [8] here, [9]"), "{error}");

    // Of the same size, but not every byte is a truth value.
    let outcome = match last {
        true => SharedArray::full(world, 10, true).map(|_| ()),
        false => SharedArray::full(world, 10, 2u8).map(|_| ()),
    };
    let error = error_of_all(world, outcome)?;
    assert_eq!(error.exit_code(), 2, "{error:?}");
    assert!(
        error
            .to_string()
            .contains("of bool here, shared memory of u8"),
        "{error}"
    );
    world.barrier()
}

#[spmd_test(ranks = [1, 2, 3, 5])]
fn what_cannot_be_had_is_everyones_error(world: &Communicator) -> Result<()> {
    let error = error_of_all(world, SharedArray::full(world, arr0(0).raw_dim(), 1.0))?;
    assert!(matches!(
        error,
        Error::OnEveryRank(_) | Error::OnRank { .. }
    ));
    assert_eq!(error.exit_code(), 3, "{error:?}");
    for too_many in [[usize::MAX / 2, 3], [0, usize::MAX], [1 << 40, 1 << 22]] {
        let error = error_of_all(world, SharedArray::<f64, Ix2>::zeros(world, too_many))?;
        assert!(error.to_string().contains("cannot allocate"), "{error}");
    }
    // More than any machine has, and less than an address can hold.
    error_of_all(world, SharedArray::<u8, Ix1>::zeros(world, 1 << 52))?;
    // And the next array is as good as ever.
    equals_serial(world, ndarray::Ix1(10))
}

/// A rank that cannot know what the others do in a phase it has left does not look.
#[spmd_test(ranks = 1)]
fn after_a_phase_that_was_left_by_a_panic_nothing_is_read_or_written(
    world: &Communicator,
) -> Result<()> {
    let mut array = SharedArray::<f64, Ix1>::zeros(world, 10)?;
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        array.write(|_| -> Result<()> { panic!("in a phase") })
    }));
    set_hook(hook);
    assert!(unwound.is_err());
    let reading = array.read(|all| all.sum());
    assert!(matches!(reading, Err(Error::Usage(_))), "{reading:?}");
    let writing = array.write(|_| Ok(()));
    assert!(matches!(writing, Err(Error::Usage(_))), "{writing:?}");
    let closing = array.close();
    assert!(matches!(closing, Err(Error::Usage(_))), "{closing:?}");
    Ok(())
}
