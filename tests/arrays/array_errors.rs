//! What cannot be an array is the same error on every rank.

use ndarray::{Array2, Array3, Ix1, Ix2};
use partita::{Boundary, Communicator, DistArray, Error, Halo, ProcessGrid, Reductions, Result};
use partita_testing::{error_of_all, spmd_test};

#[track_caller]
fn is_shape_error(error: &Error, parts: &[&str]) {
    assert_eq!(error.exit_code(), 3, "{error:?}");
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "`{text}` lacks `{part}`");
    }
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_local_part_of_a_wrong_shape_on_one_rank_is_everyones_error(
    world: &Communicator,
) -> Result<()> {
    let grid = ProcessGrid::new(world, &[1, world.size()])?;
    // One column too many, and the right number of elements in the wrong shape.
    let shapes = [([3, 3], "[3, 3]"), ([2, 3], "[2, 3]")];
    let cases = (0..world.size()).flat_map(|wrong| shapes.map(|shape| (wrong, shape)));
    for (wrong, (shape, text)) in cases {
        let shape = if world.rank() == wrong { shape } else { [3, 2] };
        let local = Array2::<f32>::zeros(shape);
        let outcome = DistArray::from_local(&grid, [3, 2 * world.size()], local);
        let error = error_of_all(world, outcome)?;
        is_shape_error(&error, &["from_local", text, "[3, 2]"]);
        if world.size() > 1 {
            assert!(matches!(error, Error::OnRank { rank, .. } if rank == wrong));
        }
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 4, 5, 8])]
fn arrays_of_different_layouts_do_not_meet(world: &Communicator) -> Result<()> {
    let size = world.size();
    let rows = ProcessGrid::new(world, &[size, 1])?;
    let columns = ProcessGrid::new(world, &[1, size])?;
    let array = DistArray::full(&rows, [6, 5], 1.0)?;
    let wider = DistArray::full(&rows, [6, 7], 1u8)?;
    let turned = DistArray::full(&columns, [6, 5], 1i32)?;
    let error = error_of_all(world, array.zip_with(&wider, |_, _| 0u8))?;
    is_shape_error(&error, &["zip_with", "6×5", "6×7"]);
    let error = error_of_all(world, array.zip_with(&turned, |_, _| 0u8))?;
    let (down, across) = (format!("{size}×1"), format!("1×{size}"));
    is_shape_error(&error, &["zip_with", &down, &across]);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn grids_with_another_number_of_places_are_refused(world: &Communicator) -> Result<()> {
    let size = world.size();
    // The last two overflow a product of machine numbers, one of them to 1.
    let inverse_of_3 = usize::MAX / 3 * 2 + 1;
    let wrong: [&[usize]; 6] = [
        &[size + 1],
        &[size, 2],
        &[0],
        &[size, 0],
        &[usize::MAX, usize::MAX, size],
        &[3, inverse_of_3, size],
    ];
    for parts in wrong {
        let error = error_of_all(world, ProcessGrid::new(world, parts))?;
        is_shape_error(&error, &["process grid", &format!("{parts:?}")]);
    }
    if size > 1 {
        let none = error_of_all(world, ProcessGrid::balanced(world, 0))?;
        is_shape_error(&none, &["process grid"]);
        let none = error_of_all(world, ProcessGrid::for_shape(world, &[]))?;
        is_shape_error(&none, &["process grid"]);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_grid_and_a_halo_have_one_axis_for_each_of_the_arrays(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let outcome = DistArray::<f64, Ix1>::from_fn(&grid, [9], |_| 0.0);
    is_shape_error(&error_of_all(world, outcome)?, &["[9]", "1 axes", "has 2"]);
    let offered = world.is_root().then(|| Array3::<u8>::zeros([2, 3, 4]));
    let outcome = DistArray::scatter(&grid, 0, offered.as_ref());
    is_shape_error(&error_of_all(world, outcome)?, &["[2, 3, 4]", "3 axes"]);
    let array = DistArray::full(&grid, [4, 4], 0.0)?;
    let outcome = array.with_halo(Halo::uniform(3, 1, Boundary::Periodic));
    is_shape_error(&error_of_all(world, outcome)?, &["3 axes", "[4, 4]"]);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn arrays_beyond_all_memory_are_refused_on_every_rank(world: &Communicator) -> Result<()> {
    let rows = ProcessGrid::new(world, &[world.size(), 1])?;
    let columns = ProcessGrid::new(world, &[1, world.size()])?;
    let beyond: [[usize; 2]; 4] = [
        [usize::MAX, usize::MAX],
        [usize::MAX, 1],
        // Countable, but more than there is.
        [usize::MAX / 32, 15],
        // Nothing at all, but with strides that cannot be counted.
        [0, usize::MAX],
    ];
    for (shape, grid) in beyond
        .iter()
        .flat_map(|shape| [(shape, &rows), (shape, &columns)])
    {
        let outcome = DistArray::<u8, Ix2>::zeros(grid, *shape);
        let error = error_of_all(world, outcome)?;
        assert!([1, 3].contains(&error.exit_code()), "{error:?}");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_root_without_an_array_or_that_is_no_rank_is_everyones_error(
    world: &Communicator,
) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let last = world.size() - 1;
    let error = error_of_all(world, DistArray::<f64, Ix2>::scatter(&grid, last, None))?;
    assert_eq!(error.exit_code(), 2, "{error:?}");
    assert!(error.to_string().contains("scatter: the root"), "{error}");
    let array = DistArray::full(&grid, [3, 3], 1.0)?;
    let whole = array.all_gather()?;
    let nobody = world.size();
    let outcome = DistArray::scatter(&grid, nobody, Some(&whole));
    let error = error_of_all(world, outcome)?;
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    assert!(error.to_string().starts_with("scatter"), "{error}");
    let error = error_of_all(world, array.gather(nobody))?;
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn an_array_without_a_halo_has_none_to_exchange(world: &Communicator) -> Result<()> {
    let mut array = DistArray::full(&ProcessGrid::balanced(world, 1)?, [4], 1.0)?;
    let outcome = array.halo_exchange().map(drop);
    let error = error_of_all(world, outcome)?;
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    Ok(())
}

/// Also on one rank, which has the same indices of all.
#[spmd_test(ranks = [1, 2, 3])]
fn arrays_that_are_dealt_out_differently_do_not_meet(world: &Communicator) -> Result<()> {
    use partita::layout::Distribution::{self, Block, BlockCyclic, Cyclic, Parts, Replicated};
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let of = |distributions: [Distribution; 2]| {
        DistArray::full(&grid, grid.layout([8, 9], &distributions)?, 1.0)
    };
    let rows = of([Block, Replicated])?;
    let other_kinds = [
        [Replicated, Block],
        [Replicated, Replicated],
        [Cyclic, Replicated],
        [BlockCyclic(2), Replicated],
    ];
    for distributions in other_kinds {
        let other = of(distributions)?;
        let error = error_of_all(world, rows.zip_with(&other, |one, other| one + other))?;
        let text = error.to_string();
        let named = [rows.layout(), other.layout()].map(ToString::to_string);
        assert!(named.iter().all(|layout| text.contains(layout)), "{error}");
        assert!(text.contains("`redistribute`"), "{error}");
        assert_eq!(
            text.contains("on several ranks"),
            world.size() == 1,
            "{error}"
        );
        let moved = other.redistribute(rows.layout())?;
        assert_eq!((&rows + &moved)?.sum()?, 144.0);
    }
    // The same parts, said otherwise.
    let rows_of = |rank| rows.layout().local_shape(rank)[0];
    let sizes: Vec<usize> = (0..world.size()).map(rows_of).collect();
    let two = ProcessGrid::new(world, &[world.size(), 1])?;
    let blocks = DistArray::full(&two, [8, 9], 1.0)?;
    for same in [of([Parts(sizes), Replicated])?, blocks] {
        assert_eq!((&rows + &same)?.sum()?, 144.0);
    }
    let nothing = |distribution| DistArray::full(&grid, grid.layout([0], &[distribution])?, 1.0);
    assert_eq!((&nothing(Block)? + &nothing(Cyclic)?)?.len(), 0);
    Ok(())
}
