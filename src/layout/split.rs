//! One axis cut into blocks: the only place that divides a length by a number of parts.

use std::ops::Range;

/// The indices of block `part` of `parts`: consecutive, balanced to one, the longer blocks first.
///
/// ```
/// use partita::layout::block_range;
/// assert_eq!(block_range(10, 4, 0), 0..3);
/// assert_eq!(block_range(10, 4, 3), 8..10);
/// assert_eq!(block_range(2, 4, 3), 2..2); // more parts than indices: the last own nothing
/// ```
pub fn block_range(length: usize, parts: usize, part: usize) -> Range<usize> {
    let (short, longer) = (length / parts, length % parts);
    let start = part * short + part.min(longer);
    start..start + short + usize::from(part < longer)
}

/// The block that holds `index`, the inverse of [`block_range`]; `None` outside the axis.
///
/// ```
/// use partita::layout::block_owner;
/// assert_eq!(block_owner(10, 4, 7), Some(2));
/// assert_eq!(block_owner(10, 4, 10), None);
/// ```
pub fn block_owner(length: usize, parts: usize, index: usize) -> Option<usize> {
    if index >= length {
        return None;
    }
    let (short, longer) = (length / parts, length % parts);
    let in_longer = longer * (short + 1);
    Some(if index < in_longer {
        index / (short + 1)
    } else {
        longer + (index - in_longer) / short
    })
}
