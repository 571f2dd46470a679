//! Process grids: where a rank stands, whom it has for neighbours, and the grids within.

use partita::{Communicator, Error, Operation, ProcessGrid, Result, Shift};
use partita_testing::{all_grids, error_of_all, spmd_test};

/// The neighbour as one looks for it: by trying every rank.
fn by_search(grid: &ProcessGrid, axis: usize, displacement: isize, ring: bool) -> Option<usize> {
    let (shape, here) = (grid.shape(), grid.coordinates());
    let parts = shape.parts()[axis] as isize;
    (0..shape.size()).find(|&rank| {
        let there = shape.coordinates(rank);
        let others_alike = (0..shape.ndim()).all(|one| one == axis || there[one] == here[one]);
        let steps = there[axis] as isize - here[axis] as isize - displacement;
        others_alike && (steps == 0 || ring && steps % parts == 0)
    })
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn neighbours_are_those_who_stand_there(world: &Communicator) -> Result<()> {
    for ndim in 1..=3 {
        for open in all_grids(world, ndim)? {
            assert_eq!(open.coordinates(), open.shape().coordinates(world.rank()));
            let rings = open.clone().periodic(&(0..ndim).collect::<Vec<_>>())?;
            for (grid, ring) in [(open, false), (rings, true)] {
                for axis in 0..ndim {
                    for displacement in -9..=9 {
                        let expected = Shift {
                            source: by_search(&grid, axis, -displacement, ring),
                            destination: by_search(&grid, axis, displacement, ring),
                        };
                        assert_eq!(grid.shift(axis, displacement)?, expected);
                    }
                    let far = grid.shift(axis, isize::MAX)?.destination;
                    assert_eq!(far.is_some(), ring);
                }
            }
        }
    }
    let grid = ProcessGrid::balanced(world, 1)?;
    let error = error_of_all(world, grid.shift(1, 1))?;
    assert!(matches!(error, Error::Shape { .. }), "{error:?}");
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn what_is_passed_around_a_ring_comes_back(world: &Communicator) -> Result<()> {
    let ring = ProcessGrid::new(world, &[world.size(), 1])?.periodic(&[0])?;
    let step = ring.shift(0, 1)?;
    let (Some(to), Some(from)) = (step.destination, step.source) else {
        panic!("a ring has no ends: {step:?}");
    };
    let mut token = [world.rank()];
    for _ in 0..world.size() {
        let passed = token;
        world.send_receive(&passed, to, &mut token, from)?;
    }
    assert_eq!(token, [world.rank()]);
    Ok(())
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn a_sub_grid_has_the_ranks_that_share_the_other_coordinates(world: &Communicator) -> Result<()> {
    for grid in all_grids(world, 3)? {
        for kept in [
            &[0][..],
            &[1],
            &[2],
            &[0, 1],
            &[0, 2],
            &[1, 2],
            &[],
            &[0, 1, 2],
        ] {
            let part = grid.sub_grid(kept)?;
            let at_kept = |rank: usize| -> Vec<usize> {
                let place = grid.shape().coordinates(rank);
                kept.iter().map(|&axis| place[axis]).collect()
            };
            let together = |rank: usize| {
                let (there, here) = (grid.shape().coordinates(rank), grid.coordinates());
                (0..3).all(|axis| kept.contains(&axis) || there[axis] == here[axis])
            };
            let members: Vec<usize> = (0..world.size()).filter(|&rank| together(rank)).collect();
            assert_eq!(part.communicator().all_gather(&[world.rank()])?, members);
            assert_eq!(part.coordinates(), at_kept(world.rank()));
            // It is kept, for whoever asks again.
            let again = grid.clone().sub_grid(kept)?;
            let (first, second) = (part.communicator(), again.communicator());
            assert_eq!(first.as_raw_library(), second.as_raw_library());
        }
        for axis in 0..3 {
            let line = grid.along(axis)?;
            assert_eq!(line.rank(), grid.coordinates()[axis]);
            let ranks = line.all_reduce_value(1, Operation::Sum)?;
            assert_eq!(ranks, grid.shape().parts()[axis]);
        }
        for wrong in [&[3][..], &[1, 0], &[1, 1]] {
            let error = error_of_all(world, grid.sub_grid(wrong))?;
            assert!(matches!(error, Error::Shape { .. }), "{error:?}");
        }
    }
    Ok(())
}
