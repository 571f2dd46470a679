//! Halos through boxes that ranks of a machine see, as messages, and both at once; exchanges that are left.

use ndarray::{Ix1, Ix2, Ix3};
use partita::layout::Axes;
use partita::{Boundary, Communicator, DistArray, Error, Halo, ProcessGrid, Result};
use partita_testing::{error_of_all, spmd_test};

use crate::halo_cases::{Case, exchange_and_check, in_layouts_of_boxes, on_every_grid, starts};

/// Exchanges one after the other; dropped ones between; several at once, more than boxes hold.
fn in_every_order<D: Axes>(case: &Case<D>) -> Result<()> {
    let fresh = || case.array::<f64>();
    let mut arrays = [fresh()?, fresh()?, fresh()?, fresh()?];
    let starts = starts(&arrays[0]);
    for step in 0..6 {
        for (number, array) in arrays.iter_mut().enumerate() {
            case.set(array, 10 * step + number);
        }
        let [a, b, c, d] = &mut arrays;
        if step % 3 == 1 {
            drop(b.start_halo_exchange()?);
        }
        let exchanges = [a, b, c].map(DistArray::start_halo_exchange);
        let [first, second, third] = exchanges;
        let finished = match step % 2 {
            0 => [
                (0, first?.finish()?),
                (2, third?.finish()?),
                (1, second?.finish()?),
            ],
            _ => [
                (1, second?.finish()?),
                (0, first?.finish()?),
                (2, third?.finish()?),
            ],
        };
        for (number, haloed) in finished {
            case.assert_padded(10 * step + number, &starts, haloed.local(), haloed.padded());
        }
        exchange_and_check(case, d, 10 * step + 3)?;
    }
    Ok(())
}

fn every_way(world: &Communicator) -> Result<()> {
    on_every_grid::<Ix1>(world, 6, in_every_order::<Ix1>)?;
    on_every_grid::<Ix2>(world, 4, in_every_order::<Ix2>)?;
    in_layouts_of_boxes::<Ix3>(world, 4, in_every_order::<Ix3>)
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn exchanges_of_one_machine_are_finished_in_any_order_or_not_at_all(
    world: &Communicator,
) -> Result<()> {
    every_way(world)
}

#[spmd_test(ranks = [2, 3, 5], environment = [("PARTITA_SHARED", "0")])]
fn halos_go_as_messages_when_shared_memory_is_switched_off(world: &Communicator) -> Result<()> {
    every_way(world)
}

#[spmd_test(ranks = [3, 5, 8], environment = [("PARTITA_MACHINE_RANKS", "2")])]
fn ranks_of_several_machines_have_boxes_on_each_and_messages_between(
    world: &Communicator,
) -> Result<()> {
    assert!(world.split_shared()?.size() <= 2);
    every_way(world)
}

#[spmd_test(ranks = [2, 4], environment = [("PARTITA_MACHINE_RANKS", "1")])]
fn machines_of_one_rank_have_no_boxes(world: &Communicator) -> Result<()> {
    every_way(world)
}

#[spmd_test(ranks = [2, 3], environment = [("PARTITA_SHARED_ROOM", "1500")])]
fn halos_go_as_messages_where_there_is_no_room_for_boxes(world: &Communicator) -> Result<()> {
    every_way(world)
}

#[spmd_test(ranks = [1, 3], environment = [("PARTITA_SHARED", "perhaps")])]
fn a_wrong_word_for_shared_memory_is_an_error_of_the_halo(world: &Communicator) -> Result<()> {
    let array = DistArray::full(&ProcessGrid::balanced(world, 1)?, [4], 1.0)?;
    let outcome = array.with_halo(Halo::uniform(1, 1, Boundary::Periodic));
    let error = error_of_all(world, outcome)?;
    assert!(
        error.to_string().contains("PARTITA_SHARED=perhaps"),
        "{error}"
    );
    Ok(())
}

/// Cells flow in one direction, so that each rank can be ahead of the one after it.
#[spmd_test(ranks = [1, 2, 3, 5])]
fn a_rank_that_nobody_answers_runs_ahead(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::new(world, &[world.size(), 1])?;
    for width in [4, 20_000] {
        let mut array = DistArray::full(&grid, [3 * world.size(), width], 0usize)?
            .with_halo(Halo::uniform(2, 0, Boundary::Fixed(7)).axis(0, 1, 0, Boundary::Fixed(7)))?;
        for step in 1..40 {
            array.local_mut().fill(step * 100 + world.rank());
            let padded = array.halo_exchange()?;
            let expected = match world.rank() {
                0 => 7,
                rank => step * 100 + rank - 1,
            };
            assert!(
                padded.padded().row(0).iter().all(|cell| *cell == expected),
                "step {step}"
            );
        }
    }
    Ok(())
}

/// One rank's work fails between start and finish, and all go on after they have agreed upon that.
#[spmd_test(ranks = [2, 3, 5])]
fn an_exchange_that_one_rank_leaves_does_not_stop_the_others_or_the_next(
    world: &Communicator,
) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let periodic = Halo::uniform(1, 1, Boundary::Periodic);
    let length = 2 * world.size();
    let mut ring = DistArray::full(&grid, [length], 0)?.with_halo(periodic)?;
    for step in 0..12 {
        ring.local_mut().fill(10 * step + world.rank());
        let leaving = step % (world.size() + 1);
        let outcome = (|| {
            let exchange = ring.start_halo_exchange()?;
            if world.rank() == leaving {
                return Err(Error::numerical("work", "failed"));
            }
            exchange.finish().map(|haloed| haloed.padded()[0])
        })();
        let left = (world.rank() + world.size() - 1) % world.size();
        match world.agree(outcome) {
            Ok(cell) => assert_eq!(cell, 10 * step + left),
            Err(error) => assert!(
                leaving < world.size() && error.to_string().contains("work"),
                "{error}"
            ),
        }
    }
    Ok(())
}

/// Boxes are made for few arrays: one exchange of many goes as messages, and what is smaller through them again.
#[spmd_test(ranks = [2, 3])]
fn exchanges_of_more_arrays_than_fit_a_box_are_right_too(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 1)?;
    let field = |offset: usize| {
        let array = DistArray::from_fn(&grid, [12], |[i]| i + offset)?;
        array.with_halo(Halo::uniform(1, 2, Boundary::Periodic))
    };
    let mut arrays = [
        field(0)?,
        field(20)?,
        field(40)?,
        field(60)?,
        field(80)?,
        field(100)?,
    ];
    for _ in 0..3 {
        let [a, b, c, d, e, f] = &mut arrays;
        let haloed = DistArray::halo_exchange_of([a, b, c, d, e, f])?;
        let first = haloed[0].padded().to_owned();
        for (number, one) in haloed.iter().enumerate() {
            assert_eq!(one.padded(), first.map(|value| value + 20 * number));
        }
        let [a, b, ..] = &mut arrays;
        let haloed = DistArray::halo_exchange_of([b, a])?;
        assert_eq!(haloed[1].padded(), first);
    }
    Ok(())
}

/// Larger halos open larger boxes; arrays that were there before keep theirs.
#[spmd_test(ranks = [2, 3])]
fn arrays_of_small_and_large_halos_share_boxes_or_have_others(world: &Communicator) -> Result<()> {
    fn check(world: &Communicator, lengths: [usize; 3]) -> Result<()> {
        let grid = ProcessGrid::new(world, &[world.size(), 1])?;
        let mut arrays = lengths
            .map(|length| {
                let array = DistArray::from_fn(&grid, [2 * world.size(), length], |[i, j]| i + j)?;
                array.with_halo(Halo::uniform(2, 1, Boundary::Periodic))
            })
            .into_iter()
            .collect::<Result<Vec<_>>>()?;
        let mut copy = arrays[0].clone();
        arrays.push(copy.clone());
        let above = (2 * world.rank() + 2 * world.size() - 1) % (2 * world.size());
        for _ in 0..3 {
            let in_copy = copy.start_halo_exchange()?;
            for array in &mut arrays {
                let haloed = array.halo_exchange()?;
                assert_eq!(haloed.padded()[[0, 1]], above);
            }
            assert_eq!(in_copy.finish()?.padded()[[0, 1]], above);
        }
        Ok(())
    }
    check(world, [3, 3, 3])?;
    check(world, [2, 4000, 50])?;
    let other = world.duplicate()?;
    check(&other, [300, 2, 70_000])?;
    other.close()
}
