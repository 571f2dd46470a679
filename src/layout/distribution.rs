//! One axis dealt out over the parts of a grid's axis.

use std::fmt;

use super::runs::Runs;
use super::slice::Sliced;
use super::split::{block_owner, block_range};

/// How the indices of an axis are dealt out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Consecutive indices to each part, as many as to any other or one more; the longer blocks first.
    Block,
    /// So many consecutive indices to each part; they sum up to the axis.
    Parts(Vec<usize>),
    /// One index to each part in turn.
    Cyclic,
    /// Blocks of so many indices to each part in turn, as ScaLAPACK has them.
    BlockCyclic(usize),
    /// All indices to every part: the axis is not cut.
    Replicated,
    /// What a slice leaves of another distribution, each index where it was.
    Sliced(Sliced),
}

impl Distribution {
    /// The part, of so many, that has an index of an axis of this length.
    pub(super) fn owner(&self, index: usize, length: usize, parts: usize) -> Option<usize> {
        if index >= length {
            return None;
        }
        match self {
            Distribution::Block => block_owner(length, parts, index),
            Distribution::Parts(sizes) => {
                let ends = sizes.iter().scan(0, |end, size| {
                    *end += size;
                    Some(*end)
                });
                ends.take(parts).position(|end| index < end)
            }
            Distribution::Replicated => Some(0),
            Distribution::Cyclic | Distribution::BlockCyclic(_) => {
                let block = self.dealt_block().unwrap_or(1);
                Some(index / block % parts)
            }
            Distribution::Sliced(sliced) => sliced.owner(index),
        }
    }

    /// The size of the blocks that are dealt in turn.
    pub(super) fn dealt_block(&self) -> Option<usize> {
        match self {
            Distribution::Cyclic => Some(1),
            Distribution::BlockCyclic(block) => Some(*block),
            _ => None,
        }
    }
}

/// `block`, `parts 3+0+4`, `cyclic`, `block-cyclic(64)`, `replicated`, `cyclic[2..8;3]`
impl fmt::Display for Distribution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distribution::Block => formatter.write_str("block"),
            Distribution::Parts(sizes) => {
                let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
                write!(formatter, "parts {}", sizes.join("+"))
            }
            Distribution::Cyclic => formatter.write_str("cyclic"),
            Distribution::BlockCyclic(block) => write!(formatter, "block-cyclic({block})"),
            Distribution::Replicated => formatter.write_str("replicated"),
            Distribution::Sliced(sliced) => write!(formatter, "{sliced}"),
        }
    }
}

/// One axis of a [`Layout`](super::Layout): its length, and which part has which of its indices.
///
/// ```
/// use partita::layout::{AxisLayout, Distribution};
/// let axis = AxisLayout::new(10, Distribution::BlockCyclic(2), 3)?;
/// assert_eq!(axis.runs(1).iter().collect::<Vec<_>>(), [2..4, 8..10]);
/// assert_eq!(axis.to_local(9), Some((1, 3)));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AxisLayout {
    length: usize,
    distribution: Distribution,
    parts: usize,
}

impl AxisLayout {
    /// `length` indices dealt out over `parts` parts.
    ///
    /// # Errors
    /// In words, when there are no parts, blocks have no indices, or explicit parts are of another number
    /// or do not sum up to the length.
    pub fn new(length: usize, distribution: Distribution, parts: usize) -> Result<Self, String> {
        let wrong = match &distribution {
            _ if parts == 0 => Some("no parts".to_string()),
            Distribution::BlockCyclic(0) => Some("blocks of no indices".to_string()),
            Distribution::Parts(sizes) if sizes.len() != parts => {
                Some(format!("{} sizes for {parts} parts", sizes.len()))
            }
            Distribution::Parts(sizes) if sum(sizes) != Some(length) => {
                Some(format!("{distribution} are not {length} indices"))
            }
            Distribution::Sliced(sliced) if (sliced.len(), sliced.parts()) != (length, parts) => {
                let (found, over) = (sliced.len(), sliced.parts());
                Some(format!(
                    "{distribution} is of {found} indices over {over} parts"
                ))
            }
            _ => None,
        };
        wrong.map_or(
            Ok(AxisLayout {
                length,
                distribution,
                parts,
            }),
            Err,
        )
    }

    /// The number of indices.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How they are dealt out.
    pub fn distribution(&self) -> &Distribution {
        &self.distribution
    }

    /// The number of parts.
    pub fn parts(&self) -> usize {
        self.parts
    }

    /// The indices of a part.
    pub fn runs(&self, part: usize) -> Runs {
        match &self.distribution {
            Distribution::Block => block_range(self.length, self.parts, part).into(),
            Distribution::Parts(sizes) => {
                let start: usize = sizes[..part].iter().sum();
                (start..start + sizes[part]).into()
            }
            Distribution::Replicated => (0..self.length).into(),
            Distribution::Cyclic => self.dealt(1, part),
            Distribution::BlockCyclic(block) => self.dealt(*block, part),
            Distribution::Sliced(sliced) => sliced.runs(part),
        }
    }

    fn dealt(&self, block: usize, part: usize) -> Runs {
        let start = part.saturating_mul(block).min(self.length);
        Runs::new(start, block, block.saturating_mul(self.parts), self.length)
    }

    /// The part that has an index, the first where all have it; `None` outside the axis.
    pub fn owner(&self, index: usize) -> Option<usize> {
        self.distribution.owner(index, self.length, self.parts)
    }

    /// The part that has an index, and its place there; `None` outside the axis.
    pub fn to_local(&self, index: usize) -> Option<(usize, usize)> {
        let owner = self.owner(index)?;
        Some((owner, self.runs(owner).position(index)?))
    }

    /// Whether two parts would have the same of both; as far as that can be told of two parts.
    pub(super) fn is_dealt_like(&self, other: &Self) -> bool {
        let over_two = |axis: &Self| AxisLayout::new(axis.length, axis.distribution.clone(), 2);
        // One block may be meant to be a part's on any number of parts.
        let dealt = |axis: &Self| axis.distribution.dealt_block();
        let is_one_block = |axis: &Self| dealt(axis).is_some_and(|block| axis.length <= block);
        if is_one_block(self) || is_one_block(other) {
            return true;
        }
        let same = |one: Runs, other: Runs| one == other || one.is_empty() && other.is_empty();
        match (over_two(self), over_two(other)) {
            (Ok(one), Ok(other)) => (0..2).all(|part| same(one.runs(part), other.runs(part))),
            _ => true,
        }
    }

    /// Whether each part's indices are one run, that of one part after that of another.
    ///
    /// A slice that is like that has explicit parts.
    pub fn is_contiguous(&self) -> bool {
        if let Distribution::Sliced(_) = &self.distribution {
            return false;
        }
        let Some(block) = self.distribution.dealt_block() else {
            return true;
        };
        self.parts == 1 || self.length <= block.saturating_mul(self.parts)
    }
}

fn sum(sizes: &[usize]) -> Option<usize> {
    sizes.iter().copied().try_fold(0, usize::checked_add)
}
