//! Parts of different lengths between any pairs of ranks: what every v-form but one is made of.

use std::ffi::c_int;
use std::io::Write;
use std::time::{Duration, Instant};

use mpi::ffi;

use super::begin::{RECEIVE, SEND};
use super::buffer::{count, vector_filled_by};
use super::check::check;
use super::environment;
use super::handle::Handle;
use super::status::Status;
use crate::comm::Element;
use crate::error::{Error, Result};

impl Handle {
    /// Sends `part(r)` to each rank `r`, and receives `counts[r]` elements from it, in rank order.
    /// Empty parts travel as nothing, so that ranks which share nothing exchange no message.
    ///
    /// Collective over those that have something for each other.
    pub(crate) fn exchange<'a, T: Element>(
        self,
        rank: usize,
        part: impl Fn(usize) -> &'a [T],
        counts: &[usize],
        tag: i32,
    ) -> Result<Vec<T>> {
        let total = counts.iter().sum();
        let expected = expected(rank, counts);
        // SAFETY: the parts tile the result, and `complete` returns `Ok` only when all of them have
        // arrived whole; on every path it leaves no request that still refers to the buffers.
        unsafe {
            vector_filled_by(total, |receive: *mut T| {
                let mut requests = Vec::with_capacity(2 * counts.len());
                let posted = post(self, rank, &part, counts, tag, receive, &mut requests);
                complete::<T>(&mut requests, posted, &expected)
            })
        }
    }
}

/// The lengths of what other ranks send, in the order in which [`post`] posts their receives.
pub(super) fn expected(rank: usize, counts: &[usize]) -> Vec<usize> {
    let others = counts
        .iter()
        .enumerate()
        .filter(|(source, _)| *source != rank);
    others
        .map(|(_, &length)| length)
        .filter(|&length| length > 0)
        .collect()
}

/// Unless every message was as long as expected.
pub(super) fn check_lengths<T: Element>(statuses: &[Status], expected: &[usize]) -> Result<()> {
    for (status, &length) in statuses.iter().zip(expected) {
        status.expect::<T>(length)?;
    }
    Ok(())
}

/// Posts all receives, copies this rank's own part, posts all sends.
///
/// # Safety
/// `receive` must hold the sum of `counts`, and like the parts outlive the requests.
pub(super) unsafe fn post<'a, T: Element>(
    handle: Handle,
    rank: usize,
    part: &impl Fn(usize) -> &'a [T],
    counts: &[usize],
    tag: i32,
    receive: *mut T,
    requests: &mut Vec<ffi::MPI_Request>,
) -> Result<()> {
    let mut offset = 0;
    for (source, &length) in counts.iter().enumerate() {
        // SAFETY: the parts before this one end at `offset`, within the buffer.
        let place = unsafe { receive.add(offset) };
        offset += length;
        if source == rank {
            let own = part(rank);
            assert_eq!(own.len(), length, "a rank's part for itself has one length");
            // SAFETY: both are `length` long, and the result is fresh memory.
            unsafe { std::ptr::copy_nonoverlapping(own.as_ptr(), place, length) };
        } else if length > 0 {
            let place = std::ptr::slice_from_raw_parts_mut(place, length);
            // SAFETY: `place` has room for `length` elements; the caller keeps it alive.
            let request = unsafe { handle.begin_receive(RECEIVE, place, Some(source), Some(tag)) };
            requests.push(request?);
        }
    }
    let others = (rank + 1..counts.len()).chain(0..rank);
    for destination in others {
        let data = part(destination);
        if !data.is_empty() {
            // SAFETY: `data` is alive until the requests are complete.
            requests.push(unsafe { handle.begin_send(SEND, data, destination, tag)? });
        }
    }
    Ok(())
}

/// Waits for all requests, of which the first are receives of `expected` elements; after a failure ends those
/// that are left.
///
/// # Safety
/// The requests' buffers must be alive.
unsafe fn complete<T: Element>(
    requests: &mut [ffi::MPI_Request],
    posted: Result<()>,
    expected: &[usize],
) -> Result<()> {
    let number = count(requests.len(), "MPI_Waitall")?;
    let mut statuses: Vec<Status> = requests.iter().map(|_| Status::new()).collect();
    let outcome = posted.and_then(|()| {
        let places = statuses.as_mut_ptr().cast::<ffi::MPI_Status>();
        // SAFETY: live requests, a status for each, and their number.
        let code = unsafe { ffi::MPI_Waitall(number, requests.as_mut_ptr(), places) };
        if code == ffi::MPI_ERR_IN_STATUS as c_int {
            // The code says only that one of them tells.
            let failed = statuses.iter().map(|status| status.outcome("MPI_Waitall"));
            failed.collect::<Result<()>>()?;
        }
        check(code, "MPI_Waitall")?;
        check_lengths::<T>(&statuses, expected)
    });
    if let Err(error) = &outcome {
        // SAFETY: what is left are live requests, or null ones.
        unsafe { withdraw(requests, error) };
    }
    outcome
}

/// How long a peer may take to receive what a failed exchange has begun to send.
const PATIENCE: Duration = Duration::from_secs(1);

/// Ends the requests of a failed exchange, so that MPI refers to their buffers no more. A send cannot
/// be cancelled: one that nobody takes ends the job, with the `error` that began it.
///
/// # Safety
/// The requests must be live ones or null, and their buffers alive.
unsafe fn withdraw(requests: &mut [ffi::MPI_Request], error: &Error) {
    let start = Instant::now();
    for request in requests {
        // SAFETY: as the caller says; a null request is neither cancelled nor pending.
        unsafe {
            if *request != ffi::RSMPI_REQUEST_NULL {
                ffi::MPI_Cancel(request);
            }
            let mut done: c_int = 0;
            while done == 0 {
                let code = ffi::MPI_Test(request, &mut done, ffi::RSMPI_STATUS_IGNORE);
                if code != ffi::MPI_SUCCESS as c_int {
                    break;
                }
                if start.elapsed() > PATIENCE {
                    let _ = writeln!(std::io::stderr(), "error: {error}");
                    environment::abort(error.exit_code());
                }
            }
        }
    }
}
