//! The game of life on one process: the reference, to be read rather than to be fast.

use ndarray::{Array2, ArrayView2};

/// The board `generations` later. *Local.*
///
/// # Cost
/// Nine reads a cell and generation.
pub fn run(initial: ArrayView2<'_, u8>, generations: usize) -> Array2<u8> {
    let mut board = initial.to_owned();
    for _ in 0..generations {
        board = Array2::from_shape_fn(board.raw_dim(), |(row, column)| {
            super::next(board[[row, column]], around(&board, row, column))
        });
    }
    board
}

/// How many of the eight cells around one are alive.
fn around(board: &Array2<u8>, row: usize, column: usize) -> u8 {
    let (rows, columns) = board.dim();
    let mut alive = 0;
    for down in [rows - 1, rows, rows + 1] {
        for right in [columns - 1, columns, columns + 1] {
            if (down, right) != (rows, columns) {
                alive += board[[(row + down) % rows, (column + right) % columns]];
            }
        }
    }
    alive
}
