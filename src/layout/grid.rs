//! Ranks arranged in a grid, in row-major order.

use std::fmt;

use super::split::block_range;

/// The number of ranks along each axis.
///
/// ```
/// use partita::layout::GridShape;
/// let grid = GridShape::balanced(12, 2);
/// assert_eq!(grid.parts(), [4, 3]);
/// assert_eq!(grid.coordinates(7), [2, 1]);
/// assert_eq!(grid.rank(&[2, 1]), 7);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GridShape {
    parts: Vec<usize>,
}

impl GridShape {
    /// A grid of these extents.
    pub fn new(parts: &[usize]) -> Self {
        GridShape {
            parts: parts.to_vec(),
        }
    }

    /// `size` ranks on `ndim` axes, as near to a cube as its factors allow, the longer axes first.
    ///
    /// Without axes there is only one rank's worth of grid; a `size` of more has no such grid, and
    /// gets the empty one.
    pub fn balanced(size: usize, ndim: usize) -> Self {
        factorisations(size, ndim)
            .into_iter()
            .min_by_key(|parts| {
                // Of all boxes of one volume, the one nearest to the cube has the smallest sum.
                (
                    parts.iter().sum::<usize>(),
                    std::cmp::Reverse(parts.clone()),
                )
            })
            .map_or(GridShape { parts: vec![] }, |parts| GridShape { parts })
    }

    /// `size` ranks for an array of this shape: the largest block as small as can be, then as little
    /// surface between blocks as can be, then the first axes cut before the last (whose elements lie
    /// together in memory and in files).
    ///
    /// ```
    /// use partita::layout::GridShape;
    /// assert_eq!(GridShape::for_array(4, &[512, 512]).parts(), [2, 2]);
    /// assert_eq!(GridShape::for_array(4, &[10_000, 8]).parts(), [4, 1]);
    /// ```
    pub fn for_array(size: usize, shape: &[usize]) -> Self {
        factorisations(size, shape.len())
            .into_iter()
            .min_by_key(|parts| {
                let block: Vec<usize> = shape
                    .iter()
                    .zip(parts)
                    .map(|(&length, &parts)| block_range(length, parts, 0).len())
                    .collect();
                (
                    volume(&block),
                    surface(&block, parts),
                    std::cmp::Reverse(parts.clone()),
                )
            })
            .map_or(GridShape { parts: vec![] }, |parts| GridShape { parts })
    }

    /// The number of ranks along each axis.
    pub fn parts(&self) -> &[usize] {
        &self.parts
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.parts.len()
    }

    /// The number of ranks, `usize::MAX` if there are more.
    pub fn size(&self) -> usize {
        self.parts
            .iter()
            .fold(1, |size, &parts| size.saturating_mul(parts))
    }

    /// Where `rank` stands.
    pub fn coordinates(&self, rank: usize) -> Vec<usize> {
        let mut rest = rank;
        let mut coordinates: Vec<usize> = self
            .parts
            .iter()
            .rev()
            .map(|&parts| {
                let coordinate = rest % parts;
                rest /= parts;
                coordinate
            })
            .collect();
        coordinates.reverse();
        coordinates
    }

    /// The rank that stands there; the inverse of [`coordinates`](Self::coordinates).
    pub fn rank(&self, coordinates: &[usize]) -> usize {
        self.parts
            .iter()
            .zip(coordinates)
            .fold(0, |rank, (&parts, &coordinate)| rank * parts + coordinate)
    }
}

impl fmt::Display for GridShape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.parts.iter().map(usize::to_string).collect();
        formatter.write_str(&parts.join("×"))
    }
}

fn volume(block: &[usize]) -> u128 {
    block.iter().map(|&length| length as u128).product()
}

/// The elements that the block with the most neighbours shares with them: a face towards each.
fn surface(block: &[usize], parts: &[usize]) -> u128 {
    (0..block.len())
        .map(|axis| {
            let neighbours = (parts[axis] - 1).min(2);
            let mut face = block.to_vec();
            face[axis] = 1;
            neighbours as u128 * volume(&face)
        })
        .sum()
}

/// All ways to write `size` as a product of `count` factors, in every order.
fn factorisations(size: usize, count: usize) -> Vec<Vec<usize>> {
    match count {
        0 => Vec::from_iter((size == 1).then(Vec::new)),
        1 => vec![vec![size]],
        _ => (1..=size)
            .filter(|factor| size.is_multiple_of(*factor))
            .flat_map(|factor| {
                factorisations(size / factor, count - 1)
                    .into_iter()
                    .map(move |rest| [vec![factor], rest].concat())
            })
            .collect(),
    }
}
