//! Halos against the padded array that one rank makes of the whole.

use ndarray::{ArrayView, Axis, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, Slice};
use partita::layout::{Axes, Distribution, Layout, Region};
use partita::{Boundary, Communicator, DistArray, Error, Halo, ProcessGrid, Result};
use partita_testing::{Sample, error_of_all, spmd_test};

use crate::halo_cases::{
    Case, Margin, cases_of_boxes, exchange_and_check, in_layouts_of_boxes, on_every_grid, starts,
};

fn every_step<A: Sample, D: Axes>(case: &Case<D>) -> Result<()> {
    let mut array = case.array::<A>()?;
    for step in 0..3 {
        case.set(&mut array, step);
        exchange_and_check(case, &mut array, step)?;
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_halo_shows_what_a_padded_array_has_however_often_values_change(
    world: &Communicator,
) -> Result<()> {
    on_every_grid::<Ix1>(world, 30, every_step::<f64, Ix1>)?;
    on_every_grid::<Ix1>(world, 10, every_step::<u8, Ix1>)?;
    on_every_grid::<Ix2>(world, 20, every_step::<f32, Ix2>)?;
    on_every_grid::<Ix2>(world, 10, every_step::<num_complex::Complex<f64>, Ix2>)?;
    on_every_grid::<Ix3>(world, 5, every_step::<i32, Ix3>)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn copies_explicit_parts_and_axes_that_are_not_cut_have_halos_too(
    world: &Communicator,
) -> Result<()> {
    in_layouts_of_boxes::<Ix1>(world, 30, every_step::<u16, Ix1>)?;
    in_layouts_of_boxes::<Ix2>(world, 30, every_step::<f64, Ix2>)?;
    in_layouts_of_boxes::<Ix3>(world, 10, every_step::<bool, Ix3>)?;
    in_layouts_of_boxes::<Ix4>(world, 3, every_step::<i64, Ix4>)?;
    in_layouts_of_boxes::<Ix5>(world, 2, every_step::<f32, Ix5>)?;
    in_layouts_of_boxes::<Ix6>(world, 2, every_step::<u8, Ix6>)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn an_exchange_that_was_dropped_does_not_confuse_the_next(world: &Communicator) -> Result<()> {
    fn check<D: Axes>(case: &Case<D>) -> Result<()> {
        let mut array = case.array::<f64>()?;
        for step in 0..4 {
            case.set(&mut array, step);
            if step % 2 == 0 {
                drop(array.start_halo_exchange()?);
                case.set(&mut array, 100 + step);
                exchange_and_check(case, &mut array, 100 + step)?;
            } else {
                exchange_and_check(case, &mut array, step)?;
            }
        }
        Ok(())
    }
    on_every_grid::<Ix1>(world, 8, check::<Ix1>)?;
    on_every_grid::<Ix2>(world, 8, check::<Ix2>)
}

/// Messages so long that they are under way until both sides care for them.
#[spmd_test(ranks = [1, 2, 3, 5])]
fn a_dropped_exchange_of_long_messages_does_not_confuse_the_next(
    world: &Communicator,
) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let margin = |edge| Margin {
        lower: 1,
        upper: 1,
        edges: [edge; 2],
    };
    let case = Case {
        layout: Layout::block([2 * world.size(), 60_000], grid.shape().clone())?,
        grid,
        margins: vec![margin(Boundary::Periodic), margin(Boundary::Fixed(3))],
        corners: false,
    };
    let mut array = case.array::<f64>()?;
    for step in 0..3 {
        case.set(&mut array, step);
        drop(array.start_halo_exchange()?);
        drop(array.start_halo_exchange()?);
        case.set(&mut array, 10 + step);
        exchange_and_check(&case, &mut array, 10 + step)?;
    }
    drop(array.start_halo_exchange()?);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn two_arrays_exchange_at_once_and_finish_in_any_order(world: &Communicator) -> Result<()> {
    fn check<D: Axes>(case: &Case<D>) -> Result<()> {
        let mut first = case.array::<f64>()?;
        let mut second = case.array::<f64>()?;
        let starts = starts(&first);
        for step in 0..3 {
            case.set(&mut first, step);
            case.set(&mut second, 40 + step);
            let exchanging_first = first.start_halo_exchange()?;
            let exchanging_second = second.start_halo_exchange()?;
            let haloed_second = exchanging_second.finish()?;
            let haloed_first = exchanging_first.finish()?;
            case.assert_padded(step, &starts, haloed_first.local(), haloed_first.padded());
            let (local, padded) = (haloed_second.local(), haloed_second.padded());
            case.assert_padded(40 + step, &starts, local, padded);
        }
        Ok(())
    }
    on_every_grid::<Ix1>(world, 10, check::<Ix1>)?;
    on_every_grid::<Ix2>(world, 10, check::<Ix2>)
}

/// Three arrays, of which the second has another shape, layout and halo: as a field of a staggered grid.
fn exchange_of_several<A: Sample, D: Axes>(case: &Case<D>, other: &Case<D>) -> Result<()> {
    let (mut u, mut v, mut w) = (case.array::<A>()?, other.array::<A>()?, case.array::<A>()?);
    let (starts, starts_of_other) = (starts(&u), starts(&v));
    for step in 0..3 {
        case.set(&mut u, step);
        other.set(&mut v, 20 + step);
        case.set(&mut w, 40 + step);
        if step == 1 {
            drop(DistArray::start_halo_exchange_of([&mut w, &mut v])?);
        }
        let exchange = DistArray::start_halo_exchange_of([&mut u, &mut v, &mut w])?;
        let first = exchange.local()[0].to_owned();
        let [u, v, w] = exchange.finish()?;
        assert_eq!(first, u.local());
        case.assert_padded(step, &starts, u.local(), u.padded());
        other.assert_padded(20 + step, &starts_of_other, v.local(), v.padded());
        case.assert_padded(40 + step, &starts, w.local(), w.padded());
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 6, 7, 8])]
fn several_arrays_of_one_exchange_show_what_each_would_alone(world: &Communicator) -> Result<()> {
    /// The second array is longer, and its halo mirrored.
    fn staggered<A: Sample, D: Axes>(case: &Case<D>) -> Result<()> {
        let mut shape = case.layout.raw_dim();
        shape.slice_mut().iter_mut().for_each(|length| *length += 1);
        let mirrored = |margin: &Margin| Margin {
            lower: margin.upper,
            upper: margin.lower,
            edges: [margin.edges[1], margin.edges[0]],
        };
        let other = Case {
            grid: case.grid.clone(),
            layout: Layout::block(shape, case.layout.grid().clone())?,
            margins: case.margins.iter().map(mirrored).collect(),
            corners: !case.corners,
        };
        exchange_of_several::<A, D>(case, &other)
    }
    fn any_two<A: Sample, D: Axes>(world: &Communicator, count: usize) -> Result<()> {
        let cases = cases_of_boxes::<D>(world, count + 1)?;
        let mut pairs = cases.windows(2);
        pairs.try_for_each(|pair| exchange_of_several::<A, D>(&pair[0], &pair[1]))
    }
    on_every_grid::<Ix1>(world, 8, staggered::<i8, Ix1>)?;
    on_every_grid::<Ix2>(world, 4, staggered::<f64, Ix2>)?;
    on_every_grid::<Ix3>(world, 2, staggered::<u32, Ix3>)?;
    any_two::<u64, Ix1>(world, 8)?;
    any_two::<f32, Ix2>(world, 8)?;
    any_two::<num_complex::Complex<f32>, Ix3>(world, 4)?;
    any_two::<i16, Ix4>(world, 2)?;
    any_two::<f64, Ix5>(world, 2)?;
    any_two::<bool, Ix6>(world, 2)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn work_on_the_interior_goes_on_while_halos_travel(world: &Communicator) -> Result<()> {
    // The sum over each cell and its two neighbours, on a ring of 23 cells.
    const LENGTH: usize = 23;
    let grid = ProcessGrid::balanced(world, 1)?;
    let halo = Halo::uniform(1, 1, Boundary::Periodic);
    let mut ring = DistArray::from_fn(&grid, [LENGTH], |[i]| i * i)?.with_halo(halo)?;
    let mut serial: Vec<usize> = (0..LENGTH).map(|i| i * i).collect();
    for _ in 0..5 {
        let of_three = |view: ArrayView<'_, usize, Ix1>| -> Vec<usize> {
            view.windows(3)
                .into_iter()
                .map(|three| three.sum())
                .collect()
        };
        let exchange = ring.start_halo_exchange()?;
        let interior = of_three(exchange.local());
        let haloed = exchange.finish()?;
        let padded = haloed.padded();
        let count = haloed.local().len();
        let edge = |start: isize, end: isize| {
            of_three(padded.slice_axis(Axis(0), Slice::new(start, Some(end), 1)))
        };
        let next: Vec<usize> = match count {
            0 => vec![],
            1 => edge(0, 3),
            _ => {
                let last = edge(count as isize - 1, count as isize + 2);
                [edge(0, 3), interior, last].concat()
            }
        };
        ring.local_mut().assign(&ndarray::Array1::from(next));
        serial = (0..LENGTH)
            .map(|i| serial[(i + LENGTH - 1) % LENGTH] + serial[i] + serial[(i + 1) % LENGTH])
            .collect();
        assert_eq!(ring.all_gather()?.to_vec(), serial);
    }
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4])]
fn interior_and_border_are_what_the_widths_say(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let halo = Halo::uniform(2, 2, Boundary::Reflecting).axis(1, 0, 1, Boundary::Open);
    let mut array = DistArray::full(&grid, [17, 6], 1.5)?.with_halo(halo)?;
    let shape = array.local_shape();
    let exchange = array.start_halo_exchange()?;
    let expected: Region = [2..shape[0] - 2, 0..shape[1] - 1].into_iter().collect();
    assert_eq!(exchange.interior(), expected);
    let border = exchange.finish()?.border();
    let cells: usize = border.iter().map(Region::volume).sum();
    assert_eq!(cells + expected.volume(), shape[0] * shape[1]);
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn arrays_on_the_same_ranks_exchange_at_once_whatever_their_communicators(
    world: &Communicator,
) -> Result<()> {
    let periodic = Halo::uniform(1, 1, Boundary::Periodic);
    let field = |communicator: &Communicator, offset: usize| {
        let grid = ProcessGrid::balanced(communicator, 1)?;
        DistArray::from_fn(&grid, [7], |[i]| i + offset)?.with_halo(periodic.clone())
    };
    let duplicate = world.duplicate()?;
    let (mut one, mut other) = (field(world, 0)?, field(&duplicate, 10)?);
    let [one, other] = DistArray::halo_exchange_of([&mut one, &mut other])?;
    assert_eq!(other.padded(), one.padded().map(|value| value + 10));
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3])]
fn exchanges_that_cannot_be_are_the_same_error_on_every_rank(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    let periodic = || Halo::uniform(2, 1, Boundary::Periodic);
    let cyclic = grid.layout([8, 4], &[Distribution::Cyclic, Distribution::Block])?;
    let refused = DistArray::full(&grid, cyclic, 0u8)?.with_halo(periodic());
    if world.size() > 1 {
        let error = error_of_all(world, refused)?;
        assert!(
            error
                .to_string()
                .contains("only parts that are boxes have a halo"),
            "{error}"
        );
    }
    let mut plain = DistArray::full(&grid, [8, 4], 0u8)?;
    let mut haloed = plain.clone().with_halo(periodic())?;
    let error = error_of_all(world, plain.halo_exchange().map(drop))?;
    assert!(matches!(error, Error::Usage { .. }), "{error:?}");
    let refused = DistArray::halo_exchange_of([&mut haloed, &mut plain]).map(drop);
    let error = error_of_all(world, refused)?;
    assert!(error.to_string().contains("has no halo"), "{error}");

    let backwards = (world.size() - world.rank()) as i32;
    let backwards = world.split(Some(0), backwards)?.expect("a colour");
    let elsewhere = ProcessGrid::new(&backwards, &[world.size(), 1])?;
    let mut other = DistArray::full(&elsewhere, [8, 4], 0u8)?.with_halo(periodic())?;
    let outcome = DistArray::halo_exchange_of([&mut haloed, &mut other]).map(drop);
    if world.size() == 1 {
        return outcome;
    }
    let error = error_of_all(world, outcome)?;
    assert!(error.to_string().contains("in another order"), "{error}");
    haloed.halo_exchange()?;
    Ok(())
}
