use crate::comm::{Call, Communicator, Element, Parts, Purpose, SendBuffer};
use crate::error::{Error, Result};

impl Communicator {
    /// Every rank's equally long `part`, in rank order, on every rank. *Collective.*
    ///
    /// # Cost
    /// Each rank receives size − 1 parts.
    #[track_caller]
    pub fn all_gather<T: Element>(&self, part: &(impl SendBuffer<T> + ?Sized)) -> Result<Vec<T>> {
        let part = part.packed()?;
        let _call = self.enter(Call::new("all_gather").slice(&part))?;
        self.inner.library.all_gather(&part, self.size())
    }

    /// Every rank's part, of any length, on every rank. *Collective.*
    ///
    /// # Cost
    /// An all-gather of the lengths and one of the parts.
    #[track_caller]
    pub fn all_gatherv<T: Element>(
        &self,
        part: &(impl SendBuffer<T> + ?Sized),
    ) -> Result<Parts<T>> {
        let part = &*part.packed()?;
        let _call = self.enter(Call::new("all_gatherv").element::<T>())?;
        let lengths = self.all_gather(&[part.len()])?;
        let data = match self.inner.library.all_gatherv(part, &lengths)? {
            Some(data) => data,
            None => self.exchange(|_| part, &lengths)?,
        };
        parts(data, &lengths)
    }

    /// Every rank's equally long `part`, in rank order, on the root; `None` elsewhere. *Collective.*
    ///
    /// # Cost
    /// The root receives size − 1 parts.
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when `root` is no rank.
    #[track_caller]
    pub fn gather<T: Element>(
        &self,
        root: usize,
        part: &(impl SendBuffer<T> + ?Sized),
    ) -> Result<Option<Vec<T>>> {
        let part = part.packed()?;
        let _call = self.enter(Call::new("gather").slice(&part).root(root))?;
        self.check_rank("gather", root)?;
        let receives = (self.rank() == root).then_some(self.size());
        self.inner.library.gather(root, &part, receives)
    }

    /// Every rank's part, of any length, on the root; `None` elsewhere. *Collective.*
    ///
    /// # Cost
    /// A gather of the lengths, and one message from each rank that has something.
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when `root` is no rank.
    #[track_caller]
    pub fn gatherv<T: Element>(
        &self,
        root: usize,
        part: &(impl SendBuffer<T> + ?Sized),
    ) -> Result<Option<Parts<T>>> {
        let part = &*part.packed()?;
        let _call = self.enter(Call::new("gatherv").element::<T>().root(root))?;
        let lengths = self.gather(root, &[part.len()])?;
        let counts = lengths.clone().unwrap_or_else(|| vec![0; self.size()]);
        let data = self.exchange(|to| if to == root { part } else { &[] }, &counts)?;
        lengths.map(|lengths| parts(data, &lengths)).transpose()
    }

    /// Sends `part(r)` to each rank r and receives `counts[r]` elements from it.
    pub(crate) fn exchange<'a, T: Element>(
        &self,
        part: impl Fn(usize) -> &'a [T],
        counts: &[usize],
    ) -> Result<Vec<T>> {
        let tag = Purpose::Parts.tag();
        self.inner.library.exchange(self.rank(), part, counts, tag)
    }
}

pub(super) fn parts<T>(data: Vec<T>, lengths: &[usize]) -> Result<Parts<T>> {
    Parts::new(data, lengths).ok_or_else(|| Error::shape("parts", "lengths do not sum up"))
}
