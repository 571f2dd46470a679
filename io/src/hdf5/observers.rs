//! Who sees elements on their way to a file.

use super::hyperslab::Piece;

/// Sees pieces of a dataset as they are stored.
pub(super) type Observer<'a> = &'a mut dyn FnMut(&Piece, &[u8]);

/// Who sees what is written.
pub(super) struct Observers<'a> {
    /// Each piece, just before.
    pub written: Observer<'a>,
    pub replaced: Replaced<'a>,
}

/// What was there before what is written.
pub(super) enum Replaced<'a> {
    /// Nothing that was not made by this program.
    Nothing,
    /// Anything: what is packed must be unpacked by HDF5, to be put together with what is new.
    Unseen,
    /// The same, and this sees each piece of it.
    Seen(Observer<'a>),
}
