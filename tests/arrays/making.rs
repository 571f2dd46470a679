//! Arrays of known values in every kind of layout.

use ndarray::{Array, Array1, Array2, Ix1, Ix2, Ix3};
use partita::layout::Distribution;
use partita::{Communicator, DistArray, Distributed, ProcessGrid, Progression, Result};
use partita_testing::{any_layout, cases, error_of_all, sampled, spmd_test};
use proptest::prelude::*;

#[spmd_test(ranks = [1, 2, 3, 5, 8])]
fn linspace_has_both_ends_and_the_same_bits_in_any_layout(world: &Communicator) -> Result<()> {
    let ends = (-10.0f64..10.0, prop_oneof![Just(0.0f64), -1e6..1e6]);
    for (layout, (start, end)) in cases(40, (any_layout::<Ix1>(world.size()), ends)) {
        let grid = ProcessGrid::new(world, layout.grid().parts())?;
        let found = DistArray::linspace(&grid, &layout, start, end)?.all_gather()?;
        let last = found.len().saturating_sub(1);
        let mut expected = Array1::from_shape_fn(found.len(), |i| {
            start + i as f64 * ((end - start) / last as f64)
        });
        if let Some(value) = expected.last_mut() {
            *value = end;
        }
        if let Some(value) = expected.first_mut() {
            *value = start;
        }
        assert_eq!(found, expected);
    }
    Ok(())
}

fn counted<A: partita::Element + Progression + PartialOrd + std::fmt::Debug>(
    world: &Communicator,
    (start, end, step): (A, A, A),
    count: usize,
) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    for distribution in [
        Distribution::Block,
        Distribution::Cyclic,
        Distribution::Replicated,
    ] {
        let array = DistArray::arange(&grid, distribution, start..end, step)?;
        assert_eq!(array.len(), count, "{start:?}..{end:?} by {step:?}");
        let expected = (0..count)
            .map(|i| start.after(i, step))
            .collect::<Array1<A>>();
        assert_eq!(array.all_gather()?, expected);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn arange_ends_before_its_end(world: &Communicator) -> Result<()> {
    counted(world, (0, 10, 3), 4)?;
    counted(world, (0, 9, 3), 3)?;
    counted(world, (10, 0, -3), 4)?;
    counted(world, (5, 5, 1), 0)?;
    counted(world, (5, 4, 1), 0)?;
    counted(world, (0u8, 255, 1), 255)?;
    counted(world, (-128i8, 127, 100), 3)?;
    // Where a float step does not hit: numpy's `arange(1, 1.3, 0.1)` has its end in it.
    counted(world, (1.0, 1.3, 0.1), 3)?;
    counted(world, (0.0, 1.0, 0.1), 10)?;
    counted(world, (0.0f32, 1.0, 0.1), 10)?;
    counted(world, (1.0, -1.0, -0.25), 8)?;
    counted(world, (0.0, 0.5, 1.0), 1)?;
    counted(world, (0.0, -0.5, 1.0), 0)?;
    let grid = ProcessGrid::balanced(world, 1)?;
    for (range, step) in [
        (0.0..1.0, 0.0),
        (0.0..1.0, f64::NAN),
        (0.0..f64::INFINITY, 1.0),
        (1e16..2e16, 0.5),
        (0.0..1.0, 1e-300),
    ] {
        let outcome = DistArray::arange(&grid, Distribution::Block, range, step);
        assert_eq!(error_of_all(world, outcome)?.exit_code(), 5);
    }
    let outcome = DistArray::arange(&grid, Distribution::Block, 0..10, 0);
    assert_eq!(error_of_all(world, outcome)?.exit_code(), 5);
    for (start, length, step) in cases(60, (-5.0..5.0f64, 0.0..9.0f64, 0.01..2.0f64)) {
        let array = DistArray::arange(&grid, Distribution::Cyclic, start..start + length, step)?;
        let count = (0..)
            .take_while(|&i| start.after(i, step) < start + length)
            .count();
        assert_eq!(array.len(), count, "{start}..{} by {step}", start + length);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5, 8])]
fn arrays_are_made_like_others(world: &Communicator) -> Result<()> {
    for layout in cases(20, any_layout::<Ix3>(world.size())) {
        let array = sampled::<u8, Ix3>(world, &layout)?;
        let shape = layout.raw_dim();
        let zeros = DistArray::<f32, Ix3>::zeros_like(&array)?;
        assert_eq!(
            (zeros.layout(), zeros.all_gather()?),
            (&layout, Array::zeros(shape))
        );
        let ones = DistArray::<i32, Ix3>::ones(array.grid(), &layout)?;
        assert_eq!(ones.all_gather()?, Array::ones(shape));
        assert_eq!(
            DistArray::full_like(&ones, 1)?.all_gather()?,
            Array::ones(shape)
        );
        let sums = DistArray::from_fn_like(&array.view(), |[i, j, k]| i + j + k)?;
        assert_eq!(
            sums.all_gather()?,
            Array::from_shape_fn(shape, |(i, j, k)| i + j + k)
        );
    }
    for layout in cases(20, any_layout::<Ix2>(world.size())) {
        let grid = ProcessGrid::new(world, layout.grid().parts())?;
        let eye = DistArray::<f64, Ix2>::eye(&grid, &layout)?;
        let expected =
            Array2::from_shape_fn(layout.raw_dim(), |(i, j)| f64::from(u8::from(i == j)));
        assert_eq!(eye.all_gather()?, expected);
    }
    Ok(())
}

/// What is written past the caches goes by lines; a flattened copy begins where its memory does.
#[spmd_test(ranks = [1, 2])]
fn large_parts_begin_at_a_line_of_memory(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let length = (4 << 20) / size_of::<f64>() * world.size() + 3;
    let made = DistArray::from_fn(&grid, [length], |[i]| i as f64)?;
    let moved = made.redistribute(&grid.layout([length], &[Distribution::Cyclic])?)?;
    for array in [&made, &moved] {
        assert!(array.local().as_ptr().addr().is_multiple_of(64));
        assert!(array.indexed_iter().all(|([i], &value)| value == i as f64));
    }
    assert_eq!(moved.flatten()?.local(), made.local());
    Ok(())
}
