//! Non-blocking reductions by operations that MPI never gets to see: every rank gets all values, and combines them
//! when they are waited for.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::location::replaces;
use crate::comm::{Call, Element, Scope, ScopedRequest, SendBuffer};
use crate::error::Result;

impl<'scope> Scope<'scope, '_> {
    /// [`all_reduce_with`](crate::Communicator::all_reduce_with) without waiting. *Collective.*
    ///
    /// `combine` is called when the request is waited for, or its scope ends: with what the ranks from 0 on gave
    /// so far, and the next rank's value.
    ///
    /// # Shapes
    /// The same length on every rank.
    ///
    /// # Cost
    /// size − 1 messages a rank, each of all its values: no rank waits for what another one combines.
    ///
    /// # Errors
    /// Of waiting for it [`Error::Shape`](crate::Error::Shape), on the rank that notices, when the lengths differ.
    #[track_caller]
    pub fn start_all_reduce_with<T: Element>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
        combine: impl FnMut(T, T) -> T + 'scope,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let call = Call::new("start_all_reduce_with");
        let ranks = self.communicator.size();
        self.start_of_all(call, values.packed()?, move |all| {
            all.reduce(ranks, combine)
        })
    }

    /// [`scan_with`](crate::Communicator::scan_with) without waiting, as
    /// [`start_all_reduce_with`](Self::start_all_reduce_with). *Collective.*
    ///
    /// # Errors
    /// As [`start_all_reduce_with`](Self::start_all_reduce_with).
    #[track_caller]
    pub fn start_scan_with<T: Element>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
        combine: impl FnMut(T, T) -> T + 'scope,
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let call = Call::new("start_scan_with");
        let ranks = self.communicator.rank() + 1;
        self.start_of_all(call, values.packed()?, move |all| {
            all.reduce(ranks, combine)
        })
    }

    /// [`all_reduce_min_location`](crate::Communicator::all_reduce_min_location) without waiting. *Collective.*
    ///
    /// # Errors
    /// As [`start_all_reduce_with`](Self::start_all_reduce_with).
    #[track_caller]
    pub fn start_all_reduce_min_location<T: Element + PartialOrd>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
    ) -> Result<ScopedRequest<'scope, Vec<(T, usize)>>> {
        let call = Call::new("start_all_reduce_min_location");
        self.start_of_all(call, values.packed()?, |all| all.locate(Ordering::Less))
    }

    /// [`all_reduce_max_location`](crate::Communicator::all_reduce_max_location) without waiting. *Collective.*
    ///
    /// # Errors
    /// As [`start_all_reduce_with`](Self::start_all_reduce_with).
    #[track_caller]
    pub fn start_all_reduce_max_location<T: Element + PartialOrd>(
        &'scope self,
        values: &'scope (impl SendBuffer<T> + ?Sized),
    ) -> Result<ScopedRequest<'scope, Vec<(T, usize)>>> {
        let call = Call::new("start_all_reduce_max_location");
        self.start_of_all(call, values.packed()?, |all| all.locate(Ordering::Greater))
    }

    #[track_caller]
    fn start_of_all<T: Element, R: 'static>(
        &'scope self,
        call: Call,
        own: Cow<'scope, [T]>,
        give: impl FnOnce(OfAll<T>) -> R + 'scope,
    ) -> Result<ScopedRequest<'scope, R>> {
        let (length, size) = (own.len(), self.communicator.size());
        let plan = (vec![0..length; size], vec![length; size]);
        let call = call.slice(&own).here();
        self.start_exchange(call, own, plan, move |values| {
            Ok(give(OfAll { values, length }))
        })
    }
}

/// So many values of each rank, one rank after the other.
struct OfAll<T> {
    values: Vec<T>,
    length: usize,
}

impl<T: Element> OfAll<T> {
    /// Of the first ranks, in their order.
    fn reduce(mut self, ranks: usize, mut combine: impl FnMut(T, T) -> T) -> Vec<T> {
        let (reduced, others) = self.values.split_at_mut(self.length);
        for rank in 1..ranks {
            let part = &others[(rank - 1) * self.length..][..self.length];
            for (reduced, &value) in reduced.iter_mut().zip(part) {
                *reduced = combine(*reduced, value);
            }
        }
        self.values.truncate(self.length);
        self.values
    }

    /// Of each element the extreme one, and the lowest rank that has it.
    fn locate(self, wanted: Ordering) -> Vec<(T, usize)>
    where
        T: PartialOrd,
    {
        let located = |place: usize| {
            let of_ranks = self.values.iter().skip(place).step_by(self.length).copied();
            of_ranks.zip(0..).reduce(
                |lower, higher| match replaces(&lower.0, &higher.0, wanted) {
                    true => higher,
                    false => lower,
                },
            )
        };
        (0..self.length).filter_map(located).collect()
    }
}
