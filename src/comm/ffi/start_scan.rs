//! The reductions of a scope whose result is another one on each rank.

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

/// `MPI_Iscan` or `MPI_Iexscan`, and its name.
type StartScan = (
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

impl<'scope> Scope<'scope, '_> {
    /// The reduction over the ranks up to this one.
    pub(crate) fn raw_scan<T: Element>(
        &'scope self,
        call: Call,
        handle: Handle,
        reduced: (Cow<'scope, [T]>, Operation),
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        self.raw_scan_by(call, handle, (ffi::MPI_Iscan, "MPI_Iscan"), reduced, Ok)
    }

    /// The reduction over the ranks before this one, of which rank 0 has none.
    pub(crate) fn raw_exclusive_scan<T: Element>(
        &'scope self,
        call: Call,
        (handle, rank): (Handle, usize),
        reduced: (Cow<'scope, [T]>, Operation),
    ) -> Result<ScopedRequest<'scope, Option<Vec<T>>>> {
        let give = move |reduced| Ok((rank > 0).then_some(reduced));
        self.raw_scan_by(
            call,
            handle,
            (ffi::MPI_Iexscan, "MPI_Iexscan"),
            reduced,
            give,
        )
    }

    fn raw_scan_by<T: Element, R: 'static>(
        &'scope self,
        call: Call,
        handle: Handle,
        (scan, name): StartScan,
        (data, operation): (Cow<'scope, [T]>, Operation),
        give: impl FnOnce(Vec<T>) -> Result<R> + 'scope,
    ) -> Result<ScopedRequest<'scope, R>> {
        let mut reduced: Vec<T> = vector_of_defaults(data.len())?;
        let place = address(reduced.as_mut_ptr(), reduced.len()).cast_mut();
        let (send, limit) = (read_only(&data), count_limit());
        let (datatype, operation) = (T::equivalent_datatype(), operation.on::<T>(name)?);
        // SAFETY: `data` is borrowed for the scope or owned by the last closure, like `reduced`; each piece is
        // within them.
        unsafe {
            self.start_together(
                (call, Some(send.len())),
                name,
                move |requests| {
                    for (number, piece) in send.chunks(limit).enumerate() {
                        let mut raw = ffi::RSMPI_REQUEST_NULL;
                        let code = scan(
                            read(piece),
                            place.add(number * limit).cast(),
                            count(piece.len(), name)?,
                            datatype.as_raw(),
                            operation,
                            handle.0,
                            &mut raw,
                        );
                        check(code, name)?;
                        requests.push(raw);
                    }
                    Ok(())
                },
                move |_| {
                    drop(data);
                    validate(reduced.as_mut_ptr(), reduced.len())?;
                    give(reduced)
                },
            )
        }
    }

    /// Rank r's `lengths[r]` consecutive elements of the reduction over all; the lengths are one a rank, and sum
    /// up to that of the data.
    pub(crate) fn raw_reduce_scatter<T: Element>(
        &'scope self,
        call: Call,
        (handle, rank): (Handle, usize),
        (data, operation): (Cow<'scope, [T]>, Operation),
        lengths: &[usize],
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let name = "MPI_Ireduce_scatter";
        if data.len() > count_limit() {
            return self.raw_reduce_to_each(call, (handle, rank), (data, operation), lengths);
        }
        assert_eq!(data.len(), lengths.iter().sum::<usize>());
        let counts: Vec<c_int> = lengths
            .iter()
            .map(|&length| count(length, name))
            .collect::<Result<_>>()?;
        let mut reduced: Vec<T> = vector_of_defaults(lengths[rank])?;
        let place = address(reduced.as_mut_ptr(), reduced.len()).cast_mut();
        let (send, counted) = (read_only(&data), counts.as_ptr());
        let (datatype, operation) = (T::equivalent_datatype(), operation.on::<T>(name)?);
        // SAFETY: `data` is borrowed for the scope or owned by the last closure, like `reduced`, which has room for
        // this rank's count, and the counts, whose sum `data` has.
        unsafe {
            self.start_together(
                (call, Some(send.len())),
                name,
                move |requests| {
                    request!(
                        requests,
                        MPI_Ireduce_scatter,
                        read(send),
                        place.cast(),
                        counted,
                        datatype.as_raw(),
                        operation,
                        handle.0
                    );
                    Ok(())
                },
                move |_| {
                    drop((data, counts));
                    validate(reduced.as_mut_ptr(), reduced.len())?;
                    Ok(reduced)
                },
            )
        }
    }

    /// As `raw_reduce_scatter`, by a reduction to each rank in turn, which can be cut into pieces.
    fn raw_reduce_to_each<T: Element>(
        &'scope self,
        call: Call,
        (handle, rank): (Handle, usize),
        (data, operation): (Cow<'scope, [T]>, Operation),
        lengths: &[usize],
    ) -> Result<ScopedRequest<'scope, Vec<T>>> {
        let name = "MPI_Ireduce";
        let mut reduced: Vec<T> = vector_of_defaults(lengths[rank])?;
        let place = address(reduced.as_mut_ptr(), reduced.len()).cast_mut();
        let (send, lengths, limit) = (read_only(&data), lengths.to_vec(), count_limit());
        let (datatype, operation) = (T::equivalent_datatype(), operation.on::<T>(name)?);
        // SAFETY: as in `raw_reduce_scatter`; each piece is within its rank's part, and where another rank receives
        // the place is not looked at.
        unsafe {
            self.start_together(
                (call, Some(send.len())),
                name,
                move |requests| {
                    let mut rest = send;
                    for (root, &length) in lengths.iter().enumerate() {
                        let (part, others) = rest.split_at(length);
                        rest = others;
                        for (number, piece) in part.chunks(limit).enumerate() {
                            let offset = if root == rank { number * limit } else { 0 };
                            request!(
                                requests,
                                MPI_Ireduce,
                                read(piece),
                                place.add(offset).cast(),
                                count(piece.len(), name)?,
                                datatype.as_raw(),
                                operation,
                                count(root, name)?,
                                handle.0
                            );
                        }
                    }
                    Ok(())
                },
                move |_| {
                    drop(data);
                    validate(reduced.as_mut_ptr(), reduced.len())?;
                    Ok(reduced)
                },
            )
        }
    }
}
