//! The game of life on a distributed board: each rank its block, with the cells around it.

use ndarray::Ix2;
use partita::random::Integers;
use partita::{Boundary, DistArray, Error, Halo, Operation, ProcessGrid, Result};

use super::Pattern;

/// A cell, and the eight around it.
const SQUARE: [[isize; 2]; 9] = [
    [0, 0],
    [-1, -1],
    [-1, 0],
    [-1, 1],
    [0, -1],
    [0, 1],
    [1, -1],
    [1, 0],
    [1, 1],
];

/// A game that can be looked at between generations.
///
/// ```no_run
/// # fn example(world: &partita::Communicator) -> partita::Result<()> {
/// use partita::ProcessGrid;
/// use partita_kernels::life::{Pattern, parallel};
/// let grid = ProcessGrid::balanced(world, 2)?;
/// let mut life = parallel::Life::new(parallel::board(&grid, [640, 640], Pattern::RPentomino)?)?;
/// for _ in 0..1103 {
///     life.step()?;
/// }
/// assert_eq!(life.population()?, 116);
/// # Ok(()) }
/// ```
pub struct Life {
    board: DistArray<u8, Ix2>,
    next: DistArray<u8, Ix2>,
}

impl Life {
    /// A game from an `initial` board of zeros and ones. *Collective.*
    ///
    /// # Cost
    /// Memory for two blocks, one with a halo.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Shape`] when the board's parts are not blocks, [`Error::Numerical`] when
    /// a cell is neither dead nor alive, [`Error::Memory`].
    pub fn new(initial: DistArray<u8, Ix2>) -> Result<Self> {
        // Local: each rank knows its own cells.
        let strange = initial.indexed_iter().find(|(_, cell)| **cell > 1);
        initial.communicator().agree(match strange {
            None => Ok(()),
            Some((index, cell)) => Err(Error::numerical(
                "life",
                format!("cell {index:?} is {cell}, neither 0 nor 1"),
            )),
        })?;
        let halo = Halo::uniform(2, 1, Boundary::Periodic).with_corners();
        let board = initial.with_halo(halo)?;
        Ok(Life {
            next: board.clone(),
            board,
        })
    }

    /// One generation. *Collective.*
    ///
    /// # Cost
    /// One halo exchange of width 1 with corners (a message to each neighbour); two bytes of memory traffic and
    /// some ten operations a cell, on as many cells at once as a vector has bytes.
    ///
    /// # Errors
    /// [`Error::Mpi`] when a message is lost.
    pub fn step(&mut self) -> Result<()> {
        self.board
            .stencil(&mut self.next, SQUARE, |[here, around @ ..]: [u8; 9]| {
                super::next(here, around.into_iter().sum())
            })?;
        std::mem::swap(&mut self.board, &mut self.next);
        Ok(())
    }

    /// The cells now.
    pub fn board(&self) -> &DistArray<u8, Ix2> {
        &self.board
    }

    /// How many cells are alive. *Collective.*
    ///
    /// # Cost
    /// One read of the board, one small reduction.
    ///
    /// # Errors
    /// [`Error::Mpi`].
    pub fn population(&self) -> Result<u64> {
        let communicator = self.board.communicator();
        let cells = self.board.local();
        let rows = cells.rows().into_iter();
        let alive = rows.map(|row| row.iter().map(|&cell| u64::from(cell)).sum::<u64>());
        // Copies count once.
        let counts = self.board.layout().is_primary(communicator.rank());
        let alive = if counts { alive.sum() } else { 0u64 };
        communicator.all_reduce_value(alive, Operation::Sum)
    }
}

/// The board of this `shape` that a pattern begins with. *Collective.*
///
/// # Errors
/// The same on every rank: those of [`Pattern::check`], and [`Error::Memory`].
pub fn board(
    grid: &ProcessGrid,
    shape: [usize; 2],
    pattern: Pattern,
) -> Result<DistArray<u8, Ix2>> {
    // Replicated: every rank has the same pattern and shape.
    pattern.check(shape)?;
    match pattern {
        Pattern::Random { seed } => {
            let mut board = DistArray::random(grid, shape, seed, Integers::new(0..4u8)?)?;
            board.map_inplace(|number| u8::from(number == 0));
            Ok(board)
        }
        _ => DistArray::from_fn(grid, shape, |index| {
            u8::from(pattern.is_alive(index, shape))
        }),
    }
}

/// The board `generations` later. *Collective.*
///
/// # Cost, errors
/// As [`Life`].
pub fn run(initial: DistArray<u8, Ix2>, generations: usize) -> Result<DistArray<u8, Ix2>> {
    let mut life = Life::new(initial)?;
    for _ in 0..generations {
        life.step()?;
    }
    Ok(life.board)
}
