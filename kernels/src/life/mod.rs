//! Conway's game of life on a board that closes on itself.
//!
//! A cell is alive (1) or dead (0). In the next generation those cells are alive that have
//!
//! ```text
//! exactly three living neighbours, or two and are alive themselves
//! ```
//!
//! of the eight around them. Opposite edges of the board are neighbours. On a board that is large enough a
//! pattern does not notice, until something that left it comes back from the other side.
//!
//! [`serial`] and [`parallel`] give the same cells, on any number of ranks.
//!
//! Source: M. Gardner, *Mathematical Games: The fantastic combinations of John Conway's new solitaire game
//! "life"*, Scientific American 223(4) (1970), 120–123.

pub mod parallel;
pub mod serial;

use partita::{Error, Result};

/// What the board holds at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Five cells that are themselves again after four generations, one row further down and one column to
    /// the right.
    Glider,
    /// Five cells that take 1103 generations to settle, as 116 cells.
    RPentomino,
    /// Every fourth cell or so, by the seed and the place of the cell alone.
    Random {
        /// Which board.
        seed: u64,
    },
}

impl Pattern {
    /// The living cells, as rows and columns; of [`Random`](Self::Random) ones, none are known beforehand.
    pub fn cells(self) -> &'static [[usize; 2]] {
        match self {
            Pattern::Glider => &[[0, 1], [1, 2], [2, 0], [2, 1], [2, 2]],
            Pattern::RPentomino => &[[0, 1], [0, 2], [1, 0], [1, 1], [2, 1]],
            Pattern::Random { .. } => &[],
        }
    }

    /// Whether the cell at `index` of a board of this `shape` is alive at first: the pattern stands in the
    /// middle.
    ///
    /// ```
    /// use partita_kernels::life::Pattern;
    /// assert!(Pattern::Glider.is_alive([9, 10], [20, 20]));
    /// assert!(!Pattern::Glider.is_alive([9, 9], [20, 20]));
    /// ```
    pub fn is_alive(self, index: [usize; 2], shape: [usize; 2]) -> bool {
        let corner = shape.map(|length| (length / 2).saturating_sub(1));
        self.cells()
            .iter()
            .any(|&[row, column]| index == [corner[0] + row, corner[1] + column])
    }

    /// Whether the pattern has room on a board of this `shape`.
    ///
    /// # Errors
    /// [`Error::Shape`] when the board has fewer than five rows or columns, on which a cell of the pattern
    /// would have another one as neighbour on both sides.
    pub fn check(self, shape: [usize; 2]) -> Result<()> {
        if self.cells().is_empty() || shape.iter().all(|&length| length >= 5) {
            return Ok(());
        }
        let [rows, columns] = shape;
        let detail =
            format!("a board of {rows}×{columns} is too small for the pattern: 5×5 at least");
        Err(Error::shape("life", detail))
    }
}

/// A cell of the next generation, of the cell now and the sum over those around it.
#[inline]
fn next(here: u8, around: u8) -> u8 {
    u8::from(around == 3) | (u8::from(around == 2) & here)
}
