//! Families of grids, by the names they have in the literature.

use std::fmt;
use std::str::FromStr;

use partita::Error;

/// Which grids of ranks, pm × pn × pk over the loops of the product, may multiply.
///
/// ```
/// use partita_kernels::matmul::Algorithm;
/// assert_eq!("stationary-a".parse::<Algorithm>()?, Algorithm::StationaryA);
/// assert_eq!("2x3x4".parse::<Algorithm>()?, Algorithm::Grid([2, 3, 4]));
/// assert_eq!(Algorithm::SplitK.to_string(), "2.5d");
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// Whichever moves the fewest words.
    #[default]
    Automatic,
    /// `summa`, pk = 1: panels of A travel along rows of ranks, panels of B along columns.
    Summa,
    /// `stationary-a`, pn = 1: of those the grid that moves least of A, for a B of few columns.
    StationaryA,
    /// `stationary-b`, pm = 1: of those the grid that moves least of B, for an A of few rows.
    StationaryB,
    /// `stationary-c`, pk = 1: of those the grid that moves least of C.
    StationaryC,
    /// `inner-product`, pm = pn = 1: nothing but the sums of C travels, for long k.
    InnerProduct,
    /// `2.5d`, pk > 1: k is cut too, and partial sums of C are added up, as COSMA and 2.5D products do.
    SplitK,
    /// `PMxPNxPK`: this grid.
    Grid([usize; 3]),
}

impl Algorithm {
    /// All that have a name.
    pub const NAMED: [Algorithm; 7] = [
        Algorithm::Automatic,
        Algorithm::Summa,
        Algorithm::StationaryA,
        Algorithm::StationaryB,
        Algorithm::StationaryC,
        Algorithm::InnerProduct,
        Algorithm::SplitK,
    ];

    /// Whether a grid is of this family. One rank alone is of every family.
    pub fn takes(self, grid: [usize; 3]) -> bool {
        let [pm, pn, pk] = grid;
        match self {
            Algorithm::Grid(wanted) => grid == wanted,
            _ if grid == [1, 1, 1] => true,
            Algorithm::Automatic => true,
            Algorithm::Summa | Algorithm::StationaryC => pk == 1,
            Algorithm::StationaryA => pn == 1,
            Algorithm::StationaryB => pm == 1,
            Algorithm::InnerProduct => pm == 1 && pn == 1,
            Algorithm::SplitK => pk > 1,
        }
    }

    /// What a grid does, in a word or two.
    pub fn name_of(grid: [usize; 3]) -> &'static str {
        match grid {
            [1, 1, 1] => "one rank",
            [1, 1, _] => "inner product",
            [_, _, 1] => "SUMMA",
            [_, 1, _] => "stationary A",
            [1, _, _] => "stationary B",
            _ => "2.5D",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Algorithm::Automatic => "automatic",
            Algorithm::Summa => "summa",
            Algorithm::StationaryA => "stationary-a",
            Algorithm::StationaryB => "stationary-b",
            Algorithm::StationaryC => "stationary-c",
            Algorithm::InnerProduct => "inner-product",
            Algorithm::SplitK => "2.5d",
            Algorithm::Grid([pm, pn, pk]) => return formatter.pad(&format!("{pm}x{pn}x{pk}")),
        };
        formatter.pad(name)
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let named = Algorithm::NAMED.into_iter();
        if let Some(algorithm) = named.into_iter().find(|known| known.to_string() == text) {
            return Ok(algorithm);
        }
        let numbers: Result<Vec<usize>, _> = text.split(['x', '×']).map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[pm, pn, pk]) => Ok(Algorithm::Grid([pm, pn, pk])),
            _ => {
                let names = Algorithm::NAMED.map(|algorithm| algorithm.to_string());
                Err(Error::usage(format!(
                    "`{text}` is no algorithm: {}, or a grid such as 2x2x1",
                    names.join(", ")
                )))
            }
        }
    }
}
