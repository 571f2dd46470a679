//! Non-blocking collectives that move parts from rank to rank. The lengths of what comes are arguments: to ask
//! for them would be to wait.

use std::borrow::Cow;
use std::ops::Range;

use super::gather::parts;
use crate::comm::{Call, Element, Parts, Purpose, Scope, ScopedRequest, SendBuffer};
use crate::error::{Error, Result};

impl<'scope> Scope<'scope, '_> {
    /// [`all_gather`](crate::Communicator::all_gather) without waiting. *Collective.*
    ///
    /// # Cost
    /// size − 1 messages a rank, like all of those below where they move something.
    #[track_caller]
    pub fn start_all_gather<T: Element>(
        &'scope self,
        part: &'scope (impl SendBuffer<T> + ?Sized),
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let part = part.packed()?;
        let call = Call::new("start_all_gather").slice(&part).here();
        let counts = vec![part.len(); self.communicator.size()];
        let sends = vec![0..part.len(); counts.len()];
        self.start_exchange(call, part, (sends, counts), Ok)
    }

    /// [`all_gatherv`](crate::Communicator::all_gatherv) without waiting, of parts whose lengths every rank
    /// knows. *Collective.*
    ///
    /// # Errors
    /// [`Error::Shape`], on the rank that notices, when there is not one length a rank, or this rank's part
    /// has another one.
    #[track_caller]
    pub fn start_all_gatherv<T: Element>(
        &'scope self,
        part: &'scope (impl SendBuffer<T> + ?Sized),
        lengths: &[usize],
    ) -> Result<ScopedRequest<'scope, Parts<T>>> {
        let part = part.packed()?;
        self.check_own("start_all_gatherv", part.len(), lengths)?;
        let call = Call::new("start_all_gatherv").element::<T>().here();
        let sends = vec![0..part.len(); lengths.len()];
        let give = give_parts(lengths);
        self.start_exchange(call, part, (sends, lengths.to_vec()), give)
    }

    /// [`gather`](crate::Communicator::gather) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when `root` is no rank.
    #[track_caller]
    pub fn start_gather<T: Element>(
        &'scope self,
        root: usize,
        part: &'scope (impl SendBuffer<T> + ?Sized),
    ) -> Result<ScopedRequest<'scope, Option<Vec<T>>>> {
        self.communicator.check_rank("start_gather", root)?;
        let part = part.packed()?;
        let is_root = self.communicator.rank() == root;
        let counts = vec![if is_root { part.len() } else { 0 }; self.communicator.size()];
        let sends = self.only_to(root, part.len());
        let give = move |data| Ok(is_root.then_some(data));
        let call = Call::new("start_gather").slice(&part).root(root).here();
        self.start_exchange(call, part, (sends, counts), give)
    }

    /// [`gatherv`](crate::Communicator::gatherv) without waiting, of parts whose lengths the root knows and
    /// gives. *Collective.*
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when `root` is no rank, and on the root when it gives no lengths;
    /// [`Error::Shape`] on the root when they do not fit.
    #[track_caller]
    pub fn start_gatherv<T: Element>(
        &'scope self,
        root: usize,
        part: &'scope (impl SendBuffer<T> + ?Sized),
        lengths: Option<&[usize]>,
    ) -> Result<ScopedRequest<'scope, Option<Parts<T>>>> {
        self.communicator.check_rank("start_gatherv", root)?;
        let part = part.packed()?;
        let call = Call::new("start_gatherv").element::<T>().root(root).here();
        let sends = self.only_to(root, part.len());
        if self.communicator.rank() != root {
            let nothing = vec![0; sends.len()];
            return self.start_exchange(call, part, (sends, nothing), |_| Ok(None));
        }
        let missing = || Error::usage("start_gatherv: the root gives no lengths");
        let lengths = lengths.ok_or_else(missing)?;
        self.check_own("start_gatherv", part.len(), lengths)?;
        let give = give_parts(lengths);
        let plan = (sends, lengths.to_vec());
        self.start_exchange(call, part, plan, |data| give(data).map(Some))
    }

    /// [`scatter`](crate::Communicator::scatter) without waiting, of parts of `length` elements each.
    /// *Collective.*
    ///
    /// # Errors
    /// [`Error::Usage`], on every rank, when `root` is no rank, and on the root when it gives no data;
    /// [`Error::Shape`] on the root when they do not fit.
    #[track_caller]
    pub fn start_scatter<T: Element>(
        &'scope self,
        root: usize,
        data: Option<&'scope [T]>,
        length: usize,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let lengths = vec![length; self.communicator.size()];
        let call = Call::new("start_scatter").counted::<T>(length).here();
        self.start_from(call, root, data.map(|data| (data, lengths)), length)
    }

    /// [`scatterv`](crate::Communicator::scatterv) without waiting, where each rank knows the `length` of its
    /// part. *Collective.*
    ///
    /// # Errors
    /// As [`start_scatter`](Self::start_scatter).
    #[track_caller]
    pub fn start_scatterv<T: Element>(
        &'scope self,
        root: usize,
        parts: Option<&'scope Parts<T>>,
        length: usize,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let data = parts.map(|parts| (parts.as_slice(), parts.lengths()));
        let call = Call::new("start_scatterv").element::<T>().here();
        self.start_from(call, root, data, length)
    }

    /// [`all_to_all`](crate::Communicator::all_to_all) without waiting. *Collective.*
    ///
    /// # Errors
    /// [`Error::Shape`] when the length is no multiple of the number of ranks.
    #[track_caller]
    pub fn start_all_to_all<T: Element>(
        &'scope self,
        data: &'scope (impl SendBuffer<T> + ?Sized),
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let (data, size) = (data.packed()?, self.communicator.size());
        if !data.len().is_multiple_of(size) {
            let detail = format!("{} elements on {size} ranks", data.len());
            return Err(Error::shape("start_all_to_all", detail));
        }
        let call = Call::new("start_all_to_all").slice(&data).here();
        let counts = vec![data.len() / size; size];
        self.start_exchange(call, data, (ranges(&counts), counts), Ok)
    }

    /// [`all_to_allv`](crate::Communicator::all_to_allv) without waiting; `lengths[r]` elements come from
    /// rank r. *Collective.*
    ///
    /// # Errors
    /// [`Error::Shape`], on the rank that notices, when there is not one part and one length a rank, or the
    /// part for itself has another length.
    #[track_caller]
    pub fn start_all_to_allv<T: Element>(
        &'scope self,
        parts_to_send: &'scope Parts<T>,
        lengths: &[usize],
    ) -> Result<ScopedRequest<'scope, Parts<T>>> {
        let operation = "start_all_to_allv";
        let sent = parts_to_send.lengths();
        self.check_number(operation, &sent)?;
        self.check_own(operation, sent[self.communicator.rank()], lengths)?;
        let call = Call::new(operation).element::<T>().here();
        let data = Cow::Borrowed(parts_to_send.as_slice());
        let plan = (ranges(&sent), lengths.to_vec());
        self.start_exchange(call, data, plan, give_parts(lengths))
    }

    /// A scatter; the root's data with the lengths of its parts.
    fn start_from<T: Element>(
        &'scope self,
        call: Call,
        root: usize,
        data: Option<(&'scope [T], Vec<usize>)>,
        length: usize,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let (operation, call) = (call.operation(), call.root(root));
        self.communicator.check_rank(operation, root)?;
        let size = self.communicator.size();
        let mut counts = vec![0; size];
        counts[root] = length;
        if self.communicator.rank() != root {
            let nothing = vec![0..0; size];
            return self.start_exchange(call, Cow::Borrowed(&[]), (nothing, counts), Ok);
        }
        let missing = || Error::usage(format!("{operation}: the root gives no data"));
        let (data, lengths) = data.ok_or_else(missing)?;
        self.check_own(operation, length, &lengths)?;
        let total = lengths
            .iter()
            .try_fold(0usize, |sum, &one| sum.checked_add(one));
        if total != Some(data.len()) {
            let detail = format!("{} elements for parts of {lengths:?}", data.len());
            return Err(Error::shape(operation, detail));
        }
        let plan = (ranges(&lengths), counts);
        self.start_exchange(call, Cow::Borrowed(data), plan, Ok)
    }

    pub(super) fn start_exchange<T: Element, R: 'static>(
        &'scope self,
        call: Call,
        data: Cow<'scope, [T]>,
        plan: (Vec<Range<usize>>, Vec<usize>),
        give: impl FnOnce(Vec<T>) -> Result<R> + 'scope,
    ) -> Result<ScopedRequest<'scope, R>> {
        let (library, rank) = (self.communicator.inner.library, self.communicator.rank());
        let address = (library, rank, Purpose::Parts.tag());
        self.raw_exchange(call, address, data, plan, give)
    }

    /// What goes to each rank when the root alone gets something.
    fn only_to(&self, root: usize, length: usize) -> Vec<Range<usize>> {
        let to = |rank| if rank == root { 0..length } else { 0..0 };
        (0..self.communicator.size()).map(to).collect()
    }

    fn check_number(&self, operation: &str, lengths: &[usize]) -> Result<()> {
        if lengths.len() == self.communicator.size() {
            return Ok(());
        }
        let (parts, size) = (lengths.len(), self.communicator.size());
        Err(Error::shape(
            operation,
            format!("{parts} parts for {size} ranks"),
        ))
    }

    /// One length a rank, this rank's own being `length`.
    fn check_own(&self, operation: &str, length: usize, lengths: &[usize]) -> Result<()> {
        self.check_number(operation, lengths)?;
        let told = lengths[self.communicator.rank()];
        if told == length {
            return Ok(());
        }
        let detail = format!("this rank's part of {length} elements is to have {told}");
        Err(Error::shape(operation, detail))
    }
}

/// The places of consecutive parts.
fn ranges(lengths: &[usize]) -> Vec<Range<usize>> {
    let mut end = 0;
    let next = |&length: &usize| {
        end += length;
        end - length..end
    };
    lengths.iter().map(next).collect()
}

fn give_parts<T: Element>(lengths: &[usize]) -> impl FnOnce(Vec<T>) -> Result<Parts<T>> + use<T> {
    let lengths = lengths.to_vec();
    move |data| parts(data, &lengths)
}
