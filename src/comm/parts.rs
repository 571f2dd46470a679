//! A vector cut into one part a rank, the parts of different lengths.

/// One part a rank, stored one after the other: what the v-forms of the collectives take and give.
///
/// ```
/// use partita::Parts;
/// let parts = Parts::from_iter([vec![1, 2], vec![], vec![3]]);
/// assert_eq!(parts.part(0), [1, 2]);
/// assert_eq!(parts.iter().map(<[i32]>::len).collect::<Vec<_>>(), [2, 0, 1]);
/// assert_eq!(parts.into_vec(), [1, 2, 3]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<T> {
    data: Vec<T>,
    /// Where each part ends.
    ends: Vec<usize>,
}

impl<T> Parts<T> {
    /// `data` cut into consecutive parts of these lengths; `None` unless they sum up to its length.
    pub fn new(data: Vec<T>, lengths: &[usize]) -> Option<Self> {
        let ends: Vec<usize> = lengths
            .iter()
            .scan(0usize, |end, length| {
                *end += length;
                Some(*end)
            })
            .collect();
        (ends.last().copied().unwrap_or(0) == data.len()).then_some(Parts { data, ends })
    }

    /// The part of `rank`.
    ///
    /// # Panics
    /// When there is no such part, as indexing does.
    pub fn part(&self, rank: usize) -> &[T] {
        let start = if rank == 0 { 0 } else { self.ends[rank - 1] };
        &self.data[start..self.ends[rank]]
    }

    /// The number of parts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no parts at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The parts in rank order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[T]> {
        (0..self.len()).map(|rank| self.part(rank))
    }

    /// The lengths of the parts.
    pub fn lengths(&self) -> Vec<usize> {
        self.iter().map(<[T]>::len).collect()
    }

    /// All elements, part after part.
    pub fn as_slice(&self) -> &[T] {
        &self.data
    }

    /// All elements, part after part.
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }
}

impl<T, Part: IntoIterator<Item = T>> FromIterator<Part> for Parts<T> {
    fn from_iter<Source: IntoIterator<Item = Part>>(source: Source) -> Self {
        let mut parts = Parts {
            data: Vec::new(),
            ends: Vec::new(),
        };
        for part in source {
            parts.data.extend(part);
            parts.ends.push(parts.data.len());
        }
        parts
    }
}
