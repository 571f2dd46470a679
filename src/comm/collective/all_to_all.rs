use super::gather::parts;
use crate::comm::{Call, Communicator, Element, Parts, SendBuffer};
use crate::error::{Error, Result};

impl Communicator {
    /// Sends the r-th of size equal parts of `data` to each rank r; returns what came from each, in
    /// rank order. *Collective.*
    ///
    /// # Shapes
    /// The same length on every rank, a multiple of the number of ranks.
    ///
    /// # Cost
    /// size − 1 messages a rank.
    ///
    /// # Errors
    /// [`Error::Shape`] when the length is no multiple of the number of ranks.
    #[track_caller]
    pub fn all_to_all<T: Element>(&self, data: &(impl SendBuffer<T> + ?Sized)) -> Result<Vec<T>> {
        let data = data.packed()?;
        let _call = self.enter(Call::new("all_to_all").slice(&data))?;
        if !data.len().is_multiple_of(self.size()) {
            let detail = format!("{} elements on {} ranks", data.len(), self.size());
            return Err(Error::shape("all_to_all", detail));
        }
        self.inner.library.all_to_all(&data, self.size())
    }

    /// Sends `parts.part(r)` to each rank r; returns what came from each. *Collective.*
    ///
    /// # Shapes
    /// One part a rank, of any length.
    ///
    /// # Cost
    /// An all-to-all of the lengths, and one message between each two ranks that share something.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is not one part a rank.
    #[track_caller]
    pub fn all_to_allv<T: Element>(&self, parts_to_send: &Parts<T>) -> Result<Parts<T>> {
        let _call = self.enter(Call::new("all_to_allv").element::<T>())?;
        // Local: it may differ between ranks, so it is agreed.
        let lengths = self.agree(if parts_to_send.len() == self.size() {
            Ok(parts_to_send.lengths())
        } else {
            let detail = format!("{} parts for {} ranks", parts_to_send.len(), self.size());
            Err(Error::shape("all_to_allv", detail))
        })?;
        let counts = self.all_to_all(&lengths)?;
        let data = self.exchange(|to| parts_to_send.part(to), &counts)?;
        parts(data, &counts)
    }
}
