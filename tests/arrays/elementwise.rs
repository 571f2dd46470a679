//! Arithmetic, masks, casts and broadcasts in every kind of layout, against whole arrays.

use ndarray::{Axis, Ix0, Ix1, Ix2, Ix3, Ix5, Ix6, s};
use partita::layout::{Axes, Distribution, Layout};
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_testing::{
    Sample, any_layout, cases, error_of_all, position, sampled, spmd_test, whole,
};
use proptest::prelude::*;

fn arithmetic<D: Axes>(world: &Communicator, count: usize) -> Result<()> {
    for layout in cases(count, any_layout::<D>(world.size())) {
        let a = sampled::<f64, D>(world, &layout)?;
        let b = a.map(|value| value * 0.5 + 1.0);
        let (x, y) = (whole::<f64, D>(&layout.raw_dim()), b.all_gather()?);
        let is = |array: &DistArray<f64, D>, expected: ndarray::Array<f64, D>| {
            assert_eq!(array.layout(), &layout);
            let found = array.all_gather().expect("gathered");
            let equal =
                |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
            assert!(
                found.iter().zip(&expected).all(equal),
                "{found} is not {expected}"
            );
        };
        is(&(&a + &b)?, &x + &y);
        is(&(&a - &b.view())?, &x - &y);
        is(&(&a.view() * &b)?, &x * &y);
        is(&(&a.view() / &b.view())?, &x / &y);
        is(&(&a % &b)?, &x % &y);
        is(&(&(2.0 * &a) - 1.0), 2.0 * &x - 1.0);
        is(&(1.0 / (&a + 0.5)), 1.0 / (&x + 0.5));
        is(&-&a, -&x);
        is(&(&(2.0 * &a.view()) - 1.0), 2.0 * &x - 1.0);
        is(&(&-&a.view() % 3.0), -&x % 3.0);
        is(&(&a.view() / 3.0).view().cast(), &x / 3.0);
        let (mut changed, mut expected) = (a.clone(), x.clone());
        changed += 3.0;
        changed *= 2.0;
        changed.add_assign(&b)?;
        changed.div_assign(&b.view())?;
        changed.zip_inplace(&a, |c, a| c - 2.0 * a)?;
        expected.zip_mut_with(&x, |c, x| *c = (*c + 3.0) * 2.0 - 0.0 * x);
        expected = (expected + &y) / &y;
        expected.zip_mut_with(&x, |c, x| *c -= 2.0 * x);
        is(&changed, expected);
        let (mut changed, expected) = (a.clone(), (&x + 3.0) * &y);
        let mut through = changed.view_mut();
        through += 3.0;
        through.mul_assign(&b)?;
        is(&changed, expected);
        let smaller = a.zip_with(&b, |a, b| a < b)?;
        is(
            &smaller.where_(&a, &b.view())?,
            ndarray::Zip::from(&x).and(&y).map_collect(|x, y| x.min(*y)),
        );
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn arithmetic_is_that_of_whole_arrays(world: &Communicator) -> Result<()> {
    arithmetic::<Ix0>(world, 2)?;
    arithmetic::<Ix1>(world, 10)?;
    arithmetic::<Ix2>(world, 10)?;
    arithmetic::<Ix3>(world, 4)?;
    arithmetic::<Ix5>(world, 2)
}

#[spmd_test(ranks = [1, 2, 3])]
fn results_do_not_depend_on_the_order_in_memory(world: &Communicator) -> Result<()> {
    let shapes = (
        any_layout::<Ix3>(world.size()),
        Just([0usize, 1, 2]).prop_shuffle(),
    );
    for (layout, order) in cases(30, shapes) {
        let turned = sampled::<f64, Ix3>(world, &layout)?.permute_axes(order)?;
        let mut straight = DistArray::zeros(turned.grid(), turned.layout())?;
        straight.assign(&turned)?;
        let mut backwards = turned.local().to_owned();
        for axis in 0..3 {
            backwards.invert_axis(Axis(axis));
        }
        backwards.assign(&turned.local());
        let backwards = DistArray::from_local(turned.grid(), turned.layout(), backwards)?;
        let expected = turned.local().mapv(|value| value * 3.0 - 1.0);
        let arrays = [&turned, &straight, &backwards];
        for array in arrays {
            assert_eq!(array.map(|value| value * 3.0 - 1.0).local(), expected);
            assert_eq!(array.clone().local(), turned.local());
            for other in arrays {
                let sum = array.zip_with(other, |a, b| 2.0 * a + b - 1.0)?;
                assert_eq!(sum.local(), turned.local().mapv(|v| 2.0 * v + v - 1.0));
                let smaller = array.map(|value| value < 1.0);
                let chosen = smaller.where_(array, &(-other))?;
                let value = |value: f64| if value < 1.0 { value } else { -value };
                assert_eq!(chosen.local(), turned.local().mapv(value));
            }
        }
        let every_other = turned.slice(s![..;-2, .., ..;2]);
        if let Ok(view) = every_other {
            assert_eq!(view.map(|value| value + 1.0).local(), &view.local() + 1.0);
            assert_eq!((1.0 - &view).local(), 1.0 - &view.local());
            let whole = view.local().mapv(|value| value as i64);
            assert_eq!(view.cast::<i64>().local(), whole);
        }
    }
    Ok(())
}

fn walk<D: Axes>(world: &Communicator, count: usize) -> Result<()> {
    for layout in cases(count, any_layout::<D>(world.size())) {
        let mut array = sampled::<i64, D>(world, &layout)?;
        let rank = world.rank();
        let at = |index: &D::Index| position(layout.shape(), index.as_ref());
        let mut places = vec![];
        for (index, value) in array.indexed_iter_mut() {
            assert_eq!(*value, i64::sample(at(&index)));
            *value = at(&index) as i64;
            places.push(at(&index));
        }
        assert!(places.is_sorted(), "in C order: {places:?}");
        assert_eq!(places.len(), layout.local_shape(rank).size());
        assert!(
            array
                .indexed_iter()
                .all(|(index, value)| *value == at(&index) as i64)
        );
        let expected: Vec<i64> = (0..layout.raw_dim().size() as i64).collect();
        assert_eq!(array.all_gather()?.into_raw_vec_and_offset().0, expected);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 5, 8])]
fn elements_are_visited_with_their_global_indices(world: &Communicator) -> Result<()> {
    walk::<Ix0>(world, 2)?;
    walk::<Ix1>(world, 12)?;
    walk::<Ix2>(world, 12)?;
    walk::<Ix3>(world, 6)?;
    walk::<Ix6>(world, 3)
}

/// A layout of a vector, row or column that every rank of the matrix's layout has what it needs of.
fn with_one_index(layout: &Layout<Ix2>, axis: usize) -> Result<Layout<Ix2>> {
    let mut shape = layout.raw_dim();
    shape[axis] = 1;
    let distributions: Vec<_> = (0..2)
        .map(|other| match other == axis {
            true => Distribution::Replicated,
            false => layout.axes()[other].distribution().clone(),
        })
        .collect();
    let mut over = layout.over().to_vec();
    over[axis] = None;
    Layout::mapped(shape, layout.grid().clone(), &distributions, &over)
}

#[spmd_test(ranks = [1, 2, 3, 4, 8])]
fn axes_of_one_index_are_repeated_where_they_are_needed(world: &Communicator) -> Result<()> {
    for layout in cases(30, any_layout::<Ix2>(world.size())) {
        let matrix = sampled::<f64, Ix2>(world, &layout)?;
        let grid = matrix.grid();
        let expected = whole::<f64, Ix2>(&layout.raw_dim());
        for axis in 0..2 {
            let thin = with_one_index(&layout, axis)?;
            let vector = sampled::<f64, Ix2>(world, &thin)?;
            let sum = (&matrix + &vector.broadcast_to(&layout)?)?;
            assert_eq!(
                sum.all_gather()?,
                &expected + &whole::<f64, Ix2>(&thin.raw_dim())
            );
        }
        // A vector as the rows of the matrix, and one number as all of it.
        let columns = layout.shape()[1];
        let row = DistArray::from_fn(
            grid,
            Layout::mapped(
                [columns],
                layout.grid().clone(),
                &[Distribution::Replicated],
                &[None],
            )?,
            |[j]| j as f64,
        )?;
        match row.broadcast_to(&layout) {
            Ok(rows) => {
                let product = rows.zip_with(&matrix, |row, value| row * value)?;
                let serial = ndarray::Array1::from_iter((0..columns).map(|j| j as f64));
                assert_eq!(product.all_gather()?, &serial * &expected);
                assert_eq!(
                    rows.to_owned().all_gather()?,
                    serial.broadcast(layout.raw_dim()).expect("rows")
                );
            }
            Err(error) => {
                let in_turn = matches!(
                    layout.axes()[1].distribution(),
                    Distribution::BlockCyclic(_)
                );
                assert!(
                    in_turn && error.to_string().contains("`redistribute`"),
                    "{error}"
                );
            }
        }
        let one = Layout::mapped(Ix0(), layout.grid().clone(), &[], &[])?;
        let number = DistArray::from_fn(grid, &one, |[]| 7.0)?;
        let sevens = number.broadcast_to(&layout)?.all_gather()?;
        assert_eq!(sevens, ndarray::Array2::from_elem(layout.raw_dim(), 7.0));
    }
    Ok(())
}

#[spmd_test(ranks = [2, 3, 4])]
fn what_a_rank_has_not_is_not_broadcast(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size()])?;
    let rows = grid.layout([12, 5], &[Distribution::Block, Distribution::Replicated])?;
    let on_the_first_rank = DistArray::full(
        &grid,
        grid.layout([1, 5], &[Distribution::Block, Distribution::Replicated])?,
        1.0,
    )?;
    let error = error_of_all(world, on_the_first_rank.broadcast_to(&rows))?.to_string();
    for word in [
        "1×5 [block",
        "12×5 [block",
        "axis 0",
        "rank 1",
        "`redistribute`",
    ] {
        assert!(error.contains(word), "`{error}` lacks `{word}`");
    }
    let longer = DistArray::full(&grid, grid.layout([6], &[Distribution::Replicated])?, 1.0)?;
    let error = error_of_all(world, longer.broadcast_to(&rows))?;
    assert_eq!(error.exit_code(), 3, "{error}");
    let matrix = DistArray::full(&grid, &rows, 1.0)?;
    let error = error_of_all(world, &matrix + &on_the_first_rank)?.to_string();
    for word in ["add: ", "12×5 [block", "1×5 [block", "`broadcast_to`"] {
        assert!(error.contains(word), "`{error}` lacks `{word}`");
    }
    let cyclic = DistArray::full(
        &grid,
        grid.layout([12, 5], &[Distribution::Cyclic, Distribution::Replicated])?,
        1.0,
    )?;
    let mut changed = matrix.clone();
    let error = error_of_all(world, changed.sub_assign(&cyclic))?.to_string();
    for word in ["sub_assign: ", "cyclic", "`redistribute`"] {
        assert!(error.contains(word), "`{error}` lacks `{word}`");
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 5])]
fn casts_are_exact_or_say_where_they_are_not(world: &Communicator) -> Result<()> {
    for (layout, place) in cases(12, (any_layout::<Ix2>(world.size()), 0usize..200)) {
        let grid = ProcessGrid::new(world, layout.grid().parts())?;
        let numbers = DistArray::from_fn(&grid, &layout, |[i, j]| (100 * i + j) as i64)?;
        let exact = numbers.try_cast::<f64>()?;
        assert_eq!(
            exact.try_cast::<i64>()?.all_gather()?,
            numbers.all_gather()?
        );
        assert_eq!(
            numbers.cast::<u8>().all_gather()?,
            numbers.all_gather()?.map(|&n| n as u8)
        );
        if numbers.is_empty() {
            continue;
        }
        let wrong = [place % layout.shape()[0], place % layout.shape()[1]];
        for bad in [0.5, f64::NAN, 1e300, -1.0] {
            let spoilt =
                DistArray::from_fn(
                    &grid,
                    &layout,
                    |index| if index == wrong { bad } else { 2.0 },
                )?;
            let error = error_of_all(world, spoilt.try_cast::<u32>())?;
            let text = format!("{bad} at {wrong:?} is no u32");
            assert!(error.to_string().contains(&text), "{error}");
            assert_eq!(error.exit_code(), 5);
            assert!(world.size() == 1 || !matches!(error, Error::Numerical { .. }));
        }
        let nan = numbers.map(|_| f64::NAN).try_cast::<f32>()?;
        assert!(nan.all_gather()?.iter().all(|value| value.is_nan()));
        let large = numbers.map(|_| (1i64 << 53) + 1);
        let error = error_of_all(world, large.try_cast::<f64>())?.to_string();
        assert!(error.contains("9007199254740993"), "{error}");
    }
    Ok(())
}
