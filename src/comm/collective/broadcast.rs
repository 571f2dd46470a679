use std::time::{Duration, Instant};

use crate::comm::{Call, Communicator, Element, ReceiveBuffer};
use crate::error::Result;

impl Communicator {
    /// Returns on no rank before every rank has called it. *Collective.*
    #[track_caller]
    pub fn barrier(&self) -> Result<()> {
        let _call = self.enter(Call::new("barrier"))?;
        self.inner.library.barrier()
    }

    /// [`barrier`](Self::barrier) that gives up: `false` when `limit` passed before every rank came.
    /// *Collective.*
    ///
    /// For a rank on which somebody else's collective call failed, and which cannot know whether the
    /// others will ever leave it. After `false` no collective of this communicator may follow.
    pub fn arrive_within(&self, limit: Option<Duration>) -> Result<bool> {
        let mut arrival = self.inner.library.start_barrier()?;
        let start = Instant::now();
        while !arrival.is_complete()? {
            if limit.is_some_and(|limit| start.elapsed() > limit) {
                return Ok(false);
            }
            // The others may need this core to get here.
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(true)
    }

    /// Copies the root's `buffer` into every rank's. *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// Some log₂(size) messages a rank, of the buffer's bytes.
    ///
    /// # Errors
    /// [`Error::Usage`](crate::Error::Usage), on every rank, when `root` is no rank.
    #[track_caller]
    pub fn broadcast<T: Element>(
        &self,
        root: usize,
        buffer: &mut (impl ReceiveBuffer<T> + ?Sized),
    ) -> Result<()> {
        if let Some(elements) = buffer.as_contiguous() {
            return self.broadcast_slice(root, elements);
        }
        let mut elements = buffer.packed()?.into_owned();
        let outcome = self.broadcast_slice(root, &mut elements);
        buffer.unpack(&elements);
        outcome
    }

    // No closure, in which the call site would be this one.
    #[track_caller]
    fn broadcast_slice<T: Element>(&self, root: usize, elements: &mut [T]) -> Result<()> {
        let _call = self.enter(Call::new("broadcast").slice(elements).root(root))?;
        self.check_rank("broadcast", root)?;
        self.inner.library.broadcast(root, elements)
    }
}
