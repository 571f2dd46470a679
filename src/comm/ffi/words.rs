//! Words in memory that ranks have in common, by which they tell each other how far they have come.
//!
//! A rank stores its own word with release order, and looks at the others' with acquire order: who has seen that
//! a rank is there sees all that it wrote before. No call of MPI is mistaken for such a meeting, and none is
//! needed, so that it cannot fail.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a word: a line of its own, so that those who look do not disturb those who write.
pub(super) const LINE: usize = 64;

/// Looks at another rank's word before the others get the core.
const LOOKS: usize = 1000;

/// A word of each rank.
pub(super) struct Words {
    first: NonNull<u8>,
    rank: usize,
    ranks: usize,
}

impl Words {
    /// Bytes of the words of so many ranks.
    pub(super) const fn bytes(ranks: usize) -> usize {
        ranks * LINE
    }

    /// The words at `first`, of which this rank writes its own. All ranks have to do so, and to know that all have,
    /// before the first [`meet`](Self::meet).
    ///
    /// # Safety
    /// So many bytes as the words take are mapped there on every rank, aligned to a line, for as long as `meet` is
    /// called, and used for nothing else.
    pub(super) unsafe fn new(first: NonNull<u8>, rank: usize, ranks: usize) -> Self {
        assert!(rank < ranks, "a rank of these");
        // SAFETY: this rank's own word, as the caller vouches.
        unsafe {
            let own = first.add(rank * LINE).cast::<AtomicU64>();
            own.write(AtomicU64::new(0));
        }
        Words { first, rank, ranks }
    }

    /// Waits until every rank has come to this meeting, numbered from 1. Collective.
    pub(super) fn meet(&self, number: u64) {
        self.word(self.rank).store(number, Ordering::Release);
        for rank in 0..self.ranks {
            let mut looks = 0;
            while self.word(rank).load(Ordering::Acquire) < number {
                looks += 1;
                match looks < LOOKS {
                    true => std::hint::spin_loop(),
                    // The others may need this core.
                    false => std::thread::yield_now(),
                }
            }
        }
    }

    fn word(&self, rank: usize) -> &AtomicU64 {
        assert!(rank < self.ranks, "a rank of these");
        // SAFETY: initialised by every rank (see `new`), and mapped as long as it is looked at. Atomics only: any
        // rank may look at any time.
        unsafe { self.first.add(rank * LINE).cast().as_ref() }
    }
}
