//! Whom a message goes to and whom it comes from.

/// A number by which users tell their messages apart, from 0 to [`Tag::MAX`], which every MPI grants.
///
/// A message without one has `Tag(0)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tag(pub u16);

impl Tag {
    /// The largest tag that every MPI grants.
    pub const MAX: Tag = Tag(32_767);
}

/// Where a message goes: a rank, and the message's tag.
///
/// ```
/// use partita::{Destination, Tag};
/// assert_eq!(Destination::from(3), Destination::from((3, Tag(0))));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    pub(super) rank: usize,
    pub(super) tag: Tag,
}

impl From<usize> for Destination {
    fn from(rank: usize) -> Self {
        Destination::from((rank, Tag(0)))
    }
}

impl From<(usize, Tag)> for Destination {
    fn from((rank, tag): (usize, Tag)) -> Self {
        Destination { rank, tag }
    }
}

/// Which messages a receive takes: those of one rank or of any, with one tag or with any.
///
/// ```
/// use partita::{Source, Tag};
/// assert_eq!(Source::from((3, Tag(7))), Source::rank(3).tag(Tag(7)));
/// // Every message there is:
/// let all = Source::any().any_tag();
/// # let _ = all;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// `None`: any.
    pub(super) rank: Option<usize>,
    /// `None`: any.
    pub(super) tag: Option<Tag>,
}

impl Source {
    /// Messages of this rank with `Tag(0)`; what a plain number means.
    pub fn rank(rank: usize) -> Self {
        Source {
            rank: Some(rank),
            tag: Some(Tag(0)),
        }
    }

    /// Messages of any rank with `Tag(0)`, one sender's in the order they were sent in.
    pub fn any() -> Self {
        Source {
            rank: None,
            tag: Some(Tag(0)),
        }
    }

    /// With this tag instead.
    pub fn tag(self, tag: Tag) -> Self {
        Source {
            tag: Some(tag),
            ..self
        }
    }

    /// With any tag.
    pub fn any_tag(self) -> Self {
        Source { tag: None, ..self }
    }
}

impl From<usize> for Source {
    fn from(rank: usize) -> Self {
        Source::rank(rank)
    }
}

impl From<(usize, Tag)> for Source {
    fn from((rank, tag): (usize, Tag)) -> Self {
        Source::rank(rank).tag(tag)
    }
}

/// What is known of a message that arrived, or is about to be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// The rank that sent it.
    pub source: usize,
    /// The tag it was sent with.
    pub tag: Tag,
    /// The number of its elements.
    pub count: usize,
}
