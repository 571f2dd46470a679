use crate::comm::{Call, Communicator, Element, Parts};
use crate::error::{Error, Result};

impl Communicator {
    /// Cuts the root's `data` into one equally long part a rank. *Collective.*
    ///
    /// The root gives `Some`, the others `None`. An array is given as
    /// `Some(&array.packed()?)` ([`SendBuffer::packed`](crate::SendBuffer::packed)).
    ///
    /// # Cost
    /// A broadcast of the length, and size − 1 parts sent by the root.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when the root gives no data or is no rank,
    /// [`Error::Shape`] when the length is no multiple of the number of ranks.
    #[track_caller]
    pub fn scatter<T: Element>(&self, root: usize, data: Option<&[T]>) -> Result<Vec<T>> {
        let _call = self.enter(Call::new("scatter").element::<T>().root(root))?;
        self.check_rank("scatter", root)?;
        let length = (self.rank() == root).then(|| match data {
            None => Err(no_data("scatter")),
            Some(data) if data.len() % self.size() != 0 => Err(Error::shape(
                "scatter",
                format!("{} elements on {} ranks", data.len(), self.size()),
            )),
            Some(data) => Ok((data.len() / self.size()) as u64),
        });
        let length = self.broadcast_outcome(root, length)?;
        let length = usize::try_from(length).map_err(Error::other)?;
        self.inner.library.scatter(root, data, length)
    }

    /// Hands each rank its part of the root's `parts`. *Collective.*
    ///
    /// The root gives `Some`, the others `None`.
    ///
    /// # Shapes
    /// One part a rank, of any length.
    ///
    /// # Cost
    /// A scatter of the lengths, and one message to each rank that gets something.
    ///
    /// # Errors
    /// The same on every rank: [`Error::Usage`] when the root gives no parts or is no rank,
    /// [`Error::Shape`] when there is not one part a rank.
    #[track_caller]
    pub fn scatterv<T: Element>(&self, root: usize, parts: Option<&Parts<T>>) -> Result<Vec<T>> {
        let _call = self.enter(Call::new("scatterv").element::<T>().root(root))?;
        self.check_rank("scatterv", root)?;
        let outcome = (self.rank() == root).then(|| match parts {
            None => Err(no_data("scatterv")),
            Some(parts) if parts.len() != self.size() => Err(Error::shape(
                "scatterv",
                format!("{} parts for {} ranks", parts.len(), self.size()),
            )),
            Some(_) => Ok(()),
        });
        self.broadcast_outcome(root, outcome)?;
        let parts = parts.filter(|_| self.rank() == root);
        let lengths = parts.map(Parts::lengths);
        let own = self.inner.library.scatter(root, lengths.as_deref(), 1)?[0];
        let mut counts = vec![0; self.size()];
        counts[root] = own;
        self.exchange(|to| parts.map_or(&[][..], |parts| parts.part(to)), &counts)
    }
}

fn no_data(operation: &str) -> Error {
    Error::usage(format!("{operation}: the root gives no data"))
}
