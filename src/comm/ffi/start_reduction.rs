//! The reductions of a scope: to a root, to all, over the ranks up to each, and to each rank its part.

use std::borrow::Cow;
use std::ffi::{c_int, c_void};

use mpi::ffi;
use mpi::traits::AsRaw;

use super::buffer::{address, count, count_limit, vector_of_defaults};
use super::check::check;
use super::collective::read;
use super::handle::Handle;
use super::scope::{Scope, ScopedRequest};
use super::start::{read_only, request};
use super::validity::validate;
use crate::comm::{Call, Element, Operation};
use crate::error::Result;

/// `MPI_Iallreduce`, `MPI_Iscan` or `MPI_Iexscan`: every rank receives as much as it sends. And its name.
type Elementwise = (
    unsafe extern "C" fn(
        *const c_void,
        *mut c_void,
        c_int,
        ffi::MPI_Datatype,
        ffi::MPI_Op,
        ffi::MPI_Comm,
        *mut ffi::MPI_Request,
    ) -> c_int,
    &'static str,
);

const ALL_REDUCE: Elementwise = (ffi::MPI_Iallreduce, "MPI_Iallreduce");
const SCAN: Elementwise = (ffi::MPI_Iscan, "MPI_Iscan");
const EXCLUSIVE_SCAN: Elementwise = (ffi::MPI_Iexscan, "MPI_Iexscan");

type Requests = Vec<ffi::MPI_Request>;

/// What all calls of a reduction share.
struct Reduction<'scope, T> {
    send: &'scope [T],
    /// Where this rank's result goes.
    place: *mut T,
    datatype: ffi::MPI_Datatype,
    operation: ffi::MPI_Op,
    communicator: ffi::MPI_Comm,
}

impl<'scope> Scope<'scope, '_> {
    /// To the root, which says so in `root`, or (`None`) to all. `give` makes the result; where there is
    /// none it gets nothing.
    pub(crate) fn raw_reduce<T: Element, R: 'static>(
        &'scope self,
        call: Call,
        handle: Handle,
        root: Option<(usize, bool)>,
        reduced: (Cow<'scope, [T]>, Operation),
        give: impl FnOnce(Vec<T>) -> R + 'scope,
    ) -> Result<ScopedRequest<'scope, R>> {
        let give = |reduced| Ok(give(reduced));
        let Some((root, is_root)) = root else {
            return self.raw_elementwise(call, handle, ALL_REDUCE, reduced, give);
        };
        let length = if is_root { reduced.0.len() } else { 0 };
        let start = move |reduction: &Reduction<'scope, T>, requests: &mut Requests| {
            // SAFETY: the root's place is as long as what is sent.
            unsafe { reduction.to_root(reduction.send, (root, is_root), requests) }
        };
        // SAFETY: as above.
        unsafe { self.raw_reduction((call, "MPI_Ireduce"), handle, reduced, length, start, give) }
    }

    /// The reduction over the ranks up to this one.
    pub(crate) fn raw_scan<T: Element>(
        &'scope self,
        call: Call,
        handle: Handle,
        reduced: (Cow<'scope, [T]>, Operation),
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        self.raw_elementwise(call, handle, SCAN, reduced, Ok)
    }

    /// The reduction over the ranks before this one, of which rank 0 has none.
    pub(crate) fn raw_exclusive_scan<T: Element>(
        &'scope self,
        call: Call,
        (handle, rank): (Handle, usize),
        reduced: (Cow<'scope, [T]>, Operation),
    ) -> Result<ScopedRequest<'scope, Option<Vec<T>>>> {
        let give = move |reduced| Ok((rank > 0).then_some(reduced));
        self.raw_elementwise(call, handle, EXCLUSIVE_SCAN, reduced, give)
    }

    fn raw_elementwise<T: Element, R: 'static>(
        &'scope self,
        call: Call,
        handle: Handle,
        (function, name): Elementwise,
        reduced: (Cow<'scope, [T]>, Operation),
        give: impl FnOnce(Vec<T>) -> Result<R> + 'scope,
    ) -> Result<ScopedRequest<'scope, R>> {
        let length = reduced.0.len();
        let start = move |reduction: &Reduction<'scope, T>, requests: &mut Requests| {
            let limit = count_limit();
            for (number, piece) in reduction.send.chunks(limit).enumerate() {
                // SAFETY: the piece's place is within that of the result, which is as long as what is sent.
                unsafe {
                    let mut raw = ffi::RSMPI_REQUEST_NULL;
                    let code = function(
                        read(piece),
                        reduction.place.add(number * limit).cast(),
                        count(piece.len(), name)?,
                        reduction.datatype,
                        reduction.operation,
                        reduction.communicator,
                        &mut raw,
                    );
                    check(code, name)?;
                    requests.push(raw);
                }
            }
            Ok(())
        };
        // SAFETY: as above.
        unsafe { self.raw_reduction((call, name), handle, reduced, length, start, give) }
    }

    /// Rank r's `lengths[r]` consecutive elements of the reduction over all; the lengths are one a rank, and sum
    /// up to that of the data.
    pub(crate) fn raw_reduce_scatter<T: Element>(
        &'scope self,
        call: Call,
        (handle, rank): (Handle, usize),
        reduced: (Cow<'scope, [T]>, Operation),
        lengths: &[usize],
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let name = "MPI_Ireduce_scatter";
        if reduced.0.len() > count_limit() {
            return self.raw_reduce_to_each(call, (handle, rank), reduced, lengths);
        }
        assert_eq!(reduced.0.len(), lengths.iter().sum::<usize>());
        let counts: Vec<c_int> = lengths
            .iter()
            .map(|&length| count(length, name))
            .collect::<Result<_>>()?;
        // MPI looks at the counts until the reduction is complete: they are freed with the result.
        let counted = counts.as_ptr();
        let start = move |reduction: &Reduction<'scope, T>, requests: &mut Requests| {
            // SAFETY: the place has room for this rank's count, and what is sent for all of them.
            unsafe {
                request!(
                    requests,
                    MPI_Ireduce_scatter,
                    read(reduction.send),
                    reduction.place.cast(),
                    counted,
                    reduction.datatype,
                    reduction.operation,
                    reduction.communicator
                );
            }
            Ok(())
        };
        let give = move |reduced| {
            drop(counts);
            Ok(reduced)
        };
        let length = lengths[rank];
        // SAFETY: as above.
        unsafe { self.raw_reduction((call, name), handle, reduced, length, start, give) }
    }

    /// As `raw_reduce_scatter`, by a reduction to each rank in turn, which can be cut into pieces.
    fn raw_reduce_to_each<T: Element>(
        &'scope self,
        call: Call,
        (handle, rank): (Handle, usize),
        reduced: (Cow<'scope, [T]>, Operation),
        lengths: &[usize],
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let length = lengths[rank];
        let lengths = lengths.to_vec();
        let start = move |reduction: &Reduction<'scope, T>, requests: &mut Requests| {
            let mut rest = reduction.send;
            for (root, &length) in lengths.iter().enumerate() {
                let (part, others) = rest.split_at(length);
                rest = others;
                // SAFETY: this rank's place is as long as its part.
                unsafe { reduction.to_root(part, (root, root == rank), requests)? };
            }
            Ok(())
        };
        let name = (call, "MPI_Ireduce");
        // SAFETY: as above.
        unsafe { self.raw_reduction(name, handle, reduced, length, start, Ok) }
    }

    /// What `start` starts, with a result of `length` elements.
    ///
    /// # Safety
    /// `start` has MPI read only what is sent and write only to those elements.
    unsafe fn raw_reduction<T: Element, R: 'static>(
        &'scope self,
        (call, name): (Call, &'static str),
        handle: Handle,
        (data, operation): (Cow<'scope, [T]>, Operation),
        length: usize,
        start: impl FnOnce(&Reduction<'scope, T>, &mut Requests) -> Result<()> + 'scope,
        give: impl FnOnce(Vec<T>) -> Result<R> + 'scope,
    ) -> Result<ScopedRequest<'scope, R>> {
        let mut reduced: Vec<T> = vector_of_defaults(length)?;
        let datatype = T::equivalent_datatype();
        let reduction = Reduction {
            send: read_only(&data),
            place: address(reduced.as_mut_ptr(), reduced.len()).cast_mut(),
            datatype: datatype.as_raw(),
            operation: operation.on::<T>(name)?,
            communicator: handle.0,
        };
        // SAFETY: `data` is borrowed for the scope or owned by the last closure, like `reduced`.
        unsafe {
            self.start_together(
                (call, Some(data.len())),
                name,
                move |requests| start(&reduction, requests),
                move |_| {
                    drop((data, datatype));
                    validate(reduced.as_mut_ptr(), reduced.len())?;
                    give(reduced)
                },
            )
        }
    }
}

impl<T> Reduction<'_, T> {
    /// # Safety
    /// On the root, the place is as long as `part`; elsewhere it is not looked at.
    unsafe fn to_root(
        &self,
        part: &[T],
        (root, is_root): (usize, bool),
        requests: &mut Requests,
    ) -> Result<()> {
        let (name, limit) = ("MPI_Ireduce", count_limit());
        for (number, piece) in part.chunks(limit).enumerate() {
            let offset = if is_root { number * limit } else { 0 };
            // SAFETY: the piece is within the part, its place within that of the result.
            unsafe {
                request!(
                    requests,
                    MPI_Ireduce,
                    read(piece),
                    self.place.add(offset).cast(),
                    count(piece.len(), name)?,
                    self.datatype,
                    self.operation,
                    count(root, name)?,
                    self.communicator
                );
            }
        }
        Ok(())
    }
}
