//! The game of life against its serial reference and against what is known of its patterns.

use ndarray::Array2;
use partita::{Communicator, DistArray, Error, ProcessGrid, Result};
use partita_kernels::life::parallel::{self, Life};
use partita_kernels::life::{Pattern, serial};
use partita_testing::{error_of_all, spmd_test};

fn grids(world: &Communicator) -> Result<Vec<ProcessGrid>> {
    let size = world.size();
    (1..=size)
        .filter(|rows| size.is_multiple_of(*rows))
        .map(|rows| ProcessGrid::new(world, &[rows, size / rows]))
        .collect()
}

#[spmd_test(ranks = [1, 2, 3, 4, 5, 8])]
fn every_grid_gives_the_cells_of_the_serial_reference(world: &Communicator) -> Result<()> {
    for grid in grids(world)? {
        for (seed, shape) in [[1, 1], [2, 1], [2, 3], [5, 9], [16, 70], [0, 4], [31, 8]]
            .into_iter()
            .enumerate()
        {
            let pattern = Pattern::Random { seed: seed as u64 };
            let board = parallel::board(&grid, shape, pattern)?;
            let expected: Array2<u8> = serial::run(board.all_gather()?.view(), 7);
            let found = parallel::run(board, 7)?;
            assert_eq!(found.all_gather()?, expected, "{shape:?} on {grid:?}");
        }
    }
    Ok(())
}

/// Known: after four generations it stands one cell further along both axes, so after four times the side of
/// a square board it has crossed every border and is home.
#[spmd_test(ranks = [1, 2, 3, 4, 8])]
fn a_glider_that_crosses_all_borders_comes_home(world: &Communicator) -> Result<()> {
    const SIDE: usize = 17;
    for grid in grids(world)? {
        let start = parallel::board(&grid, [SIDE, SIDE], Pattern::Glider)?;
        let mut life = Life::new(start.clone())?;
        let expected = start.all_gather()?;
        for generation in 1..=4 * SIDE {
            life.step()?;
            assert_eq!(life.population()?, 5);
            let is_home = life.board().all_gather()? == expected;
            assert_eq!(is_home, generation == 4 * SIDE, "generation {generation}");
        }
    }
    Ok(())
}

/// Known: the population of the first generations, and that it settles after 1103 as 116 cells, six gliders
/// among them, which no longer changes its number. Source: LifeWiki, *R-pentomino*; the first generations as
/// counted on an unbounded plane, a set of living cells.
#[spmd_test(ranks = [3])]
fn the_r_pentomino_settles_after_1103_generations_as_116_cells(world: &Communicator) -> Result<()> {
    // The first glider leaves in generation 69 and flies a cell in four: none comes back before 1103.
    let grid = ProcessGrid::balanced(world, 2)?;
    let board = parallel::board(&grid, [640, 640], Pattern::RPentomino)?;
    let first = [5, 6, 7, 9, 8, 9, 12, 11, 18, 11, 11, 10, 13, 16];
    let mut life = Life::new(board)?;
    for generation in 0..=1111 {
        let population = life.population()?;
        match generation {
            1102 => assert_ne!(population, 116),
            1103.. => assert_eq!(population, 116, "generation {generation}"),
            _ => {
                let known = first.get(generation).copied();
                assert_eq!(
                    known.unwrap_or(population),
                    population,
                    "generation {generation}"
                );
            }
        }
        life.step()?;
    }
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn a_board_without_room_for_the_pattern_is_refused(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    for shape in [[4, 9], [9, 0], [1, 1]] {
        let refused = parallel::board(&grid, shape, Pattern::Glider).map(drop);
        assert!(matches!(refused, Err(Error::Shape { .. })), "{refused:?}");
    }
    parallel::board(&grid, [5, 5], Pattern::RPentomino)?;
    Ok(())
}

#[spmd_test(ranks = [1, 3])]
fn a_cell_that_is_neither_dead_nor_alive_is_everyones_error(world: &Communicator) -> Result<()> {
    let grid = ProcessGrid::balanced(world, 2)?;
    let board = DistArray::from_fn(&grid, [6, 7], |index| u8::from(index == [5, 6]) * 2)?;
    let refused = error_of_all(world, Life::new(board).map(drop))?.to_string();
    assert!(refused.contains("[5, 6] is 2"), "{refused}");
    Ok(())
}
