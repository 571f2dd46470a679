//! Non-blocking calls of a scope, on buffers that are borrowed for it or owned by the request.

use std::borrow::Cow;
use std::ops::Range;

use mpi::ffi;

use super::begin::{RECEIVE, SEND};
use super::buffer::{Description, address, count, vector_of_defaults};
use super::check::check;
use super::exchange::{check_lengths, expected, post};
use super::handle::Handle;
use super::scope::{Scope, ScopedRequest};
use super::validity::validate;
use crate::comm::{Call, Element, Received};
use crate::error::Result;

/// Puts elements where the user wants them.
type Unpack<'scope, T> = Box<dyn FnOnce(&[T]) + 'scope>;

/// Where something is received: in the user's memory, or beside it.
pub(crate) enum Target<'scope, T> {
    InPlace(&'scope mut [T]),
    /// Of this length and contents, and what to do with it in the end.
    Beside(Vec<T>, Unpack<'scope, T>),
}

/// Pushes the request that a call starts, whose last argument is the place for it. To be used in an `unsafe`
/// block that vouches for the arguments.
macro_rules! request {
    ($requests:expr, $call:ident, $($argument:expr),* $(,)?) => {{
        let mut raw = ffi::RSMPI_REQUEST_NULL;
        check(ffi::$call($($argument),*, &mut raw), stringify!($call))?;
        $requests.push(raw);
    }};
}

pub(super) use request;

impl<'scope> Scope<'scope, '_> {
    pub(crate) fn raw_send<T: Element>(
        &'scope self,
        handle: Handle,
        data: Cow<'scope, [T]>,
        (destination, tag): (usize, i32),
    ) -> Result<ScopedRequest<'scope, ()>> {
        let elements: *const [T] = &raw const data[..];
        // SAFETY: `data` is borrowed for the scope, or on the heap and owned by the last closure.
        unsafe {
            self.start(
                SEND.1,
                false,
                |requests| {
                    requests.push(handle.begin_send(SEND, elements, destination, tag)?);
                    Ok(())
                },
                move |_| {
                    drop(data);
                    Ok(())
                },
            )
        }
    }

    pub(crate) fn raw_receive<T: Element>(
        &'scope self,
        handle: Handle,
        target: Target<'scope, T>,
        source: Option<usize>,
        tag: Option<i32>,
    ) -> Result<ScopedRequest<'scope, Received>> {
        let (place, finish) = target.open();
        // SAFETY: the target is borrowed for the scope, or on the heap and owned by `finish`.
        unsafe {
            self.start(
                RECEIVE.1,
                true,
                |requests| {
                    requests.push(handle.begin_receive(RECEIVE, place, source, tag)?);
                    Ok(())
                },
                move |statuses| {
                    let valid = finish();
                    let received = statuses[0].expect::<T>(place.len())?;
                    valid.map(|()| received)
                },
            )
        }
    }

    pub(crate) fn raw_barrier(
        &'scope self,
        call: Call,
        handle: Handle,
    ) -> Result<ScopedRequest<'scope, ()>> {
        // SAFETY: a barrier has no buffers.
        unsafe {
            self.start_together(
                (call, None),
                "MPI_Ibarrier",
                move |requests| {
                    request!(requests, MPI_Ibarrier, handle.0);
                    Ok(())
                },
                |_| Ok(()),
            )
        }
    }

    pub(crate) fn raw_broadcast<T: Element>(
        &'scope self,
        call: Call,
        handle: Handle,
        root: usize,
        target: Target<'scope, T>,
    ) -> Result<ScopedRequest<'scope, ()>> {
        let root = count(root, "MPI_Ibcast")?;
        let (elements, finish) = target.open();
        let description = Description::<T>::of(elements.len())?;
        let place = address(elements.cast::<T>(), elements.len()).cast_mut();
        // SAFETY: the target is borrowed for the scope, or on the heap and owned by `finish`.
        unsafe {
            self.start_together(
                (call, None),
                "MPI_Ibcast",
                move |requests| {
                    // The whole of it is moved here, so that it is freed only after this call.
                    let description = &description;
                    let (count, datatype) = (description.count, description.datatype);
                    request!(
                        requests,
                        MPI_Ibcast,
                        place.cast(),
                        count,
                        datatype,
                        root,
                        handle.0
                    );
                    Ok(())
                },
                move |_| finish(),
            )
        }
    }

    /// Sends `data[sends[r]]` to each rank r, and receives `counts[r]` elements from it: what all
    /// collectives that move parts are made of. Empty parts travel as nothing. `give` makes the result.
    pub(crate) fn raw_exchange<T: Element, R: 'static>(
        &'scope self,
        call: Call,
        (handle, rank, tag): (Handle, usize, i32),
        data: Cow<'scope, [T]>,
        (sends, counts): (Vec<Range<usize>>, Vec<usize>),
        give: impl FnOnce(Vec<T>) -> Result<R> + 'scope,
    ) -> Result<ScopedRequest<'scope, R>> {
        let total = counts
            .iter()
            .fold(0, |sum: usize, &length| sum.saturating_add(length));
        let mut received: Vec<T> = vector_of_defaults(total)?;
        let place = received.as_mut_ptr();
        let send = read_only(&data);
        let expected = expected(rank, &counts);
        // SAFETY: `data` is borrowed for the scope or owned by the last closure, like `received`, whose
        // parts do not overlap.
        unsafe {
            self.start_together(
                (call, None),
                "MPI_Isend or MPI_Irecv",
                move |requests| {
                    let part = |to: usize| &send[sends[to].clone()];
                    post(handle, rank, &part, &counts, tag, place, requests)
                },
                move |statuses| {
                    drop(data);
                    validate(received.as_mut_ptr(), received.len())?;
                    check_lengths::<T>(statuses, &expected)?;
                    give(received)
                },
            )
        }
    }
}

/// The elements behind a `Cow`, which is about to be moved: they stay where they are.
pub(super) fn read_only<'scope, T: Element>(data: &Cow<'scope, [T]>) -> &'scope [T] {
    // SAFETY: borrowed for the scope, or on the heap; the users of this keep the owner for as long.
    unsafe { std::slice::from_raw_parts(data.as_ptr(), data.len()) }
}

/// Called when the elements are there.
type Arrived<'scope> = Box<dyn FnOnce() -> Result<()> + 'scope>;

impl<'scope, T: Element> Target<'scope, T> {
    /// The number of elements.
    pub(crate) fn len(&self) -> usize {
        match self {
            Target::InPlace(elements) => elements.len(),
            Target::Beside(elements, _) => elements.len(),
        }
    }

    /// Where the elements are, and what is to be done when they are there.
    fn open(self) -> (*mut [T], Arrived<'scope>) {
        match self {
            Target::InPlace(elements) => {
                let place: *mut [T] = elements;
                // SAFETY: borrowed for the scope, initialised before MPI wrote to it.
                let arrived = move || unsafe { validate(place.cast::<T>(), place.len()) };
                (place, Box::new(arrived))
            }
            Target::Beside(mut elements, unpack) => {
                let place: *mut [T] = &raw mut elements[..];
                let arrived = move || {
                    // SAFETY: as above, and owned by this closure.
                    let valid = unsafe { validate(elements.as_mut_ptr(), elements.len()) };
                    unpack(&elements);
                    valid
                };
                (place, Box::new(arrived))
            }
        }
    }
}
